#include "core/rev.h"
#include "core/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { REV_MAX = 2048 };

/* A revision being read: base, then steps. */
struct reading {
	struct ax_txn *txn;
	const struct ax_rev_context *context;
	const char *text; /* the whole, for messages */
	const char *p;
	bool zone_given;
	char path[AX_REF_PATH_MAX + 1]; /* the ref that the base named; empty if none */
	struct ax_ref ref;
	struct ax_rev *out;
};

static enum ax_err bad(const struct reading *r, const char *why)
{
	return ax_fail(AX_EINVAL, "%.200s: %s", r->text, why);
}

static enum ax_err not_found(const struct reading *r, const char *why)
{
	return ax_fail(AX_ENOENT, "%.200s: %s", r->text, why);
}

/* -- the base ---------------------------------------------------------------------------------------------- */

static enum ax_err take_zone(struct reading *r)
{
	char name[AX_NAME_TEXT_MAX + 1];
	struct ax_zone z;
	size_t n = strncmp(r->p, "@:", 2) == 0 ? 1 : strcspn(r->p, ":@{~^");
	if (r->p[n] != ':' || (n == 6 && strncmp(r->p, "serial", 6) == 0))
		return AX_OK;
	if (!n || n >= sizeof name)
		return bad(r, "a zone is missing before the colon");
	memcpy(name, r->p, n);
	name[n] = 0;
	r->p += n + 1;
	enum ax_err e = ax_zone_named(&z, r->txn, name);
	if (e)
		return e;
	r->zone_given = true;
	r->out->zone = z.id;
	return AX_OK;
}

static enum ax_err take_serial(struct reading *r)
{
	uint64_t serial = 0;
	const char *p = r->p + strlen("serial:");
	if (*p < '0' || *p > '9')
		return bad(r, "serial: takes a number");
	for (; *p >= '0' && *p <= '9'; p++) {
		serial = serial * 10 + (uint64_t)(*p - '0');
		if (serial > UINT32_MAX)
			return bad(r, "a serial has 32 bits");
	}
	r->p = p;
	enum ax_err e = ax_serial_find(&r->out->commit, r->txn, r->out->zone, (uint32_t)serial);
	return e == AX_ENOENT ? not_found(r, "no commit showed this serial") : e;
}

/* Point at a ref; AX_ENOENT (without text) if there is none. */
static enum ax_err try_ref(struct reading *r, const char *folder, const char *name)
{
	snprintf(r->path, sizeof r->path, "%s%s", folder, name);
	enum ax_err e = ax_ref_get(&r->ref, r->txn, r->out->zone, r->path);
	if (e) {
		r->path[0] = 0;
		return e;
	}
	r->out->commit = r->ref.commit;
	if (strncmp(r->path, "heads/", 6) == 0)
		snprintf(r->out->branch, sizeof r->out->branch, "%s", r->path + 6);
	return AX_OK;
}

static enum ax_err take_head(struct reading *r)
{
	bool own = r->out->zone == r->context->zone && r->context->head;
	const char *branch = own ? r->context->head : "main";
	enum ax_err e = try_ref(r, "heads/", branch);
	return e == AX_ENOENT ? ax_fail(e, "branch %s has no commit yet", branch) : e;
}

static enum ax_err check_zone(struct reading *r)
{
	struct ax_commit c;
	struct ax_zone z;
	enum ax_err e = ax_commit_read(&c, r->txn, r->out->commit);
	if (e)
		return e;
	e = ax_zone_get(&z, r->txn, r->out->zone);
	if (!e && !ax_name_eq(&z.apex, &c.zone)) {
		struct ax_buf b = AX_BUF_INIT;
		ax_name_text(&b, &c.zone);
		const char *apex = ax_buf_cstr(&b);
		e = ax_fail(AX_ENOENT, "%.200s: a commit of the zone %s", r->text, apex ? apex : "?");
		ax_buf_fini(&b);
	}
	ax_commit_fini(&c);
	return e;
}

