/* save.h - what becomes durable: jobs for the committer thread, one after the other.
 *
 * A handler that needs a commit fills a job and is done; the committer takes what it needs under mount.lock, commits
 * without it, settles the result under it, tells the kernel which other files changed, and answers the request.
 * A save is judged against the tip less the branch's waiting deletions, and commits those with it.
 * Refused: the errno says how, `errors` and NAME.rejected say why. */
#ifndef FS_SAVE_H
#define FS_SAVE_H

#include "fs/mount.h"
#include "fs/record.h"
#include "fs/who.h"

struct fuse_req;
struct job;

typedef void job_fn(struct mount *m, struct ax_txn *t, struct job *j);

struct job {
	struct job *next;
	job_fn *run;
	struct fuse_req *req; /* to be answered; NULL: nobody waits */
	struct who who;
	struct node *node;  /* what is saved, moved, deleted; pinned */
	struct node *dir;   /* where to; pinned; may be NULL */
	char name[256];     /* what it is called there */
	struct ax_buf text; /* what was written to a control file */
};

/* Make a job; node and dir are pinned. NULL without memory. */
struct job *job_new(job_fn *run, struct fuse_req *req, const struct who *who, struct node *node, struct node *dir,
		    const char *name);
/* Hand it over; under the lock. */
void job_add(struct mount *m, struct job *j);

/* Answer and free it; under the lock. */
void job_answer(struct mount *m, struct job *j, int error);
/* The same with what node/name leads to now. */
void job_answer_entry(struct mount *m, struct ax_txn *t, struct job *j);

/* What a job can be. */
job_fn save_draft;       /* node's draft, of a record or a zone file: fsync, flush, release */
job_fn save_file_as;     /* scratch file node becomes the record dir/name */
job_fn save_record_as;   /* record node becomes the record dir/name */
job_fn save_label_as;    /* label directory node becomes dir/name */
job_fn save_deletions;   /* what waits in node's view */
job_fn save_delete;      /* ask the guards before record node is deleted, or renamed to the scratch name dir/name */
job_fn save_new_branch;  /* mkdir node (heads) / name */
job_fn save_drop_branch; /* rmdir node (a branch's top) */

/* Bring the node's draft to text: what is committed now, unless it was read in before. */
AX_MUST int save_load_draft(struct mount *m, struct ax_txn *t, struct node *n);
/* Begin or find the draft of a record open for writing. */
AX_MUST int save_need_draft(struct mount *m, struct ax_txn *t, struct node *n);
/* The last writer has closed and nothing is to be saved: what was refused is kept aside, the committed text shows. */
void save_end_draft(struct mount *m, struct node *n);

/* May the record go without asking the guards? False: a job must ask. */
bool save_delete_is_small(struct mount *m, struct ax_txn *t, struct node *n, const struct who *who,
			  const struct record_info *info);
/* Delete the record node, for it waits now; with dir it becomes the scratch file dir/name. Under the lock. */
AX_MUST int save_shelve(struct mount *m, struct ax_txn *t, struct node *n, struct node *dir, const char *name,
			const struct who *who);
/* The node becomes the scratch file dir/name with this text, and keeps its number. */
AX_MUST int save_set_aside(struct mount *m, struct node *n, struct node *dir, const char *name, struct ax_slice text,
			   const struct who *who);
/* Look at a record node's RRset. */
AX_MUST enum ax_err save_look(struct record_info *info, struct ax_buf *key, struct ax_buf *text, struct ax_txn *t,
			      struct node *n);

/* The committer thread; ends when m->stopping and nothing is left to do, waiting deletions included. */
void *save_thread(void *mount);

#endif
