/* notify.h - telling the kernel what changed under it, so that it may keep what it knows for long.
 *
 * The notifier thread is woken by every commit of any process, reads the log from where it was, and for each branch
 * or tag that moved walks the difference of the trees: for every name that the kernel may know, the entry expires
 * (which waits for look-ups under way in that directory, so that none of them brings back the old) and the inode's
 * attributes and pages are dropped. Never a full inval_entry on a directory that lives: processes stand in it.
 * Threads: notifications are sent without mount.lock; the kernel may make them wait for a request that needs it.
 * Cost: 1.5 us a name (MOUNT.md section 3), O(changes). */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include "core/batch.h"
#include "fs/mount.h"

/* On the committer thread, after a commit and before its request is answered: files that the commit changed besides
 * (the SOA, times of directories) must not show the old to whoever asks next. Only inodes: entries' locks may be
 * held by the very request. */
void notify_before_answer(struct mount *m, struct view *v, struct ax_batch *batch);

/* The notifier thread; ends when m->stop_fd is readable. */
void *notify_thread(void *mount);

#endif
