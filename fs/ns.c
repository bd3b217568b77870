/* ns.c - see ns.h. */
#include "fs/ns.h"

#include "core/rev.h"
#include "fs/attr.h"
#include "fs/mount.h"
#include "fs/names.h"
#include "fs/record.h"
#include "fs/reject.h"
#include "fs/rendered.h"
#include "fs/stage.h"
#include "fs/who.h"
#include "fs/zonefiles.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMITS_SHOWN = 1000 };

static int made(struct node **out, struct node *n)
{
	*out = n;
	return n ? 0 : ENOMEM;
}

/* -- record trees ----------------------------------------------------------------------------------------- */

enum ax_err ns_alive(bool *out, struct ax_txn *t, struct view *v, const struct ax_commit_info *tip,
		     struct ax_slice prefix)
{
	struct ax_tree_range range;
	struct ax_cursor c;
	*out = false;
	enum ax_err e = ax_tree_measure(&range, t, &tip->root, prefix);
	if (e || !range.count)
		return e;
	if (!v->waiting.n) {
		*out = true;
		return AX_OK;
	}
	e = ax_cursor_init(&c, t, &tip->root);
	if (e)
		return e;
	c.keys_only = true;
	e = ax_cursor_seek(&c, prefix);
	while (!e && c.valid && ax_slice_starts(c.entry.key, prefix)) {
		if (!waiting_find(&v->waiting, c.entry.key)) {
			*out = true;
			break;
		}
		e = ax_cursor_next(&c);
	}
	ax_cursor_fini(&c);
	return e;
}

int ns_bare(bool *out, struct ax_txn *t, struct node *dir)
{
	struct ax_commit_info tip;
	struct ax_buf prefix = AX_BUF_INIT;
	bool alive = true;
	enum ax_err e = view_tip(&tip, dir->view, t);
	if (!e && !node_prefix(&prefix, dir))
		e = AX_ENOENT;
	if (!e)
		e = ns_alive(&alive, t, dir->view, &tip, ax_buf_view(&prefix));
	ax_buf_fini(&prefix);
	*out = !alive;
	return ax_err_errno(e);
}

int ns_empty(bool *out, struct ax_txn *t, struct node *dir)
{
	int error = ns_bare(out, t, dir);
	*out = *out && !node_holds(dir);
	return error;
}

/* Is what the table has there now in the tip, as was found before? */
static bool known(const struct node *n, enum node_kind kind, const struct ax_commit_info *tip)
{
	return n && n->kind == kind && !n->view->waiting.n && attr_remembers(n, tip);
}

/* n: what the table has there; may be NULL. */
static int walk_record(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name,
		       struct node *n, uint16_t type, double *keep)
{
	struct ax_commit_info tip;
	struct ax_name owner;
	struct record_info info;
	struct ax_buf key = AX_BUF_INIT;
	enum ax_err e = view_tip(&tip, dir->view, t);
	if (!e && known(n, NODE_RECORD, &tip))
		return made(out, n);
	if (!e && !node_owner(&owner, dir))
		e = AX_ENOENT;
	if (!e)
		e = record_key(&key, &owner, &dir->view->apex, type);
	if (!e && waiting_find(&dir->view->waiting, ax_buf_view(&key))) {
		*keep = 0;
		e = AX_ENOENT;
	}
	if (n && n->kind != NODE_RECORD)
		n = NULL;
	if (!e)
		e = record_measure(&info, t, &tip, ax_buf_view(&key), n ? n->version : 0);
	if (!e && !info.version)
		e = AX_ENOENT;
	ax_buf_fini(&key);
	if (e)
		return ax_err_errno(e);
	n = node_get(m, dir, name, NODE_RECORD);
	if (n && !n->version && !n->nlookup) /* else the kernel was told another size */
		attr_remember(n, &tip, info.version, info.size);
	else if (n && n->version == info.version)
		attr_remember(n, &tip, n->version, n->size);
	return made(out, n);
}

