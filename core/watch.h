/* watch.h - being woken when any process commits to the repository.
 *
 * A watch is an inotify descriptor on the store's data file: LMDB's last write of a commit is its meta page, so an
 * event follows every durable commit, and nothing is lost when the writer is killed right after. Events are hints:
 * after one, read ax_store_last_txn() and the log from where one was. A transaction that is begun then may still get
 * the old state: the new one is to be seen before the writer has flushed it, and to be read only after. So wait again
 * for the same state: a wait that has told of it before waits for the flush, and does not spin meanwhile.
 * A repack puts another data file in its place: the next drain or wait watches that.
 * Cost: none while nothing is written, and then a look each 0.05 ms at most. Threads: one at a time. */
#ifndef AX_WATCH_H
#define AX_WATCH_H

#include "core/store.h"

struct ax_watch {
	int fd; /* readable after a commit: for poll or epoll */
	struct ax_store *store;
	uint64_t epoch; /* of the data file that is watched */
	uint64_t told;  /* that there is something newer than this */
};

AX_MUST enum ax_err ax_watch_open(struct ax_watch *out, struct ax_store *s);
void ax_watch_close(struct ax_watch *w);
/* Take all events that are there; never blocks. */
void ax_watch_drain(struct ax_watch *w);
/* Wait until the store's last transaction is not `seen`, or timeout_ms passed (-1: for ever), or other_fd (-1: none)
 * is readable. True if there is something newer than seen. */
bool ax_watch_wait(struct ax_watch *w, struct ax_store *s, uint64_t seen, int timeout_ms, int other_fd);

#endif