static enum ax_err take_id(struct reading *r, const char *name)
{
	struct ax_object o;
	size_t n = strlen(name);
	if (n < 4 || n > AX_ID_HEX || strspn(name, "0123456789abcdefABCDEF") != n)
		return not_found(r, "no branch, tag or commit has this name");
	enum ax_err e = ax_object_find_prefix(&r->out->commit, NULL, r->txn, name);
	if (e == AX_ENOENT)
		return not_found(r, "no branch, tag or commit has this name");
	if (e == AX_EAMBIGUOUS)
		return ax_fail(e, "%.200s: more than one commit begins so: give more digits", r->text);
	if (!e && (e = ax_object_read(&o, r->txn, r->out->commit, 0)) == AX_OK && o.kind != AX_KIND_COMMIT)
		e = bad(r, "not a commit");
	return e ? e : check_zone(r);
}

static enum ax_err take_base(struct reading *r)
{
	char name[AX_REF_PATH_MAX + 1];
	size_t n = strcspn(r->p, "~^@{}: ");
	if (n >= sizeof name)
		return bad(r, "a name that is too long");
	if (strncmp(r->p, "serial:", 7) == 0)
		return take_serial(r);
	memcpy(name, r->p, n);
	name[n] = 0;
	r->p += n;
	bool at = !n && *r->p == '@';
	if (at && r->p[1] != '{') /* else it is the log's of HEAD */
		r->p++;
	if (at || strcmp(name, "HEAD") == 0)
		return take_head(r);
	if (!n)
		return bad(r, "a branch, tag or commit is missing");
	bool full = strncmp(name, "heads/", 6) == 0 || strncmp(name, "tags/", 5) == 0;
	enum ax_err e = try_ref(r, full ? "" : "heads/", name);
	if (e == AX_ENOENT && !full)
		e = try_ref(r, "tags/", name);
	if (e != AX_ENOENT)
		return e;
	bool head = r->out->zone == r->context->zone && r->context->head && strcmp(name, r->context->head) == 0;
	if (strcmp(name, "main") == 0 || head)
		return ax_fail(e, "branch %s has no commit yet", name);
	return take_id(r, name);
}

/* -- the steps --------------------------------------------------------------------------------------------- */

/* The log outlives what it names. */
static enum ax_err need_commit(struct reading *r)
{
	bool is;
	enum ax_err e = ax_commit_is_there(&is, r->txn, r->out->commit);
	return e || is ? e : not_found(r, "the commit that the branch was at was dropped (apex gc)");
}

static enum ax_err by_number(struct reading *r, uint64_t n)
{
	struct ax_log_entry entry;
	uint64_t seq = r->ref.log;
	for (; n && seq; n--) {
		enum ax_err e = ax_log_get(&entry, r->txn, seq);
		if (e)
			return e;
		r->out->commit = entry.old_commit;
		seq = entry.prev;
	}
	return n || !r->out->commit ? not_found(r, "the log of the branch does not go back so far") : need_commit(r);
}

static enum ax_err by_time(struct reading *r, struct ax_time when)
{
	struct ax_log_entry entry;
	uint64_t oldest = r->out->commit;
	for (uint64_t seq = r->ref.log; seq; seq = entry.prev) {
		enum ax_err e = ax_log_get(&entry, r->txn, seq);
		if (e)
			return e;
		if (ax_time_cmp(entry.when, when) <= 0) {
			r->out->commit = entry.new_commit;
			return r->out->commit ? need_commit(r) : not_found(r, "the branch did not exist then");
		}
		oldest = entry.old_commit ? entry.old_commit : entry.new_commit;
	}
	r->out->commit = oldest;
	enum ax_err e = need_commit(r);
	if (e)
		return e;
	e = ax_graph_at_time(&r->out->commit, r->txn, oldest, when);
	return e == AX_ENOENT ? not_found(r, "there was no commit yet at that time") : e;
}

static bool all_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return n > 0 && n < 10;
}

static enum ax_err step_log(struct reading *r)
{
	const char *p = r->p + 2, *close = strchr(r->p, '}');
	struct ax_time when;
	if (r->p[1] != '{' || !close)
		return bad(r, "@ takes a number or time in braces: main@{2}, main@{2026-08-01}");
	if (!r->path[0])
		return bad(r, "@{...} can follow only a branch or tag");
	size_t n = (size_t)(close - p);
	r->p = close + 1;
	if (all_digits(p, n)) {
		uint64_t count = 0;
		for (size_t i = 0; i < n; i++)
			count = count * 10 + (uint64_t)(p[i] - '0');
		return by_number(r, count);
	}
	enum ax_err e = ax_when_parse(&when, p, n, r->context->now);
	return e ? e : by_time(r, when);
}

