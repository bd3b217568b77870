/* Branches, tags and HEAD, as doors move them. */
#include "core/graph.h"
#include "core/publish.h"

#include <stdio.h>
#include <string.h>

static enum ax_err live_zone(struct ax_zone *z, struct ax_txn *t, uint32_t zone)
{
	enum ax_err e = ax_zone_get(z, t, zone);
	return !e && z->removed ? ax_fail(AX_ENOENT, "the zone was removed") : e;
}

static enum ax_err same_zone(struct ax_txn *t, const struct ax_zone *z, uint64_t commit)
{
	struct ax_commit c;
	enum ax_err e = ax_commit_read(&c, t, commit);
	if (e)
		return e;
	bool same = ax_name_eq(&c.zone, &z->apex);
	ax_commit_fini(&c);
	return same ? AX_OK : ax_fail(AX_EINVAL, "the commit is another zone's");
}

static enum ax_err create_ref(struct ax_repo *r, uint32_t zone, const char *folder, const char *name, uint64_t commit,
			      const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone z;
	struct ax_ref ref;
	struct ax_txn *t;
	enum ax_err e = ax_ref_check_name(name);
	if (e || (e = ax_repo_begin(&t, r)))
		return e;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	if ((e = live_zone(&z, t, zone)) || (e = same_zone(t, &z, commit)))
		goto out;
	e = ax_ref_get(&ref, t, zone, path);
	if (!e)
		e = ax_fail(AX_EEXIST, "%s is already there", path);
	else if (e == AX_ENOENT)
		e = ax_ref_move(t, zone, path, 0, commit, who->via, who->committer.when);
out:
	return ax_repo_end(t, e);
}

enum ax_err ax_repo_branch_create(struct ax_repo *r, uint32_t zone, const char *branch, uint64_t commit,
				  const struct ax_actor *who)
{
	return create_ref(r, zone, "heads", branch, commit, who);
}

enum ax_err ax_repo_tag(struct ax_repo *r, uint32_t zone, const char *tag, uint64_t commit,
			const struct ax_actor *who)
{
	return create_ref(r, zone, "tags", tag, commit, who);
}

static enum ax_err check_merged(struct ax_txn *t, uint32_t zone, const char *branch, uint64_t tip)
{
	struct ax_ref main_ref;
	bool merged = false;
	enum ax_err e = ax_ref_get(&main_ref, t, zone, "heads/main");
	if (!e)
		e = ax_graph_is_ancestor(&merged, t, tip, main_ref.commit);
	if (e && e != AX_ENOENT)
		return e;
	return merged ? AX_OK : ax_fail(AX_EPERM, "branch %s is not merged into main", branch);
}

enum ax_err ax_repo_branch_delete(struct ax_repo *r, uint32_t zone, const char *branch, bool force_it,
				  const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone z;
	struct ax_ref ref;
	struct ax_txn *t;
	enum ax_err e = ax_ref_check_name(branch);
	if (!e && strcmp(branch, "main") == 0)
		e = ax_fail(AX_EPERM, "main is the zone's own branch: it can't be deleted");
	if (e || (e = ax_repo_begin(&t, r)))
		return e;
	snprintf(path, sizeof path, "heads/%s", branch);
	if ((e = live_zone(&z, t, zone)))
		goto out;
	if ((e = ax_ref_get(&ref, t, zone, path)) == AX_ENOENT)
		ax_fail(e, "there is no branch %s", branch);
	if (!e && !force_it)
		e = check_merged(t, zone, branch, ref.commit);
	if (!e)
		e = ax_ref_move(t, zone, path, ref.commit, 0, who->via, who->committer.when);
out:
	return ax_repo_end(t, e);
}

