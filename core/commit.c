/* The text of a commit, both ways. */
#include "core/commit_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TZ_MAX = 24 * 60 - 1 };

/* -- text out ---------------------------------------------------------------------------------------------- */

bool ax_has_control(const char *s, const char *but)
{
	for (; *s; s++)
		if (((unsigned char)*s < 0x20 || *s == 0x7f) && !strchr(but, *s))
			return true;
	return false;
}

enum ax_err ax_person_check(const char *what, const struct ax_person *p)
{
	if (!p->name || !*p->name || p->name[0] == ' ' || p->name[strlen(p->name) - 1] == ' ')
		return ax_fail(AX_EINVAL, "%s: a name is needed, without blanks around it", what);
	if (!p->mail)
		return ax_fail(AX_EINVAL, "%s: a mail address is needed (it may be empty)", what);
	if (strlen(p->name) > AX_PERSON_MAX || strlen(p->mail) > AX_PERSON_MAX)
		return ax_fail(AX_EINVAL, "%s: a name or mail address over %d bytes", what, AX_PERSON_MAX);
	if (ax_has_control(p->name, "") || ax_has_control(p->mail, "") || strpbrk(p->name, "<>") ||
	    strpbrk(p->mail, "<>"))
		return ax_fail(AX_EINVAL, "%s: control bytes, < and > are not allowed in a name or mail address",
			       what);
	if (p->when.s < 0 || p->when.ns > 999999999 || p->when.tz_min < -TZ_MAX || p->when.tz_min > TZ_MAX)
		return ax_fail(AX_EINVAL, "%s: a time out of range", what);
	return AX_OK;
}

void ax_person_put(struct ax_buf *b, const char *what, const struct ax_person *p)
{
	int tz = p->when.tz_min < 0 ? -p->when.tz_min : p->when.tz_min;
	ax_buf_printf(b, "%s %s <%s> %" PRId64 ".%09" PRIu32 " %c%02d%02d\n", what, p->name, p->mail, p->when.s,
		      p->when.ns, p->when.tz_min < 0 ? '-' : '+', tz / 60, tz % 60);
}

static const char *const known[] = { "tree", "parent", "zone", "serial", "author", "committer", "via" };

/* One unknown header line (or the continuation of one, which begins with a blank), LF included; 0 if it is none. */
static size_t extra_line(struct ax_slice s, bool first)
{
	const uint8_t *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
	size_t n = 0;
	if (!lf || lf == s.p || memchr(s.p, 0, (size_t)(lf - s.p)))
		return 0;
	if (s.p[0] == ' ')
		return first ? 0 : (size_t)(lf - s.p) + 1;
	while ((s.p[n] >= 'a' && s.p[n] <= 'z') || (n && (s.p[n] == '-' || (s.p[n] >= '0' && s.p[n] <= '9'))))
		n++;
	if (!n || s.p[n] != ' ')
		return 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (ax_slice_eq(ax_slice(s.p, n), ax_slice_str(known[i])))
			return 0;
	return (size_t)(lf - s.p) + 1;
}

static enum ax_err check_extra(struct ax_slice s)
{
	for (bool first = true; s.n; first = false) {
		size_t n = extra_line(s, first);
		if (!n)
			return ax_fail(AX_EINVAL, "a malformed header line in a commit");
		s = ax_slice(s.p + n, s.n - n);
	}
	return AX_OK;
}

static enum ax_err check_texts(const struct ax_commit *c)
{
	if (!c->via || !*c->via || strlen(c->via) > AX_VIA_MAX || ax_has_control(c->via, ""))
		return ax_fail(AX_EINVAL, "via: 1 to %d bytes without control bytes are needed", AX_VIA_MAX);
	size_t n = c->message ? strlen(c->message) : 0;
	if (!c->message || n > AX_MESSAGE_MAX)
		return ax_fail(AX_EINVAL, "the message is missing or over %d bytes", AX_MESSAGE_MAX);
	if (ax_has_control(c->message, "\n\t"))
		return ax_fail(AX_EINVAL, "the message has control bytes");
	if (n && c->message[n - 1] == '\n')
		return ax_fail(AX_EINVAL, "the message ends in an empty line");
	if (c->parents > AX_PARENTS_MAX)
		return ax_fail(AX_EINVAL, "more than %d parents", AX_PARENTS_MAX);
	return check_extra(c->extra);
}

enum ax_err ax_commit_encode(struct ax_buf *out, const struct ax_commit *c)
{
	char hex[AX_ID_HEX + 1];
	struct ax_name zone = c->zone;
	enum ax_err e;
	ax_name_lower(&zone);
	if ((e = ax_person_check("author", &c->author)) || (e = ax_person_check("committer", &c->committer)) ||
	    (e = check_texts(c)))
		return e;
	ax_id_hex(hex, &c->tree);
	ax_buf_printf(out, "tree %s\n", hex);
	for (unsigned i = 0; i < c->parents; i++) {
		ax_id_hex(hex, &c->parent[i]);
		ax_buf_printf(out, "parent %s\n", hex);
	}
	ax_buf_str(out, "zone ");
	ax_name_text(out, &zone);
	ax_buf_printf(out, "\nserial %" PRIu32 "\n", c->serial);
	ax_person_put(out, "author", &c->author);
	ax_person_put(out, "committer", &c->committer);
	ax_buf_printf(out, "via %s\n", c->via);
	ax_buf_slice(out, c->extra);
	ax_buf_printf(out, "\n%s\n", c->message);
	return ax_buf_check(out);
}

