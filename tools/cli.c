#include "tools/cli.h"

#include "core/tag.h"
#include "tools/idn.h"
#include "tools/json.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* -- repository, zone, branch ----------------------------------------------------------------------------- */

/* Told with its whole path, also when nothing is there. */
static enum ax_err no_repository(const char *dir)
{
	char here[PATH_MAX] = "";
	while (dir[0] == '.' && dir[1] == '/')
		dir += 2;
	bool relative = dir[0] != '/' && getcwd(here, sizeof here);
	return ax_fail(AX_ENOREPO, "%s%s%s: not an apexfs repository (make one with: apex init ZONE)",
		       relative && strcmp(here, "/") ? here : "", relative ? "/" : "", dir);
}

enum ax_err cli_open(struct cli *c, bool read_only)
{
	enum ax_err e = ax_repo_open(&c->repo, c->dir, read_only);
	return e == AX_ENOREPO ? no_repository(c->dir) : e;
}

enum ax_err cli_choose(struct cli *c, const char *zone_text)
{
	enum ax_err e = ax_zone_named(&c->zone, c->txn, zone_text);
	if (e)
		return e;
	if (c->branch_text) {
		if ((e = ax_ref_check_name(c->branch_text)))
			return e;
		snprintf(c->branch, sizeof c->branch, "%s", c->branch_text);
	} else if ((e = ax_head_get(c->branch, c->txn, c->zone.id, c->actor.uid))) {
		return e;
	}
	char path[AX_REF_PATH_MAX + 1];
	snprintf(path, sizeof path, "heads/%s", c->branch);
	e = ax_ref_get(&c->tip, c->txn, c->zone.id, path);
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err cli_begin(struct cli *c, bool read_only)
{
	enum ax_err e = cli_open(c, read_only);
	if (!e)
		e = ax_txn_read(&c->txn, ax_repo_store(c->repo));
	return e ? e : cli_choose(c, c->zone_text);
}

void cli_end_read(struct cli *c)
{
	ax_txn_abort(c->txn);
	c->txn = NULL;
}

void cli_close(struct cli *c)
{
	cli_end_read(c);
	if (c->repo)
		ax_repo_close(c->repo);
	c->repo = NULL;
}

static bool is_head(struct cli *c)
{
	char head[AX_REF_NAME_MAX + 1];
	return !ax_head_get(head, c->txn, c->zone.id, c->actor.uid) && !strcmp(head, c->branch);
}

enum ax_err cli_need_tip(struct cli *c)
{
	if (c->tip.commit)
		return AX_OK;
	if (!strcmp(c->branch, "main"))
		return ax_fail(AX_ENOENT, "branch main has no commit yet (begin with: apex import FILE)");
	if (is_head(c))
		return ax_fail(AX_ENOENT, "no such branch: `%s`, which you are on, was deleted (apex checkout main)",
			       c->branch);
	return ax_fail(AX_ENOENT, "no such branch: `%s` (make it with: apex branch %s)", c->branch, c->branch);
}

enum ax_err cli_may_begin(struct cli *c)
{
	return strcmp(c->branch, "main") ? cli_need_tip(c) : AX_OK;
}

/* -- revisions -------------------------------------------------------------------------------------------- */

struct ax_rev_context cli_rev_context(const struct cli *c)
{
	return (struct ax_rev_context){ c->zone.id, c->branch, c->actor.committer.when };
}

enum ax_err cli_commit(struct cli_commit *out, struct cli *c, uint32_t zone, uint64_t commit)
{
	enum ax_err e = zone == c->zone.id ? AX_OK : ax_zone_get(&out->zone, c->txn, zone);
	if (zone == c->zone.id)
		out->zone = c->zone;
	return e ? e : ax_commit_info(&out->info, c->txn, commit);
}

enum ax_err cli_revision(struct cli_commit *out, struct cli *c, const char *text)
{
	if (!text) {
		enum ax_err e = cli_need_tip(c);
		return e ? e : cli_commit(out, c, c->zone.id, c->tip.commit);
	}
	struct ax_rev rev;
	struct ax_rev_context context = cli_rev_context(c);
	enum ax_err e = ax_rev_parse(&rev, c->txn, &context, text);
	return e ? e : cli_commit(out, c, rev.zone, rev.commit);
}

bool cli_tag_object(struct ax_object *out, struct cli *c, const char *text)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	uint64_t local;
	if (strlen(text) > AX_REF_NAME_MAX)
		return false;
	snprintf(path, sizeof path, "heads/%s", text);
	if (!ax_ref_get(&ref, c->txn, c->zone.id, path))
		return false;
	if (ax_tag_find(&local, c->txn, c->zone.id, text) && ax_object_find_prefix(&local, NULL, c->txn, text))
		return false;
	return !ax_object_read(out, c->txn, local, AX_KIND_TAG);
}

