/* RDATA text both ways, and mnemonics. Knows ldns for the names of algorithms and certificate
 * types and of whatever RR type our own table lacks. The fields are read and written by our own code: ldns 1.8.3
 * takes addresses and numbers that are none, and crashes on some malformed text. */
#include "core/rdfield.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* -- mnemonics -------------------------------------------------------------------------------------------- */

/* A type that our table has no row for. ldns fills its gaps with names like TYPE123. */
static const char *ldns_name(uint16_t type)
{
	const ldns_rr_descriptor *d = ldns_rr_descript(type);
	bool real = d && d->_type == type && d->_name && strncmp(d->_name, "TYPE", 4) != 0;
	return real ? d->_name : NULL;
}

void ax_type_text(char out[24], uint16_t type)
{
	const struct ax_layout *layout = ax_layout_find(type);
	const char *name = layout ? layout->name : ldns_name(type);
	if (name)
		snprintf(out, 24, "%s", name);
	else
		snprintf(out, 24, "TYPE%u", type);
}

static bool type_number(uint16_t *out, const char *text, size_t len)
{
	uint64_t v = 0;
	if (len < 5 || len > 9 || strncasecmp(text, "TYPE", 4) != 0)
		return false;
	struct ax_token t = { text + 4, len - 4, false };
	if (!ax_token_number(&v, &t, UINT16_MAX))
		return false;
	*out = (uint16_t)v;
	return true;
}

enum ax_err ax_type_parse(uint16_t *out, const char *text, size_t len)
{
	const struct ax_layout *layout = ax_layout_named(text, len);
	char name[24];
	*out = 0;
	if (layout) {
		*out = layout->type;
		return AX_OK;
	}
	if (type_number(out, text, len))
		return AX_OK;
	/* ldns would take TYPE1x for 1. */
	bool numbered = len >= 4 && strncasecmp(text, "TYPE", 4) == 0;
	if (len && len < sizeof name && !numbered && !memchr(text, 0, len)) {
		memcpy(name, text, len);
		name[len] = 0;
		ldns_rr_type type = ldns_get_rr_type_by_name(name);
		if (type && ldns_name((uint16_t)type)) {
			*out = (uint16_t)type;
			return AX_OK;
		}
	}
	struct ax_token t = { text, len, false };
	return ax_token_fail("unknown type", &t);
}

static bool by_name(int *out, ldns_lookup_table *table, const struct ax_token *t)
{
	char name[32];
	if (t->quoted || t->n >= sizeof name || memchr(t->p, 0, t->n))
		return false;
	memcpy(name, t->p, t->n);
	name[t->n] = 0;
	const ldns_lookup_table *row = ldns_lookup_by_name(table, name);
	*out = row ? row->id : 0;
	return row;
}

bool ax_algorithm_parse(uint8_t *out, const struct ax_token *t)
{
	uint64_t v;
	int id;
	*out = 0;
	if (ax_token_number(&v, t, UINT8_MAX)) {
		*out = (uint8_t)v;
		return true;
	}
	/* ldns numbers keys of its own (HMACs) beyond the octet. */
	if (!by_name(&id, ldns_algorithms, t) || id < 0 || id > UINT8_MAX)
		return false;
	*out = (uint8_t)id;
	return true;
}

bool ax_certificate_parse(uint16_t *out, const struct ax_token *t)
{
	uint64_t v;
	int id;
	*out = 0;
	if (ax_token_number(&v, t, UINT16_MAX)) {
		*out = (uint16_t)v;
		return true;
	}
	if (!by_name(&id, ldns_cert_algorithms, t) || id < 0 || id > UINT16_MAX)
		return false;
	*out = (uint16_t)id;
	return true;
}

/* -- RDATA ------------------------------------------------------------------------------------------------ */

/* RFC 3597 5: after \#, the number of octets, then that many in hex. */
static enum ax_err parse_generic(struct ax_buf *out, struct ax_lex *lex)
{
	struct ax_token t;
	uint64_t n;
	if (!ax_lex_token(&t, lex))
		return ax_fail(AX_EINVAL, "the number of octets is missing after \\#");
	if (!ax_token_number(&n, &t, UINT16_MAX))
		return ax_token_fail("not a number of octets from 0 to 65535", &t);
	enum ax_err e = ax_field_scan(out, 'X', lex, NULL);
	if (!e && out->n != n)
		return ax_fail(AX_EINVAL, "\\# announces %llu octets, there are %zu", (unsigned long long)n, out->n);
	return e;
}

