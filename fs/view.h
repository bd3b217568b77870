/* view.h - a record tree that is shown: a branch (live, writable), a stage (its maker's), a tag, or a commit (for
 * ever the same). Sits on core's ref and commit; node.h's record and label nodes belong to one view each.
 *
 * Invariants: one struct view a (kind, zone, ref or commit). A ref's stays while the mount lives, a
 *   commit's as long as its top directory is known.
 * Threads: all fields belong to mount.lock, but for those set once at birth (commit to apex).
 * Cost: found by name in O(1), however many zones are looked at. */
#ifndef FS_VIEW_H
#define FS_VIEW_H

#include "core/ref.h"
#include "fs/waiting.h"

#include <uthash.h>

struct mount;

enum view_kind { VIEW_BRANCH, VIEW_STAGE, VIEW_TAG, VIEW_COMMIT };

struct view {
	UT_hash_handle hh; /* mount.views, by the next three */
	uint64_t commit;   /* VIEW_COMMIT: its local id; else 0 */
	uint32_t zone;
	char ref[AX_REF_PATH_MAX + 1]; /* "heads/main", "stage/0/new", "tags/v1"; "" for a commit */
	enum view_kind kind;
	struct ax_name apex;
	struct view *next_waits;   /* mount.waits */
	bool waits;                /* is in that list */
	bool pinned;               /* gc is told to leave it, */
	struct ax_id pin;          /* by its id */
	uint32_t uid;              /* VIEW_STAGE: its maker */
	uint64_t times_ref;        /* what its files' times go by */
	struct node *root;         /* its top directory while the kernel or we know it; not counted */
	struct waiting waiting;    /* deletions that wait a moment */
	uint64_t forgot;           /* the log's entry that the ref was last gone with, as far as known here */
	uint64_t tip_txn;          /* the state `tip` was read in */
	struct ax_commit_info tip; /* local 0: unborn or gone */
};

/* The branch's or tag's name: what stands behind the slash. */
const char *view_name(const struct view *v);
/* "heads/main" of the default zone, "zones/foo.com/heads/main" else: the path people see. */
void view_path(struct ax_buf *b, const struct mount *m, const struct view *v);

/* Is it written to (if the mount is)? */
static inline bool view_live(const struct view *v)
{
	return v->kind == VIEW_BRANCH || v->kind == VIEW_STAGE;
}

/* The node of its top is gone: a commit's view goes with it. */
void view_unroot(struct mount *m, struct view *v);
void view_free_all(struct mount *m);

/* Find or make. NULL without memory. */
struct view *view_get(struct mount *m, enum view_kind kind, const struct ax_name *apex, uint32_t zone,
		      const char *ref, uint64_t commit);
/* Tell gc that somebody stands in this commit, until the view goes. */
void view_pin(struct mount *m, struct view *v, struct ax_txn *t);
/* Its ref went, with this entry of the log or before: another of that name begins with an empty top, and nothing
 * waits in it. What happened up to an entry is forgotten once. */
void view_forget(struct mount *m, struct view *v, uint64_t seq);
/* The same right after this mount did it. */
void view_dropped(struct mount *m, struct view *v, struct ax_txn *t);
/* A deletion was put into v->waiting: the committer is to know. */
void view_waits(struct mount *m, struct view *v);
/* The view whose deletions fall due first, and when: who_clock(), UINT64_MAX and NULL if none wait. */
struct view *view_due(struct mount *m, uint64_t *when);
/* The view of a ref that is shown already, else NULL. */
struct view *view_known(struct mount *m, uint32_t zone, const char *ref);
/* The commit it shows in the state t reads. An unborn branch has local 0 and an empty root. Cached by state. */
AX_MUST enum ax_err view_tip(struct ax_commit_info *out, struct view *v, struct ax_txn *t);
/* The same without the cache, for threads that do not hold mount.lock. */
AX_MUST enum ax_err view_read_tip(struct ax_commit_info *out, const struct view *v, struct ax_txn *t);

#endif
