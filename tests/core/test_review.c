#include "core/review.h"
#include "tests/core/repo_fixture.h"

struct table {
	struct fixture f;
	struct ax_review review;
	bool published;
};

/* A zone of 20 hosts, a branch `side` that gives h1 another address, proposed by uid 1. */
static void open_table(struct table *t, unsigned reviews)
{
	*t = (struct table){ 0 };
	fixture_open(&t->f, "example.");
	begin_zone(&t->f, 1, 20);
	t->f.who.via = "cli uid=1";
	t->f.who.uid = 1;
	OK(ax_repo_branch_create(t->f.repo, t->f.zone, "side", tip_of(&t->f, "main").local, &t->f.who));
	OK(save_on(&t->f, "side", "h1 300 A 9.9.9.1"));
	OK(ax_repo_propose(t->f.repo, t->f.zone, "fix", tip_of(&t->f, "side").local, NULL, &t->f.who));
	struct ax_protect p = { .on = true, .reviews = reviews };
	OK(ax_repo_protect(t->f.repo, t->f.zone, "main", &p, &t->f.who));
	ax_txn_abort(t->f.txn);
	t->f.txn = NULL;
}

static void close_table(struct table *t)
{
	ax_review_fini(&t->review);
	fixture_close(&t->f);
}

static void lift(struct table *t)
{
	struct ax_protect off = { 0 };
	OK(ax_repo_protect(t->f.repo, t->f.zone, "main", &off, &t->f.who));
}

static enum ax_err make(struct table *t)
{
	struct ax_zone z;
	ax_review_fini(&t->review);
	OK(ax_zone_get(&z, look(&t->f), t->f.zone));
	return ax_review_make(&t->review, t->f.txn, &z, "fix", "main");
}

static enum ax_err approve_with(struct table *t, uint32_t uid, const char *expect, const char *force,
				const struct ax_secret_key *key)
{
	char name[16];
	struct ax_actor who = t->f.who;
	snprintf(name, sizeof name, "user%u", uid);
	who.uid = uid;
	struct ax_approve a = { .zone = t->f.zone,
				.name = "fix",
				.branch = "main",
				.expect = expect,
				.force = force,
				.approver = name,
				.sign = key };
	ax_txn_abort(t->f.txn);
	t->f.txn = NULL;
	ax_review_fini(&t->review);
	return ax_repo_approve(&t->f.out, &t->published, &t->review, t->f.repo, &a, &who, NULL);
}

static enum ax_err approve_as(struct table *t, uint32_t uid, const char *expect, const char *force)
{
	return approve_with(t, uid, expect, force, NULL);
}

/* -- keys --------------------------------------------------------------------------------------------------- */

enum { KEYS = 3 };

struct ring {
	struct ax_secret_key secret[KEYS + 1]; /* the last is not among those that may */
	struct ax_public_key public[KEYS];
	struct ax_keys keys;
};

/* main needs so many approvals, by users or by one of these keys. */
static void hang_keys(struct ring *r, struct table *t, unsigned reviews)
{
	*r = (struct ring){ .keys = { r->public, KEYS, KEYS } };
	for (int i = 0; i <= KEYS; i++)
		ax_secret_make(&r->secret[i]);
	for (int i = 0; i < KEYS; i++) {
		ax_secret_public(&r->public[i], &r -> secret[i]);
		snprintf(r->public[i].name, sizeof r->public[i].name, "Key %d", i);
	}
	struct ax_protect p = { .on = true, .reviews = reviews, .keys = &r->keys };
	OK(ax_repo_protect(t->f.repo, t->f.zone, "main", &p, &t->f.who));
}

static void propose_with(struct table *t, const struct ax_secret_key *key)
{
	OK(ax_repo_propose(t->f.repo, t->f.zone, "fix", tip_of(&t->f, "side").local, key, &t->f.who));
	ax_txn_abort(t->f.txn);
	t->f.txn = NULL;
}

