#include "core/stage.h"

#include "core/diff.h"
#include "core/object.h"
#include "core/publish.h"
#include "core/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char header[] = "stage ";

/* -- reading ---------------------------------------------------------------------------------------------- */

/* NAME or NAME@BRANCH. */
static enum ax_err split(char plain[AX_REF_NAME_MAX + 1], char branch[AX_REF_NAME_MAX + 1], const char *name)
{
	const char *at = strchr(name, '@');
	size_t n = at ? (size_t)(at - name) : strlen(name);
	if (n > AX_REF_NAME_MAX || (at && strlen(at + 1) > AX_REF_NAME_MAX) || strlen(name) > AX_REF_PATH_MAX)
		return ax_fail(AX_EINVAL, "%.40s...: too long for a stage", name);
	memcpy(plain, name, n);
	plain[n] = 0;
	snprintf(branch, AX_REF_NAME_MAX + 1, "%s", at ? at + 1 : "main");
	enum ax_err e = ax_ref_check_name(plain);
	return e ? e : ax_ref_check_name(branch);
}

static enum ax_err read_name(struct ax_stage *s, struct ax_txn *t)
{
	char plain[AX_REF_NAME_MAX + 1];
	struct ax_commit c;
	enum ax_err e = ax_commit_read(&c, t, s->info.local);
	if (e)
		return e;
	s->id = c.id;
	size_t n = sizeof(header) - 1;
	const uint8_t *lf = c.extra.n ? memchr(c.extra.p, '\n', c.extra.n) : NULL;
	size_t len = lf ? (size_t)(lf - c.extra.p) : 0;
	if (len > n && len - n <= AX_REF_PATH_MAX && memcmp(c.extra.p, header, n) == 0)
		memcpy(s->name, c.extra.p + n, len - n);
	ax_commit_fini(&c);
	if (split(plain, s->branch, s->name) || s->info.parents != 1)
		return ax_fail(AX_ECORRUPT, "%s names a commit that is no stage", s->path);
	return ax_commit_info(&s->base, t, s->info.parent[0]);
}

static enum ax_err read_stage(struct ax_stage *s, struct ax_txn *t, const char *path, const struct ax_ref *ref)
{
	snprintf(s->path, sizeof(s->path), "%s", path);
	s->uid = (uint32_t)strtoul(path + strlen("stage/"), NULL, 10);
	enum ax_err e = ax_commit_info(&s->info, t, ref->commit);
	return e ? e : read_name(s, t);
}

enum ax_err ax_stage_next(struct ax_stage *out, struct ax_txn *t, uint32_t zone, const char *after)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	enum ax_err e = ax_ref_next(&ref, path, t, zone, "stage/", after);
	*out = (struct ax_stage){ 0 };
	return e ? e : read_stage(out, t, path, &ref);
}

enum ax_err ax_stage_get(struct ax_stage *out, struct ax_txn *t, uint32_t zone, const char *path)
{
	struct ax_ref ref;
	*out = (struct ax_stage){ 0 };
	enum ax_err e = ax_ref_get(&ref, t, zone, path);
	return e ? e : read_stage(out, t, path, &ref);
}

enum ax_err ax_stage_find(struct ax_stage *out, struct ax_txn *t, uint32_t zone, const char *name)
{
	char after[AX_REF_PATH_MAX + 1] = "";
	enum ax_err e;
	while (!(e = ax_stage_next(out, t, zone, after)) && strcmp(out->name, name) != 0)
		memcpy(after, out->path, sizeof(after));
	return e;
}

/* -- writing ---------------------------------------------------------------------------------------------- */

/* A stage commit in the making. */
struct stage_put {
	struct ax_zone zone;
	const char *path, *name;
	uint64_t old; /* what the ref names now */
	struct ax_commit_info base;
	const struct ax_root *from;
	const struct ax_edit *edits;
	size_t n;
	const struct ax_actor *who;
};

static enum ax_err count_removed(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	uint64_t *removed = ctx;
	(void)key, (void)a;
	*removed += !b;
	return AX_OK;
}

/* As a commit's (publish.c): nodes of its tree name it, so its id comes first and its bytes twice. */
static enum ax_err write_commit(struct ax_commit_info *next, struct ax_txn *t, const struct stage_put *p,
				struct ax_commit *c)
{
	struct ax_id id;
	enum ax_err e = ax_txn_next_id(&next->local, t);
	if (!e)
		e = ax_commit_link(next, t);
	if (!e)
		e = ax_commit_put(NULL, t, c, next);
	if (!e)
		e = ax_tree_edit(&next->root, NULL, t, p->from, p->edits, p->n, next->local);
	c->tree = next->root.id;
	if (!e)
		e = ax_tree_diff(t, &p->base.root, &next->root, count_removed, &next->removed);
	if (!e)
		e = ax_commit_put(&id, t, c, next);
	return e ? e : ax_object_index(t, next->local, &id);
}

