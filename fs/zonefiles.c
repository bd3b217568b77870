/* zonefiles.c - see zonefiles.h: names and texts. zonesave.c saves. */
#include "fs/zonefiles.h"

#include "core/zonefile.h"
#include "fs/draft.h"
#include "fs/mount.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char ending[] = ".zone";
static const uint64_t away_for = UINT64_C(1000000000);

/* -- names ------------------------------------------------------------------------------------------------ */

static enum ax_err zone_named(struct ax_zone *out, struct ax_txn *t, const char *name)
{
	char file[256];
	struct ax_name apex;
	size_t n = strlen(name), end = sizeof(ending) - 1;
	if (n <= end || n >= sizeof(file) || strcmp(name + n - end, ending) != 0)
		return AX_ENOENT;
	memcpy(file, name, n - end);
	file[n - end] = 0;
	return ax_zone_from_file(&apex, file) ? AX_ENOENT : ax_zone_find(out, t, &apex);
}

bool zonefiles_name(struct mount *m, struct ax_txn *t, const char *name)
{
	struct ax_zone zone;
	(void)m;
	return zone_named(&zone, t, name) == AX_OK;
}

static void path_of(char out[AX_REF_PATH_MAX + 1], const char *branch)
{
	snprintf(out, AX_REF_PATH_MAX + 1, "heads/%s", branch);
}

/* main is there before its first commit: somebody must be able to write it. */
static enum ax_err has_branch(struct ax_txn *t, uint32_t zone, const char *branch)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	path_of(path, branch);
	enum ax_err e = ax_ref_get(&ref, t, zone, path);
	return e == AX_ENOENT && strcmp(branch, "main") == 0 ? AX_OK : e;
}

static enum ax_err any_has_branch(struct ax_txn *t, const char *branch)
{
	struct ax_zone zone = { 0 };
	enum ax_err e, has = AX_ENOENT;
	while (has == AX_ENOENT && !(e = ax_zone_next(&zone, t, zone.id, false)))
		has = has_branch(t, zone.id, branch);
	return has;
}

static int walk_branch(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name)
{
	enum ax_err e = ax_ref_check_name(name) ? AX_ENOENT : any_has_branch(t, name);
	if (e)
		return ax_err_errno(e);
	*out = node_get(m, dir, name, NODE_ZONEDIR);
	return *out ? 0 : ENOMEM;
}

static bool is_away(struct mount *m, struct node *n)
{
	if (!n || n->kind != NODE_ZONEFILE || !n->overlaid)
		return false;
	if (who_clock() < n->version)
		return true;
	node_drop(m, n);
	return false;
}

static int walk_zone(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone zone;
	struct node *n = node_find(m, dir, name);
	if (n && n->scratch) {
		*out = n;
		return 0;
	}
	if (is_away(m, n))
		return ENOENT;
	enum ax_err e = zone_named(&zone, t, name);
	if (!e)
		e = has_branch(t, zone.id, dir->name);
	if (e)
		return ax_err_errno(e);
	path_of(path, dir->name);
	struct view *v = view_get(m, VIEW_BRANCH, &zone.apex, zone.id, path, 0);
	n = v ? node_get(m, dir, name, NODE_ZONEFILE) : NULL;
	if (!n)
		return ENOMEM;
	n->zone = zone.id;
	n->view = v;
	*out = n;
	return 0;
}

int zonefiles_walk(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name)
{
	*out = NULL;
	return dir->kind == NODE_ZONEFILES ? walk_branch(out, m, t, dir, name) : walk_zone(out, m, t, dir, name);
}

/* -- listing ---------------------------------------------------------------------------------------------- */

struct branches {
	ns_list_fn *each;
	void *ctx;
	struct ax_buf told; /* each name with its 00 */
};

static int tell_branch(struct branches *b, const char *name)
{
	for (size_t i = 0; i < b->told.n; i += strlen((char *)b->told.p + i) + 1)
		if (strcmp((char *)b->told.p + i, name) == 0)
			return 0;
	ax_buf_put(&b->told, name, strlen(name) + 1);
	return ax_buf_check(&b->told) ? ENOMEM : b->each(b->ctx, name, S_IFDIR);
}