static void commit_of(struct ax_commit *out, struct table *t)
{
	struct ax_commit_info tip = tip_of(&t->f, "main");
	OK(ax_commit_read(out, t->f.txn, tip.local));
}

START_TEST(review__shows_the_merge_against_the_tip_and_no_newer_edit_backwards)
{
	struct table t;
	const struct ax_edit *edits;
	size_t n;
	open_table(&t, 1);
	lift(&t);
	OK(save(&t.f, "h2 300 A 9.9.9.2"));
	OK(make(&t));
	OK(ax_batch_edits(&edits, &n, &t.review.batch));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(t.review.proposer, 1);
	ck_assert(!t.review.has_it);
	close_table(&t);
}
END_TEST

START_TEST(review__its_hash_changes_with_tip_proposal_and_protection)
{
	struct table t;
	struct ax_id seen[4];
	open_table(&t, 1);
	OK(make(&t));
	seen[0] = t.review.hash;
	OK(make(&t));
	ck_assert(ax_id_eq(&seen[0], &t.review.hash));
	lift(&t);
	OK(make(&t));
	seen[1] = t.review.hash;
	OK(save(&t.f, "h2 300 A 9.9.9.2"));
	OK(make(&t));
	seen[2] = t.review.hash;
	OK(save_on(&t.f, "side", "h1 300 A 9.9.9.9"));
	OK(ax_repo_propose(t.f.repo, t.f.zone, "fix", tip_of(&t.f, "side").local, NULL, &t.f.who));
	OK(make(&t));
	seen[3] = t.review.hash;
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++)
			ck_assert(!ax_id_eq(&seen[i], &seen[j]));
	close_table(&t);
}
END_TEST

START_TEST(review__the_last_approval_publishes_a_merge_that_names_all)
{
	struct table t;
	struct ax_commit c;
	struct ax_ref ref;
	open_table(&t, 2);
	struct ax_commit_info before = tip_of(&t.f, "main"), side = tip_of(&t.f, "side");
	OK(approve_as(&t, 2, NULL, NULL));
	ck_assert(!t.published && t.review.counted == 1);
	OK(approve_as(&t, 2, NULL, NULL)); /* once more is one still */
	ck_assert(!t.published && t.review.counted == 1);
	ck_assert_uint_eq(tip_of(&t.f, "main").local, before.local);
	OK(approve_as(&t, 3, NULL, NULL));
	ck_assert(t.published);
	struct ax_commit_info tip = tip_of(&t.f, "main");
	ck_assert_uint_eq(tip.parents, 2);
	ck_assert_uint_eq(tip.parent[0], before.local);
	ck_assert_uint_eq(tip.parent[1], side.local);
	ck_assert(ax_id_eq(&tip.root.id, &side.root.id));
	commit_of(&c, &t);
	ck_assert_str_eq(c.message, "Merge proposal fix into main\n\nApproved-by: user2 (uid 2)\nApproved-by: user3 "
				    "(uid 3)");
	ax_commit_fini(&c);
	FAILS(AX_ENOENT, ax_ref_get(&ref, look(&t.f), t.f.zone, "proposals/fix"));
	FAILS(AX_ENOENT, make(&t));
	FAILS(AX_EPROTECTED, save(&t.f, "h3 300 A 9.9.9.9"));
	close_table(&t);
}
END_TEST

START_TEST(review__the_proposers_own_approval_does_not_count)
{
	struct table t;
	open_table(&t, 1);
	OK(approve_as(&t, 1, NULL, NULL));
	ck_assert(!t.published && t.review.counted == 0 && t.review.approvals_n == 1);
	OK(approve_as(&t, 2, NULL, NULL));
	ck_assert(t.published);
	close_table(&t);
}
END_TEST

