/* gc.h - keeping house: what nothing leads to any more goes; and, when told, what is old.
 * Sits on everything that keeps a commit alive: refs, the log, plans, what is due, pins.
 *
 *     gc          commits that no ref, tag, young log entry, plan, scheduled change or pin leads to, and their nodes
 *     treeless    old commits stay, with log, blame and signatures; what the zone held then goes
 *     shallow     old commits go: where the chain is cut a commit stands as the first, though its text names parents
 *
 * Old means older than `before`, not among the newest gc.commits of a branch, and nothing that a ref, a tag, the log
 * of the last gc.days, a plan, a scheduled change, a pin, a stage or a merge base of a branch with main needs.
 *
 *     read      mark what is kept; nothing is locked, nobody waits
 *     write     look at what moved since, then drop the commits, and the ways that lead to them: one transaction
 *     write     drop nodes that nothing names any more, a batch a transaction, between other writers; and what was
 *               kept of the files of refs that are gone (times.h)
 *
 * A commit goes before its nodes do, so whatever can be named is whole. Local ids are never used again.
 * Killed at any moment: the next gc goes on. The file does not become smaller (ax_store_repack).
 * Memory: a bit a record; 8 bytes for each that goes. Threads: one gc at a time a repository (pin.h). */
#ifndef AX_GC_H
#define AX_GC_H

#include "core/repo.h"

struct ax_gc_options {
	bool treeless, shallow;
	struct ax_time before; /* what treeless and shallow may touch is older */
	bool dry;              /* count, change nothing */
	void (*progress)(void *ctx, const char *what, uint64_t done, uint64_t of); /* of 0: unknown; may be NULL */
	void *ctx;
};

struct ax_gc {
	uint64_t commits, nodes, bytes; /* that went; bytes of records */
	uint64_t stripped, cut;         /* commits that lost their tree, their parents */
	uint64_t kept;                  /* commits that stay */
};

AX_MUST enum ax_err ax_repo_gc(struct ax_gc *out, struct ax_repo *r, const struct ax_gc_options *o,
			       const struct ax_actor *who);

#endif
