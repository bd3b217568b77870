#include "core/nsupdate.h"

#include <string.h>
#include <strings.h>

enum { LINE_MAX_BYTES = 1 << 20, TOKEN_SHOWN = 60 };

struct script {
	const char *file;
	unsigned line;
	struct ax_slice rest; /* of the line */
	bool has_ttl;         /* of the command `ttl` */
	uint32_t ttl_s;
	struct ax_buf rdata;
};

static enum ax_err bad(const struct script *s, const char *what, struct ax_slice token)
{
	return ax_fail(AX_EINVAL, "%s:%u: %s: `%.*s`", s->file, s->line, what,
		       token.n > TOKEN_SHOWN ? TOKEN_SHOWN : (int)token.n, token.n ? (const char *)token.p : "");
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word; a backslash keeps what follows it in the word. Empty at the line's end. */
static struct ax_slice next_word(struct script *s)
{
	size_t i = 0;
	while (s->rest.n && is_blank(*s->rest.p))
		s->rest = ax_slice(s->rest.p + 1, s->rest.n - 1);
	while (i < s->rest.n && !is_blank(s->rest.p[i]))
		i += s->rest.p[i] == '\\' && i + 1 < s->rest.n ? 2 : 1;
	struct ax_slice word = ax_slice(s->rest.p, i);
	s->rest = ax_slice(s->rest.p + i, s->rest.n - i);
	return word;
}

/* The line up to a ; outside quotes. */
static struct ax_slice less_comment(struct ax_slice line)
{
	bool quoted = false;
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '\\')
			i++;
		else if (line.p[i] == '"')
			quoted = !quoted;
		else if (line.p[i] == ';' && !quoted)
			return ax_slice(line.p, i);
	}
	return line;
}

static bool is(struct ax_slice word, const char *text)
{
	return word.n == strlen(text) && word.n && strncasecmp((const char *)word.p, text, word.n) == 0;
}

/* -- parts of a command ----------------------------------------------------------------------------------- */

static enum ax_err read_name(struct ax_name *out, struct script *s)
{
	struct ax_slice word = next_word(s);
	if (!word.n)
		return bad(s, "a name is missing", word);
	enum ax_err e = ax_name_parse(out, (const char *)word.p, word.n, &ax_name_root);
	return e == AX_EINVAL ? ax_fail(e, "%s:%u: %s", s->file, s->line, ax_err_text(e)) : e;
}

static bool read_number(uint32_t *out, struct ax_slice word)
{
	uint64_t v = 0;
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9' || (v = v * 10 + (word.p[i] - '0')) > 0x7fffffff)
			return false;
	}
	*out = (uint32_t)v;
	return word.n > 0;
}

static enum ax_err read_type(struct ax_nsupdate_command *c, struct script *s, struct ax_slice word)
{
	if (!word.n)
		return bad(s, "a type is missing", word);
	if (is(word, "ANY") && c->verb == AX_NSUPDATE_DELETE)
		return AX_OK;
	if (ax_type_parse(&c->type, (const char *)word.p, word.n) || !ax_type_storable(c->type))
		return bad(s, "not a type that a zone can hold", word);
	return AX_OK;
}

static enum ax_err read_rdata(struct ax_nsupdate_command *c, struct script *s)
{
	while (s->rest.n && is_blank(*s->rest.p))
		s->rest = ax_slice(s->rest.p + 1, s->rest.n - 1);
	while (s->rest.n && is_blank(s->rest.p[s->rest.n - 1]))
		s->rest.n--;
	if (!s->rest.n)
		return AX_OK;
	ax_buf_clear(&s->rdata);
	enum ax_err e = ax_rdata_parse(&s->rdata, c->type, (const char *)s->rest.p, s->rest.n, &ax_name_root);
	if (e == AX_EINVAL)
		return ax_fail(e, "%s:%u: %s", s->file, s->line, ax_err_text(e));
	c->has_rdata = true;
	c->rdata = ax_buf_view(&s->rdata);
	return e;
}

/* What stands behind the name: [TTL] [CLASS] [TYPE [RDATA]]. */
static enum ax_err read_record(struct ax_nsupdate_command *c, struct script *s)
{
	struct ax_slice word = next_word(s);
	c->ttl_s = s->ttl_s;
	bool has_ttl = read_number(&c->ttl_s, word);
	if (has_ttl)
		word = next_word(s);
	if (is(word, "IN"))
		word = next_word(s);
	if (c->verb == AX_NSUPDATE_ADD && !has_ttl && !s->has_ttl)
		return bad(s, "a TTL is missing before", word);
	if (!word.n && c->verb == AX_NSUPDATE_DELETE)
		return AX_OK;
	enum ax_err e = read_type(c, s, word);
	if (!e && c->type != AX_TYPE_ANY)
		e = read_rdata(c, s);
	if (!e && c->verb == AX_NSUPDATE_ADD && !c->has_rdata)
		e = bad(s, "RDATA is missing behind", word);
	return e;
}

