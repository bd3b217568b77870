/* waiting.h - deletions that wait a moment: tar, install, git, vim and emacs unlink a file and create it again, and
 * that is one change (DESIGN section 4). Each branch's view has one such set.
 *
 * A deletion hides its name at once, is committed with the branch's next save, after a quiet second (ten at most,
 * unless more than 1,000 wait: `rm -r` of a large zone is one act, however long it takes), on fsync of the directory
 * or at unmount, and is called off when its name is written and refused.
 * A tally counts the deletions of one author within a minute, waiting and committed ones together, so that the guard
 * sees `rm -r` as the one act it is.
 * Threads: belongs to mount.lock. Cost: one deletion about 80 bytes; bounded by the guard. */
#ifndef FS_WAITING_H
#define FS_WAITING_H

#include "core/bytes.h"

struct node;
struct who;

struct gone {
	struct gone *next; /* chain */
	struct node
		*writer;  /* the open record that stands at this name now; NULL: due with the others. Not counted */
	uint64_t base;    /* record_info.base of what was deleted */
	uint32_t entries; /* RRsets (an RRSIG file has one a type covered) */
	uint32_t uid;
	bool taken; /* in the batch being committed */
	uint16_t key_len;
	uint8_t key[]; /* owner part, 00, type */
};

struct tally {
	uint32_t uid;
	uint64_t since;       /* who_clock() of its first deletion */
	uint64_t deleted, of; /* RRsets deleted since, RRsets there were then */
	uint64_t blocked;     /* until then no deletion by this author is taken; 0: free */
};

enum { TALLIES = 16 };

struct waiting {
	struct gone **bucket;
	size_t n, cap;
	size_t written;       /* how many have a writer */
	uint64_t first, last; /* who_clock() of the first and the newest deletion */
	struct who *who;      /* who deleted last; owned */
	struct tally tally[TALLIES];
};

void waiting_init(struct waiting *w);
void waiting_fini(struct waiting *w);
/* key may be longer (an RRSIG's covered type follows). */
struct gone *waiting_find(const struct waiting *w, struct ax_slice key);
/* Add one; there must be none for this key. NULL without memory. */
struct gone *waiting_add(struct waiting *w, struct ax_slice key, uint64_t base, uint32_t entries,
			 const struct who *who, uint64_t now);
/* It is committed. */
void waiting_drop(struct waiting *w, struct gone *g);
/* It is not made, or became a change: it counts against its author no longer. */
void waiting_call_off(struct waiting *w, struct gone *g);
/* Walk all: start with NULL. */
struct gone *waiting_next(const struct waiting *w, const struct gone *g);
void waiting_set_writer(struct waiting *w, struct gone *g, struct node *writer);
/* When the deletions fall due, on who_clock(); UINT64_MAX: none waits. */
uint64_t waiting_due(const struct waiting *w);
/* The author's tally, begun anew, with what still waits, when its minute is over; `of` is the size of the zone now.
 */
struct tally *waiting_tally(struct waiting *w, uint32_t uid, uint64_t of, uint64_t now);

#endif