static int tell_branches_of(struct branches *b, struct ax_txn *t, uint32_t zone)
{
	char name[AX_REF_PATH_MAX + 1] = "", after[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref;
	enum ax_err e = AX_OK;
	int stop = 0;
	while (!stop && !(e = ax_ref_next(&ref, name, t, zone, "heads/", after))) {
		if (ref.commit)
			stop = tell_branch(b, name + strlen("heads/"));
		memcpy(after, name, sizeof(after));
	}
	return stop ? stop : e == AX_ENOENT ? 0 : ax_err_errno(e);
}

static int list_branches(struct ax_txn *t, ns_list_fn *each, void *ctx)
{
	struct branches b = { each, ctx, AX_BUF_INIT };
	struct ax_zone zone = { 0 };
	enum ax_err e = AX_OK;
	int stop = tell_branch(&b, "main");
	while (!stop && !(e = ax_zone_next(&zone, t, zone.id, false)))
		stop = tell_branches_of(&b, t, zone.id);
	ax_buf_fini(&b.told);
	return stop ? stop : e == AX_ENOENT ? 0 : ax_err_errno(e);
}

static int tell_zone(struct mount *m, struct ax_txn *t, struct node *dir, const struct ax_zone *zone,
		     ns_list_fn *each, void *ctx)
{
	struct ax_buf b = AX_BUF_INIT;
	int stop = 0;
	enum ax_err e = has_branch(t, zone->id, dir->name);
	if (!e) {
		ax_zone_to_file(&b, &zone->apex);
		ax_buf_str(&b, ending);
		const char *name = ax_buf_cstr(&b);
		if (!name)
			stop = ENOMEM;
		else if (!is_away(m, node_find(m, dir, name)))
			stop = each(ctx, name, S_IFREG);
	}
	ax_buf_fini(&b);
	return stop ? stop : e == AX_ENOENT ? 0 : ax_err_errno(e);
}

int zonefiles_list(struct mount *m, struct ax_txn *t, struct node *dir, ns_list_fn *each, void *ctx)
{
	struct ax_zone zone = { 0 };
	enum ax_err e = AX_OK;
	int stop = 0;
	if (dir->kind == NODE_ZONEFILES)
		return list_branches(t, each, ctx);
	while (!stop && !(e = ax_zone_next(&zone, t, zone.id, false)))
		stop = tell_zone(m, t, dir, &zone, each, ctx);
	return stop ? stop : e == AX_ENOENT ? 0 : ax_err_errno(e);
}

/* -- the text --------------------------------------------------------------------------------------------- */

static enum ax_err render(struct ax_buf *text, struct ax_txn *t, const struct view *v,
			  const struct ax_commit_info *tip)
{
	struct ax_id id;
	if (!tip->local)
		return AX_OK;
	enum ax_err e = ax_commit_id(&id, t, tip->local);
	if (e)
		return e;
	ax_zonefile_head(text, &id);
	return ax_zonefile_write(text, t, &v->apex, tip);
}

int zonefiles_text(struct ax_buf *text, uint64_t *version, struct ax_txn *t, struct node *n)
{
	struct ax_commit_info tip;
	*version = 0;
	if (n->draft && n->draft->shown) {
		ax_buf_slice(text, ax_buf_view(&n->draft->text));
		return ax_buf_check(text) ? ENOMEM : 0;
	}
	enum ax_err e = view_tip(&tip, n->view, t);
	if (!e)
		e = render(text, t, n->view, &tip);
	*version = tip.local + 1;
	return ax_err_errno(e);
}

int zonefiles_size(uint64_t *size, uint64_t *commit, struct ax_txn *t, struct node *n)
{
	struct ax_commit_info tip;
	struct ax_buf text = AX_BUF_INIT;
	*size = *commit = 0;
	enum ax_err e = view_tip(&tip, n->view, t);
	if (!e && n->version != tip.local + 1) {
		e = render(&text, t, n->view, &tip);
		n->version = e ? 0 : tip.local + 1;
		n->size = text.n;
	}
	ax_buf_fini(&text);
	*size = n->size;
	*commit = tip.local;
	return ax_err_errno(e);
}

/* -- names that go and come again ------------------------------------------------------------------------- */

int zonefiles_create(struct node **out, struct mount *m, struct node *dir, const char *name)
{
	struct node *n = node_find(m, dir, name);
	*out = NULL;
	if (!is_away(m, n))
		return ENOENT;
	n->version = 0;
	n->draft = draft_new(0, &m->draft_bytes);
	if (!n->draft)
		return ENOMEM;
	n->draft->max = ZONEFILE_MAX;
	n->draft->loaded = n->draft->shown = true;
	n->draft->written = who_now();
	node_pin(n);
	node_underlay(m, n);
	n->pins--; /* the caller looks at it at once */
	*out = n;
	return 0;
}

static int leave(struct mount *m, struct node *dir, const char *name, uint32_t zone, struct view *v)
{
	struct node *n = node_new(m, dir, name, NODE_ZONEFILE);
	if (!n)
		return ENOMEM;
	n->zone = zone;
	n->view = v;
	n->version = who_clock() + away_for;
	if (node_overlay(n))
		return 0;
	node_drop(m, n);
	return ENOMEM;
}

int zonefiles_shelve(struct mount *m, struct ax_txn *t, struct node *n, struct node *dir, const char *name,
		     const struct who *who)
{
	struct ax_buf text = AX_BUF_INIT;
	char was[256];
	uint64_t version;
	struct node *from = n->parent;
	struct view *v = n->view;
	uint32_t zone = n->zone;
	snprintf(was, sizeof(was), "%s", n->name);
	node_pin(from);
	int error = dir ? zonefiles_text(&text, &version, t, n) : 0;
	if (!error && dir)
		error = save_set_aside(m, n, dir, name, ax_buf_view(&text), who);
	else if (!error)
		node_drop(m, n);
	if (!error)
		error = leave(m, from, was, zone, v);
	node_unpin(m, from);
	ax_buf_fini(&text);
	return error;
}
