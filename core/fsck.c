#include "core/fsck.h"
#include "core/blame.h"
#include "core/diff.h"
#include "core/idset.h"
#include "core/store_internal.h"
#include "core/tag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DAMAGED_ZONES_MAX = 100 };

struct fsck {
	struct ax_fsck *sum;
	struct ax_txn *txn;
	const struct ax_fsck_listener *listener;
	uint64_t swept;          /* the log's entries up to this one may name commits that gc dropped */
	struct ax_idset nodes;   /* verified */
	struct ax_idset commits; /* those in the index */
};

/* Tell what is wrong and go on; only what can't be told ends it. */
static enum ax_err tell(struct fsck *f, enum ax_err e, const char *where)
{
	struct ax_buf b = AX_BUF_INIT;
	if (!e || e == AX_ENOMEM)
		return e;
	f->sum->problems++;
	ax_buf_printf(&b, "%s: %s", where, ax_err_text(e));
	const char *text = ax_buf_cstr(&b);
	if (f->listener && f->listener->problem)
		f->listener->problem(f->listener->ctx, text ? text : where);
	ax_buf_fini(&b);
	return AX_OK;
}

static enum ax_err damaged(const char *what)
{
	return ax_fail(AX_ECORRUPT, "%s", what);
}

/* -- commits ----------------------------------------------------------------------------------------------- */

/* Each parent that the text names is the one that the sidecar points at. */
static enum ax_err check_parents(struct fsck *f, const struct ax_commit *c, const struct ax_commit_info *info)
{
	if (info->cut)
		return AX_OK;
	if (c->parents != info->parents)
		return damaged("its sidecar has another number of parents");
	for (unsigned i = 0; i < c->parents; i++) {
		struct ax_id id;
		enum ax_err e = ax_commit_id(&id, f->txn, info->parent[i]);
		if (e)
			return e;
		if (!ax_id_eq(&id, &c->parent[i]))
			return damaged("its sidecar points at another parent");
	}
	return AX_OK;
}

static bool same_time(struct ax_time a, struct ax_time b)
{
	return a.s == b.s && a.ns == b.ns && a.tz_min == b.tz_min;
}

static enum ax_err count_gone(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	(void)key, (void)a;
	*(uint64_t *)ctx += !b;
	return AX_OK;
}

/* What it deleted, added to what its first parent's line had. */
static enum ax_err check_removed(struct fsck *f, const struct ax_commit_info *info)
{
	struct ax_commit_info parent = { .root = ax_tree_empty() };
	uint64_t gone = 0;
	enum ax_err e = info->parents ? ax_commit_info(&parent, f->txn, info->parent[0]) : AX_OK;
	if (!e && (info->root.node == AX_NODE_PRUNED || parent.root.node == AX_NODE_PRUNED))
		return AX_OK; /* there is nothing to count */
	if (!e && info->cut)
		return info->removed ? damaged("its sidecar counts deletions before it was cut") : AX_OK;
	if (!e)
		e = ax_tree_diff(f->txn, &parent.root, &info->root, count_gone, &gone);
	if (!e && info->removed != parent.removed + gone)
		e = damaged("its sidecar has another number of deletions");
	return e;
}

static enum ax_err check_sidecar(struct fsck *f, const struct ax_commit *c, const struct ax_commit_info *info)
{
	struct ax_commit_info again = *info;
	enum ax_err e = check_parents(f, c, info);
	if (e || (e = ax_commit_link(&again, f->txn)))
		return e;
	if (c->serial != info->serial || !same_time(c->committer.when, info->time))
		return damaged("its sidecar has another serial or time");
	if (again.generation != info->generation || again.depth != info->depth || again.jump != info->jump ||
	    again.turn != info->turn || !same_time(again.earliest, info->earliest))
		return damaged("its sidecar has another generation or skip pointer");
	return AX_OK;
}