static int walk_label(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name,
		      struct node *n, double *keep)
{
	struct ax_commit_info tip;
	struct ax_tree_range range = { 0 };
	struct ax_buf prefix = AX_BUF_INIT;
	struct ax_name owner;
	uint8_t label[AX_LABEL_MAX];
	size_t len;
	bool alive = false;
	enum ax_err e = view_tip(&tip, dir->view, t);
	if (!e && known(n, NODE_TREE, &tip))
		return made(out, n);
	if (!e && (!node_owner(&owner, dir) || ax_label_from_file(label, &len, name) ||
		   ax_name_prepend(&owner, ax_slice(label, len))))
		e = AX_ENOENT;
	if (!e)
		e = ax_key_owner(&prefix, &owner, &dir->view->apex);
	if (!e)
		e = ax_blame_subtree(&range, t, dir->view->zone, &tip, ax_buf_view(&prefix));
	alive = range.count;
	if (!e && dir->view->waiting.n) {
		*keep = 0;
		e = ns_alive(&alive, t, dir->view, &tip, ax_buf_view(&prefix));
	}
	ax_buf_fini(&prefix);
	if (!e && !alive)
		e = AX_ENOENT;
	if (e)
		return ax_err_errno(e);
	n = node_get(m, dir, name, NODE_TREE);
	if (n)
		attr_remember(n, &tip, range.changed, range.count);
	return made(out, n);
}

/* Scratch comes and goes by the kernel's own doing, but for what we put there. */
static double keep_scratch(const struct mount *m, const char *name)
{
	return reject_is_name(name) ? 0 : mount_keep_name(m);
}

static int walk_tree(struct node **out, double *keep, struct mount *m, struct ax_txn *t, struct node *dir,
		     const char *name)
{
	char hint[200];
	uint16_t type;
	struct node *n = node_find(m, dir, name);
	*keep = 0;
	if (n && n->overlaid) {
		*out = n;
		return 0;
	}
	if (dir->view->kind == VIEW_STAGE && dir == dir->view->root && !stage_control(out, m, dir, name))
		return 0;
	bool label = names_is_label(name);
	if (!label && names_file(&type, hint, name) != NAMES_RECORD) {
		*keep = keep_scratch(m, name); /* it can only be made here */
		return ENOENT;
	}
	*keep = dir->view->kind == VIEW_COMMIT ? ATTR_FOR_EVER : mount_keep_name(m);
	return label ? walk_label(out, m, t, dir, name, n, keep) : walk_record(out, m, t, dir, name, n, type, keep);
}

/* -- branches, tags, commits ------------------------------------------------------------------------------ */

static int zone_of(struct ax_zone *out, const struct mount *m, struct ax_txn *t, const struct node *dir)
{
	return ax_err_errno(ax_zone_get(out, t, dir->zone ? dir->zone : m->default_zone));
}

int ns_view_root(struct node **out, struct mount *m, struct node *dir, const char *name, struct view *v)
{
	if (!v)
		return ENOMEM;
	struct node *n = v->root ? v->root : node_get(m, dir, name, NODE_TREE);
	if (!n)
		return ENOMEM;
	n->zone = v->zone;
	n->view = v;
	v->root = n;
	*out = n;
	return 0;
}

static int walk_refs(struct node **out, double *keep, struct mount *m, struct ax_txn *t, struct node *dir,
		     const char *name)
{
	bool heads = dir->kind == NODE_HEADS;
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone zone;
	struct ax_ref ref;
	*keep = mount_keep_name(m);
	if (ax_ref_check_name(name))
		return ENOENT;
	int e = zone_of(&zone, m, t, dir);
	if (e)
		return e;
	snprintf(path, sizeof(path), "%s/%s", heads ? "heads" : "tags", name);
	enum ax_err found = ax_ref_get(&ref, t, zone.id, path);
	/* main is there before its first commit: somebody must be able to write it */
	if (found && !(found == AX_ENOENT && heads && strcmp(name, "main") == 0))
		return ax_err_errno(found);
	return ns_view_root(out, m, dir, name,
			    view_get(m, heads ? VIEW_BRANCH : VIEW_TAG, &zone.apex, zone.id, path, 0));
}

/* Commits are found by id in the whole repository; a zone shows only its own. */
static enum ax_err commit_of_zone(uint64_t commit, struct ax_txn *t, const struct ax_zone *zone)
{
	struct ax_commit c;
	enum ax_err e = ax_commit_read(&c, t, commit);
	if (e)
		return e;
	if (!ax_name_eq(&c.zone, &zone->apex))
		e = AX_ENOENT;
	ax_commit_fini(&c);
	return e;
}