static enum ax_err parse_fields(struct ax_buf *out, const char *fields, struct ax_lex *lex,
				const struct ax_name *origin)
{
	struct ax_token t;
	for (const char *f = fields; *f; f++) {
		enum ax_err e = ax_field_scan(out, *f, lex, origin);
		if (e)
			return e;
	}
	return ax_lex_token(&t, lex) ? ax_token_fail("trailing text after RDATA", &t) : AX_OK;
}

/* Quotes come in pairs? */
static bool balanced(const char *text, size_t len)
{
	bool open = false;
	if (!len || !memchr(text, '"', len))
		return true;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			open = !open;
	}
	return !open;
}

enum ax_err ax_rdata_parse(struct ax_buf *out, uint16_t type, const char *text, size_t len,
			   const struct ax_name *origin)
{
	const char *p = len ? text : "";
	struct ax_lex lex = { p, p + len }, start = lex;
	const struct ax_layout *layout = ax_layout_find(type);
	struct ax_token t;
	enum ax_err e;
	ax_buf_clear(out);
	if (!balanced(p, len))
		return ax_fail(AX_EINVAL, "a quote is not closed: `%.*s`", (int)(len < 80 ? len : 80), text);
	bool generic = ax_lex_token(&t, &lex) && !t.quoted && t.n == 2 && memcmp(t.p, "\\#", 2) == 0;
	if (generic) {
		e = parse_generic(out, &lex);
	} else if (layout && layout->fields && !strchr(layout->fields, 'R')) {
		lex = start;
		e = parse_fields(out, layout->fields, &lex, origin);
	} else {
		char name[24];
		ax_type_text(name, type);
		return ax_fail(AX_EINVAL, "RDATA of %s is written as \\# LENGTH HEX, not: `%.*s`", name,
			       (int)(t.n < 80 ? t.n : 80), t.p);
	}
	if (!e)
		e = ax_buf_check(out);
	return e ? e : ax_rdata_check(type, ax_buf_view(out));
}

static void print_generic(struct ax_buf *out, struct ax_slice rdata)
{
	ax_buf_printf(out, "\\# %zu", rdata.n);
	if (rdata.n)
		ax_buf_u8(out, ' ');
	ax_print_hex(out, rdata, true);
}

static bool print_fields(struct ax_buf *out, const struct ax_layout *layout, struct ax_slice rdata)
{
	struct ax_reader r = ax_reader(rdata);
	for (const char *f = layout->fields; *f; f++) {
		struct ax_slice field;
		if (ax_field_take(&field, *f, &r))
			return false;
		size_t at = out->n;
		if (f != layout->fields)
			ax_buf_u8(out, ' ');
		size_t before = out->n;
		if (!ax_field_print(out, *f, field))
			return false;
		if (out->n == before && !out->failed)
			out->n = at; /* an empty last field leaves no blank */
	}
	return ax_reader_left(&r) == 0;
}

/* Kinds whose text is trusted to read back as it was: the others are read back before they are shown. */
static bool plain(const char *fields)
{
	return !fields[strspn(fields, "naA124dtygcszqGbxlhm")];
}

static bool reads_back(uint16_t type, const char *text, size_t len, struct ax_slice rdata)
{
	struct ax_buf t = AX_BUF_INIT;
	enum ax_err e = ax_rdata_parse(&t, type, text, len, &ax_name_root);
	bool same = !e && ax_slice_eq(ax_buf_view(&t), rdata);
	ax_buf_fini(&t);
	return same;
}

enum ax_err ax_rdata_text(struct ax_buf *out, uint16_t type, struct ax_slice rdata)
{
	const struct ax_layout *layout = ax_layout_find(type);
	size_t at = out->n;
	bool done = layout && layout->fields && print_fields(out, layout, rdata) && !out->failed;
	if (done && !plain(layout->fields) && out->n > at)
		done = reads_back(type, (const char *)out->p + at, out->n - at, rdata);
	if (!done) {
		out->n = at;
		print_generic(out, rdata);
	}
	return ax_buf_check(out);
}
