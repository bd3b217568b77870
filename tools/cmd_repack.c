#include "core/pin.h"
#include "tools/housekeeping.h"
#include "tools/verbs.h"

#include <unistd.h>

static void progress(void *ctx, uint64_t records)
{
	print_progress_set(ctx, records);
}

static enum ax_err sizes(struct ax_store_size *out, struct cli *c)
{
	enum ax_err e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	if (!e)
		e = ax_store_measure(out, c->txn);
	cli_end_read(c);
	return e;
}

static enum ax_err repack(struct cli *c)
{
	struct ax_store_size before, after;
	struct print_progress p;
	enum ax_err e = sizes(&before, c);
	if (e)
		return e;
	print_progress_begin(&p, "records packed", before.records);
	e = ax_store_repack(ax_repo_store(c->repo), progress, &p);
	print_progress_end(&p);
	if (!e)
		e = sizes(&after, c);
	if (e)
		return e;
	housekeeping_put_size(&c->out, before.file_bytes);
	ax_buf_str(&c->out, " -> ");
	housekeeping_put_size(&c->out, after.file_bytes);
	ax_buf_u8(&c->out, '\n');
	return ax_buf_check(&c->out);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	int lock;
	(void)w;
	enum ax_err e = cli_open(c, false);
	if (!e && !(e = ax_house_lock(&lock, c->dir, false))) {
		e = repack(c);
		close(lock);
	}
	return e;
}

const struct verb verb_repack = {
	.name = "repack",
	.synopsis = "",
	.summary = "write the store anew without gaps, and give the room back to the disk",
	.details =
		"Nothing of it changes but its size. Writers wait meanwhile; mounts and daemons go on with the new "
		"store by\n"
		"themselves. It needs room for a second store. Killed at any moment, one of the two is in place.",
	.example = "apex gc && apex repack",
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