static int walk_full_id(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name,
			const struct ax_zone *zone)
{
	struct ax_id id;
	uint64_t commit;
	enum ax_err e = ax_id_parse(&id, name);
	if (!e)
		e = ax_object_find(&commit, t, &id);
	if (!e)
		e = commit_of_zone(commit, t, zone);
	if (e)
		return e == AX_EINVAL ? ENOENT : ax_err_errno(e);
	struct view *v = view_get(m, VIEW_COMMIT, &zone->apex, zone->id, "", commit);
	if (v)
		view_pin(m, v, t);
	return ns_view_root(out, m, dir, name, v);
}

static int link_to(struct node **out, struct mount *m, struct node *dir, const char *name, const char *target)
{
	struct node *n = node_get(m, dir, name, NODE_LINK);
	char *copy = n ? strdup(target) : NULL;
	if (!copy)
		return ENOMEM;
	free(n->target);
	n->target = copy;
	*out = n;
	return 0;
}

static int walk_revision(struct node **out, struct mount *m, struct ax_txn *t, struct node *dir, const char *name,
			 const struct ax_zone *zone, uid_t uid)
{
	char head[AX_REF_NAME_MAX + 1], hex[AX_ID_HEX + 1];
	struct ax_rev rev;
	struct ax_id id;
	enum ax_err e = ax_head_get(head, t, zone->id, (uint32_t)uid);
	if (e)
		return ax_err_errno(e);
	e = ax_rev_parse(&rev, t, &(struct ax_rev_context){ zone->id, head, who_now() }, name);
	if (!e && rev.zone != zone->id)
		e = AX_ENOENT;
	if (!e)
		e = commit_of_zone(rev.commit, t, zone);
	if (!e)
		e = ax_commit_id(&id, t, rev.commit);
	if (e) /* what is no revision is no file either */
		return e == AX_EINVAL || e == AX_EAMBIGUOUS || e == AX_EUSAGE ? ENOENT : ax_err_errno(e);
	ax_id_hex(hex, &id);
	return link_to(out, m, dir, name, hex);
}

static int walk_commits(struct node **out, double *keep, struct mount *m, struct ax_txn *t, struct node *dir,
			const char *name, uid_t uid)
{
	struct ax_zone zone;
	*keep = 0;
	int e = zone_of(&zone, m, t, dir);
	if (e)
		return e;
	if (strlen(name) == AX_ID_HEX && strspn(name, "0123456789abcdef") == AX_ID_HEX) {
		e = walk_full_id(out, m, t, dir, name, &zone);
		if (!e)
			*keep = ATTR_FOR_EVER;
		return e;
	}
	return walk_revision(out, m, t, dir, name, &zone, uid);
}

/* -- the fixed directories -------------------------------------------------------------------------------- */

struct fixed {
	const char *name;
	enum node_kind kind;
};

/* What the root and every zone show. */
static const struct fixed zone_names[] = { { "heads", NODE_HEADS },     { "tags", NODE_TAGS },
					   { "commits", NODE_COMMITS }, { "log", NODE_LOGS },
					   { "diff", NODE_DIFFS },      { "stage", NODE_STAGES } };
/* What the root shows besides. */
static const struct fixed root_names[] = { { "zones", NODE_ZONES },
					   { "zonefiles", NODE_ZONEFILES },
					   { "errors", NODE_ERRORS } };

static const struct fixed *fixed_find(const struct node *dir, const char *name)
{
	for (size_t i = 0; i < sizeof(zone_names) / sizeof(zone_names[0]); i++)
		if (strcmp(zone_names[i].name, name) == 0)
			return &zone_names[i];
	for (size_t i = 0; dir->kind == NODE_ROOT && i < sizeof(root_names) / sizeof(root_names[0]); i++)
		if (strcmp(root_names[i].name, name) == 0)
			return &root_names[i];
	return NULL;
}

static int walk_fixed(struct node **out, double *keep, struct mount *m, struct node *dir, const char *name)
{
	const struct fixed *f = fixed_find(dir, name);
	*keep = ATTR_FOR_EVER;
	if (!f)
		return ENOENT;
	struct node *n = node_get(m, dir, name, f->kind);
	if (n && dir->kind == NODE_ROOT)
		n->zone = m->default_zone;
	return made(out, n);
}

