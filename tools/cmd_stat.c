#include "core/object.h"
#include "core/pin.h"
#include "tools/housekeeping.h"
#include "tools/json.h"
#include "tools/verbs.h"

static bool json;

static const struct option options[] = {
	{ "json", 0, NULL, "for scripts", NULL, NULL, &json },
	{ 0 },
};

enum { KINDS = AX_KIND_TAG + 1 };

struct stat_sum {
	uint64_t n[KINDS], bytes[KINDS]; /* 0: the log's entries */
	uint64_t all, zones, refs, pins;
	struct ax_store_size size;
};

static enum ax_err add(void *ctx, uint64_t id, struct ax_slice record)
{
	struct stat_sum *s = ctx;
	unsigned kind = record.n > 1 && !record.p[0] && record.p[1] < KINDS ? record.p[1] : 0;
	(void)id;
	s->n[kind]++;
	s->bytes[kind] += record.n;
	s->all += record.n;
	return AX_OK;
}

static enum ax_err count_refs(struct stat_sum *s, struct cli *c)
{
	struct ax_zone zone = { 0 };
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_zone_next(&zone, c->txn, zone.id, false))) {
		char path[AX_REF_PATH_MAX + 1] = "";
		s->zones++;
		while (!(e = ax_ref_next(&ref, path, c->txn, zone.id, "", path)))
			s->refs++;
		if (e != AX_ENOENT)
			return e;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

static enum ax_err sum_up(struct stat_sum *s, struct cli *c)
{
	enum ax_err e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	if (!e)
		e = ax_store_measure(&s->size, c->txn);
	if (!e)
		e = ax_txn_each_object(c->txn, 0, add, s);
	if (!e)
		e = count_refs(s, c);
	if (!e && ax_pins_count(&s->pins, c->dir))
		ax_err_clear(); /* who may not look at them can still have the rest */
	return e;
}

static void put_row(struct ax_buf *out, const char *what, uint64_t n, uint64_t bytes)
{
	ax_buf_printf(out, "%-12s %10llu  ", what, (unsigned long long)n);
	housekeeping_put_size(out, bytes);
	ax_buf_u8(out, '\n');
}

static void put_text(struct ax_buf *out, const struct stat_sum *s)
{
	uint64_t commits = s->n[AX_KIND_COMMIT];
	put_row(out, "leaves", s->n[AX_KIND_LEAF], s->bytes[AX_KIND_LEAF]);
	put_row(out, "inner nodes", s->n[AX_KIND_INNER], s->bytes[AX_KIND_INNER]);
	put_row(out, "blobs", s->n[AX_KIND_BLOB], s->bytes[AX_KIND_BLOB]);
	put_row(out, "commits", commits, s->bytes[AX_KIND_COMMIT]);
	put_row(out, "tag objects", s->n[AX_KIND_TAG], s->bytes[AX_KIND_TAG]);
	put_row(out, "log entries", s->n[0], s->bytes[0]);
	ax_buf_printf(out, "%-12s %10llu\n%-12s %10llu\n", "zones", (unsigned long long)s->zones, "refs",
		      (unsigned long long)s->refs);
	ax_buf_printf(out, "%-12s ", "file");
	housekeeping_put_size(out, s->size.file_bytes);
	ax_buf_str(out, ", free for commits to come ");
	housekeeping_put_size(out, s->size.free_bytes);
	ax_buf_printf(out, "\n%-12s ", "growth");
	housekeeping_put_size(out, commits ? s->all / commits : 0);
	ax_buf_printf(out, " of records a commit\n%-12s %llu, the oldest %llu transactions behind\n", "readers",
		      (unsigned long long)s->size.readers, (unsigned long long)s->size.behind);
	ax_buf_printf(out, "%-12s %llu programs pin something\n", "pins", (unsigned long long)s->pins);
}

static enum ax_err put_json(struct ax_buf *out, const struct stat_sum *s)
{
	static const char *const names[KINDS] = { "log_entries", "leaves",  "inner_nodes",
						  "blobs",       "commits", "tag_objects" };
	struct json_t *root = json_object_new(), *objects = json_object_new();
	for (unsigned i = 0; i < KINDS; i++) {
		struct json_t *one = json_object_new();
		json_put_number(one, "count", s->n[i]);
		json_put_number(one, "bytes", s->bytes[i]);
		json_put(objects, names[i], one);
	}
	json_put(root, "objects", objects);
	json_put_number(root, "zones", s->zones);
	json_put_number(root, "refs", s->refs);
	json_put_number(root, "file_bytes", s->size.file_bytes);
	json_put_number(root, "free_bytes", s->size.free_bytes);
	json_put_number(root, "map_bytes", s->size.map_bytes);
	json_put_number(root, "transactions", s->size.transactions);
	json_put_number(root, "repacked", s->size.epoch);
	json_put_number(root, "readers", s->size.readers);
	json_put_number(root, "behind", s->size.behind);
	json_put_number(root, "pins", s->pins);
	return json_print(out, root);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct stat_sum s = { .all = 0 };
	(void)w;
	enum ax_err e = cli_open(c, true);
	if (!e)
		e = sum_up(&s, c);
	if (e)
		return e;
	if (json)
		return put_json(&c->out, &s);
	put_text(&c->out, &s);
	return ax_buf_check(&c->out);
}

const struct verb verb_stat = {
	.name = "stat",
	.synopsis = "[--json]",
	.summary = "print how much there is: objects, bytes, commits, growth, readers, pins",
	.example = "apex stat --json",
	.options = options,
	.min_words = 0,
	.max_words = 0,
	.run = run,
};