START_TEST(review__approvals_are_void_when_the_proposal_moves)
{
	struct table t;
	open_table(&t, 2);
	OK(approve_as(&t, 2, NULL, NULL));
	OK(save_on(&t.f, "side", "h1 300 A 6.6.6.6"));
	OK(ax_repo_propose(t.f.repo, t.f.zone, "fix", tip_of(&t.f, "side").local, NULL, &t.f.who));
	OK(approve_as(&t, 3, NULL, NULL));
	ck_assert(!t.published && t.review.counted == 1);
	close_table(&t);
}
END_TEST

START_TEST(review__approvals_are_void_when_the_tip_moves)
{
	struct table t;
	struct ax_protect p = { .on = true, .reviews = 2 };
	open_table(&t, 2);
	OK(approve_as(&t, 2, NULL, NULL));
	lift(&t);
	OK(save(&t.f, "h2 300 A 9.9.9.2"));
	OK(ax_repo_protect(t.f.repo, t.f.zone, "main", &p, &t.f.who));
	OK(approve_as(&t, 3, NULL, NULL));
	ck_assert(!t.published && t.review.counted == 1);
	OK(approve_as(&t, 2, NULL, NULL));
	ck_assert(t.published);
	close_table(&t);
}
END_TEST

START_TEST(review__expected_is_what_is_approved_or_nothing)
{
	struct table t;
	char hex[AX_ID_HEX + 1];
	open_table(&t, 0);
	FAILS(AX_ELOST, approve_as(&t, 2, "0123456789ab", NULL));
	FAILS(AX_EINVAL, approve_as(&t, 2, "012", NULL));
	OK(make(&t));
	ck_assert_uint_eq(t.review.approvals_n, 0);
	ax_id_hex(hex, &t.review.hash);
	OK(approve_as(&t, 2, hex, NULL));
	ck_assert(t.published);
	close_table(&t);
}
END_TEST

START_TEST(review__without_protection_it_is_a_fast_forward)
{
	struct table t;
	open_table(&t, 1);
	lift(&t);
	OK(approve_as(&t, 1, NULL, NULL));
	ck_assert(t.published);
	ck_assert_uint_eq(tip_of(&t.f, "main").local, tip_of(&t.f, "side").local);
	close_table(&t);
}
END_TEST

START_TEST(review__a_conflict_publishes_nothing)
{
	struct table t;
	open_table(&t, 0);
	lift(&t);
	OK(save(&t.f, "h1 300 A 5.5.5.5"));
	FAILS(AX_ECONFLICT, make(&t));
	ck_assert_uint_eq(t.review.conflicts.n, 1);
	FAILS(AX_ECONFLICT, approve_as(&t, 2, NULL, NULL));
	ck_assert_uint_eq(t.review.conflicts.n, 1);
	close_table(&t);
}
END_TEST

START_TEST(review__a_guard_is_passed_by_its_plan_alone)
{
	struct table t;
	struct ax_batch b;
	char plan[AX_ID_SHORT + 1] = "";
	open_table(&t, 1);
	ax_batch_init(&b, &t.f.apex);
	for (int i = 0; i < 12; i++) {
		char host[16];
		snprintf(host, sizeof host, "h%d", i);
		struct ax_name n = owner_of(&t.f, host);
		OK(ax_batch_delete(&b, &n, AX_TYPE_A, 0));
	}
	FAILS(AX_EGUARD, commit_batch(&t.f, &b, "side", false, AX_SERIAL_FROM_EDIT, NULL));
	size_t n;
	OK(ax_repo_force(&t.f.out, 1, &n, t.f.repo, t.f.plan, &t.f.who, NULL));
	OK(ax_repo_propose(t.f.repo, t.f.zone, "fix", tip_of(&t.f, "side").local, NULL, &t.f.who));
	uint64_t before = tip_of(&t.f, "main").local;
	FAILS(AX_EGUARD, approve_as(&t, 2, NULL, NULL));
	SAYS(AX_EGUARD, "apex approve fix --into main --force=");
	snprintf(plan, sizeof plan, "%s", strstr(ax_err_text(AX_EGUARD), "--force=") + 8);
	ck_assert_uint_eq(tip_of(&t.f, "main").local, before);
	FAILS(AX_EPROTECTED, ax_repo_force(&t.f.out, 1, &n, t.f.repo, plan, &t.f.who, NULL));
	FAILS(AX_EGUARD, approve_as(&t, 2, NULL, "000000000000"));
	OK(approve_as(&t, 2, NULL, plan));
	ck_assert(t.published);
	ax_batch_fini(&b);
	close_table(&t);
}
END_TEST