static enum ax_err check_commit(struct fsck *f, uint64_t local, const struct ax_id *indexed)
{
	struct ax_commit c = { 0 };
	struct ax_commit_info info;
	struct ax_zone zone;
	uint64_t shown;
	enum ax_err e = ax_commit_info(&info, f->txn, local);
	if (!e)
		e = ax_commit_read(&c, f->txn, local);
	if (!e && indexed && !ax_id_eq(indexed, &c.id))
		e = damaged("it does not hash to its id");
	if (!e)
		e = check_sidecar(f, &c, &info);
	if (!e && info.root.node != AX_NODE_PRUNED)
		e = ax_tree_verify_shared(f->txn, &info.root, &f->nodes);
	if (!e)
		e = check_removed(f, &info);
	if (!e)
		e = ax_zone_find(&zone, f->txn, &c.zone);
	/* A removed zone keeps its history. */
	if (e == AX_ENOENT)
		e = ax_zone_find_removed(&zone, f->txn, &c.zone);
	if (!e && (e = ax_serial_find(&shown, f->txn, zone.id, c.serial)) == AX_ENOENT)
		e = damaged("its serial is not in the serial map");
	ax_commit_fini(&c);
	return e;
}

/* A tag's object names a commit that is there. */
static enum ax_err check_tag(struct fsck *f, uint64_t local)
{
	struct ax_tag tag;
	uint64_t commit;
	enum ax_err e = ax_tag_read(&tag, f->txn, local);
	if (!e && (e = ax_object_find(&commit, f->txn, &tag.object)) == AX_ENOENT)
		e = damaged("the commit that the tag names is missing");
	ax_tag_fini(&tag);
	return e;
}

/* The index leads from a hash to a commit: the way back must lead to the same id. */
static enum ax_err check_indexed(struct fsck *f, uint64_t local)
{
	struct ax_object o;
	struct ax_id id;
	uint64_t found;
	enum ax_err e = ax_object_read(&o, f->txn, local, 0);
	if (e)
		return e;
	if (o.kind != AX_KIND_COMMIT && o.kind != AX_KIND_TAG)
		return damaged("the index points at what is no commit");
	id = ax_hash_object(o.kind, o.canonical);
	if ((e = ax_object_find(&found, f->txn, &id)))
		return e == AX_ENOENT ? damaged("it does not hash to the id it is found by") : e;
	if (o.kind == AX_KIND_TAG)
		return check_tag(f, local);
	f->sum->commits++;
	return check_commit(f, local, &id);
}

static uint64_t count_indexed(struct fsck *f)
{
	struct ax_buf pos = AX_BUF_INIT;
	uint64_t local, n = 0;
	while (!ax_object_index_next(&local, f->txn, &pos))
		n++;
	ax_buf_fini(&pos);
	return n;
}

static void progress(struct fsck *f, uint64_t done, uint64_t of)
{
	if (f->listener && f->listener->progress)
		f->listener->progress(f->listener->ctx, done, of);
}

static enum ax_err check_commits(struct fsck *f)
{
	struct ax_buf pos = AX_BUF_INIT;
	uint64_t local, done = 0, all = count_indexed(f);
	enum ax_err e = AX_OK;
	while (!e) {
		char where[40];
		progress(f, done++, all);
		if ((e = ax_object_index_next(&local, f->txn, &pos)))
			break;
		uint8_t *flags = local ? ax_idset_at(&f->commits, local) : NULL;
		if (flags)
			*flags = 1;
		snprintf(where, sizeof where, "commit %" PRIu64, local);
		e = tell(f, local ? check_indexed(f, local) : damaged("the index is damaged"), where);
	}
	ax_buf_fini(&pos);
	return e == AX_ENOENT ? AX_OK : tell(f, e, "the index of commits");
}

/* -- refs and log ------------------------------------------------------------------------------------------ */

static enum ax_err check_ref(struct fsck *f, uint32_t zone, const char *path, const struct ax_ref *ref)
{
	struct ax_log_entry entry;
	struct ax_id id;
	enum ax_err e = ax_commit_id(&id, f->txn, ref->commit);
	if (e)
		return e;
	if (!ax_id_eq(&id, &ref->id))
		return damaged("it names another commit than its hash");
	if (!ax_idset_has(&f->commits, ref->commit, 1))
		return damaged("its commit is not in the index");
	if ((e = ax_log_get(&entry, f->txn, ref->log)))
		return e == AX_ENOENT ? damaged("its last log entry is missing") : e;
	if (entry.kind != AX_LOG_REF || entry.zone != zone || strcmp(entry.ref, path) != 0 ||
	    entry.new_commit != ref->commit)
		return damaged("its last log entry is not its own");
	return AX_OK;
}

