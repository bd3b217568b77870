/* zonefiles.h - zonefiles/<branch>/<zone>.zone: whole zones as files; a save is one commit of what changed.
 * Sits on core/zonefile.h, which says what a saved text does to the tip; drafts and refusals are those of records.
 *
 *     first line `; commit <id>`     merged from that commit onto the tip; a conflict is ESTALE
 *     none                           the zone becomes what the text says
 *
 * A directory of zone files holds scratch too. A zone file is never deleted: unlinked or renamed away, as editors and
 * install do before they create it again, its name is away for a second.
 * A zone without a commit is an empty file. Its text is made when it is read; the kernel keeps no pages of it.
 * Threads: under mount.lock unless said otherwise. Cost: O(zone) to read, to save, and for the size of a version.
 * Limits: ZONEFILE_MAX, EFBIG beyond. */
#ifndef FS_ZONEFILES_H
#define FS_ZONEFILES_H

#include "fs/ns.h"
#include "fs/save.h"

enum { ZONEFILE_MAX = 256 << 20 };

/* In zonefiles/ and zonefiles/<branch>/: as ns_walk and ns_list tell, scratch excepted. */
AX_MUST int zonefiles_walk(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name);
AX_MUST int zonefiles_list(struct mount *m, struct ax_txn *t, struct node *dir, ns_list_fn *each, void *ctx);
/* Is this the name of a zone's file, whether it has the branch or not? */
bool zonefiles_name(struct mount *m, struct ax_txn *t, const char *name);

/* The text it shows, appended; *version changes with it. */
AX_MUST int zonefiles_text(struct ax_buf *text, uint64_t *version, struct ax_txn *t, struct node *n);
/* The size of that text, and the commit it is of (0: none). Rendered once a version. */
AX_MUST int zonefiles_size(uint64_t *size, uint64_t *commit, struct ax_txn *t, struct node *n);

/* The name that was away is there again, for writing. ENOENT if it was not away. */
AX_MUST int zonefiles_create(struct node **out, struct mount *m, struct node *dir, const char *name);
/* Its name goes away; with dir it becomes the scratch file dir/name. */
AX_MUST int zonefiles_shelve(struct mount *m, struct ax_txn *t, struct node *n, struct node *dir, const char *name,
			     const struct who *who);

/* On the committer thread: judge and commit the draft of j->node. Gives the lock up meanwhile. */
AX_MUST int zonefiles_judge(struct mount *m, struct ax_txn *t, struct job *j);
job_fn zonefiles_save_as; /* scratch file node becomes the zone file dir/name */

#endif