/* -- names ------------------------------------------------------------------------------------------------ */

/* "www.example.com" in example.com. lacks its final dot: legal, and hardly ever meant. */
static void warn_of_missing_dot(struct cli *c, const char *text, const char *apex, const struct ax_name *name)
{
	size_t n = strlen(text), m = strlen(apex) - 1; /* less the final dot */
	if (!m || n < m || strncasecmp(text + n - m, apex, m) || (n > m && text[n - m - 1] != '.'))
		return;
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_printf(&b, "`%s` has no final dot: it means ", text);
	ax_name_text(&b, name);
	if (!b.failed)
		cli_warn(c, ax_buf_cstr(&b));
	ax_buf_fini(&b);
}

enum ax_err cli_put_id(struct json_t *object, const char *key, struct ax_txn *t, uint64_t commit)
{
	char hex[AX_ID_HEX + 1];
	struct ax_id id;
	bool is = false;
	enum ax_err e = commit ? ax_commit_is_there(&is, t, commit) : AX_OK;
	if (!e && is)
		e = ax_commit_id(&id, t, commit);
	json_put(object, key, NULL);
	if (e || !is)
		return e;
	ax_id_hex(hex, &id);
	json_put_text(object, key, hex);
	return AX_OK;
}

enum ax_err cli_parse_name(struct ax_name *out, const char *text, const struct ax_name *origin)
{
	enum ax_err e = ax_name_parse(out, text, strlen(text), origin);
	struct ax_buf form = AX_BUF_INIT;
	if (e == AX_EINVAL && idn_ascii(&form, text))
		e = ax_fail(e, "names in a zone are ASCII: write `%s` as %s", text, ax_buf_cstr(&form));
	ax_buf_fini(&form);
	return e;
}

enum ax_err cli_name(struct ax_name *out, struct cli *c, const struct ax_zone *zone, const char *text)
{
	enum ax_err e = cli_parse_name(out, text, &zone->apex);
	if (e)
		return e;
	struct ax_buf apex = AX_BUF_INIT;
	ax_name_text(&apex, &zone->apex);
	const char *apex_text = ax_buf_cstr(&apex);
	if (!apex_text)
		e = ax_buf_check(&apex);
	else if (!ax_name_within(out, &zone->apex))
		e = ax_fail(AX_EINVAL, "%s: outside the zone %s", text, apex_text);
	else
		warn_of_missing_dot(c, text, apex_text, out);
	ax_buf_fini(&apex);
	ax_name_lower(out);
	return e;
}

enum ax_err cli_type(uint16_t *out, const char *text)
{
	enum ax_err e = ax_type_parse(out, text, strlen(text));
	if (!e && !ax_type_storable(*out))
		e = ax_fail(AX_EINVAL, "%s: not a type that a zone can hold", text);
	return e;
}

/* -- warnings --------------------------------------------------------------------------------------------- */

void cli_warn(void *ctx, const char *text)
{
	enum { SHOWN_MAX = 100 };
	struct cli *c = ctx;
	if (c->warned++ < SHOWN_MAX)
		ax_buf_printf(&c->warnings, "apex: warning: %s\n", text);
	else if (c->warned == SHOWN_MAX + 1)
		ax_buf_str(&c->warnings, "apex: warning: more than a hundred warnings; the rest is not shown\n");
}

void cli_tell_warnings(struct cli *c)
{
	if (c->warnings.n)
		fwrite(c->warnings.p, 1, c->warnings.n, stderr);
	ax_buf_clear(&c->warnings);
}

/* -- files ------------------------------------------------------------------------------------------------ */

enum ax_err cli_read_file(struct ax_buf *out, const char *path)
{
	enum { CHUNK = 1 << 20 };
	static const size_t max = (size_t)4 << 30; /* far above any zone's text; not every file ends */
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ax_fail(errno == ENOENT ? AX_ENOENT : AX_EINVAL, "%s: %s", path, strerror(errno));
	enum ax_err e = AX_OK;
	ssize_t k = 1;
	while (!e && k) {
		if (!ax_buf_reserve(out, CHUNK)) {
			e = ax_buf_check(out);
			break;
		}
		k = read(fd, out->p + out->n, CHUNK);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			e = ax_fail(AX_EINVAL, "%s: %s", path, strerror(errno));
		else
			out->n += (size_t)k;
		if (!e && out->n > max)
			e = ax_fail(AX_ELIMIT, "%s: over 4 GiB", path);
	}
	if (!standard)
		close(fd);
	return e;
}
