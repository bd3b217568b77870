#include "core/zonelex.h"

#include <string.h>

void ax_zonelex_init(struct ax_zonelex *lex, struct ax_slice text)
{
	const char *p = text.n ? (const char *)text.p : "";
	*lex = (struct ax_zonelex){ .p = p, .end = p + text.n, .line = 1 };
}

void ax_zonelex_fini(struct ax_zonelex *lex)
{
	ax_buf_fini(&lex->scratch);
}

/* What the scan of one entry carries along. */
struct scan {
	struct ax_zonelex *lex;
	unsigned depth; /* open parentheses */
	bool quoted, copying;
	const char *content_end; /* not copying: where a comment or the line ended it */
};

/* A carriage return counts only before the line's end (CRLF). */
static bool is_control(const struct ax_zonelex *lex)
{
	uint8_t c = (uint8_t)*lex->p;
	if (c == '\r')
		return lex->p + 1 < lex->end && lex->p[1] != '\n';
	return (c < ' ' && c != '\t' && c != '\n') || c == 0x7f;
}

static void copy(struct scan *s, char c)
{
	if (s->copying)
		ax_buf_u8(&s->lex->scratch, (uint8_t)c);
}

/* From the first parenthesis on, the entry is copied. */
static void start_copying(struct scan *s, const char *start)
{
	if (s->copying)
		return;
	s->copying = true;
	ax_buf_clear(&s->lex->scratch);
	ax_buf_put(&s->lex->scratch, start, (size_t)(s->lex->p - start));
}

static void skip_comment(struct ax_zonelex *lex)
{
	const char *nl = memchr(lex->p, '\n', (size_t)(lex->end - lex->p));
	lex->p = nl ? nl : lex->end;
}

static enum ax_err parenthesis(struct scan *s, const char *start)
{
	char c = *s->lex->p;
	start_copying(s, start);
	copy(s, ' ');
	s->lex->p++;
	if (c == '(')
		s->depth++;
	else if (s->depth == 0)
		return ax_fail(AX_EINVAL, "nothing to close: `)`");
	else
		s->depth--;
	return AX_OK;
}

/* One step at a byte that is not plain. *done: the entry ends here, lex->p is beyond its newline. */
static enum ax_err special(bool *done, struct scan *s, const char *start)
{
	struct ax_zonelex *lex = s->lex;
	char c = *lex->p;
	if (c == '\n') {
		if (s->quoted)
			return ax_fail(AX_EINVAL, "a quote is not closed at the end of the line");
		copy(s, ' ');
		if (s->depth == 0) {
			if (!s->content_end)
				s->content_end = lex->p;
			*done = true;
		}
		lex->p++;
		lex->line++;
	} else if (c == '\\') {
		copy(s, c);
		lex->p++;
		if (lex->p < lex->end && *lex->p != '\n' && !is_control(lex))
			copy(s, *lex->p++);
	} else if (c == '"') {
		s->quoted = !s->quoted;
		copy(s, c);
		lex->p++;
	} else if (c == ';' && !s->quoted) {
		if (!s->content_end && s->depth == 0)
			s->content_end = lex->p;
		skip_comment(lex);
	} else if ((c == '(' || c == ')') && !s->quoted) {
		return parenthesis(s, start);
	} else if (is_control(lex)) {
		return ax_fail(AX_EINVAL, "a control byte in the text: `\\%03u`", (uint8_t)c);
	} else {
		copy(s, c);
		lex->p++;
	}
	return AX_OK;
}

static bool plain(char c)
{
	if ((unsigned char)c > ';')
		return c != '\\' && c != 0x7f;
	return c >= ' ' && c != '"' && c != '(' && c != ')' && c != ';';
}

/* One entry, blank ones too. AX_ENOENT at the end. */
static enum ax_err scan_entry(struct ax_entry *e, struct ax_zonelex *lex)
{
	struct scan s = { .lex = lex };
	const char *start = lex->p;
	bool done = false;
	*e = (struct ax_entry){ .line = lex->line };
	lex->open = false;
	if (lex->p >= lex->end)
		return AX_ENOENT;
	e->blank_owner = *start == ' ' || *start == '\t';
	while (!done && lex->p < lex->end) {
		const char *run = lex->p;
		while (lex->p < lex->end && plain(*lex->p))
			lex->p++;
		if (s.copying)
			ax_buf_put(&lex->scratch, run, (size_t)(lex->p - run));
		if (lex->p - start > 8 * AX_ENTRY_MAX || lex->scratch.n > AX_ENTRY_MAX)
			return ax_fail(AX_ELIMIT, "a record over 1 MiB of text");
		if (lex->p >= lex->end)
			break;
		enum ax_err err = special(&done, &s, start);
		if (err) {
			e->line = lex->line;
			return err;
		}
	}
	lex->open = s.depth > 0;
	if (s.depth)
		return ax_fail(AX_EINVAL, "the text ends inside parentheses: `(`");
	if (s.quoted)
		return ax_fail(AX_EINVAL, "a quote is not closed at the end of the text");
	const char *end = s.content_end ? s.content_end : lex->p;
	e->text = (struct ax_lex){ start, end };
	if (s.copying) {
		e->text.p = (const char *)lex->scratch.p;
		e->text.end = e->text.p + lex->scratch.n;
	}
	if (e->text.end - e->text.p > AX_ENTRY_MAX)
		return ax_fail(AX_ELIMIT, "a record over 1 MiB of text");
	return ax_buf_check(&lex->scratch);
}

enum ax_err ax_zonelex_next(struct ax_entry *e, struct ax_zonelex *lex)
{
	for (;;) {
		enum ax_err err = scan_entry(e, lex);
		if (err)
			return err;
		struct ax_lex peek = e->text;
		struct ax_token t;
		if (ax_lex_token(&t, &peek))
			return AX_OK;
	}
}

/* -- head of a record ------------------------------------------------------------------------------------- */

static bool other_class(const struct ax_token *t)
{
	uint64_t v;
	struct ax_token number = { t->p + 5, t->n - 5, false };
	if (ax_token_is(t, "CH") || ax_token_is(t, "HS") || ax_token_is(t, "CS") || ax_token_is(t, "NONE"))
		return true;
	struct ax_token word = { t->p, t->n < 5 ? t->n : 5, t->quoted };
	return t->n > 5 && ax_token_is(&word, "CLASS") && ax_token_number(&v, &number, UINT16_MAX);
}

static bool is_in(const struct ax_token *t)
{
	return ax_token_is(t, "IN") || ax_token_is(t, "CLASS1");
}

enum ax_err ax_record_head(struct ax_record_head *h, struct ax_lex *text)
{
	struct ax_token t;
	*h = (struct ax_record_head){ 0 };
	for (;;) {
		if (!ax_lex_token(&t, text))
			return ax_fail(AX_EINVAL, "the record ends early, its type is missing");
		if (!h->has_ttl && t.n && *t.p >= '0' && *t.p <= '9' && ax_token_period(&h->ttl_s, &t)) {
			h->has_ttl = true;
			if (h->ttl_s > INT32_MAX)
				return ax_token_fail("a TTL of 2^31 or more", &t);
		} else if (!h->has_class && is_in(&t)) {
			h->has_class = true;
		} else {
			break;
		}
	}
	if (!h->has_class && other_class(&t))
		return ax_token_fail("a class other than IN", &t);
	enum ax_err e = t.quoted ? ax_token_fail("unknown type", &t) : ax_type_parse(&h->type, t.p, t.n);
	if (!e && !ax_type_storable(h->type))
		return ax_token_fail("not a type that a zone holds", &t);
	return e;
}