static int walk_zones(struct node **out, double *keep, struct mount *m, struct ax_txn *t, struct node *dir,
		      const char *name)
{
	struct ax_zone zone;
	struct ax_name apex;
	*keep = mount_keep_name(m);
	if (ax_zone_from_file(&apex, name))
		return ENOENT;
	if (ax_name_eq(&apex, &m->default_apex))
		return link_to(out, m, dir, name, "..");
	enum ax_err e = ax_zone_find(&zone, t, &apex);
	if (e)
		return ax_err_errno(e);
	struct node *n = node_get(m, dir, name, NODE_ZONE);
	if (n)
		n->zone = zone.id;
	return made(out, n);
}

static int walk(struct node **out, double *keep, struct mount *m, struct ax_txn *t, struct node *dir,
		const char *name, uid_t uid)
{
	switch (dir->kind) {
	case NODE_ROOT:
	case NODE_ZONE:
		return walk_fixed(out, keep, m, dir, name);
	case NODE_ZONES:
		return walk_zones(out, keep, m, t, dir, name);
	case NODE_HEADS:
	case NODE_TAGS:
		return walk_refs(out, keep, m, t, dir, name);
	case NODE_COMMITS:
		return walk_commits(out, keep, m, t, dir, name, uid);
	case NODE_STAGES:
		return stage_walk(out, m, t, dir, name);
	case NODE_LOGS:
	case NODE_DIFFS:
		return rendered_walk(out, m, t, dir, name, uid);
	case NODE_ZONEFILES:
	case NODE_ZONEDIR:
		return zonefiles_walk(out, m, t, dir, name);
	case NODE_TREE:
		return walk_tree(out, keep, m, t, dir, name);
	case NODE_DIR:
		*out = node_find(m, dir, name);
		*keep = keep_scratch(m, name);
		return *out ? 0 : ENOENT;
	default:
		return ENOTDIR;
	}
}

int ns_walk(struct node **out, double *keep, struct mount *m, struct ax_txn *t, struct node *dir, const char *name,
	    uid_t uid)
{
	*out = NULL;
	*keep = 0;
	if (strlen(name) > NAME_MAX) /* newer kernels pass on up to PATH_MAX */
		return ENAMETOOLONG;
	int error = walk(out, keep, m, t, dir, name, uid);
	if (!error)
		*out = node_named(*out);
	return error;
}

/* -- listing ---------------------------------------------------------------------------------------------- */

static int list_fixed(const struct node *dir, ns_list_fn *each, void *ctx)
{
	int e = 0;
	for (size_t i = 0; !e && i < sizeof(zone_names) / sizeof(zone_names[0]); i++)
		e = each(ctx, zone_names[i].name, S_IFDIR);
	for (size_t i = 0; !e && dir->kind == NODE_ROOT && i < sizeof(root_names) / sizeof(root_names[0]); i++)
		e = each(ctx, root_names[i].name, root_names[i].kind == NODE_ERRORS ? S_IFREG : S_IFDIR);
	return e;
}

static int list_zones(const struct mount *m, struct ax_txn *t, ns_list_fn *each, void *ctx)
{
	struct ax_buf name = AX_BUF_INIT;
	struct ax_zone zone = { 0 };
	enum ax_err e;
	int stop = 0;
	while (!(e = ax_zone_next(&zone, t, zone.id, false)) && !stop) {
		ax_buf_clear(&name);
		ax_zone_to_file(&name, &zone.apex);
		const char *text = ax_buf_cstr(&name);
		stop = text ? each(ctx, text, zone.id == m->default_zone ? S_IFLNK : S_IFDIR) : ENOMEM;
	}
	ax_buf_fini(&name);
	return stop ? stop : e == AX_ENOENT ? 0 : ax_err_errno(e);
}

