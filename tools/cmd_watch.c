#include "core/watch.h"
#include "tools/json.h"
#include "tools/verbs.h"

#include <inttypes.h>

static const char *count, *since;

static const struct option options[] = {
	{ "max-count", 'n', "N", "end after N lines", &count, NULL, NULL },
	{ "since", 0, "NUMBER", "begin behind this entry of the log; else with what comes next", &since, NULL, NULL },
	{ 0 },
};

static enum ax_err put_entry(struct ax_buf *out, struct ax_txn *t, const struct ax_log_entry *entry)
{
	static const char *const kinds[] = { "", "ref", "zone-added", "zone-removed", "setting", "refused" };
	struct json_t *object = json_object_new();
	struct ax_zone zone;
	struct ax_buf text = AX_BUF_INIT;
	json_put_number(object, "number", entry->seq);
	json_put_text(object, "what", entry->kind <= AX_LOG_REFUSED ? kinds[entry->kind] : "");
	enum ax_err e = ax_zone_get(&zone, t, entry->zone);
	if (!e)
		ax_name_text(&text, &zone.apex);
	json_put_slice(object, "zone", ax_buf_view(&text));
	json_put_text(object, "ref", entry->ref);
	if (!e && entry->kind == AX_LOG_REF && !(e = cli_put_id(object, "old", t, entry->old_commit)) &&
	    !(e = cli_put_id(object, "new", t, entry->new_commit)))
		json_put_number(object, "serial", entry->serial);
	ax_buf_clear(&text);
	ax_buf_printf(&text, "%" PRId64 ".%09" PRIu32, entry->when.s, entry->when.ns);
	json_put_slice(object, "time", ax_buf_view(&text));
	json_put_text(object, "door", entry->door);
	ax_buf_fini(&text);
	enum ax_err printed = json_print_line(out, object);
	return e ? e : printed;
}

/* All that is there, at most *left of it; nothing is held while it is written to whoever reads slowly. */
static enum ax_err put_news(struct cli *c, uint64_t *seq, uint64_t *left, uint64_t *seen)
{
	struct ax_log_entry entry;
	enum ax_err e = ax_txn_renew(c->txn);
	ax_buf_clear(&c->out);
	*seen = e ? 0 : ax_txn_id(c->txn);
	while (!e && *left && !(e = ax_log_get(&entry, c->txn, *seq + 1))) {
		e = put_entry(&c->out, c->txn, &entry);
		++*seq;
		--*left;
	}
	ax_txn_reset(c->txn);
	if (e && e != AX_ENOENT)
		return e;
	e = print_bytes(ax_buf_view(&c->out));
	ax_buf_clear(&c->out);
	return e;
}

static enum ax_err watch(struct cli *c, uint64_t seq, uint64_t left)
{
	struct ax_watch w;
	uint64_t seen;
	enum ax_err e = ax_watch_open(&w, ax_repo_store(c->repo));
	if (e)
		return e;
	while (!(e = put_news(c, &seq, &left, &seen)) && left)
		ax_watch_wait(&w, ax_repo_store(c->repo), seen, -1, -1);
	ax_watch_close(&w);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	uint64_t seq, left;
	(void)w;
	enum ax_err e = options_number(&left, "max-count", count, UINT64_MAX);
	if (!e)
		e = cli_open(c, true);
	if (!e)
		e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	if (!e)
		e = ax_log_last(&seq, c->txn);
	if (!e)
		e = options_number(&seq, "since", since, seq);
	return e ? e : watch(c, seq, left);
}

const struct verb verb_watch = {
	.name = "watch",
	.synopsis = "[-n N] [--since NUMBER]",
	.summary = "print what happens as it happens, one JSON object a line: refs that move, zones, settings",
	.details =
		"Each has the number of its log entry: --since goes on behind it after a pause, and misses nothing.",
	.example = "apex watch | while read -r line; do echo \"$line\"; done",
	.options = options,
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
