#include "core/zonetext.h"
#include "tools/verbs.h"

/* So much is collected, then written with no transaction open: whoever reads slowly holds no snapshot. */
enum { CHUNK = 1 << 20 };

struct export
{
	struct cli *c;
	struct cli_commit at;
	struct ax_buf text, next; /* next: the key to go on with */
	struct print_progress progress;
	uint64_t done;
};

static enum ax_err put_entry(struct export *x, struct ax_slice key, struct ax_slice value)
{
	struct ax_name owner;
	struct ax_rrset rrset;
	uint16_t type, covered;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, key, &x->at.zone.apex);
	if (!e)
		e = ax_rrset_view(&rrset, type, covered, value);
	return e ? e : ax_zonetext_write(&x->text, &owner, &rrset, x->at.info.serial);
}

/* The SOA comes first, whatever its place in canonical order: master files begin with it (RFC 1035 5.2). */
static enum ax_err put_soa(struct export *x)
{
	struct ax_buf key = AX_BUF_INIT;
	struct ax_entry soa;
	enum ax_err e = ax_key_make(&key, &x->at.zone.apex, &x->at.zone.apex, AX_TYPE_SOA, 0);
	if (!e)
		e = ax_tree_find(&soa, x->c->txn, &x->at.info.root, ax_buf_view(&key));
	if (!e)
		e = put_entry(x, soa.key, soa.value);
	ax_buf_fini(&key);
	return e == AX_ENOENT ? AX_OK : e;
}

static bool is_apex_soa(struct ax_slice key)
{
	return key.n == 3 && key.p[0] == 0 && ax_be16(key.p + 1) == AX_TYPE_SOA;
}

/* From x->next on until a chunk is full; *more tells whether something is left. */
static enum ax_err put_chunk(struct export *x, bool *more)
{
	struct ax_cursor cursor;
	*more = false;
	enum ax_err e = ax_cursor_init(&cursor, x->c->txn, &x->at.info.root);
	if (e)
		return e;
	cursor.verify = true;
	for (e = ax_cursor_seek(&cursor, ax_buf_view(&x->next)); !e && cursor.valid; e = ax_cursor_next(&cursor)) {
		if (x->text.n >= CHUNK) {
			ax_buf_clear(&x->next);
			ax_buf_slice(&x->next, cursor.entry.key);
			*more = true;
			break;
		}
		if (!is_apex_soa(cursor.entry.key))
			e = put_entry(x, cursor.entry.key, cursor.entry.value);
		if (e)
			break;
		x->done++;
	}
	ax_cursor_fini(&cursor);
	return e ? e : ax_buf_check(&x->next);
}

static enum ax_err stream(struct export *x)
{
	bool more = true;
	enum ax_err e = put_soa(x);
	while (!e && more) {
		e = put_chunk(x, &more);
		if (e)
			break;
		ax_txn_reset(x->c->txn);
		e = print_bytes(ax_buf_view(&x->text));
		ax_buf_clear(&x->text);
		print_progress_set(&x->progress, x->done);
		if (!e)
			e = ax_txn_renew(x->c->txn);
	}
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct export x = { .c = c };
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = cli_revision(&x.at, c, w->n ? w->v[0] : NULL);
	if (e)
		return e;
	print_progress_begin(&x.progress, "exported", x.at.info.root.count);
	e = stream(&x);
	print_progress_end(&x.progress);
	ax_buf_fini(&x.text);
	ax_buf_fini(&x.next);
	return e;
}

const struct verb verb_export = {
	.name = "export",
	.synopsis = "[REV]",
	.summary = "print a zone as a zone file",
	.details = "SOA first, then canonical order; one record a line, names absolute. Importing it again gives the "
		   "same\n"
		   "tree.",
	.example = "apex export main~3 > example.com.zone",
	.completes = "r",
	.min_words = 0,
	.max_words = 1,
	.run = run,
};