static enum ax_err put(struct ax_commit_info *next, struct ax_txn *t, const struct stage_put *p)
{
	struct ax_buf extra = AX_BUF_INIT;
	ax_buf_printf(&extra, "%s%s\n", header, p->name);
	struct ax_commit c = { .tree = p->from->id,
			       .parents = 1,
			       .zone = p->zone.apex,
			       .serial = p->base.serial,
			       .author = p->who->author,
			       .committer = p->who->committer,
			       .via = p->who->via,
			       .message = "a stage",
			       .extra = ax_buf_view(&extra) };
	*next = (struct ax_commit_info){ .root = *p->from,
					 .serial = p->base.serial,
					 .time = p->who->committer.when,
					 .parents = 1,
					 .removed = p->base.removed };
	next->parent[0] = p->base.local;
	enum ax_err e = ax_buf_check(&extra);
	if (!e)
		e = ax_commit_id(&c.parent[0], t, p->base.local);
	if (!e)
		e = write_commit(next, t, p, &c);
	if (!e)
		e = ax_ref_move(t, p->zone.id, p->path, p->old, next->local, p->who->via, p->who->committer.when);
	ax_buf_fini(&extra);
	return e;
}

static enum ax_err tip_of(struct ax_commit_info *out, struct ax_txn *t, uint32_t zone, const char *branch)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	snprintf(path, sizeof(path), "heads/%s", branch);
	enum ax_err e = ax_ref_get(&ref, t, zone, path);
	if (e == AX_ENOENT)
		return ax_fail(e, "%s has no commit to begin a stage at", branch);
	return e ? e : ax_commit_info(out, t, ref.commit);
}

static enum ax_err make(struct ax_txn *t, uint32_t zone, const char *name, const struct ax_actor *who)
{
	char plain[AX_REF_NAME_MAX + 1], branch[AX_REF_NAME_MAX + 1], path[AX_REF_PATH_MAX + 1];
	struct ax_commit_info next;
	struct ax_stage there;
	struct stage_put p = { .path = path, .name = name, .who = who };
	enum ax_err e = split(plain, branch, name);
	if (!e)
		e = ax_zone_get(&p.zone, t, zone);
	if (e)
		return e;
	e = ax_stage_find(&there, t, zone, name);
	if (e != AX_ENOENT)
		return e ? e : ax_fail(AX_EEXIST, "there is a stage %s", name);
	if ((size_t)snprintf(path, sizeof(path), "stage/%u/%s", who->uid, plain) >= sizeof(path))
		return ax_fail(AX_EINVAL, "%.40s...: too long for a stage", name);
	e = ax_stage_get(&there, t, zone, path);
	if (e != AX_ENOENT)
		return e ? e : ax_fail(AX_EEXIST, "you have a stage %s already: %s", plain, there.name);
	e = tip_of(&p.base, t, zone, branch);
	p.from = &p.base.root;
	return e ? e : put(&next, t, &p);
}

enum ax_err ax_stage_make(struct ax_repo *r, uint32_t zone, const char *name, const struct ax_actor *who)
{
	struct ax_txn *t;
	enum ax_err e = ax_repo_begin(&t, r);
	return e ? e : ax_repo_end(t, make(t, zone, name, who));
}

static enum ax_err hold(const struct ax_stage *s, struct ax_txn *t, const struct ax_batch *batch)
{
	struct ax_edit expected;
	struct ax_entry found;
	for (size_t i = 0; ax_batch_expectation(&expected, batch, i); i++) {
		enum ax_err e = ax_tree_find(&found, t, &s->info.root, expected.key);
		if (e && e != AX_ENOENT)
			return e;
		if (!ax_slice_eq(found.value, expected.value))
			return ax_fail(AX_ECONFLICT, "it was changed meanwhile");
	}
	return AX_OK;
}

