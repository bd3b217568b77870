#include "core/zonetext.h"
#include "tools/verbs.h"

#include <regex.h>
#include <string.h>

static bool ignore_case, fixed, count, names, invert;

static const struct option options[] = {
	{ "ignore-case", 'i', NULL, "small letters match capitals", NULL, NULL, &ignore_case },
	{ "fixed-strings", 'F', NULL, "the pattern is plain text", NULL, NULL, &fixed },
	{ "invert-match", 'v', NULL, "the records that do not match", NULL, NULL, &invert },
	{ "count", 'c', NULL, "print how many records match", NULL, NULL, &count },
	{ "name-only", 0, NULL, "print names and types", NULL, NULL, &names },
	{ 0 },
};

struct search {
	struct cli *c;
	struct cli_commit at;
	const char *pattern;
	regex_t expression;
	struct ax_buf text; /* of the RRset at hand */
	uint64_t found;
};

static bool matches(const struct search *s, const char *line)
{
	bool is;
	if (!fixed)
		is = regexec(&s->expression, line, 0, NULL, 0) == 0;
	else
		is = ignore_case ? strcasestr(line, s->pattern) != NULL : strstr(line, s->pattern) != NULL;
	return is != invert;
}

static enum ax_err put_key(struct search *s, const struct ax_name *owner, uint16_t type)
{
	char text[24];
	ax_type_text(text, type);
	ax_name_text_relative(&s->c->out, owner, &s->at.zone.apex);
	ax_buf_printf(&s->c->out, " %s\n", text);
	return AX_OK;
}

static enum ax_err look(struct search *s, const struct ax_name *owner, uint16_t type)
{
	char *line = (char *)s->text.p, *end = line + s->text.n;
	bool told = false;
	for (char *lf; line < end && (lf = memchr(line, '\n', (size_t)(end - line))); line = lf + 1) {
		*lf = 0;
		if (!matches(s, line))
			continue;
		s->found++;
		if (names && !told)
			(void)put_key(s, owner, type);
		else if (!names && !count)
			ax_buf_printf(&s->c->out, "%s\n", line);
		told = true;
	}
	return ax_buf_check(&s->c->out);
}

static enum ax_err look_in(struct search *s, const struct ax_entry *entry)
{
	struct ax_name owner;
	struct ax_rrset set;
	uint16_t type, covered;
	ax_buf_clear(&s->text);
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, entry->key, &s->at.zone.apex);
	if (!e)
		e = ax_rrset_view(&set, type, covered, entry->value);
	if (!e)
		e = ax_zonetext_write(&s->text, &owner, &set, s->at.info.serial);
	return e ? e : look(s, &owner, type);
}

static enum ax_err search(struct search *s)
{
	struct ax_cursor cursor;
	enum ax_err e = ax_cursor_init(&cursor, s->c->txn, &s->at.info.root);
	if (e)
		return e;
	for (e = ax_cursor_seek(&cursor, ax_slice(NULL, 0)); !e && cursor.valid; e = ax_cursor_next(&cursor))
		if ((e = look_in(s, &cursor.entry)))
			break;
	ax_cursor_fini(&cursor);
	ax_buf_fini(&s->text);
	if (count)
		ax_buf_printf(&s->c->out, "%llu\n", (unsigned long long)s->found);
	s->c->difference = !s->found;
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct search s = { .c = c, .pattern = w->v[0] };
	char why[100];
	int bad = fixed ? 0
			: regcomp(&s.expression, s.pattern, REG_EXTENDED | REG_NOSUB | (ignore_case ? REG_ICASE : 0));
	if (bad) {
		regerror(bad, &s.expression, why, sizeof why);
		return ax_fail(AX_EINVAL, "`%s`: %s", s.pattern, why);
	}
	enum ax_err e = cli_begin(c, true);
	if (!e)
		e = cli_revision(&s.at, c, w->n > 1 ? w->v[1] : NULL);
	if (!e)
		e = search(&s);
	if (!fixed)
		regfree(&s.expression);
	return e;
}

const struct verb verb_grep = {
	.name = "grep",
	.synopsis = "[-i] [-F] [-v] [-c | --name-only] PATTERN [REV]",
	.summary = "print the records of a revision that match",
	.details =
		"PATTERN is an extended regular expression, matched against each record as `apex export` prints it:\n"
		"    api.example.com. 300 IN A 192.0.2.7\n"
		"Exit status 1 if no record matches.",
	.example = "apex grep 'IN A 192\\.0\\.2\\.7$' main~3",
	.options = options,
	.completes = "- r",
	.min_words = 1,
	.max_words = 2,
	.paged = true,
	.run = run,
};
