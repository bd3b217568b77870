/* repo.h - the one way in. Every door (mount, command line, UPDATE, transfer) hands its changes to
 * ax_repo_commit(), which checks, guards and publishes all of them in one transaction or nothing.
 *
 *     init, open                        a repository on disk
 *     ax_txn_read(ax_repo_store(r))     read with zone.h, ref.h, commit.h, tree.h, rev.h, blame.h
 *     ax_repo_commit                    change zones
 *     ax_repo_force                     publish a plan a guard refused
 *     ax_repo_branch, _zone_add, ...    move refs, add zones
 *
 * No clock and no environment here: time and author are arguments (same input, same id).
 * Threads: a repo may be shared; writers of one process queue for the store's lock. */
#ifndef AX_REPO_H
#define AX_REPO_H

#include "core/batch.h"
#include "core/check.h"
#include "core/protect.h"
#include "core/ref.h"

struct ax_repo;

AX_MUST enum ax_err ax_repo_open(struct ax_repo **out, const char *dir, bool read_only);
/* For reading under another process's slot: see ax_store_open_lockless. */
AX_MUST enum ax_err ax_repo_open_lockless(struct ax_repo **out, const char *dir, const struct ax_slot *slot);
void ax_repo_close(struct ax_repo *r);
struct ax_store *ax_repo_store(struct ax_repo *r);
const char *ax_repo_dir(const struct ax_repo *r);
bool ax_repo_read_only(const struct ax_repo *r);

/* Who changes something, when, and through which door. */
struct ax_actor {
	struct ax_person author, committer; /* committer.when is the time of the change */
	const char *via;                    /* "cli", "fs uid=1000 comm=vim", "update key=... peer=..." */
	uint32_t uid;
};

/* Create a repository at dir with its first, default zone (unborn). AX_EEXIST if there is one. */
AX_MUST enum ax_err ax_repo_init(const char *dir, bool shared, uint32_t gid, const struct ax_name *apex,
				 const struct ax_actor *who);

/* How a serial that came with a change's SOA counts (DESIGN section 2). */
enum ax_serial_source {
	AX_SERIAL_FROM_EDIT, /* mount, set: taken if newer than the branch's, ignored else */
	AX_SERIAL_FROM_FILE, /* import: kept if newer and never shown with other content, else the next; first: as is;
			      * a sealed zone's is kept verbatim or the change refused */
	AX_SERIAL_FROM_TRANSFER, /* as a file's, without the deletion guard */
};

struct ax_work;       /* publish.h */
struct ax_secret_key; /* sign.h */

/* One zone's part of a transaction. Whoever has a batch fills in the first block only; history.h fills in the rest
 * for changes that are made of commits. */
struct ax_change {
	uint32_t zone;
	const char *branch;
	const struct ax_id
		*expect; /* the tip must be this commit (zeroed id: unborn), AX_ELOST else; NULL: any tip */
	struct ax_batch *batch;
	bool replace; /* the branch becomes exactly the batch: RRsets it does not name are deleted */
	enum ax_serial_source serial_from;
	const char *message; /* NULL: what changed ("api A: 1.2.3.4 -> 9.9.9.9") */

	uint64_t to;    /* not 0: the branch goes to this commit (local id), and what the batch says comes on top. It
			 * gets    a commit of its own if its serial is not newer than the branch's. */
	unsigned joins; /* further parents of the new commit (local ids): a merge, made even if nothing changes */
	uint64_t join[AX_PARENTS_MAX - 1];
	const struct ax_person *author; /* NULL: the actor's */
	bool chained;  /* begins where the change before it ended, of the same branch, which moves once for all */
	bool merges;   /* failing a check is a conflict */
	bool revive;   /* if the zone was removed, bring it back */
	bool approved; /* review.h: compose sees to it that this may move a protected branch */
	bool meant;    /* review.h: guards stand aside, their plan was named */
	const struct ax_time *until;      /* due.h: take it back then; NULL: it stays */
	const struct ax_secret_key *sign; /* review.h: sign the new commit with it (sign.h); NULL: not */
	/* Called in the transaction when it is known what the change stands on, to fill the batch. May be NULL. */
	enum ax_err (*compose)(void *ctx, struct ax_work *w, struct ax_txn *t);
	void *compose_ctx;
};