static enum ax_err edit(uint64_t *commit, struct ax_txn *t, uint32_t zone, const char *path,
			const struct ax_id *expect, struct ax_batch *batch, const struct ax_actor *who)
{
	struct ax_stage s;
	struct ax_commit_info next;
	struct stage_put p = { .path = path, .name = s.name, .from = &s.info.root, .who = who };
	enum ax_err e = ax_zone_get(&p.zone, t, zone);
	if (!e)
		e = ax_stage_get(&s, t, zone, path);
	if (e)
		return e == AX_ENOENT ? ax_fail(e, "the stage is gone") : e;
	if (expect && !ax_id_eq(expect, &s.id))
		return ax_fail(AX_ELOST, "the stage has changed meanwhile");
	p.old = s.info.local;
	p.base = s.base;
	e = hold(&s, t, batch);
	if (!e)
		e = ax_batch_edits(&p.edits, &p.n, batch);
	if (!e)
		e = put(&next, t, &p);
	if (!e && ax_id_eq(&next.root.id, &s.info.root.id))
		return AX_ENOCHANGE;
	*commit = e ? 0 : next.local;
	return e;
}

enum ax_err ax_stage_edit(uint64_t *commit, struct ax_repo *r, uint32_t zone, const char *path,
			  const struct ax_id *expect, struct ax_batch *batch, const struct ax_actor *who)
{
	struct ax_txn *t;
	*commit = 0;
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	e = ax_repo_end(t, edit(commit, t, zone, path, expect, batch, who));
	if (e)
		*commit = 0;
	return e == AX_ENOCHANGE ? AX_OK : e;
}

static enum ax_err restart(struct ax_txn *t, uint32_t zone, const char *path, const struct ax_actor *who)
{
	struct ax_stage s;
	struct ax_commit_info next;
	struct stage_put p = { .path = path, .name = s.name, .who = who };
	enum ax_err e = ax_zone_get(&p.zone, t, zone);
	if (!e)
		e = ax_stage_get(&s, t, zone, path);
	if (!e)
		e = tip_of(&p.base, t, zone, s.branch);
	p.old = s.info.local;
	p.from = &p.base.root;
	return e ? e : put(&next, t, &p);
}

enum ax_err ax_stage_restart(struct ax_repo *r, uint32_t zone, const char *path, const struct ax_actor *who)
{
	struct ax_txn *t;
	enum ax_err e = ax_repo_begin(&t, r);
	return e ? e : ax_repo_end(t, restart(t, zone, path, who));
}

enum ax_err ax_stage_drop(struct ax_repo *r, uint32_t zone, const char *path, const struct ax_actor *who)
{
	struct ax_txn *t;
	struct ax_ref ref;
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	e = ax_ref_get(&ref, t, zone, path);
	if (!e)
		e = ax_ref_move(t, zone, path, ref.commit, 0, who->via, who->committer.when);
	return ax_repo_end(t, e);
}

/* -- merging ---------------------------------------------------------------------------------------------- */

struct stage_merge {
	struct ax_batch *batch;
	struct ax_txn *txn;
	const struct ax_root *tip;
	struct ax_buf value, conflicts;
};

/* One RRset that the stage changed from a to b. */
static enum ax_err merge_one(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct stage_merge *m = ctx;
	struct ax_slice none = { NULL, 0 }, out;
	struct ax_name owner;
	struct ax_entry found;
	uint16_t type, covered;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, key, &m->batch->apex);
	if (e)
		return e;
	e = ax_tree_find(&found, m->txn, m->tip, key);
	if (e && e != AX_ENOENT)
		return e;
	struct ax_slice tip = e ? none : found.value;
	ax_buf_clear(&m->value);
	if (!ax_merge_rrset(&out, &m->value, type, a ? a->value : none, tip, b ? b->value : none, false)) {
		if (m->conflicts.n < 600)
			ax_buf_str(&m->conflicts, m->conflicts.n ? ", " : "");
		return m->conflicts.n < 600 ? ax_render_key(&m->conflicts, &m->batch->apex, key) : AX_OK;
	}
	if (ax_slice_eq(out, tip))
		return AX_OK;
	return out.n ? ax_batch_put_key(m->batch, key, out) : ax_batch_delete_key(m->batch, key);
}

enum ax_err ax_stage_merge(struct ax_batch *batch, struct ax_txn *t, const struct ax_stage *s,
			   const struct ax_root *tip)
{
	struct stage_merge m = { .batch = batch, .txn = t, .tip = tip };
	enum ax_err e = ax_tree_diff(t, &s->base.root, &s->info.root, merge_one, &m);
	const char *names = m.conflicts.n ? ax_buf_cstr(&m.conflicts) : NULL;
	if (!e && m.conflicts.n)
		e = ax_fail(AX_ECONFLICT, "changed on the branch meanwhile, too: %s", names ? names : "?");
	ax_buf_fini(&m.value);
	ax_buf_fini(&m.conflicts);
	return e;
}
