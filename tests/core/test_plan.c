#include "core/plan.h"
#include "tests/core/repo_fixture.h"

/* A plan of a refused change: its hash and stored value. */
static void refuse(struct fixture *f, struct ax_id *hash, struct ax_buf *value)
{
	struct ax_slice key, v;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(f, "example.");
	begin_zone(f, 1, 97);
	pass_time(f, 3600);
	FAILS(AX_EGUARD, import(f, zone_text(&b, 2, 10)));
	OK(ax_txn_seek(&key, &v, look(f), AX_TABLE_MAIN, ax_slice("p", 1), ax_slice("p", 1), true));
	memcpy(hash->b, key.p + 1, AX_ID_SIZE);
	ax_buf_clear(value);
	ax_buf_slice(value, v);
	ax_txn_abort(f->txn);
	f->txn = NULL;
	ax_buf_fini(&b);
}

START_TEST(plan__reads_back_as_it_was_made)
{
	struct fixture f;
	struct ax_id hash;
	struct ax_buf value = AX_BUF_INIT;
	struct ax_plan plan;
	const struct ax_edit *edits;
	size_t n;
	refuse(&f, &hash, &value);
	OK(ax_plan_get(&plan, look(&f), f.plan, f.who.committer.when));
	ck_assert(ax_id_eq(&plan.hash, &hash));
	ck_assert_uint_eq(plan.n, 1);
	ck_assert_str_eq(plan.author.name, "Ann Author");
	ck_assert_str_eq(plan.author.mail, "ann@example.org");
	ck_assert_int_eq(plan.author.when.tz_min, 120);
	ck_assert_str_eq(plan.via, "cli");
	ck_assert_str_eq(plan.changes[0].branch, "main");
	ck_assert_int_eq(plan.changes[0].serial_from, AX_SERIAL_FROM_FILE);
	ck_assert(plan.batches[0].has_serial);
	ck_assert_uint_eq(plan.batches[0].serial, 2);
	OK(ax_batch_edits(&edits, &n, &plan.batches[0]));
	ck_assert_uint_eq(n, 87);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(edits[i].value.n, 0);
	ax_plan_fini(&plan);
	ax_buf_fini(&value);
	fixture_close(&f);
}
END_TEST

static enum ax_err get_damaged(struct fixture *f, const struct ax_id *hash, struct ax_slice value)
{
	struct ax_plan plan;
	struct ax_txn *t;
	OK(ax_txn_write(&t, ax_repo_store(f->repo), true));
	/* as ax_plan_put does, but for dropping what seems old */
	uint8_t k[1 + AX_ID_SIZE] = { AX_MAIN_PLAN };
	memcpy(k + 1, hash->b, AX_ID_SIZE);
	OK(ax_txn_put(t, AX_TABLE_MAIN, ax_slice(k, sizeof k), value));
	enum ax_err e = ax_plan_get(&plan, t, f->plan, f->who.committer.when);
	ax_plan_fini(&plan);
	ax_txn_abort(t);
	return e;
}

START_TEST(plan__damaged_value_is_an_error_never_a_crash)
{
	struct rng r = rng_seeded();
	struct fixture f;
	struct ax_id hash;
	struct ax_buf value = AX_BUF_INIT;
	refuse(&f, &hash, &value);
	for (size_t n = 9; n < value.n; n += 1 + value.n / 200)
		ck_assert_int_ne(get_damaged(&f, &hash, ax_slice(value.p, n)), AX_OK);
	for (int round = 0; round < 500; round++) {
		struct ax_buf copy = AX_BUF_INIT;
		ax_buf_slice(&copy, ax_buf_view(&value));
		for (uint64_t k = 1 + rng_below(&r, 4); k; k--)
			copy.p[rng_below(&r, copy.n)] = (uint8_t)rng_next(&r);
		(void)get_damaged(&f, &hash, ax_buf_view(&copy));
		ax_buf_fini(&copy);
	}
	OK(get_damaged(&f, &hash, ax_buf_view(&value)));
	ax_buf_fini(&value);
	fixture_close(&f);
}
END_TEST

/* Whatever stands in a plan, it comes to the tree that its hash was made for, or to nothing. */
START_TEST(plan__that_leads_elsewhere_is_not_published)
{
	struct fixture f;
	struct ax_id hash;
	struct ax_buf value = AX_BUF_INIT;
	struct ax_published out[1];
	struct ax_txn *t;
	uint8_t k[1 + AX_ID_SIZE] = { AX_MAIN_PLAN };
	size_t n;
	refuse(&f, &hash, &value);
	/* the last edit deletes h96; let it delete h95 a second time */
	uint8_t *h96 = memmem(value.p, value.n, "h96", 3);
	ck_assert_ptr_nonnull(h96);
	h96[2] = '5';
	memcpy(k + 1, hash.b, AX_ID_SIZE);
	OK(ax_txn_write(&t, ax_repo_store(f.repo), true));
	OK(ax_txn_put(t, AX_TABLE_MAIN, ax_slice(k, sizeof k), ax_buf_view(&value)));
	OK(ax_txn_commit(t));
	FAILS(AX_ECORRUPT, ax_repo_force(out, 1, &n, f.repo, f.plan, &f.who, NULL));
	ck_assert_uint_eq(tip_of(&f, "main").root.count, 100);
	ax_buf_fini(&value);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, plan__reads_back_as_it_was_made);
	tcase_add_test(tc, plan__damaged_value_is_an_error_never_a_crash);
	tcase_add_test(tc, plan__that_leads_elsewhere_is_not_published);
}

int main(void)
{
	return check_main("plan", add);
}