/* -- commands --------------------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	enum ax_nsupdate_verb verb;
} verbs[] = {
	{ "zone", AX_NSUPDATE_ZONE },         { "send", AX_NSUPDATE_SEND },
	{ "add", AX_NSUPDATE_ADD },           { "delete", AX_NSUPDATE_DELETE },
	{ "del", AX_NSUPDATE_DELETE },        { "nxdomain", AX_NSUPDATE_NXDOMAIN },
	{ "yxdomain", AX_NSUPDATE_YXDOMAIN }, { "nxrrset", AX_NSUPDATE_NXRRSET },
	{ "yxrrset", AX_NSUPDATE_YXRRSET },
};

static bool is_about_the_wire(struct ax_slice word)
{
	static const char *const words[] = { "server",      "local", "key",    "gsstsig", "oldgsstsig", "realm",
					     "check-names", "show",  "answer", "debug",   "version",    "help" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (is(word, words[i]))
			return true;
	return false;
}

static bool find_verb(enum ax_nsupdate_verb *out, struct ax_slice word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (is(word, verbs[i].word)) {
			*out = verbs[i].verb;
			return true;
		}
	return false;
}

static enum ax_err read_ttl(struct script *s)
{
	struct ax_slice word = next_word(s);
	s->has_ttl = !is(word, "none");
	return s->has_ttl && !read_number(&s->ttl_s, word) ? bad(s, "not a TTL", word) : AX_OK;
}

static enum ax_err read_class(struct script *s)
{
	struct ax_slice word = next_word(s);
	return is(word, "IN") ? AX_OK : bad(s, "a class other than IN", word);
}

static enum ax_err read_command(struct ax_nsupdate_command *c, struct script *s)
{
	enum ax_err e = c->verb == AX_NSUPDATE_SEND ? AX_OK : read_name(&c->owner, s);
	if (!e && c->verb > AX_NSUPDATE_YXDOMAIN && c->verb < AX_NSUPDATE_SEND)
		e = read_record(c, s);
	struct ax_slice more = next_word(s);
	if (!e && more.n && !c->has_rdata)
		e = bad(s, "more than the command takes", more);
	return e;
}

static enum ax_err read_line(struct script *s, bool *quit,
			     enum ax_err (*each)(void *ctx, const struct ax_nsupdate_command *c), void *ctx)
{
	struct ax_nsupdate_command c = { .verb = AX_NSUPDATE_SEND, .line = s->line, .type = AX_TYPE_ANY };
	struct ax_slice first = next_word(s), word = first;
	if (is(word, "update") || is(word, "prereq"))
		word = next_word(s);
	if (is(first, "quit")) {
		*quit = true;
		return AX_OK;
	}
	if (is_about_the_wire(first))
		return AX_OK;
	if (is(first, "ttl"))
		return read_ttl(s);
	if (is(first, "class"))
		return read_class(s);
	if (!find_verb(&c.verb, word))
		return bad(s, "not a command of nsupdate", word.n ? word : first);
	enum ax_err e = read_command(&c, s);
	return e ? e : each(ctx, &c);
}

enum ax_err ax_nsupdate_read(struct ax_slice text, const char *file,
			     enum ax_err (*each)(void *ctx, const struct ax_nsupdate_command *c), void *ctx)
{
	struct script s = { .file = file };
	enum ax_err e = AX_OK;
	bool quit = false;
	while (!e && !quit && text.n) {
		const uint8_t *lf = memchr(text.p, '\n', text.n);
		size_t n = lf ? (size_t)(lf - text.p) : text.n;
		struct ax_slice line = ax_slice(text.p, n);
		s.line++;
		text = ax_slice(text.p + n + (lf != NULL), text.n - n - (lf != NULL));
		s.rest = less_comment(line);
		struct script look = s;
		if (line.n > LINE_MAX_BYTES)
			e = bad(&s, "a line over 1 MiB", ax_slice(line.p, 20));
		else if (next_word(&look).n)
			e = read_line(&s, &quit, each, ctx);
		else if (s.rest.n == line.n) /* not a comment */
			e = each(ctx, &(struct ax_nsupdate_command){
					      .verb = AX_NSUPDATE_SEND, .line = s.line, .type = AX_TYPE_ANY });
	}
	ax_buf_fini(&s.rdata);
	return e;
}
