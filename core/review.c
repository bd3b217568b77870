#include "core/approval.h"
#include "core/review.h"

#include "core/diff.h"
#include "core/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RULES_VERSION = 2 };

void ax_review_fini(struct ax_review *r)
{
	ax_batch_fini(&r->batch);
	ax_conflicts_fini(&r->conflicts);
	free(r->approvals);
	*r = (struct ax_review){ 0 };
}

bool ax_review_is_enough(const struct ax_review *r)
{
	return r->counted >= (r->protect.on ? r->protect.reviews : 0);
}

/* -- review ----------------------------------------------------------------------------------------------- */

static enum ax_err find(struct ax_ref *out, struct ax_txn *t, uint32_t zone, const char *folder, const char *name,
			const char *what)
{
	char path[AX_REF_PATH_MAX + 1];
	enum ax_err e = ax_ref_check_name(name);
	if (e)
		return e;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	e = ax_ref_get(out, t, zone, path);
	return e == AX_ENOENT ? ax_fail(e, "there is no %s %s", what, name) : e;
}

/* Who moved the proposal last, by the door that the log names. */
static enum ax_err find_proposer(struct ax_review *r, struct ax_txn *t)
{
	struct ax_log_entry entry;
	enum ax_err e = ax_log_get(&entry, t, r->proposal.log);
	const char *uid = e ? NULL : strstr(entry.door, "uid=");
	unsigned n;
	r->proposer = uid && sscanf(uid, "uid=%u", &n) == 1 ? n : UINT32_MAX;
	return e;
}

static enum ax_err put_difference(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	(void)a;
	return b ? ax_batch_put_key(ctx, key, b->value) : ax_batch_delete_key(ctx, key);
}

static enum ax_err merge(struct ax_review *r, struct ax_txn *t)
{
	struct ax_bases bases;
	struct ax_commit_info tip, proposal;
	struct ax_ancestry above;
	enum ax_err e;
	if ((e = ax_graph_bases(&bases, t, r->tip.commit, r->proposal.commit)) ||
	    (e = ax_commit_info(&tip, t, r->tip.commit)) || (e = ax_commit_info(&proposal, t, r->proposal.commit)))
		return e;
	if (!bases.n)
		return ax_fail(AX_EINVAL, "the two histories have no commit in common");
	r->has_it = bases.commit[0] == r->proposal.commit;
	if (r->has_it)
		return AX_OK;
	if (bases.commit[0] == r->tip.commit)
		return ax_tree_diff(t, &tip.root, &proposal.root, put_difference, &r->batch);
	if ((e = ax_merge_ancestry(&above, t, &bases)))
		return e;
	return ax_merge(&r->conflicts, &r->batch, t, &above, &tip.root, &proposal.root, NULL);
}

static enum ax_err make_hash(struct ax_review *r, struct ax_txn *t, const char *branch)
{
	const struct ax_edit *edits;
	size_t n;
	struct ax_keys keys = { 0 };
	struct ax_buf b = AX_BUF_INIT;
	enum ax_err e = ax_batch_edits(&edits, &n, &r->batch);
	ax_buf_str(&b, "apexfs review");
	ax_buf_u8(&b, RULES_VERSION);
	ax_buf_u32(&b, r->zone);
	ax_buf_leb(&b, strlen(branch));
	ax_buf_str(&b, branch);
	ax_buf_put(&b, r->tip.id.b, AX_ID_SIZE);
	ax_buf_put(&b, r->proposal.id.b, AX_ID_SIZE);
	ax_buf_u8(&b, r->protect.on);
	ax_buf_u8(&b, r->protect.signed_only);
	ax_buf_u8(&b, (uint8_t)r->protect.reviews);
	if (!e)
		e = ax_protect_keys(&keys, t, r->zone, branch);
	ax_buf_leb(&b, keys.n);
	for (size_t i = 0; i < keys.n; i++)
		ax_buf_put(&b, keys.v[i].b, AX_KEY_SIZE);
	ax_keys_fini(&keys);
	for (size_t i = 0; !e && i < n; i++) {
		ax_buf_leb(&b, edits[i].key.n);
		ax_buf_slice(&b, edits[i].key);
		ax_buf_leb(&b, edits[i].value.n);
		ax_buf_slice(&b, edits[i].value);
	}
	if (!e)
		e = ax_buf_check(&b);
	r->hash = ax_hash_bytes(ax_buf_view(&b));
	ax_buf_fini(&b);
	return e;
}

