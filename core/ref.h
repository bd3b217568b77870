/* ref.h - names that point at commits, every movement of which is logged.
 *
 * A ref is named "heads/<branch>", "tags/<tag>", "stage/<uid>/<name>" or "proposals/<name>" within its zone. It moves
 * by compare-and-swap in the transaction that writes the objects, and each move appends an entry to the log: the
 * reflog of each ref (entries of one ref are chained) and what followers read on from where they were. */
#ifndef AX_REF_H
#define AX_REF_H

#include "core/zone.h"

enum { AX_REF_NAME_MAX = 200, AX_REF_PATH_MAX = 240 };

struct ax_ref {
	uint64_t commit; /* local id; 0: the ref does not exist (an unborn branch) */
	struct ax_id id; /* its hash */
	uint64_t log;    /* number of its last log entry */
};

enum ax_log_kind { AX_LOG_REF = 1, AX_LOG_ZONE_ADDED, AX_LOG_ZONE_REMOVED, AX_LOG_SETTING, AX_LOG_REFUSED };

struct ax_log_entry {
	uint64_t seq;
	enum ax_log_kind kind;
	uint32_t zone;
	char ref[AX_REF_PATH_MAX + 1];   /* for AX_LOG_REF and _REFUSED; else empty or the setting's name */
	uint64_t old_commit, new_commit; /* local ids; 0: did not exist, was deleted */
	uint32_t serial;                 /* of the new commit */
	uint64_t prev;                   /* the ref's entry before this one; 0: none */
	struct ax_time when;
	char door[AX_VIA_MAX + 1]; /* `via` of the change: who did it, through what */
};

/* AX_EINVAL with the reason unless [A-Za-z0-9][A-Za-z0-9._-]*, at most AX_REF_NAME_MAX bytes, no "..", not HEAD. */
AX_MUST enum ax_err ax_ref_check_name(const char *name);
/* Fills *out; AX_ENOENT (without text) and commit 0 if there is none. path is "heads/main" etc. */
AX_MUST enum ax_err ax_ref_get(struct ax_ref *out, struct ax_txn *t, uint32_t zone, const char *path);
/* The next ref after `after` ("" to begin) whose path begins with prefix ("heads/"); its path into name.
 * AX_ENOENT at the end. */
AX_MUST enum ax_err ax_ref_next(struct ax_ref *out, char name[AX_REF_PATH_MAX + 1], struct ax_txn *t, uint32_t zone,
				const char *prefix, const char *after);
/* Point path at commit new (0: delete), if it is at `expect` (0: does not exist) now: AX_ELOST else. Logged.
 * AX_EPROTECTED for a protected branch (protect.h), but for a change that was approved (review.h). */
AX_MUST enum ax_err ax_ref_move(struct ax_txn *t, uint32_t zone, const char *path, uint64_t expect,
				uint64_t new_commit, const char *door, struct ax_time when);
AX_MUST enum ax_err ax_ref_move_approved(struct ax_txn *t, uint32_t zone, const char *path, uint64_t expect,
					 uint64_t new_commit, const char *door, struct ax_time when);

/* The number of a ref's last log entry, also of one that was deleted: its log goes on where it ended when a ref of
 * its name is made again. AX_ENOENT (without text) if there never was such a ref. */
AX_MUST enum ax_err ax_ref_last_log(uint64_t *out, struct ax_txn *t, uint32_t zone, const char *path);

AX_MUST enum ax_err ax_log_get(struct ax_log_entry *out, struct ax_txn *t, uint64_t seq);
/* The number of the newest entry. */
AX_MUST enum ax_err ax_log_last(uint64_t *out, struct ax_txn *t);
/* Log something that is no ref move (kind, zone, ref, door, when are read). */
AX_MUST enum ax_err ax_log_note(struct ax_txn *t, const struct ax_log_entry *e);

/* Let all who are on branch `from` of the zone be on `to`. */
AX_MUST enum ax_err ax_head_follow(struct ax_txn *t, uint32_t zone, const char *from, const char *to);
/* HEAD is a user's own (uid and zone): the branch last checked out, "main" unless set. */
AX_MUST enum ax_err ax_head_get(char branch[AX_REF_NAME_MAX + 1], struct ax_txn *t, uint32_t zone, uint32_t uid);
AX_MUST enum ax_err ax_head_set(struct ax_txn *t, uint32_t zone, uint32_t uid, const char *branch);

#endif
