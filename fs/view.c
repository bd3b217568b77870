/* view.c - see view.h. */
/* Without memory the hash leaves an element out, where uthash would end the program. */
#define HASH_NONFATAL_OOM 1

#include "fs/view.h"

#include "core/times.h"
#include "fs/mount.h"

#include <stdlib.h>
#include <string.h>

const char *view_name(const struct view *v)
{
	const char *slash = strchr(v->ref, '/');
	return slash ? slash + 1 : "";
}

void view_path(struct ax_buf *b, const struct mount *m, const struct view *v)
{
	if (v->zone != m->default_zone) {
		ax_buf_str(b, "zones/");
		ax_zone_to_file(b, &v->apex);
		ax_buf_str(b, "/");
	}
	ax_buf_str(b, v->ref[0] ? v->ref : "commits");
}

/* Of a view's key, which begins with its commit. */
enum { KEY_SIZE = offsetof(struct view, ref) + AX_REF_PATH_MAX + 1 - offsetof(struct view, commit) };

static struct view *find(struct mount *m, uint32_t zone, const char *ref, uint64_t commit)
{
	struct view like = { .commit = commit, .zone = zone }, *v;
	strncpy(like.ref, ref, AX_REF_PATH_MAX);
	HASH_FIND(hh, m->views, &like.commit, KEY_SIZE, v);
	return v;
}

struct view *view_known(struct mount *m, uint32_t zone, const char *ref)
{
	return find(m, zone, ref, 0);
}

struct view *view_get(struct mount *m, enum view_kind kind, const struct ax_name *apex, uint32_t zone,
		      const char *ref, uint64_t commit)
{
	struct view *v = find(m, zone, ref, commit);
	if (v)
		return v;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->kind = kind;
	v->zone = zone;
	v->apex = *apex;
	v->commit = commit;
	strncpy(v->ref, ref, AX_REF_PATH_MAX);
	v->times_ref = ax_file_time_ref(zone, ref);
	waiting_init(&v->waiting);
	HASH_ADD(hh, m->views, commit, KEY_SIZE, v);
	if (v->hh.tbl)
		return v;
	waiting_fini(&v->waiting);
	free(v);
	return NULL;
}

void view_pin(struct mount *m, struct view *v, struct ax_txn *t)
{
	if (v->pinned || !m->pins)
		return;
	v->pinned = !ax_commit_id(&v->pin, t, v->commit) && !ax_pins_add(m->pins, &v->pin);
	if (!v->pinned)
		ax_err_clear(); /* it is shown all the same */
}

void view_unroot(struct mount *m, struct view *v)
{
	v->root = NULL;
	if (v->kind != VIEW_COMMIT)
		return;
	if (v->pinned)
		ax_pins_drop(m->pins, &v->pin);
	HASH_DEL(m->views, v);
	waiting_fini(&v->waiting);
	free(v);
}

void view_free_all(struct mount *m)
{
	struct view *v, *next;
	HASH_ITER(hh, m->views, v, next)
	{
		HASH_DEL(m->views, v);
		waiting_fini(&v->waiting);
		free(v);
	}
}

void view_waits(struct mount *m, struct view *v)
{
	if (v->waits)
		return;
	v->waits = true;
	v->next_waits = m->waits;
	m->waits = v;
}

struct view *view_due(struct mount *m, uint64_t *when)
{
	struct view *first = NULL, **at = &m->waits;
	*when = UINT64_MAX;
	while (*at) {
		struct view *v = *at;
		if (!v->waiting.n) { /* made or called off */
			v->waits = false;
			*at = v->next_waits;
			continue;
		}
		uint64_t due = waiting_due(&v->waiting);
		if (due < *when) {
			*when = due;
			first = v;
		}
		at = &v->next_waits;
	}
	return first;
}

void view_forget(struct mount *m, struct view *v, uint64_t seq)
{
	if (seq <= v->forgot)
		return;
	v->forgot = seq;
	if (v->root)
		node_unhash(m, v->root); /* unnamed; it stays while somebody holds it */
	v->root = NULL;
	for (struct gone *g = waiting_next(&v->waiting, NULL), *next; g; g = next) {
		next = waiting_next(&v->waiting, g);
		waiting_call_off(&v->waiting, g);
	}
}

void view_dropped(struct mount *m, struct view *v, struct ax_txn *t)
{
	uint64_t last;
	if (ax_txn_renew(t) || ax_log_last(&last, t))
		ax_err_clear(); /* the notifier comes to it */
	else
		view_forget(m, v, last);
}

enum ax_err view_read_tip(struct ax_commit_info *out, const struct view *v, struct ax_txn *t)
{
	struct ax_ref ref;
	*out = (struct ax_commit_info){ .root = ax_tree_empty() };
	if (v->kind == VIEW_COMMIT)
		return ax_commit_info(out, t, v->commit);
	enum ax_err e = ax_ref_get(&ref, t, v->zone, v->ref);
	if (e == AX_ENOENT)
		return AX_OK;
	return e ? e : ax_commit_info(out, t, ref.commit);
}

enum ax_err view_tip(struct ax_commit_info *out, struct view *v, struct ax_txn *t)
{
	enum ax_err e = AX_OK;
	if (v->tip_txn != ax_txn_id(t) || !v->tip_txn) {
		e = view_read_tip(&v->tip, v, t);
		v->tip_txn = e ? 0 : ax_txn_id(t);
	}
	*out = v->tip;
	return e;
}
