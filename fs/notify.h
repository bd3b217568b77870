/* notify.h - telling the kernel what changed under it, so that it may keep what it knows for long.
 *
 * The notifier thread is woken by every commit of any process, reads the log from where it was, and for each branch
 * or tag that moved walks the difference of the trees: the attributes of every file and directory on the way that the
 * kernel knows are dropped (their pages go when it sees the new time), and one new epoch makes it look up every name
 * again when it is next used: names that were not there too. Of what this mount commits itself the committer tells
 * before it answers (notify_before_answer), and the notifier passes it over; a save needs no epoch for the file it
 * wrote.
 *
 * No notification that is sent here waits in the kernel. One that expires or drops an entry takes the directory's
 * lock, one that drops pages takes theirs; whoever holds them may be waiting for us, and if we are killed then, the
 * thread that waits keeps the connection open, and both wait for ever. A kernel without epochs (before 6.16) is told
 * to keep no names. Threads: notifications are sent without mount.lock. Cost: 4 us a commit of others and 1.2 us a
 * name (MOUNT.md section 3), O(changes). */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include "core/batch.h"
#include "fs/mount.h"

/* On the committer thread, after a commit and before its request is answered: files that the commit changed besides
 * the one with the key own (n 0: none) must not show the old to whoever asks next. */
void notify_before_answer(struct mount *m, struct view *v, struct ax_batch *batch, struct ax_slice own);

/* From now on the kernel looks every name up again. False if it knows no epochs. Never waits. */
bool notify_new_epoch(const struct mount *m);

/* The notifier thread; ends when m->stop_fd is readable. */
void *notify_thread(void *mount);

#endif