static enum ax_err check_refs(struct fsck *f, uint32_t zone)
{
	char path[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref;
	enum ax_err e = AX_OK;
	while (!e && !(e = ax_ref_next(&ref, path, f->txn, zone, "", path))) {
		f->sum->refs++;
		e = tell(f, check_ref(f, zone, path, &ref), path);
	}
	return e == AX_ENOENT ? AX_OK : tell(f, e, "the refs of a zone");
}

/* What the log named when gc last dropped commits may be gone. */
static enum ax_err is_there(bool *out, struct fsck *f, const struct ax_log_entry *entry, uint64_t commit)
{
	*out = commit != 0;
	return commit && entry->seq <= f->swept ? ax_txn_has_object(out, f->txn, commit) : AX_OK;
}

static enum ax_err read_swept(struct fsck *f)
{
	struct ax_slice value;
	enum ax_err e = ax_txn_get_own(&value, f->txn, ax_swept_key);
	struct ax_reader r = ax_reader(value);
	f->swept = e ? 0 : ax_get_u64(&r);
	return e == AX_ENOENT ? AX_OK : e;
}

/* An entry's chain: the one before it is of the same ref, and ended where this one begins. */
static enum ax_err check_chain(struct fsck *f, const struct ax_log_entry *entry)
{
	struct ax_log_entry prev;
	struct ax_commit_info info;
	enum ax_err e;
	bool is_new, is_old;
	if ((e = is_there(&is_new, f, entry, entry->new_commit)) ||
	    (e = is_there(&is_old, f, entry, entry->old_commit)))
		return e;
	if (is_new && (e = ax_commit_info(&info, f->txn, entry->new_commit)))
		return e;
	if (is_new && info.serial != entry->serial)
		return damaged("it has another serial than its commit");
	if (is_old && (e = ax_commit_info(&info, f->txn, entry->old_commit)))
		return e;
	if (!entry->prev)
		return entry->old_commit ? damaged("the entry before it is missing") : AX_OK;
	if ((e = ax_log_get(&prev, f->txn, entry->prev)))
		return e == AX_ENOENT ? damaged("the entry before it is missing") : e;
	if (prev.kind != AX_LOG_REF || prev.zone != entry->zone || strcmp(prev.ref, entry->ref) != 0 ||
	    prev.new_commit != entry->old_commit)
		return damaged("the entry before it is another ref's, or ended elsewhere");
	return AX_OK;
}

static enum ax_err check_log(struct fsck *f)
{
	struct ax_log_entry entry;
	struct ax_zone zone;
	uint64_t last;
	enum ax_err e = ax_log_last(&last, f->txn);
	if (!e)
		e = read_swept(f);
	if (e)
		return tell(f, e, "the log");
	for (uint64_t seq = 1; !e && seq <= last; seq++) {
		char where[40];
		snprintf(where, sizeof where, "log entry %" PRIu64, seq);
		enum ax_err found = ax_log_get(&entry, f->txn, seq);
		if (!found && entry.kind == AX_LOG_REF)
			found = check_chain(f, &entry);
		if (!found && (entry.kind < AX_LOG_REF || entry.kind > AX_LOG_REFUSED))
			found = damaged("it is of no known kind");
		if (!found && entry.zone)
			found = ax_zone_get(&zone, f->txn, entry.zone);
		f->sum->log_entries++;
		e = tell(f, found, where);
	}
	return e;
}

/* -- zones, serials, deletions ----------------------------------------------------------------------------- */

static enum ax_err check_serial(struct fsck *f, uint32_t zone, struct ax_slice key, struct ax_slice value)
{
	struct ax_commit_info info;
	uint64_t commit;
	if (key.n != 9 || (value.n != 8 && value.n != 8 + AX_ID_SIZE))
		return damaged("the serial map is damaged");
	enum ax_err e = ax_serial_find(&commit, f->txn, zone, ax_be32(key.p + 5));
	if (e == AX_ENOENT)
		return AX_OK; /* its commit was dropped, its tree's id is there */
	if (e || (e = ax_commit_info(&info, f->txn, commit)))
		return e;
	return info.serial == ax_be32(key.p + 5) ? AX_OK : damaged("the commit has another serial");
}

static enum ax_err check_serials(struct fsck *f, uint32_t zone)
{
	uint8_t k[9] = { AX_MAIN_SERIAL };
	struct ax_slice key, value;
	size_t n = 5;
	enum ax_err e;
	ax_be32_put(k + 1, zone);
	while (!(e = ax_txn_seek(&key, &value, f->txn, AX_TABLE_MAIN, ax_slice(k, 5), ax_slice(k, n), true))) {
		char where[40] = "a serial";
		if (key.n == 9)
			snprintf(where, sizeof where, "serial %" PRIu32, ax_be32(key.p + 5));
		if ((e = tell(f, check_serial(f, zone, key, value), where)) || key.n != 9)
			return e;
		memcpy(k, key.p, 9);
		n = 9;
	}
	return e == AX_ENOENT ? AX_OK : tell(f, e, "the serial map");
}

static enum ax_err check_zone(struct fsck *f, const struct ax_zone *z)
{
	struct ax_zone again;
	enum ax_err e =
		z->removed ? ax_zone_find_removed(&again, f->txn, &z->apex) : ax_zone_find(&again, f->txn, &z->apex);
	if (e == AX_ENOENT || (!e && again.id != z->id))
		return damaged("its name leads to another zone");
	return e;
}

static enum ax_err check_zones(struct fsck *f)
{
	struct ax_zone z = { 0 };
	enum ax_err e = AX_OK;
	uint32_t id = 0;
	/* Numbers are dense: a damaged record is stepped over, but not for ever. */
	for (unsigned bad = 0; !e && bad < DAMAGED_ZONES_MAX;) {
		char where[40];
		if ((e = ax_zone_next(&z, f->txn, id, true)) == AX_ENOENT)
			return AX_OK;
		bad += e != AX_OK;
		id = e ? id + 1 : z.id;
		snprintf(where, sizeof where, "zone number %" PRIu32, id);
		f->sum->zones++;
		if ((e = tell(f, e ? e : check_zone(f, &z), where)) || (e = check_refs(f, id)))
			return e;
		e = check_serials(f, id);
	}
	return e;
}

static enum ax_err check_gone(struct fsck *f)
{
	uint8_t k[16];
	struct ax_slice key, value, from = { NULL, 0 };
	enum ax_err e;
	while (!(e = ax_txn_seek(&key, &value, f->txn, AX_TABLE_GONE, ax_slice(NULL, 0), from, from.n))) {
		struct ax_object o;
		if (key.n != sizeof k)
			return tell(f, damaged("a key is damaged"), "the notes of deletions");
		memcpy(k, key.p, sizeof k);
		from = ax_slice(k, sizeof k);
		uint64_t commit = ~((uint64_t)ax_be32(k + 8) << 32 | ax_be32(k + 12));
		if ((e = tell(f, ax_object_read(&o, f->txn, commit, AX_KIND_COMMIT), "a note of a deletion")))
			return e;
	}
	return e == AX_ENOENT ? AX_OK : tell(f, e, "the notes of deletions");
}

enum ax_err ax_fsck(struct ax_fsck *out, struct ax_repo *r, const struct ax_fsck_listener *listener)
{
	struct fsck f = { .sum = out, .listener = listener };
	*out = (struct ax_fsck){ 0 };
	enum ax_err e = ax_txn_read(&f.txn, ax_repo_store(r));
	if (!e)
		e = check_commits(&f);
	if (!e)
		e = check_zones(&f);
	if (!e)
		e = check_log(&f);
	if (!e)
		e = check_gone(&f);
	out->nodes = f.nodes.n;
	ax_txn_abort(f.txn);
	ax_idset_fini(&f.nodes);
	ax_idset_fini(&f.commits);
	if (!e && out->problems)
		e = ax_fail(AX_ECORRUPT, "%" PRIu64 " problems found", out->problems);
	return e;
}
