/* node.h - what the kernel holds a number for: the objects of the mount and where they hang.
 *
 *     root
 *       heads tags commits        the default zone's (zone = its number)
 *         <branch>                NODE_TREE, the top of a view; label directories below, NODE_RECORD in them
 *       log diff                  of the same zone
 *         <branch>, <a>..<b>      NODE_LOG, NODE_DIFF: text made when it is read (rendered.h)
 *       zones
 *         <zone>                  heads tags commits log diff stage
 *       stage
 *         <name>                  NODE_TREE, the top of a view, with NODE_STATUS and NODE_COMMIT (stage.h)
 *       zonefiles
 *         <branch>                NODE_ZONEDIR, scratch too
 *           <zone>.zone             NODE_ZONEFILE (zonefiles.h)
 *       errors
 *
 * A node is known by its parent and its name; a path is read by walking up, so that renaming a directory is changing
 * one node. The number the kernel gets (nodeid) is the node's address and follows the object through a rename; st_ino
 * is another thing (attr.c).
 * A hard link is a node of its own in the table, NODE_NAME, that leads to the file's: whatever name it was found by,
 * the kernel must get one number. A file whose first name went lives on, nameless, as long as a NODE_NAME pins it.
 * Invariants: of one parent and name at most one node is in the table. A node lives while the kernel counts it
 *   (nlookup) or somebody pins it: a child, an open file, an overlay, a job.
 * Threads: everything here belongs to mount.lock.
 * Cost: one node about 170 bytes with its name and its place in the table; as many as the kernel keeps inodes. */
#ifndef FS_NODE_H
#define FS_NODE_H

#include "fs/view.h"

enum node_kind {
	NODE_ROOT,
	NODE_ZONES,
	NODE_ZONE,
	NODE_HEADS,
	NODE_TAGS,
	NODE_COMMITS,
	NODE_LOGS,
	NODE_DIFFS,
	NODE_STAGES,
	NODE_ZONEFILES,
	NODE_ZONEDIR,
	NODE_LINK, /* a revision, or zones/<default> */
	NODE_ERRORS,
	NODE_LOG,
	NODE_DIFF,
	NODE_ZONEFILE,
	NODE_STATUS,
	NODE_COMMIT,
	NODE_TREE,   /* a label, or the top of a view */
	NODE_RECORD, /* an RRset */
	NODE_FILE,   /* scratch */
	NODE_SYMLINK,
	NODE_DIR,
	NODE_NAME, /* one more name of a FILE or SYMLINK; the kernel never sees it */
	NODE_KINDS
};

struct node {
	struct node *parent;    /* pinned; NULL for the root */
	struct node *hash_next; /* table chain; of those not in the table, mount.unnamed */
	struct node **link;     /* what points at us there */
	enum node_kind kind;
	bool hashed;   /* in the table: not unlinked */
	bool overlaid; /* in its parent's overlay */
	bool stale;    /* a rename of it was answered ESTALE, so that the kernel is about to ask once more */
	uint32_t zone; /* ROOT to STAGES, LINK, LOG, DIFF */
	uint32_t pins;
	uint32_t opens;    /* open files; each pins too */
	uint32_t writers;  /* those of them that may write */
	uint64_t nlookup;  /* the kernel's references */
	struct view *view; /* TREE, RECORD, ZONEFILE, STATUS, COMMIT; for scratch: of the record tree it lies in */
	uint64_t version, size; /* RECORD: of the text whose size stat last told; version 0: none.
				   TREE: the commit that last changed it, and RRsets below.
				   DIFF: version is the commit it leads to. ZONEFILE: as RECORD, but
				   in the overlay its name is away until who_clock() is version */
	uint64_t tip;           /* RECORD: a commit that has the text of `version`. TREE: of which the two are */
	union {
		struct dir *dir;     /* TREE, DIR, ZONEDIR: what is not in the tree; may be NULL */
		struct draft *draft; /* RECORD, ZONEFILE: being written; may be NULL */
		char *target;        /* LINK */
		struct node *file;   /* NAME: what it names; pinned */
	};
	struct scratch *scratch; /* FILE, SYMLINK, DIR, NAME */
	char *name;
};

struct node_table {
	struct node **bucket;
	size_t n, cap; /* cap is a power of two */
};

AX_MUST bool node_table_init(struct node_table *t);
void node_table_fini(struct node_table *t);

/* The node of name in parent, or NULL. */
struct node *node_find(struct mount *m, const struct node *parent, const char *name);
/* Make one (not counted yet), in the table. NULL without memory. */
struct node *node_new(struct mount *m, struct node *parent, const char *name, enum node_kind kind);
/* Find it or make it; an existing one of another kind is unlinked first. */
struct node *node_get(struct mount *m, struct node *parent, const char *name, enum node_kind kind);
/* Take it out of the table: the name is free, the object stays while somebody holds it. */
void node_unhash(struct mount *m, struct node *n);
/* The same, and free it if nobody holds it. */
void node_drop(struct mount *m, struct node *n);
/* Give it another place; whoever held that place is unhashed. False (and nothing done) without memory. */
AX_MUST bool node_move(struct mount *m, struct node *n, struct node *parent, const char *name);

void node_pin(struct node *n);
/* May free it. */
void node_unpin(struct mount *m, struct node *n);
/* The kernel drops count references. May free it. */
void node_forget(struct mount *m, struct node *n, uint64_t count);

/* The nodeid, and back. */
uint64_t node_id(const struct mount *m, const struct node *n);
struct node *node_of(struct mount *m, uint64_t id);

/* The owner name of a label directory, or of the directory a record is in. False if the name would be too long. */
AX_MUST bool node_owner(struct ax_name *out, const struct node *n);
/* The owner's key: the prefix of its subtree. */
AX_MUST bool node_prefix(struct ax_buf *out, const struct node *n);
/* The type of a record node. */
uint16_t node_type(const struct node *n);
/* The path as people see it, from the mount point. */
void node_path(struct ax_buf *b, const struct node *n);

/* -- what a directory holds that is not in the tree ------------------------------------------------------- */

struct dir {
	bool made;          /* a label made by mkdir, or that lost its records here: stays until rmdir */
	struct node **over; /* pinned: scratch, made labels, records not yet saved */
	size_t n, cap;
};

/* Put n into its parent's overlay; a label shows as long as there is something in its own. False without memory. */
AX_MUST bool node_overlay(struct node *n);
/* Take it out again; may free it. */
void node_underlay(struct mount *m, struct node *n);
/* Does a directory hold anything of its own that shows? */
bool node_holds(const struct node *n);
/* Keep a label directory even when the tree has nothing below it. */
AX_MUST bool node_keep(struct node *n);
/* No longer. */
void node_unkeep(struct mount *m, struct node *n);
bool node_kept(const struct node *n);
/* Is it written through a draft? */
static inline bool node_drafts(const struct node *n)
{
	return n->kind == NODE_RECORD || n->kind == NODE_ZONEFILE;
}
/* What a name leads to: the node itself, unless it is a hard link. */
static inline struct node *node_named(struct node *n)
{
	return n->kind == NODE_NAME ? n->file : n;
}
/* Scratch that is opened by name only, and shows no label. node_unhide: false without memory. */
bool node_hidden(const struct node *n);
void node_hide(struct mount *m, struct node *n);
AX_MUST bool node_unhide(struct node *n);

#endif