static enum ax_err rename_ref(struct ax_txn *t, uint32_t zone, const char *from, const char *to,
			      const struct ax_actor *who)
{
	char old_path[AX_REF_PATH_MAX + 1], new_path[AX_REF_PATH_MAX + 1], door[AX_VIA_MAX + 1];
	struct ax_ref ref, other;
	snprintf(old_path, sizeof old_path, "heads/%s", from);
	snprintf(new_path, sizeof new_path, "heads/%s", to);
	enum ax_err e = ax_ref_get(&ref, t, zone, old_path);
	if (e)
		return e == AX_ENOENT ? ax_fail(e, "there is no branch %s", from) : e;
	if ((e = ax_ref_get(&other, t, zone, new_path)) != AX_ENOENT)
		return e ? e : ax_fail(AX_EEXIST, "%s is already there", new_path);
	snprintf(door, sizeof door, "%.150s from=%s", who->via, from);
	if ((e = ax_ref_move(t, zone, new_path, 0, ref.commit, door, who->committer.when)))
		return e;
	snprintf(door, sizeof door, "%.150s to=%s", who->via, to);
	if ((e = ax_ref_move(t, zone, old_path, ref.commit, 0, door, who->committer.when)))
		return e;
	return ax_head_follow(t, zone, from, to);
}

enum ax_err ax_repo_branch_rename(struct ax_repo *r, uint32_t zone, const char *from, const char *to,
				  const struct ax_actor *who)
{
	struct ax_zone z;
	struct ax_txn *t;
	enum ax_err e = ax_ref_check_name(from);
	if (!e)
		e = ax_ref_check_name(to);
	if (!e && strcmp(from, "main") == 0)
		e = ax_fail(AX_EPERM, "main is the zone's own branch: it keeps its name");
	if (e || (e = ax_repo_begin(&t, r)))
		return e;
	if (!(e = live_zone(&z, t, zone)))
		e = rename_ref(t, zone, from, to, who);
	return ax_repo_end(t, e);
}

static enum ax_err put_protection(struct ax_txn *t, uint32_t zone, const char *branch, const struct ax_protect *p,
				  const struct ax_actor *who)
{
	struct ax_log_entry entry = { .kind = AX_LOG_SETTING, .zone = zone, .when = who->committer.when };
	snprintf(entry.ref, sizeof entry.ref, "protect/%s", branch);
	snprintf(entry.door, sizeof entry.door, "%s", who->via);
	enum ax_err e = ax_protect_put(t, zone, branch, p);
	return e ? e : ax_log_note(t, &entry);
}

enum ax_err ax_repo_protect(struct ax_repo *r, uint32_t zone, const char *branch, const struct ax_protect *p,
			    const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone z;
	struct ax_ref ref;
	struct ax_txn *t;
	enum ax_err e = ax_ref_check_name(branch);
	if (e || (e = ax_repo_begin(&t, r)))
		return e;
	snprintf(path, sizeof path, "heads/%s", branch);
	if (!(e = live_zone(&z, t, zone)) && (e = ax_ref_get(&ref, t, zone, path)) == AX_ENOENT)
		ax_fail(e, "there is no branch %s", branch);
	if (!e)
		e = put_protection(t, zone, branch, p, who);
	return ax_repo_end(t, e);
}

enum ax_err ax_repo_checkout(struct ax_repo *r, uint32_t zone, const char *branch, const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_zone z;
	struct ax_ref ref;
	struct ax_txn *t;
	enum ax_err e = ax_ref_check_name(branch);
	if (e || (e = ax_repo_begin(&t, r)))
		return e;
	snprintf(path, sizeof path, "heads/%s", branch);
	if ((e = live_zone(&z, t, zone)))
		goto out;
	e = ax_ref_get(&ref, t, zone, path);
	/* main may be unborn */
	if (e == AX_ENOENT && strcmp(branch, "main") == 0)
		e = AX_OK;
	else if (e == AX_ENOENT)
		ax_fail(e, "there is no branch %s", branch);
	if (!e)
		e = ax_head_set(t, zone, who->uid, branch);
out:
	return ax_repo_end(t, e);
}
