#include "tools/save.h"
#include "tools/verbs.h"

#include <stdlib.h>
#include <string.h>

static const struct option options[] = { SAVE_OPTIONS, { 0 } };

/* RRSIGs of several types covered are several values; any other type has one. */
struct values {
	struct ax_rrset_builder *v;
	size_t n;
};

static enum ax_err parse_ttl(uint32_t *out, const char *text)
{
	char *end;
	*out = 0;
	errno = 0;
	unsigned long v = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end)
		return ax_fail(AX_EUSAGE, "`%s` is no TTL, a number of seconds (set NAME TYPE TTL RDATA...)", text);
	if (errno || v > 0x7fffffff)
		return ax_fail(AX_EINVAL, "TTL out of range (0 to 2147483647, RFC 2181 8): `%s`", text);
	*out = (uint32_t)v;
	return AX_OK;
}

/* A TXT argument without a leading quote is one string, cut into pieces of 255 octets (RFC 1035 3.3.14). */
static void quote(struct ax_buf *out, const char *text)
{
	size_t n = 0;
	ax_buf_u8(out, '"');
	for (const unsigned char *p = (const unsigned char *)text; *p; p++, n++) {
		if (n && n % 255 == 0)
			ax_buf_str(out, "\" \"");
		if (*p == '"' || *p == '\\')
			ax_buf_printf(out, "\\%c", *p);
		else if (*p < ' ' || *p > '~')
			ax_buf_printf(out, "\\%03u", *p);
		else
			ax_buf_u8(out, *p);
	}
	ax_buf_u8(out, '"');
}

static enum ax_err parse_rdata(struct ax_buf *out, uint16_t type, const char *text, const struct ax_name *apex)
{
	char name[24];
	ax_type_text(name, type);
	if (type != AX_TYPE_TXT || text[0] == '"' || !strncmp(text, "\\# ", 3)) {
		enum ax_err e = ax_rdata_parse(out, type, text, strlen(text), apex);
		return e == AX_EINVAL ? ax_fail(e, "%s: %s", name, ax_err_text(e)) : e;
	}
	struct ax_buf quoted = AX_BUF_INIT;
	quote(&quoted, text);
	enum ax_err e = ax_buf_check(&quoted);
	if (!e)
		e = ax_rdata_parse(out, type, (const char *)quoted.p, quoted.n, apex);
	ax_buf_fini(&quoted);
	return e;
}

static struct ax_rrset_builder *value_of(struct values *v, uint16_t type, uint16_t covered)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].covered == covered)
			return &v->v[i];
	ax_rrset_builder_init(&v->v[v->n], type, covered);
	return &v->v[v->n++];
}

static enum ax_err collect(struct values *out, const struct ax_name *apex, uint16_t type, uint32_t ttl_s, char **text,
			   size_t n)
{
	struct ax_buf rdata = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	for (size_t i = 0; i < n && !e; i++) {
		ax_buf_clear(&rdata);
		e = parse_rdata(&rdata, type, text[i], apex);
		if (e == AX_EINVAL && n > 1)
			e = ax_fail(e, "%s (each word is one record: quote one that has blanks)", ax_err_text(e));
		if (e)
			break;
		uint16_t covered = type == AX_TYPE_RRSIG ? ax_rrsig_covered(ax_buf_view(&rdata)) : 0;
		e = ax_rrset_builder_add(value_of(out, type, covered), ttl_s, ax_buf_view(&rdata));
	}
	ax_buf_fini(&rdata);
	return e;
}

static enum ax_err put(struct ax_batch *b, const struct ax_name *owner, struct values *v)
{
	struct ax_buf value = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	for (size_t i = 0; i < v->n && !e; i++) {
		ax_buf_clear(&value);
		e = ax_rrset_builder_finish(&value, &v->v[i]);
		if (!e)
			e = ax_batch_put(b, owner, v->v[i].type, v->v[i].covered, ax_buf_view(&value));
	}
	ax_buf_fini(&value);
	return e;
}

static enum ax_err fill(struct ax_batch *b, struct cli *c, const struct words *w)
{
	struct ax_name owner;
	uint16_t type;
	uint32_t ttl_s;
	size_t n = (size_t)(w->n - 3);
	struct values values = { calloc(n, sizeof *values.v), 0 };
	enum ax_err e = values.v ? AX_OK : ax_fail(AX_ENOMEM, "out of memory");
	if (!e)
		e = cli_name(&owner, c, &c->zone, w->v[0]);
	if (!e)
		e = cli_type(&type, w->v[1]);
	if (!e)
		e = parse_ttl(&ttl_s, w->v[2]);
	if (!e)
		e = collect(&values, &c->zone.apex, type, ttl_s, w->v + 3, n);
	if (!e)
		e = put(b, &owner, &values);
	for (size_t i = 0; i < values.n; i++)
		ax_rrset_builder_fini(&values.v[i]);
	free(values.v);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_batch batch;
	enum ax_err e = cli_begin(c, false);
	if (e)
		return e;
	ax_batch_init(&batch, &c->zone.apex);
	e = fill(&batch, c, w);
	if (!e) {
		struct save s = { .batch = &batch,
				  .serial_from = AX_SERIAL_FROM_EDIT,
				  .message = save_message,
				  .force = save_force };
		e = save_batch(c, &s);
	}
	ax_batch_fini(&batch);
	return e;
}

const struct verb verb_set = {
	.name = "set",
	.synopsis = "NAME TYPE TTL RDATA... [-m TEXT] [--force HASH]",
	.summary = "write one RRset and commit it",
	.details = "NAME is relative to the zone, absolute (with its final dot), or @. Each RDATA word is one "
		   "record, so one\n"
		   "with blanks is quoted. A TXT word without a leading quote is one string.",
	.example = "apex set @ MX 3600 '10 mail1' '20 mail2' -m 'a second mail host'",
	.options = options,
	.completes = "n y",
	.min_words = 4,
	.max_words = -1,
	.changes_zone = true,
	.run = run,
};
