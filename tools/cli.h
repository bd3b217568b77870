/* cli.h - what every verb stands on: the repository, zone and branch it was told, a read transaction, its output.
 *
 *     main.c     finds the verb, parses its options, prints what it left in `out`, exits
 *     cmd_*.c    a verb: parse, call, print
 *
 * A verb writes to c->out and returns; main.c prints it after repository and transaction are closed, so that no
 * reader's snapshot waits for a person at a pager (STORE.md: a parked reader makes the file grow).
 * Errors: a verb returns what core returned or ax_fail(AX_EUSAGE, ...); main.c tells it and picks the exit status.
 * Memory: `out` holds the whole answer but for export, which streams. */
#ifndef CLI_H
#define CLI_H

#include "core/graph.h"
#include "core/object.h"
#include "core/repo.h"
#include "core/rev.h"
#include "tools/options.h"
#include "tools/print.h"
#include "tools/who.h"

struct json_t; /* json.h */

struct cli {
	const char *dir, *zone_text, *branch_text; /* as told; zone and branch NULL if nobody did */
	struct ax_repo *repo;
	struct ax_txn *txn;
	struct ax_zone zone;
	char branch[AX_REF_NAME_MAX + 1];
	struct ax_ref tip; /* the branch's; commit 0: unborn */
	struct who who;
	struct ax_actor actor;
	struct ax_buf out;
	enum print_style style;
	const struct ax_time *at; /* `apex at`: changes are for then; NULL: now */
	bool difference;          /* --exit-code and there was one, or nothing matched: status 1 */
	struct ax_buf warnings;
	size_t warned;
};

struct verb {
	const char *name, *synopsis, *summary;
	const char *details; /* more lines for its help; may be NULL */
	const char *example;
	const char *completes;        /* what its words may be (complete.h); NULL: nothing that is known */
	const struct option *options; /* may be NULL */
	int min_words, max_words;     /* -1: any number */
	bool paged;
	bool changes_zone; /* by save.h alone: `apex at` may put it off */
	bool leads;        /* what follows its options is another verb's */
	enum ax_err (*run)(struct cli *c, struct words *w);
};

/* Open the repository that was told. AX_ENOREPO with how to make one. */
AX_MUST enum ax_err cli_open(struct cli *c, bool read_only);
/* The same, then a read transaction, the zone and the branch. */
AX_MUST enum ax_err cli_begin(struct cli *c, bool read_only);
/* Zone and branch in the transaction that is open: zone_text NULL is the default zone. */
AX_MUST enum ax_err cli_choose(struct cli *c, const char *zone_text);
/* End the read transaction: before writing, and before waiting for anybody. */
void cli_end_read(struct cli *c);
void cli_close(struct cli *c);

/* AX_ENOENT with how to begin, if the branch has no commit. */
AX_MUST enum ax_err cli_need_tip(struct cli *c);
/* For a change: an unborn branch may get its first commit only if it is the user's HEAD or main. A branch that was
 * mistyped must not become a new one. */
AX_MUST enum ax_err cli_may_begin(struct cli *c);

/* A commit somebody named. */
struct cli_commit {
	struct ax_zone zone;
	struct ax_commit_info info;
};
struct ax_rev_context cli_rev_context(const struct cli *c);
/* text NULL: the branch's tip. */
AX_MUST enum ax_err cli_revision(struct cli_commit *out, struct cli *c, const char *text);
/* Is this a tag with an object of its own, by name or by the object's id? A branch of that name comes first. What
 * *out points at lives as long as the read transaction. */
bool cli_tag_object(struct ax_object *out, struct cli *c, const char *text);
/* A zone and local id that rev.h found. */
AX_MUST enum ax_err cli_commit(struct cli_commit *out, struct cli *c, uint32_t zone, uint64_t commit);

/* The member `key` of an object for programs: the commit's id, null if it is none (0) or gc dropped it. */
AX_MUST enum ax_err cli_put_id(struct json_t *object, const char *key, struct ax_txn *t, uint64_t commit);

/* ax_name_parse with a better hint: a name outside ASCII is refused with its xn-- form. */
AX_MUST enum ax_err cli_parse_name(struct ax_name *out, const char *text, const struct ax_name *origin);
/* A name as a person types it: relative to the zone, absolute, or @. AX_EINVAL if it is outside the zone. */
AX_MUST enum ax_err cli_name(struct ax_name *out, struct cli *c, const struct ax_zone *zone, const char *text);
AX_MUST enum ax_err cli_type(uint16_t *out, const char *text);

/* Keep a warning; they are told at the end, so that nobody's slow terminal holds a transaction. An ax_warn_fn, ctx is
 * the cli. */
void cli_warn(void *c, const char *text);
void cli_tell_warnings(struct cli *c);

/* The whole of a file, or of standard input for "-". */
AX_MUST enum ax_err cli_read_file(struct ax_buf *out, const char *path);

#endif
