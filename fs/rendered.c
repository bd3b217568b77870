/* rendered.c - see rendered.h. */
#include "fs/rendered.h"

#include "core/render.h"
#include "core/rev.h"
#include "fs/mount.h"
#include "fs/ns.h"
#include "fs/who.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rendered {
	struct ax_walk *walk; /* LOG; NULL: nothing is left */
	struct ax_render_refs refs;
	bool begun;
	bool diff; /* DIFF, until it is told */
	struct ax_name apex;
	struct ax_commit_info a, b;
};

struct range {
	struct ax_zone zone;
	struct ax_rev from, to;
};

static int zone_of(struct ax_zone *out, const struct mount *m, struct ax_txn *t, const struct node *n)
{
	return ax_err_errno(ax_zone_get(out, t, n->zone ? n->zone : m->default_zone));
}

/* What is no revision is no file either. */
static int range_of(struct range *r, struct mount *m, struct ax_txn *t, const struct node *n, const char *name,
		    uid_t uid)
{
	char head[AX_REF_NAME_MAX + 1];
	if (!strstr(name, ".."))
		return ENOENT;
	int error = zone_of(&r->zone, m, t, n);
	if (error)
		return error;
	enum ax_err e = ax_head_get(head, t, r->zone.id, (uint32_t)uid);
	if (!e)
		e = ax_rev_range(&r->from, &r->to, t, &(struct ax_rev_context){ r->zone.id, head, who_now() }, name);
	if (!e && (r->from.zone != r->zone.id || r->to.zone != r->zone.id))
		e = AX_ENOENT;
	return e == AX_EINVAL || e == AX_EAMBIGUOUS || e == AX_EUSAGE ? ENOENT : ax_err_errno(e);
}

static int tip_of(uint64_t *commit, struct mount *m, struct ax_txn *t, const struct node *n, const char *branch)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone zone;
	struct ax_ref ref;
	if (ax_ref_check_name(branch))
		return ENOENT;
	int error = zone_of(&zone, m, t, n);
	if (error)
		return error;
	snprintf(path, sizeof(path), "heads/%s", branch);
	enum ax_err e = ax_ref_get(&ref, t, zone.id, path);
	*commit = ref.commit;
	return ax_err_errno(e);
}

int rendered_walk(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name, uid_t uid)
{
	struct range r;
	uint64_t commit;
	int error = dir->kind == NODE_LOGS ? tip_of(&commit, m, t, dir, name) : range_of(&r, m, t, dir, name, uid);
	*out = NULL;
	if (error)
		return error;
	*out = node_get(m, dir, name, dir->kind == NODE_LOGS ? NODE_LOG : NODE_DIFF);
	if (*out && dir->kind == NODE_DIFFS)
		(*out)->version = r.to.commit;
	return *out ? 0 : ENOMEM;
}

enum ax_err rendered_commit(uint64_t *commit, struct mount *m, struct ax_txn *t, const struct node *n)
{
	*commit = n->version;
	if (n->kind == NODE_DIFF)
		return AX_OK;
	int error = tip_of(commit, m, t, n, n->name);
	return error == ENOENT ? AX_ENOENT : error ? AX_EIO : AX_OK;
}

static int open_log(struct rendered *r, struct mount *m, struct ax_txn *t, const struct node *n, uid_t uid)
{
	char head[AX_REF_NAME_MAX + 1];
	uint64_t tip;
	int error = tip_of(&tip, m, t, n, n->name);
	if (error)
		return error;
	uint32_t zone = n->zone ? n->zone : m->default_zone;
	enum ax_err e = ax_head_get(head, t, zone, (uint32_t)uid);
	if (!e)
		e = ax_render_refs_init(&r->refs, t, zone, head);
	if (!e)
		e = ax_walk_open(&r->walk, t);
	if (!e)
		e = ax_walk_push(r->walk, tip);
	return ax_err_errno(e);
}

static int open_diff(struct rendered *r, struct mount *m, struct ax_txn *t, const struct node *n, uid_t uid)
{
	struct range range;
	int error = range_of(&range, m, t, n, n->name, uid);
	if (error)
		return error;
	r->apex = range.zone.apex;
	r->diff = true;
	enum ax_err e = ax_commit_info(&r->a, t, range.from.commit);
	if (!e)
		e = ax_commit_info(&r->b, t, range.to.commit);
	return ax_err_errno(e);
}

int rendered_open(struct rendered **out, struct mount *m, struct ax_txn *t, const struct node *n, uid_t uid)
{
	struct rendered *r = *out = calloc(1, sizeof(*r));
	if (!r)
		return ENOMEM;
	int error = n->kind == NODE_LOG ? open_log(r, m, t, n, uid) : open_diff(r, m, t, n, uid);
	if (error) {
		rendered_close(r);
		*out = NULL;
	}
	return error;
}

static enum ax_err next_commit(struct rendered *r, struct ax_buf *text, struct ax_txn *t)
{
	struct ax_commit_info info;
	struct ax_commit c;
	enum ax_err e = ax_walk_next(&info, r->walk);
	if (e)
		return e;
	e = ax_commit_read(&c, t, info.local);
	if (e)
		return e == AX_ENOENT ? AX_ECORRUPT : e;
	if (r->begun)
		ax_buf_u8(text, '\n');
	r->begun = true;
	e = ax_render_log(text, &c, ax_render_refs_find(&r->refs, info.local));
	ax_commit_fini(&c);
	return e ? e : ax_buf_check(text);
}

int rendered_read(struct rendered *r, struct ax_buf *text, struct ax_txn *t, uint64_t upto)
{
	enum ax_err e = AX_OK;
	if (r->diff)
		e = ax_render_diff(text, NULL, t, &r->apex, &r->a, &r->b);
	r->diff = false;
	while (!e && r->walk && text->n < upto) {
		e = next_commit(r, text, t);
		if (e == AX_ENOENT) {
			ax_walk_close(r->walk);
			r->walk = NULL;
			e = AX_OK;
		}
	}
	return ax_err_errno(e);
}

void rendered_close(struct rendered *r)
{
	if (!r)
		return;
	if (r->walk)
		ax_walk_close(r->walk);
	ax_render_refs_fini(&r->refs);
	free(r);
}
