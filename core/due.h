/* due.h - changes that wait for their time: to be published then, or to be taken back then.
 * Sits on plan.h and repo.h. What is to be published is a plan, as of a change that a guard refused; what is to be
 * taken back is a tip and the commit that the branch was at before. Both hold only while the branch has not moved:
 * else nothing is changed, and a refusal tells (refusal.h). It is kept in the store, so it survives whoever said it.
 *
 *     ax_repo_schedule          a change for later                     apex at TIME VERB
 *     ax_change.until           a change for a while                   apex VERB --until TIME
 *     ax_repo_run_due           do what is due                         apex run-due
 *     ax_due_serve              the same whenever something is         the daemon, the mount
 *
 * Whoever comes first takes a job: it goes in the transaction that publishes it, so none is done twice.
 * Table main: 'j' -> the last number u64; 'j' due u64 number u64 -> a job. */
#ifndef AX_DUE_H
#define AX_DUE_H

#include "core/repo.h"

enum ax_due_kind { AX_DUE_PUBLISH = 1, AX_DUE_TAKE_BACK = 2 };

struct ax_due {
	uint64_t number;
	enum ax_due_kind kind;
	struct ax_time at;
	uint32_t zone; /* of several the first */
	char branch[AX_REF_NAME_MAX + 1];
	char author[2 * AX_PERSON_MAX + 4]; /* NAME <MAIL> */
	char subject[200];
};

/* The one after `after` (zeroed: the first) in the order of their times. AX_ENOENT at the end. */
AX_MUST enum ax_err ax_due_next(struct ax_due *out, struct ax_txn *t, const struct ax_due *after);

/* As ax_repo_commit, but for later: checks and guards judge it now and once more then. *number is its name; 0 if
 * nothing would change. Of a change with until that is what holds from then on; one that is meant passes guards then
 * too. */
AX_MUST enum ax_err ax_repo_schedule(uint64_t *number, struct ax_published *out, struct ax_repo *r,
				     const struct ax_change *changes, size_t n, const struct ax_actor *who,
				     const struct ax_listener *listener, char plan[AX_ID_SHORT + 1],
				     struct ax_time at);
/* AX_ENOENT. */
AX_MUST enum ax_err ax_repo_unschedule(struct ax_repo *r, uint64_t number, const struct ax_actor *who);

/* Told of each job: what was published (NULL: nothing), else why not. */
typedef void ax_due_fn(void *ctx, const struct ax_due *job, const struct ax_published *out, const char *why);

/* Do all that is due at who->committer.when, in order. who->via is who carries it out, not whose it is. An error is
 * one of the store's: the job stays. */
AX_MUST enum ax_err ax_repo_run_due(struct ax_repo *r, const struct ax_actor *who, ax_due_fn *told, void *ctx);

struct ax_due_server {
	struct ax_repo *repo;
	struct ax_actor who;
	struct ax_time (*now)(void);
	int stop_fd; /* ends when it is readable */
	ax_due_fn *told;
	void *ctx;
};

/* Carry out what is due until told to stop. Woken by commits (watch.h), and holds no snapshot meanwhile. Errors of
 * the store are told once each (job NULL) and tried again. */
void ax_due_serve(const struct ax_due_server *s);

/* Every commit that something scheduled needs. For gc. */
AX_MUST enum ax_err ax_due_each_commit(struct ax_txn *t, enum ax_err (*each)(void *ctx, const struct ax_id *id),
				       void *ctx);

/* -- used by repo.c ----------------------------------------------------------------------------------------- */

struct ax_publish;
/* Put down what is to be taken back of all that p did. */
AX_MUST enum ax_err ax_due_note(const struct ax_publish *p);

#endif