/* -- text in ----------------------------------------------------------------------------------------------- */

/* The text of the next line if it is header `what`, its LF replaced by a 0 byte; NULL else. */
char *ax_header_take(char **p, const char *what)
{
	size_t n = strlen(what);
	if (strncmp(*p, what, n) != 0 || (*p)[n] != ' ')
		return NULL;
	char *value = *p + n + 1, *lf = strchr(value, '\n');
	if (!lf)
		return NULL;
	*lf = 0;
	*p = lf + 1;
	return value;
}

static bool take_number(uint64_t *out, char **p, uint64_t max)
{
	char *end = *p;
	*out = 0;
	for (; *end >= '0' && *end <= '9'; end++) {
		if (*out > (max - (uint64_t)(*end - '0')) / 10)
			return false;
		*out = *out * 10 + (uint64_t)(*end - '0');
	}
	bool some = end > *p;
	*p = end;
	return some;
}

/* Whether the form was exact (leading zeros, sign of +0000) shows when the commit is encoded again. */
static bool take_when(struct ax_time *out, char *p)
{
	uint64_t s, ns, tz;
	if (!take_number(&s, &p, INT64_MAX) || *p++ != '.' || !take_number(&ns, &p, 999999999) || *p++ != ' ')
		return false;
	char sign = *p++;
	if ((sign != '+' && sign != '-') || !take_number(&tz, &p, 9999) || *p || tz % 100 > 59 || tz / 100 > 23)
		return false;
	int minutes = (int)(tz / 100 * 60 + tz % 100);
	*out = (struct ax_time){ (int64_t)s, (uint32_t)ns, (int16_t)(sign == '-' ? -minutes : minutes) };
	return true;
}

bool ax_person_take(struct ax_person *out, char **p, const char *what)
{
	char *line = ax_header_take(p, what);
	char *mail = line ? strstr(line, " <") : NULL;
	char *when = mail ? strstr(mail, "> ") : NULL;
	if (!when)
		return false;
	*mail = *when = 0;
	out->name = line;
	out->mail = mail + 2;
	return take_when(&out->when, when + 2);
}

static bool take_ids(struct ax_commit *c, char **p)
{
	char *v = ax_header_take(p, "tree");
	if (!v || ax_id_parse(&c->tree, v) != AX_OK)
		return false;
	while ((v = ax_header_take(p, "parent"))) {
		if (c->parents == AX_PARENTS_MAX || ax_id_parse(&c->parent[c->parents], v) != AX_OK)
			return false;
		c->parents++;
	}
	return true;
}

static bool take_message(struct ax_commit *c, char *p, char *end)
{
	c->extra.p = (uint8_t *)p;
	for (size_t n; (n = extra_line(ax_slice(p, (size_t)(end - p)), c->extra.n == 0)); p += n)
		c->extra.n += n;
	if (end - p < 2 || *p != '\n' || end[-1] != '\n')
		return false;
	*p = end[-1] = 0; /* the 0 byte before the message ends nothing: extra has a length */
	c->message = p + 1;
	return true;
}

static bool take_all(struct ax_commit *c, char *p, size_t n)
{
	char *end = p + n, *v;
	uint64_t serial;
	if (memchr(p, 0, n) || !take_ids(c, &p))
		return false;
	if (!(v = ax_header_take(&p, "zone")) || ax_name_parse(&c->zone, v, strlen(v), NULL) != AX_OK)
		return false;
	if (!(v = ax_header_take(&p, "serial")) || !take_number(&serial, &v, UINT32_MAX) || *v)
		return false;
	c->serial = (uint32_t)serial;
	if (!ax_person_take(&c->author, &p, "author") || !ax_person_take(&c->committer, &p, "committer"))
		return false;
	return (c->via = ax_header_take(&p, "via")) && take_message(c, p, end);
}

enum ax_err ax_commit_decode(struct ax_commit *out, struct ax_slice canonical)
{
	struct ax_buf again = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	*out = (struct ax_commit){ 0 };
	out->memory = malloc(canonical.n + 1);
	if (!out->memory)
		return ax_fail(AX_ENOMEM, "out of memory");
	if (canonical.n)
		memcpy(out->memory, canonical.p, canonical.n);
	out->memory[canonical.n] = 0;
	if (!take_all(out, out->memory, canonical.n)) {
		e = ax_fail(AX_ECORRUPT, "malformed commit");
		goto out;
	}
	/* One content has one form: what would be written otherwise is no commit. */
	e = ax_commit_encode(&again, out);
	if (e == AX_EINVAL || (!e && !ax_slice_eq(ax_buf_view(&again), canonical)))
		e = ax_fail(AX_ECORRUPT, "a commit that is not in canonical form");
	out->id = ax_hash_object(AX_KIND_COMMIT, canonical);
out:
	ax_buf_fini(&again);
	if (e)
		ax_commit_fini(out);
	return e;
}

void ax_commit_fini(struct ax_commit *c)
{
	free(c->memory);
	*c = (struct ax_commit){ 0 };
}