static enum ax_err step_back(struct reading *r)
{
	char kind = *r->p++;
	uint64_t n = 0;
	struct ax_commit_info info;
	bool some = *r->p >= '0' && *r->p <= '9';
	for (; *r->p >= '0' && *r->p <= '9'; r->p++)
		if ((n = n * 10 + (uint64_t)(*r->p - '0')) > UINT32_MAX)
			return not_found(r, "the history is not that long");
	n = some ? n : 1;
	if (kind == '~') {
		enum ax_err e = ax_graph_ancestor(&r->out->commit, r->txn, r->out->commit, n);
		return e == AX_ENOENT ? not_found(r, "the history is not that long") : e;
	}
	enum ax_err e = ax_commit_info(&info, r->txn, r->out->commit);
	if (e || !n)
		return e;
	if (n > info.parents)
		return not_found(r, "the commit has not so many parents");
	r->out->commit = info.parent[n - 1];
	return AX_OK;
}

static enum ax_err take_steps(struct reading *r)
{
	bool first = true;
	for (enum ax_err e = AX_OK; *r->p; first = false) {
		if (*r->p == '@' && first)
			e = step_log(r);
		else if (*r->p == '~' || *r->p == '^')
			e = step_back(r);
		else
			e = bad(r, "what follows the name is not understood");
		if (e)
			return e;
		/* main@{1} is a commit of main's; main~1 is only a commit */
		if (*r->p == '~' || *r->p == '^')
			r->path[0] = 0;
	}
	return AX_OK;
}

enum ax_err ax_rev_parse(struct ax_rev *out, struct ax_txn *t, const struct ax_rev_context *c, const char *text)
{
	struct reading r = { .txn = t, .context = c, .text = text, .p = text, .out = out };
	*out = (struct ax_rev){ .zone = c->zone };
	enum ax_err e = strlen(text) > REV_MAX ? bad(&r, "too long") : take_zone(&r);
	if (!e)
		e = take_base(&r);
	if (!e)
		e = take_steps(&r);
	if (e)
		*out = (struct ax_rev){ 0 };
	return e;
}

/* -- ranges ------------------------------------------------------------------------------------------------ */

static const char *find_dots(const char *p)
{
	bool inside = false;
	for (; *p; p++) {
		inside = *p == '{' || (inside && *p != '}');
		if (!inside && p[0] == '.' && p[1] == '.')
			return p;
	}
	return NULL;
}

static enum ax_err single(struct ax_rev *from, struct ax_rev *to, struct ax_txn *t, const struct ax_rev_context *c,
			  const char *text)
{
	struct ax_commit_info info;
	enum ax_err e = ax_rev_parse(to, t, c, text);
	if (e || (e = ax_commit_info(&info, t, to->commit)))
		return e;
	from->zone = to->zone;
	from->commit = info.parents ? info.parent[0] : 0;
	return AX_OK;
}

enum ax_err ax_rev_range(struct ax_rev *from, struct ax_rev *to, struct ax_txn *t, const struct ax_rev_context *c,
			 const char *text)
{
	char a[REV_MAX + 1];
	const char *dots = find_dots(text), *b;
	*from = *to = (struct ax_rev){ 0 };
	if (strlen(text) > REV_MAX)
		return ax_fail(AX_EINVAL, "%.200s...: too long for a revision", text);
	if (!dots)
		return single(from, to, t, c, text);
	b = dots + 2;
	if (*b == '.')
		return ax_fail(AX_EINVAL, "%.200s: a range has two dots", text);
	memcpy(a, text, (size_t)(dots - text));
	a[dots - text] = 0;
	enum ax_err e = ax_rev_parse(from, t, c, *a ? a : "HEAD");
	if (!e)
		e = ax_rev_parse(to, t, c, *b ? b : "HEAD");
	if (e)
		*from = *to = (struct ax_rev){ 0 };
	return e;
}