START_TEST(review__withdrawn_or_merged_already)
{
	struct table t;
	open_table(&t, 0);
	OK(ax_repo_propose(t.f.repo, t.f.zone, "fix", tip_of(&t.f, "main").local, NULL, &t.f.who));
	OK(make(&t));
	ck_assert(t.review.has_it);
	FAILS(AX_EINVAL, approve_as(&t, 2, NULL, NULL));
	OK(ax_repo_propose(t.f.repo, t.f.zone, "fix", 0, NULL, &t.f.who));
	FAILS(AX_ENOENT, ax_repo_propose(t.f.repo, t.f.zone, "fix", 0, NULL, &t.f.who));
	FAILS(AX_ENOENT, approve_as(&t, 2, NULL, NULL));
	SAYS(AX_ENOENT, "there is no proposal fix");
	FAILS(AX_EINVAL, ax_repo_propose(t.f.repo, t.f.zone, "a/b", 1, NULL, &t.f.who));
	close_table(&t);
}
END_TEST

START_TEST(review__a_key_approves_once_whoever_holds_it)
{
	struct table t;
	struct ring r;
	struct ax_commit c;
	open_table(&t, 3);
	hang_keys(&r, &t, 3);
	OK(approve_with(&t, 2, NULL, NULL, &r.secret[0]));
	ck_assert_uint_eq(t.review.counted, 1);
	OK(approve_with(&t, 3, NULL, NULL, &r.secret[0]));
	ck_assert_uint_eq(t.review.counted, 1);
	FAILS(AX_EPERM, approve_with(&t, 3, NULL, NULL, &r.secret[KEYS]));
	OK(approve_with(&t, 4, NULL, NULL, &r.secret[1]));
	ck_assert_uint_eq(t.review.counted, 2);
	OK(approve_as(&t, 5, NULL, NULL));
	ck_assert(t.published);
	OK(ax_commit_read(&c, look(&t.f), t.f.out.commit));
	ck_assert_ptr_nonnull(strstr(c.message, "Approved-by: Key 0 (uid 2, key "));
	ck_assert_ptr_nonnull(strstr(c.message, "Approved-by: Key 1 (uid 4, key "));
	ck_assert_ptr_nonnull(strstr(c.message, "Approved-by: user5 (uid 5)"));
	ax_commit_fini(&c);
	close_table(&t);
}
END_TEST

START_TEST(review__one_person_counts_once_by_user_and_key)
{
	struct table t;
	struct ring r;
	open_table(&t, 3);
	hang_keys(&r, &t, 3);
	OK(approve_as(&t, 2, NULL, NULL));
	ck_assert_uint_eq(t.review.counted, 1);
	OK(approve_with(&t, 2, NULL, NULL, &r.secret[0]));
	ck_assert_uint_eq(t.review.counted, 1);
	ck_assert_uint_eq(t.review.approvals_n, 2);
	close_table(&t);
}
END_TEST

/* Without a key of its own the proposer is its uid; with one it is that key, so that others of a shared account
 * count.
 */