static int list_refs(const struct mount *m, struct ax_txn *t, const struct node *dir, ns_list_fn *each, void *ctx)
{
	bool heads = dir->kind == NODE_HEADS;
	const char *prefix = dir->kind == NODE_TAGS ? "tags/" : "heads/";
	unsigned type = dir->kind == NODE_LOGS ? S_IFREG : S_IFDIR;
	char name[AX_REF_PATH_MAX + 1] = "", after[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref;
	struct ax_zone zone;
	enum ax_err e;
	int stop = zone_of(&zone, m, t, dir);
	if (!stop && heads && ax_ref_get(&ref, t, zone.id, "heads/main") == AX_ENOENT)
		stop = each(ctx, "main", S_IFDIR);
	while (!stop && !(e = ax_ref_next(&ref, name, t, zone.id, prefix, after))) {
		if (ref.commit)
			stop = each(ctx, name + strlen(prefix), type);
		memcpy(after, name, sizeof(after));
	}
	return stop ? stop : e == AX_ENOENT ? 0 : ax_err_errno(e);
}

/* What a ref pointed at before (resets, forced moves) stays findable: its chain in the log, newest first. */
static enum ax_err push_log(struct ax_walk *w, struct ax_txn *t, uint64_t seq)
{
	struct ax_log_entry entry;
	enum ax_err e = AX_OK;
	for (unsigned n = 0; seq && n < COMMITS_SHOWN && !e; n++) {
		e = ax_log_get(&entry, t, seq);
		bool is = false;
		if (!e && entry.old_commit && !(e = ax_commit_is_there(&is, t, entry.old_commit)) && is)
			e = ax_walk_push(w, entry.old_commit);
		seq = entry.prev;
	}
	return e;
}

static enum ax_err push_refs(struct ax_walk *w, struct ax_txn *t, uint32_t zone, const char *prefix)
{
	char name[AX_REF_PATH_MAX + 1] = "", after[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref;
	enum ax_err e;
	while (!(e = ax_ref_next(&ref, name, t, zone, prefix, after))) {
		if (ref.commit)
			e = ax_walk_push(w, ref.commit);
		if (!e)
			e = push_log(w, t, ref.log);
		if (e)
			return e;
		memcpy(after, name, sizeof(after));
	}
	return e == AX_ENOENT ? AX_OK : e;
}

static int list_commits(const struct mount *m, struct ax_txn *t, const struct node *dir, ns_list_fn *each, void *ctx)
{
	struct ax_commit_info info;
	struct ax_zone zone;
	struct ax_walk *w;
	struct ax_id id;
	char name[AX_ID_SHORT + 1];
	int stop = zone_of(&zone, m, t, dir);
	if (stop)
		return stop;
	enum ax_err e = ax_walk_open(&w, t);
	if (e)
		return ax_err_errno(e);
	e = push_refs(w, t, zone.id, "heads/");
	if (!e)
		e = push_refs(w, t, zone.id, "tags/");
	for (unsigned n = 0; !e && !stop && n < COMMITS_SHOWN; n++) {
		e = ax_walk_next(&info, w);
		if (!e)
			e = ax_commit_id(&id, t, info.local);
		if (!e) {
			ax_id_short(name, &id);
			stop = each(ctx, name, S_IFLNK);
		}
	}
	ax_walk_close(w);
	return stop ? stop : e == AX_ENOENT ? 0 : ax_err_errno(e);
}

static int list_overlay(const struct node *dir, ns_list_fn *each, void *ctx)
{
	int e = 0;
	for (size_t i = 0; !e && dir->dir && i < dir->dir->n; i++) {
		struct node *n = dir->dir->over[i];
		enum node_kind kind = node_named(n)->kind;
		unsigned type = kind == NODE_SYMLINK                    ? S_IFLNK
				: kind == NODE_DIR || kind == NODE_TREE ? S_IFDIR
									: S_IFREG;
		if (!node_hidden(n) && n->kind != NODE_ZONEFILE)
			e = each(ctx, n->name, type);
	}
	return e;
}

int ns_list(struct mount *m, struct ax_txn *t, struct node *dir, ns_list_fn *each, void *ctx)
{
	int e;
	switch (dir->kind) {
	case NODE_ROOT:
	case NODE_ZONE:
		return list_fixed(dir, each, ctx);
	case NODE_ZONES:
		return list_zones(m, t, each, ctx);
	case NODE_HEADS:
	case NODE_TAGS:
	case NODE_LOGS:
		return list_refs(m, t, dir, each, ctx);
	case NODE_COMMITS:
		return list_commits(m, t, dir, each, ctx);
	case NODE_STAGES:
		return stage_list(m, t, dir, each, ctx);
	case NODE_DIFFS:
		return 0; /* any two revisions */
	case NODE_ZONEDIR:
		e = list_overlay(dir, each, ctx);
		return e ? e : zonefiles_list(m, t, dir, each, ctx);
	case NODE_ZONEFILES:
		return zonefiles_list(m, t, dir, each, ctx);
	case NODE_TREE:
	case NODE_DIR:
		return list_overlay(dir, each, ctx);
	default:
		return ENOTDIR;
	}
}