struct ax_published {
	uint32_t zone;
	char branch[AX_REF_NAME_MAX + 1];
	bool changed; /* false: the tree was so already, no commit was made; commit is the tip */
	bool born;    /* the branch's first commit */
	bool adopted; /* the branch went to a commit that was there already */
	uint64_t commit;
	struct ax_id id;
	uint32_t serial;
	struct ax_edit_stats stats;
	char subject[200]; /* the message's first line */
	uint64_t count;    /* RRsets in the zone now */
};

/* Told of each warning; may be NULL. */
struct ax_listener {
	ax_warn_fn *warn;
	void *ctx;
};

/* Commit all changes (one per zone and branch) in one durable transaction, or nothing.
 *   AX_OK          done; out[i] tells of changes[i]; when nothing changed anywhere out[i].changed is false
 *   AX_ECHECK, AX_EINVAL    a check failed: what, where, why in the text
 *   AX_EGUARD      a guard refused; the text names guard and plan; plan (12 hex digits) can be forced
 *   AX_ELOST, AX_ECONFLICT  the tip or an expected RRset is another by now
 * Cost: O(changes x log n), two flushes. */
AX_MUST enum ax_err ax_repo_commit(struct ax_published *out, struct ax_repo *r, const struct ax_change *changes,
				   size_t n, const struct ax_actor *who, const struct ax_listener *listener,
				   char plan[AX_ID_SHORT + 1]);
/* The same, but say what would happen and write nothing. */
AX_MUST enum ax_err ax_repo_try(struct ax_published *out, struct ax_repo *r, const struct ax_change *changes,
				size_t n, const struct ax_actor *who, const struct ax_listener *listener);
/* Publish the refused plan with this hash (4 or more hex digits), if the tips have not moved (AX_ELOST) and the plan
 * is not older than a day (AX_ENOENT). out has room for cap changes; *n is how many there were. */
AX_MUST enum ax_err ax_repo_force(struct ax_published *out, size_t cap, size_t *n, struct ax_repo *r,
				  const char *plan, const struct ax_actor *who, const struct ax_listener *listener);

/* Branches. create: branch at commit (of the zone). delete: AX_EPERM unless merged into the zone's main branch, or
 * force. Names are checked. */
AX_MUST enum ax_err ax_repo_branch_create(struct ax_repo *r, uint32_t zone, const char *branch, uint64_t commit,
					  const struct ax_actor *who);
AX_MUST enum ax_err ax_repo_branch_delete(struct ax_repo *r, uint32_t zone, const char *branch, bool force,
					  const struct ax_actor *who);
/* Give a branch another name; all who are on it go with it. AX_EEXIST. main keeps its name (AX_EPERM). The logs of
 * both names say so. */
AX_MUST enum ax_err ax_repo_branch_rename(struct ax_repo *r, uint32_t zone, const char *from, const char *to,
					  const struct ax_actor *who);
/* Protect a branch, which must be there, or (p->on false) no longer. Logged as a setting, "protect/BRANCH". */
AX_MUST enum ax_err ax_repo_protect(struct ax_repo *r, uint32_t zone, const char *branch, const struct ax_protect *p,
				    const struct ax_actor *who);
AX_MUST enum ax_err ax_repo_checkout(struct ax_repo *r, uint32_t zone, const char *branch,
				     const struct ax_actor *who);
/* A lightweight tag. AX_EEXIST if there is one. */
AX_MUST enum ax_err ax_repo_tag(struct ax_repo *r, uint32_t zone, const char *tag, uint64_t commit,
				const struct ax_actor *who);

AX_MUST enum ax_err ax_repo_zone_add(uint32_t *id, struct ax_repo *r, const struct ax_name *apex,
				     const struct ax_actor *who);
/* The zone is no longer listed or served; history and counter stay. AX_EINVAL for the default zone while others are
 * there, AX_EPROTECTED while a branch is protected. */
AX_MUST enum ax_err ax_repo_zone_remove(struct ax_repo *r, const struct ax_name *apex, const struct ax_actor *who);
/* Fill a batch with what `--ns HOST...` asks for: SOA and NS. */
AX_MUST enum ax_err ax_repo_begin_zone(struct ax_batch *b, const struct ax_name *hosts, size_t n, uint32_t ttl_s);

#endif
