/* mount.h - everything one mounted repository is, and who may touch it.
 *
 *     loop thread        takes requests from the kernel one at a time (ops.c), answers most of them at once
 *     committer thread   does what is durable: saves, renames, deletions that fall due (save.c); answers then
 *     notifier thread    follows the log and tells the kernel what changed under it (notify.c)
 *
 * One lock, `lock`, protects every field below that does not say otherwise; it is never held across a commit, a
 * flush to disk, or a notification. A request is answered while it is held.
 * Transactions: `txn` belongs to the loop thread, renewed at a request's start and reset at its end; the other two
 * threads have their own. None is held between requests. */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include "core/pin.h"
#include "core/repo.h"
#include "core/watch.h"
#include "fs/errors.h"
#include "fs/node.h"
#include "fs/times.h"
#include "fs/who.h"

#include <pthread.h>
#include <sys/types.h>

struct fuse_session;
struct handle;
struct list;
struct scratch;
struct job;

enum { OWN_COMMITS = 64, COMMIT_TIMES = 256 };

struct commit_time {
	uint64_t commit;
	struct ax_time time;
};

struct mount {
	/* set once before the threads start */
	struct ax_repo *repo;
	struct ax_store *store;
	struct ax_pins *pins; /* commits that somebody stands in, for gc; NULL: they can't be told */
	struct fuse_session *session;
	struct ax_name default_apex;
	uint32_t default_zone;
	uid_t uid; /* what files show: the repository's owner and group */
	gid_t gid;
	bool group_writes; /* a shared repository */
	bool read_only;    /* mounted with -o ro */
	bool watches;      /* the notifier hears of commits: the kernel may keep attributes */
	struct ax_watch watch;
	uint64_t log_start; /* the log's end before anything was shown */
	int stop_fd;        /* eventfd: the notifier shall end */
	struct ax_time start;
	void (*say)(const char *line); /* a refusal, for the log; may be NULL */

	pthread_mutex_t lock;
	struct ax_txn *txn; /* the loop thread's alone */
	struct who person;  /* who asked last, and until when (who_clock()) that is believed */
	uint64_t person_until;
	bool asked;  /* the kernel, whether it knows epochs */
	bool epochs; /* it does: it may keep names */
	struct node *root;
	struct node_table nodes;
	struct node *unnamed;   /* unlinked, but still held by the kernel or an open file */
	struct handle *handles; /* open files */
	struct list *lists;     /* open directories */
	struct view *views;     /* a hash (view.h) */
	struct view *waits;     /* of these, where deletions wait: a list, and some that did */
	struct errors errors;
	struct times times;
	struct commit_time commit_times[COMMIT_TIMES]; /* by number modulo */
	struct scratch *newest, *oldest;
	size_t scratch_bytes, scratch_objects;
	uint64_t scratch_inos;
	size_t draft_bytes; /* texts being written */
	struct job *first_job, **last_job;
	bool stopping;             /* the committer shall finish its jobs and end */
	pthread_cond_t work;       /* a job was added, a deletion waits, or stopping */
	bool committing;           /* the committer is writing the store */
	pthread_cond_t committed;  /* no longer */
	uint64_t own[OWN_COMMITS]; /* the last commits made here, a ring */
	size_t next_own;
};

/* Open the repository and make the root. Prints nothing; AX_ENOREPO etc. with the sentence to print. */
AX_MUST enum ax_err mount_open(struct mount *m, const char *dir);
void mount_close(struct mount *m);

/* Serve until unmounted or told to end by a signal, then commit what waits. 0, or an errno. */
AX_MUST int mount_serve(struct mount *m);

/* Seconds the kernel may keep attributes of a live branch, and names in it. */
double mount_keep(const struct mount *m);
double mount_keep_name(const struct mount *m);

#endif
