/* commit.h - a zone at a moment: a tree, parents, who, when, why, and the serial.
 *
 * The canonical bytes are text (what `apex cat-object` shows), headers in this order:
 *
 *     tree HEX
 *     parent HEX                                   once per parent, first parent first
 *     zone example.
 *     serial 2026080101
 *     author NAME <MAIL> SECONDS.NNNNNNNNN +HHMM
 *     committer NAME <MAIL> SECONDS.NNNNNNNNN +HHMM
 *     via fs uid=1000 comm=vim
 *     (headers we do not know, kept as they are)
 *     (blank line)
 *     message, ending in one LF
 *
 * The sidecar (not hashed) holds local ids and what walks need: root node, parents, generation, skip pointer, time.
 * Jump pointers are skew-binary (Myers 1983): any first-parent ancestor is O(log n) steps away.
 * Ownership: a struct ax_commit owns its memory (fini); a struct ax_commit_info is a plain value. */
#ifndef AX_COMMIT_H
#define AX_COMMIT_H

#include "core/name.h"
#include "core/tree.h"

enum { AX_PARENTS_MAX = 16, AX_PERSON_MAX = 200, AX_MESSAGE_MAX = 64 << 10, AX_VIA_MAX = 400 };

/* A moment: seconds since 1970 UTC, nanoseconds, and the minutes east of UTC of whoever said it. */
struct ax_time {
	int64_t s;
	uint32_t ns;
	int16_t tz_min;
};

struct ax_person {
	const char *name, *mail; /* control bytes, < and > are refused by ax_commit_encode */
	struct ax_time when;
};

struct ax_commit {
	struct ax_id id, tree;
	unsigned parents;
	struct ax_id parent[AX_PARENTS_MAX];
	struct ax_name zone;
	uint32_t serial;
	struct ax_person author, committer;
	const char *via, *message; /* message without its final LF */
	struct ax_slice extra;     /* unknown header lines, verbatim */
	char *memory;              /* owns the strings */
};

/* What is needed of a commit most of the time: one store read, nothing owned. */
struct ax_commit_info {
	uint64_t local; /* its local id */
	struct ax_root root;
	uint32_t serial;
	struct ax_time time; /* the committer's */
	uint64_t generation; /* 1 + the highest of its parents'; a root commit has 1 */
	uint64_t depth;      /* 1 + its first parent's */
	bool cut;            /* its parents were pruned: it stands as a root commit, whatever its text says */
	unsigned parents;
	uint64_t parent[AX_PARENTS_MAX]; /* local ids; the first is the branch it was made on */
	uint64_t jump;                   /* skew-binary ancestor along first parents; 0 for a root commit */
	uint64_t turn;           /* the nearest merge on its first-parent line, itself included; 0: there is none */
	uint64_t removed;        /* RRsets that it and its first-parent ancestors deleted, all told */
	struct ax_time earliest; /* least time among this one and its first-parent ancestors newer than jump */
};

/* Canonical bytes of c (id is ignored). AX_EINVAL with what is wrong in a name, mail, via or message. */
AX_MUST enum ax_err ax_commit_encode(struct ax_buf *out, const struct ax_commit *c);
/* The reverse; every byte is checked, unknown headers are kept. AX_ECORRUPT if it is no commit. */
AX_MUST enum ax_err ax_commit_decode(struct ax_commit *out, struct ax_slice canonical);
void ax_commit_fini(struct ax_commit *c);

/* A stored commit, verified by the index of hashes: only those that ax_object_index() was told of. */
AX_MUST enum ax_err ax_commit_read(struct ax_commit *out, struct ax_txn *t, uint64_t local);
AX_MUST enum ax_err ax_commit_info(struct ax_commit_info *out, struct ax_txn *t, uint64_t local);
/* Is it (still) there? What a log entry names may have been dropped by gc. */
AX_MUST static inline enum ax_err ax_commit_is_there(bool *out, struct ax_txn *t, uint64_t local)
{
	return ax_txn_has_object(out, t, local);
}
/* The hash of a stored commit. */
AX_MUST enum ax_err ax_commit_id(struct ax_id *out, struct ax_txn *t, uint64_t local);

/* -- write side: used by publish.c ------------------------------------------------------------------------- */

/* Fill generation, depth, jump, turn and earliest of info from its id, parents and time. */
AX_MUST enum ax_err ax_commit_link(struct ax_commit_info *info, struct ax_txn *t);
/* Write c under info->local, reserved before: nodes of its tree name that id before the tree's id is known. So first
 * put it with anything for tree and serial, then once more with the truth: the record keeps its length. *id (may be
 * NULL) gets the hash. */
AX_MUST enum ax_err ax_commit_put(struct ax_id *id, struct ax_txn *t, const struct ax_commit *c,
				  const struct ax_commit_info *info);

/* Keep this beside a stored commit from now on. For housekeeping. */
AX_MUST enum ax_err ax_commit_relink(struct ax_txn *t, const struct ax_commit_info *info);

static inline int ax_time_cmp(struct ax_time a, struct ax_time b)
{
	return a.s != b.s ? (a.s > b.s) - (a.s < b.s) : (a.ns > b.ns) - (a.ns < b.ns);
}

#endif