enum ax_err ax_review_make(struct ax_review *out, struct ax_txn *t, const struct ax_zone *zone, const char *name,
			   const char *branch)
{
	*out = (struct ax_review){ .zone = zone->id };
	ax_batch_init(&out->batch, &zone->apex);
	enum ax_err e = find(&out->proposal, t, zone->id, "proposals", name, "proposal");
	if (!e)
		e = find(&out->tip, t, zone->id, "heads", branch, "branch");
	if (!e)
		e = ax_protect_get(&out->protect, t, zone->id, branch);
	if (!e)
		e = find_proposer(out, t);
	if (!e)
		e = merge(out, t);
	if (!e)
		e = make_hash(out, t, branch);
	return e ? e : ax_approvals_read(out, t, name, branch);
}

/* -- propose ---------------------------------------------------------------------------------------------- */

static enum ax_err move_proposal(struct ax_txn *t, uint32_t zone, const char *name, uint64_t commit,
				 const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	enum ax_err e = ax_ref_check_name(name);
	if (e)
		return e;
	snprintf(path, sizeof path, "proposals/%s", name);
	e = ax_ref_get(&ref, t, zone, path);
	if (e == AX_ENOENT && !commit)
		return ax_fail(e, "there is no proposal %s", name);
	if (e && e != AX_ENOENT)
		return e;
	if ((e = ax_approvals_drop(t, zone, name)))
		return e;
	return ax_ref_move(t, zone, path, ref.commit, commit, who->via, who->committer.when);
}

enum ax_err ax_repo_propose(struct ax_repo *r, uint32_t zone, const char *name, uint64_t commit,
			    const struct ax_secret_key *key, const struct ax_actor *who)
{
	struct ax_txn *t;
	struct ax_id id;
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	e = move_proposal(t, zone, name, commit, who);
	if (!e && commit && key && !(e = ax_commit_id(&id, t, commit)))
		e = ax_proposer_put(t, zone, name, &id, key, who);
	return ax_repo_end(t, e);
}

/* -- approve ---------------------------------------------------------------------------------------------- */

static enum ax_err check_expected(const struct ax_review *r, const char *expect)
{
	char hex[AX_ID_HEX + 1], part[AX_ID_SHORT + 1];
	ax_id_hex(hex, &r->hash);
	ax_id_short(part, &r->hash);
	size_t n = expect ? strlen(expect) : 0;
	if (expect && n < 4)
		return ax_fail(AX_EINVAL, "`%s`: at least 4 digits of a review's hash", expect);
	if (expect && strncasecmp(hex, expect, n) != 0)
		return ax_fail(AX_ELOST, "the review is another by now: %s (see apex review)", part);
	return r->has_it ? ax_fail(AX_EINVAL, "the branch has all of this proposal already") : AX_OK;
}

static enum ax_err record(struct ax_review *review, struct ax_txn *t, const struct ax_approve *a,
			  const struct ax_actor *who)
{
	struct ax_zone zone;
	*review = (struct ax_review){ 0 };
	enum ax_err e = ax_zone_get(&zone, t, a->zone);
	if (e || (e = ax_review_make(review, t, &zone, a->name, a->branch)) ||
	    (e = check_expected(review, a->expect)) || (e = ax_approval_put(t, review, a, who)))
		return e;
	ax_review_fini(review);
	return ax_review_make(review, t, &zone, a->name, a->branch);
}

/* The publication under way: what was approved, and that it still is so in the transaction that publishes. */
struct publication {
	struct ax_job job;
	const struct ax_approve *a;
	const struct ax_actor *who;
	struct ax_id hash;
	enum ax_err (*merge)(void *ctx, struct ax_work *w, struct ax_txn *t);
	struct ax_buf message;
};