START_TEST(review__the_proposers_key_does_not_count)
{
	struct table t;
	struct ring r;
	open_table(&t, 2);
	hang_keys(&r, &t, 2);
	OK(approve_with(&t, 1, NULL, NULL, &r.secret[0]));
	ck_assert_uint_eq(t.review.counted, 0);
	propose_with(&t, &r.secret[KEYS]); /* which is nobody's */
	OK(approve_with(&t, 1, NULL, NULL, &r.secret[0]));
	ck_assert_uint_eq(t.review.counted, 0);
	propose_with(&t, &r.secret[0]);
	OK(approve_with(&t, 1, NULL, NULL, &r.secret[0]));
	ck_assert_uint_eq(t.review.counted, 0);
	OK(approve_with(&t, 9, NULL, NULL, &r.secret[0]));
	ck_assert_uint_eq(t.review.counted, 0);
	OK(approve_as(&t, 1, NULL, NULL));
	ck_assert_uint_eq(t.review.counted, 0);
	OK(approve_with(&t, 1, NULL, NULL, &r.secret[1]));
	ck_assert_uint_eq(t.review.counted, 1);
	ck_assert(!t.published);
	OK(approve_with(&t, 1, NULL, NULL, &r.secret[2]));
	ck_assert(t.published);
	close_table(&t);
}
END_TEST

START_TEST(review__a_forged_approval_of_a_key_is_none)
{
	struct table t;
	struct ring r;
	struct ax_slice key, value, from = ax_slice("a", 1);
	struct ax_buf k = AX_BUF_INIT, v = AX_BUF_INIT;
	struct ax_txn *w;
	open_table(&t, 1);
	hang_keys(&r, &t, 2);
	OK(approve_with(&t, 2, NULL, NULL, &r.secret[0]));
	OK(ax_txn_seek(&key, &value, look(&t.f), AX_TABLE_MAIN, from, from, true));
	ax_buf_slice(&k, key);
	ax_buf_slice(&v, value);
	memcpy(k.p + k.n - AX_KEY_SIZE, r.public[1].b, AX_KEY_SIZE); /* the signature is another's */
	ax_txn_abort(t.f.txn);
	t.f.txn = NULL;
	OK(ax_txn_write(&w, ax_repo_store(t.f.repo), true));
	OK(ax_txn_put(w, AX_TABLE_MAIN, ax_buf_view(&k), ax_buf_view(&v)));
	OK(ax_txn_commit(w));
	OK(make(&t));
	ck_assert_uint_eq(t.review.counted, 1);
	struct ax_protect p = { .on = true, .reviews = 2 };
	OK(ax_repo_protect(t.f.repo, t.f.zone, "main", &p, &t.f.who)); /* no keys: another review */
	OK(make(&t));
	ck_assert_uint_eq(t.review.counted, 0);
	ax_buf_fini(&k);
	ax_buf_fini(&v);
	close_table(&t);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, review__shows_the_merge_against_the_tip_and_no_newer_edit_backwards);
	tcase_add_test(tc, review__its_hash_changes_with_tip_proposal_and_protection);
	tcase_add_test(tc, review__the_last_approval_publishes_a_merge_that_names_all);
	tcase_add_test(tc, review__the_proposers_own_approval_does_not_count);
	tcase_add_test(tc, review__approvals_are_void_when_the_proposal_moves);
	tcase_add_test(tc, review__approvals_are_void_when_the_tip_moves);
	tcase_add_test(tc, review__expected_is_what_is_approved_or_nothing);
	tcase_add_test(tc, review__without_protection_it_is_a_fast_forward);
	tcase_add_test(tc, review__a_conflict_publishes_nothing);
	tcase_add_test(tc, review__a_guard_is_passed_by_its_plan_alone);
	tcase_add_test(tc, review__withdrawn_or_merged_already);
	tcase_add_test(tc, review__a_key_approves_once_whoever_holds_it);
	tcase_add_test(tc, review__one_person_counts_once_by_user_and_key);
	tcase_add_test(tc, review__the_proposers_key_does_not_count);
	tcase_add_test(tc, review__a_forged_approval_of_a_key_is_none);
}

int main(void)
{
	return check_main("review", add);
}