static void put_approver(struct ax_buf *out, const struct ax_approval *a)
{
	ax_buf_printf(out, "Approved-by: %s (uid %u", a->name, a->uid);
	for (size_t i = 0; a->by_key && i < AX_ID_SHORT / 2; i++)
		ax_buf_printf(out, "%s%02x", i ? "" : ", key ", a->key.b[i]);
	ax_buf_str(out, ")\n");
}

static enum ax_err put_message(struct publication *p, const struct ax_review *r)
{
	ax_buf_clear(&p->message);
	ax_buf_printf(&p->message, "Merge proposal %s into %s\n\n", p->a->name, p->a->branch);
	for (size_t i = 0; i < r->approvals_n; i++)
		put_approver(&p->message, &r->approvals[i]);
	p->job.change.message = ax_buf_cstr(&p->message);
	return ax_buf_check(&p->message);
}

static enum ax_err compose(void *ctx, struct ax_work *w, struct ax_txn *t)
{
	struct publication *p = ctx;
	struct ax_review r;
	enum ax_err e = ax_review_make(&r, t, &w->zone, p->a->name, p->a->branch);
	if (!e && !ax_id_eq(&r.hash, &p->hash))
		e = ax_fail(AX_ELOST, "the review is another by now (see apex review)");
	if (!e && !ax_review_is_enough(&r))
		e = ax_fail(AX_EPROTECTED, "%u of %u approvals", r.counted, r.protect.reviews);
	if (!e)
		e = put_message(p, &r);
	if (!e)
		e = p->merge(&p->job, w, t);
	if (!e)
		e = move_proposal(t, r.zone, p->a->name, 0, p->who);
	ax_review_fini(&r);
	return e;
}

static bool is_the_plan(const char *plan, const char *wanted)
{
	size_t n = wanted ? strlen(wanted) : 0, short_n = strlen(plan);
	return n >= 4 && strncasecmp(plan, wanted, n < short_n ? n : short_n) == 0;
}

static enum ax_err publish(struct ax_published *out, struct ax_review *review, struct ax_repo *r,
			   const struct ax_approve *a, const struct ax_zone *zone, const struct ax_actor *who,
			   const struct ax_listener *listener)
{
	struct publication p = { .a = a, .who = who, .hash = review->hash };
	char plan[AX_ID_SHORT + 1];
	ax_job_init(&p.job, zone, a->branch);
	ax_merge_change(&p.job, review->proposal.commit, NULL, review->protect.on);
	p.merge = p.job.change.compose;
	p.job.change.compose = compose;
	p.job.change.compose_ctx = &p;
	p.job.change.approved = true;
	p.job.change.sign = a->sign;
	enum ax_err e = ax_repo_commit(out, r, &p.job.change, 1, who, listener, plan);
	if (e == AX_EGUARD && is_the_plan(plan, a->force)) {
		p.job.change.meant = true;
		e = ax_repo_commit(out, r, &p.job.change, 1, who, listener, plan);
	} else if (e == AX_EGUARD && review->protect.on) {
		e = ax_fail(e, "a guard refuses it; to approve it all the same: apex approve %s --into %s --force=%s",
			    a->name, a->branch, plan);
	}
	ax_job_fini(&p.job);
	ax_buf_fini(&p.message);
	return e;
}

enum ax_err ax_repo_approve(struct ax_published *out, bool *published, struct ax_review *review, struct ax_repo *r,
			    const struct ax_approve *a, const struct ax_actor *who,
			    const struct ax_listener *listener)
{
	struct ax_zone zone = { .id = a->zone };
	struct ax_txn *t;
	*published = false;
	memset(out, 0, sizeof *out);
	*review = (struct ax_review){ 0 };
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	e = ax_zone_get(&zone, t, a->zone);
	e = ax_repo_end(t, e ? e : record(review, t, a, who));
	if (e || !ax_review_is_enough(review))
		return e;
	e = publish(out, review, r, a, &zone, who, listener);
	*published = !e;
	return e;
}
