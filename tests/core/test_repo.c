#include "tests/core/repo_fixture.h"
#include "core/zonetext.h"

#include <pthread.h>

START_TEST(repo__init_makes_one_unborn_default_zone)
{
	struct fixture f;
	struct ax_zone z;
	struct ax_ref ref;
	fixture_open(&f, "Example.");
	OK(ax_zone_default(&z, look(&f)));
	ck_assert_uint_eq(z.id, 1);
	ck_assert_int_eq(z.apex.wire[1], 'e');
	FAILS(AX_ENOENT, ax_ref_get(&ref, f.txn, 1, "heads/main"));
	FAILS(AX_EEXIST, ax_repo_init(f.dir, false, 0, &f.apex, &f.who));
	fixture_close(&f);
}
END_TEST

START_TEST(repo__no_repository_is_not_made_by_opening)
{
	struct ax_repo *r;
	FAILS(AX_ENOREPO, ax_repo_open(&r, "/nonexistent/apexfs", false));
	ck_assert_ptr_null(r);
}
END_TEST

START_TEST(repo__first_commit_is_born_and_has_no_parent)
{
	struct fixture f;
	struct ax_commit c;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 2);
	ck_assert(f.out.changed && f.out.born);
	ck_assert_uint_eq(f.out.serial, 7);
	ck_assert_uint_eq(f.out.count, 5);
	ck_assert_uint_eq(f.out.stats.added, 5);
	OK(ax_commit_read(&c, look(&f), f.out.commit));
	ck_assert_uint_eq(c.parents, 0);
	ck_assert(ax_id_eq(&c.id, &f.out.id));
	ck_assert_str_eq(c.via, "cli");
	ax_commit_fini(&c);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__unborn_branch_needs_soa_and_ns)
{
	struct fixture f;
	fixture_open(&f, "example.");
	FAILS(AX_ECHECK, save(&f, "api 300 A 1.2.3.4\n"));
	SAYS(AX_ECHECK, "apex init ZONE --ns HOST");
	FAILS(AX_ECHECK, save(&f, "@ 300 SOA a b 1 2 3 4 5\n"));
	OK(erase(&f, "api", AX_TYPE_A));
	ck_assert(!f.out.changed);
	/* a file without a record of the zone is no zone, be there one already or not */
	FAILS(AX_ECHECK, import(&f, "; empty\n"));
	SAYS(AX_ECHECK, "no record of the zone");
	FAILS(AX_ECHECK, import(&f, "www.example.net. 300 A 1.2.3.4\n"));
	begin_zone(&f, 1, 3);
	FAILS(AX_ECHECK, import(&f, "; empty\n"));
	fixture_close(&f);
}
END_TEST

START_TEST(repo__soa_and_last_apex_ns_cannot_go)
{
	struct fixture f;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	struct ax_id before = f.out.id;
	FAILS(AX_ECHECK, erase(&f, "@", AX_TYPE_SOA));
	SAYS(AX_ECHECK, "example. SOA");
	FAILS(AX_ECHECK, erase(&f, "@", AX_TYPE_NS));
	SAYS(AX_ECHECK, "example. NS");
	struct ax_commit_info tip = tip_of(&f, "main");
	struct ax_id now;
	OK(ax_commit_id(&now, f.txn, tip.local));
	ck_assert(ax_id_eq(&before, &now));
	fixture_close(&f);
}
END_TEST

START_TEST(repo__writing_what_is_there_does_nothing)
{
	struct fixture f;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	uint64_t txn = ax_store_last_txn(ax_repo_store(f.repo));
	struct ax_id id = f.out.id;
	OK(save(&f, "h0 300 A 198.51.0.0\n"));
	ck_assert(!f.out.changed && ax_id_eq(&f.out.id, &id));
	OK(erase(&f, "nothing", AX_TYPE_A));
	ck_assert(!f.out.changed);
	struct ax_buf b = AX_BUF_INIT;
	OK(import(&f, zone_text(&b, 7, 20)));
	ck_assert(!f.out.changed);
	OK(import(&f, zone_text(&b, 3, 20)));
	ck_assert(!f.out.changed);
	ck_assert_uint_eq(ax_store_last_txn(ax_repo_store(f.repo)), txn);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__replace_commits_only_the_differences)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 100);
	uint64_t first = f.out.commit;
	zone_text(&b, 8, 99); /* h99 is gone */
	ax_buf_str(&b, "new A 1.1.1.1\nh5 A 1.1.1.2\n");
	OK(import(&f, ax_buf_cstr(&b)));
	ck_assert_uint_eq(f.out.stats.added, 1);
	ck_assert_uint_eq(f.out.stats.removed, 1);
	ck_assert_uint_eq(f.out.stats.changed, 1);
	/* what was not touched keeps its blame */
	struct ax_commit_info tip = tip_of(&f, "main");
	struct ax_entry e;
	struct ax_buf k = AX_BUF_INIT;
	OK(ax_tree_find(&e, f.txn, &tip.root, key_of(&k, &f, "h4", AX_TYPE_A)));
	ck_assert_uint_eq(e.changed, first);
	OK(ax_tree_find(&e, f.txn, &tip.root, key_of(&k, &f, "h5", AX_TYPE_A)));
	ck_assert_uint_eq(e.changed, f.out.commit);
	FAILS(AX_ENOENT, ax_tree_find(&e, f.txn, &tip.root, key_of(&k, &f, "h99", AX_TYPE_A)));
	ax_buf_fini(&k);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__replace_gives_the_tree_of_a_fresh_import)
{
	struct rng r = rng_seeded();
	struct fixture f;
	fixture_open(&f, "example.");
	f.who.committer.when.s = 1790000000;
	begin_zone(&f, 1, 5);
	for (int round = 0; round < 30; round++) {
		struct fixture fresh;
		struct ax_buf b = AX_BUF_INIT;
		zone_text(&b, 10 + (unsigned long)round, 20);
		for (int i = 0; i < 40; i++)
			ax_buf_printf(&b, "r%u 60 %s\n", (unsigned)rng_below(&r, 60),
				      rng_below(&r, 2) ? "TXT \"one\"" : "A 10.0.0.1");
		OK(import_on(&f, "main", ax_buf_cstr(&b), AX_SERIAL_FROM_TRANSFER));
		fixture_open(&fresh, "example.");
		OK(import(&fresh, ax_buf_cstr(&b)));
		struct ax_commit_info a = tip_of(&f, "main"), z = tip_of(&fresh, "main");
		ck_assert(ax_id_eq(&a.root.id, &z.root.id));
		ck_assert_uint_eq(a.root.count, z.root.count);
		fixture_close(&fresh);
		ax_buf_fini(&b);
	}
	fixture_close(&f);
}
END_TEST

START_TEST(repo__expected_tip_is_held)
{
	struct fixture f;
	struct ax_batch b;
	struct ax_id none = { 0 }, old;
	fixture_open(&f, "example.");
	ax_batch_init(&b, &f.apex);
	put_text(&f, &b, "@ 300 SOA ns1 h 1 2 3 4 5\n@ 300 NS ns1.example.net.\n");
	struct ax_change c = { .zone = 1, .branch = "main", .batch = &b, .expect = &none };
	OK(ax_repo_commit(&f.out, f.repo, &c, 1, &f.who, NULL, NULL));
	old = f.out.id;
	ax_batch_fini(&b);
	ax_batch_init(&b, &f.apex);
	put_text(&f, &b, "a 300 A 1.2.3.4\n");
	FAILS(AX_ELOST, ax_repo_commit(&f.out, f.repo, &c, 1, &f.who, NULL, NULL));
	c.expect = &old;
	OK(ax_repo_commit(&f.out, f.repo, &c, 1, &f.who, NULL, NULL));
	FAILS(AX_ELOST, ax_repo_commit(&f.out, f.repo, &c, 1, &f.who, NULL, NULL));
	ax_batch_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__expected_values_are_held)
{
	struct fixture f;
	struct ax_batch b;
	struct ax_entry e;
	struct ax_buf k = AX_BUF_INIT, seen = AX_BUF_INIT;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	struct ax_commit_info tip = tip_of(&f, "main");
	struct ax_slice key = key_of(&k, &f, "h1", AX_TYPE_A);
	OK(ax_tree_find(&e, f.txn, &tip.root, key));
	ax_buf_slice(&seen, e.value);
	OK(save(&f, "h2 300 A 1.1.1.1\n")); /* another name: no conflict */
	ax_batch_init(&b, &f.apex);
	put_text(&f, &b, "h1 300 A 2.2.2.2\n");
	OK(ax_batch_expect_key(&b, key, ax_buf_view(&seen)));
	OK(commit_batch(&f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL));
	ck_assert(f.out.changed);
	FAILS(AX_ECONFLICT, commit_batch(&f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL));
	SAYS(AX_ECONFLICT, "h1 A was changed meanwhile");
	ax_batch_fini(&b);
	ax_batch_init(&b, &f.apex);
	put_text(&f, &b, "h3 300 A 2.2.2.2\n");
	OK(ax_batch_expect_key(&b, key, ax_slice(NULL, 0))); /* h1 A must not exist */
	FAILS(AX_ECONFLICT, commit_batch(&f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL));
	ax_batch_fini(&b);
	ax_buf_fini(&k);
	ax_buf_fini(&seen);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__several_zones_are_committed_or_none)
{
	struct fixture f;
	struct ax_name other = name_of("other.");
	struct ax_batch b[2];
	struct ax_published out[2];
	uint32_t id;
	fixture_open(&f, "example.");
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	ck_assert_uint_eq(id, 2);
	begin_zone(&f, 7, 20);
	ax_batch_init(&b[0], &f.apex);
	ax_batch_init(&b[1], &other);
	struct ax_change c[2] = { { .zone = 1, .branch = "main", .batch = &b[0] },
				  { .zone = 2, .branch = "main", .batch = &b[1] } };
	put_text(&f, &b[0], "x 300 A 1.2.3.4\n");
	put_text(&f, &b[1], "@ 300 SOA ns1 h 9 2 3 4 5\n@ 300 NS ns1.example.\nc 300 CNAME d\nc 300 A 1.2.3.4\n");
	uint64_t txn = ax_store_last_txn(ax_repo_store(f.repo));
	FAILS(AX_ECHECK, ax_repo_commit(out, f.repo, c, 2, &f.who, NULL, NULL));
	SAYS(AX_ECHECK, "c.other. CNAME");
	ck_assert_uint_eq(ax_store_last_txn(ax_repo_store(f.repo)), txn);
	struct ax_name owner = name_of("c.other.");
	OK(ax_batch_delete(&b[1], &owner, AX_TYPE_A, 0));
	OK(ax_repo_commit(out, f.repo, c, 2, &f.who, NULL, NULL));
	ck_assert(out[0].changed && out[1].changed && out[1].born && !out[0].born);
	ck_assert_uint_eq(out[0].serial, 8);
	ck_assert_uint_eq(out[1].serial, 9);
	ck_assert_uint_eq(ax_store_last_txn(ax_repo_store(f.repo)), txn + 1);
	c[1] = c[0];
	FAILS(AX_EINVAL, ax_repo_commit(out, f.repo, c, 2, &f.who, NULL, NULL));
	ax_batch_fini(&b[0]);
	ax_batch_fini(&b[1]);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__try_says_what_would_happen_and_writes_nothing)
{
	struct fixture f;
	struct ax_batch b;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	ax_batch_init(&b, &f.apex);
	put_text(&f, &b, "x 300 A 1.2.3.4\n");
	struct ax_change c = { .zone = 1, .branch = "main", .batch = &b };
	uint64_t txn = ax_store_last_txn(ax_repo_store(f.repo));
	OK(ax_repo_try(&f.out, f.repo, &c, 1, &f.who, NULL));
	ck_assert(f.out.changed);
	ck_assert_str_eq(f.out.subject, "x A: added 1.2.3.4");
	struct ax_id tried = f.out.id;
	ck_assert_uint_eq(ax_store_last_txn(ax_repo_store(f.repo)), txn);
	OK(ax_repo_commit(&f.out, f.repo, &c, 1, &f.who, NULL, NULL));
	ck_assert(ax_id_eq(&tried, &f.out.id));
	ax_batch_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__same_arguments_give_the_same_ids)
{
	struct fixture f[2];
	for (int i = 0; i < 2; i++) {
		fixture_open(&f[i], "example.");
		begin_zone(&f[i], 7, 30);
		pass_time(&f[i], 100);
		OK(save(&f[i], "a 300 A 1.2.3.4\nb 300 TXT x\n"));
	}
	ck_assert(ax_id_eq(&f[0].out.id, &f[1].out.id));
	fixture_close(&f[0]);
	fixture_close(&f[1]);
}
END_TEST

START_TEST(repo__message_says_what_changed)
{
	struct fixture f;
	struct ax_commit c;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 30);
	OK(save(&f, "api 300 A 1.2.3.4\n"));
	ck_assert_str_eq(f.out.subject, "api A: added 1.2.3.4");
	OK(save(&f, "api 300 A 9.9.9.9\n"));
	ck_assert_str_eq(f.out.subject, "api A: 1.2.3.4 -> 9.9.9.9");
	OK(save(&f, "api 60 A 9.9.9.9\n"));
	ck_assert_str_eq(f.out.subject, "api A: TTL 300 -> 60");
	OK(erase(&f, "api", AX_TYPE_A));
	ck_assert_str_eq(f.out.subject, "api A: deleted");
	OK(save(&f, "a 60 A 9.9.9.9\nb 60 A 9.9.9.9\n"));
	ck_assert_str_eq(f.out.subject, "2 RRsets changed: a A, b A");
	OK(ax_commit_read(&c, look(&f), f.out.commit));
	ck_assert_str_eq(c.message, "2 RRsets changed: a A, b A\n\na A: added 9.9.9.9\nb A: added 9.9.9.9");
	ax_commit_fini(&c);
	/* one line, whatever the number and length of names */
	struct ax_buf b = AX_BUF_INIT;
	for (int i = 0; i < 300; i++)
		ax_buf_printf(&b, "a-rather-long-label-%d 60 TXT %0200d\n", i, i);
	OK(save(&f, ax_buf_cstr(&b)));
	ck_assert_uint_lt(strlen(f.out.subject), 200);
	ck_assert_ptr_nonnull(strstr(f.out.subject, "300 RRsets changed"));
	OK(ax_commit_read(&c, look(&f), f.out.commit));
	ck_assert_ptr_nonnull(strstr(c.message, "\nand 280 more"));
	ax_commit_fini(&c);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__message_given_is_kept_without_blank_lines_around)
{
	struct fixture f;
	struct ax_batch b;
	struct ax_commit c;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 3);
	ax_batch_init(&b, &f.apex);
	put_text(&f, &b, "x 300 A 1.2.3.4\n");
	OK(commit_batch(&f, &b, "main", false, AX_SERIAL_FROM_EDIT, "\n\nsubject\n\nbody\n\n"));
	ck_assert_str_eq(f.out.subject, "subject");
	OK(ax_commit_read(&c, look(&f), f.out.commit));
	ck_assert_str_eq(c.message, "subject\n\nbody");
	ax_commit_fini(&c);
	put_text(&f, &b, "x 300 A 1.2.3.5\n");
	FAILS(AX_EINVAL, commit_batch(&f, &b, "main", false, AX_SERIAL_FROM_EDIT, "bell \a"));
	ax_batch_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__case_alone_is_a_change_but_not_for_a_transfer)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 3);
	zone_text(&b, 8, 3);
	ax_buf_str(&b, "m MX 10 Mail.example.\n");
	OK(import(&f, ax_buf_cstr(&b)));
	zone_text(&b, 8, 3);
	ax_buf_str(&b, "m MX 10 mail.example.\n");
	OK(import_on(&f, "main", ax_buf_cstr(&b), AX_SERIAL_FROM_TRANSFER));
	ck_assert(!f.out.changed);
	OK(import(&f, ax_buf_cstr(&b)));
	ck_assert(f.out.changed);
	ck_assert_str_eq(f.out.subject, "m MX: 10 Mail.example. -> 10 mail.example.");
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(repo__branches_are_made_deleted_and_checked_out)
{
	struct fixture f;
	char head[AX_REF_NAME_MAX + 1];
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 3);
	uint64_t first = f.out.commit;
	OK(ax_repo_branch_create(f.repo, 1, "dev", first, &f.who));
	FAILS(AX_EEXIST, ax_repo_branch_create(f.repo, 1, "dev", first, &f.who));
	FAILS(AX_EINVAL, ax_repo_branch_create(f.repo, 1, "a..b", first, &f.who));
	OK(ax_repo_checkout(f.repo, 1, "dev", &f.who));
	OK(ax_head_get(head, look(&f), 1, 0));
	ck_assert_str_eq(head, "dev");
	OK(ax_head_get(head, f.txn, 1, 1000));
	ck_assert_str_eq(head, "main");
	FAILS(AX_ENOENT, ax_repo_checkout(f.repo, 1, "nothing", &f.who));
	SAYS(AX_ENOENT, "there is no branch nothing");
	OK(save_on(&f, "dev", "x 300 A 1.2.3.4\n"));
	FAILS(AX_EPERM, ax_repo_branch_delete(f.repo, 1, "dev", false, &f.who));
	OK(ax_repo_branch_delete(f.repo, 1, "dev", true, &f.who));
	FAILS(AX_ENOENT, ax_repo_branch_delete(f.repo, 1, "dev", false, &f.who));
	FAILS(AX_EPERM, ax_repo_branch_delete(f.repo, 1, "main", true, &f.who));
	OK(ax_repo_branch_create(f.repo, 1, "merged", first, &f.who));
	OK(ax_repo_branch_delete(f.repo, 1, "merged", false, &f.who));
	OK(ax_repo_tag(f.repo, 1, "v1", first, &f.who));
	FAILS(AX_EEXIST, ax_repo_tag(f.repo, 1, "v1", first, &f.who));
	fixture_close(&f);
}
END_TEST

START_TEST(repo__a_commit_of_another_zone_is_no_place_for_a_branch)
{
	struct fixture f;
	struct ax_name other = name_of("other.");
	uint32_t id;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 3);
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	FAILS(AX_EINVAL, ax_repo_branch_create(f.repo, id, "dev", f.out.commit, &f.who));
	fixture_close(&f);
}
END_TEST

START_TEST(repo__read_only_refuses_changes)
{
	struct fixture f;
	fixture_open(&f, "example.");
	ax_repo_close(f.repo);
	OK(ax_repo_open(&f.repo, f.dir, true));
	FAILS(AX_EPERM, save(&f, "x 300 A 1.2.3.4\n"));
	fixture_close(&f);
}
END_TEST

START_TEST(repo__begin_zone_makes_soa_and_ns)
{
	struct fixture f;
	struct ax_batch b;
	struct ax_name hosts[2] = { name_of("ns1.example."), name_of("ns2.example.net.") };
	fixture_open(&f, "example.");
	ax_batch_init(&b, &f.apex);
	OK(ax_repo_begin_zone(&b, hosts, 2, 3600));
	OK(commit_batch(&f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL));
	ck_assert_uint_eq(f.out.count, 2);
	ck_assert_uint_eq(f.out.serial, 1);
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&f.warnings), "ns1.example. has no address"));
	ax_batch_fini(&b);
	fixture_close(&f);
}
END_TEST

/* -- several writers --------------------------------------------------------------------------------------- */

enum { WRITERS = 4, WRITES = 25 };

struct writer {
	struct fixture *f;
	unsigned number;
	unsigned lost;
};

/* Each adds records of its own, and one to a name that all fight for, expecting the tip it saw. */
static void *write_some(void *arg)
{
	struct writer *w = arg;
	for (unsigned i = 0; i < WRITES;) {
		char text[100];
		struct ax_txn *t;
		struct ax_ref tip;
		struct ax_batch b;
		struct ax_published out;
		OK(ax_txn_read(&t, ax_repo_store(w->f->repo)));
		OK(ax_ref_get(&tip, t, 1, "heads/main"));
		ax_txn_abort(t);
		ax_batch_init(&b, &w->f->apex);
		snprintf(text, sizeof text, "w%u-%u 300 A 10.0.%u.%u\nall 300 A 10.1.%u.%u\n", w->number, i,
			 w->number, i, w->number, i);
		OK(ax_batch_read_zone(&b, ax_slice_str(text), "writer", NULL, NULL, NULL));
		struct ax_change c = { .zone = 1, .branch = "main", .batch = &b, .expect = &tip.id };
		enum ax_err e = ax_repo_commit(&out, w->f->repo, &c, 1, &w->f->who, NULL, NULL);
		ck_assert_msg(e == AX_OK || e == AX_ELOST, "%s", ax_err_text(e));
		ax_batch_fini(&b);
		w->lost += e == AX_ELOST;
		i += e == AX_OK;
	}
	return NULL;
}

START_TEST(repo__writers_of_one_process_queue_and_lose_nothing)
{
	struct fixture f;
	struct writer w[WRITERS];
	pthread_t thread[WRITERS];
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 3);
	for (unsigned i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ &f, i, 0 };
		ck_assert_int_eq(pthread_create(&thread[i], NULL, write_some, &w[i]), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
	struct ax_commit_info tip = tip_of(&f, "main");
	ck_assert_uint_eq(tip.depth, 1 + WRITERS * WRITES); /* each commit on the one it saw */
	ck_assert_uint_eq(tip.root.count, 6 + 1 + WRITERS * WRITES);
	ck_assert_uint_eq(tip.serial, 1 + WRITERS * WRITES);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, repo__init_makes_one_unborn_default_zone);
	tcase_add_test(tc, repo__no_repository_is_not_made_by_opening);
	tcase_add_test(tc, repo__first_commit_is_born_and_has_no_parent);
	tcase_add_test(tc, repo__unborn_branch_needs_soa_and_ns);
	tcase_add_test(tc, repo__soa_and_last_apex_ns_cannot_go);
	tcase_add_test(tc, repo__writing_what_is_there_does_nothing);
	tcase_add_test(tc, repo__replace_commits_only_the_differences);
	tcase_add_test(tc, repo__replace_gives_the_tree_of_a_fresh_import);
	tcase_add_test(tc, repo__expected_tip_is_held);
	tcase_add_test(tc, repo__expected_values_are_held);
	tcase_add_test(tc, repo__several_zones_are_committed_or_none);
	tcase_add_test(tc, repo__try_says_what_would_happen_and_writes_nothing);
	tcase_add_test(tc, repo__same_arguments_give_the_same_ids);
	tcase_add_test(tc, repo__message_says_what_changed);
	tcase_add_test(tc, repo__message_given_is_kept_without_blank_lines_around);
	tcase_add_test(tc, repo__case_alone_is_a_change_but_not_for_a_transfer);
	tcase_add_test(tc, repo__branches_are_made_deleted_and_checked_out);
	tcase_add_test(tc, repo__a_commit_of_another_zone_is_no_place_for_a_branch);
	tcase_add_test(tc, repo__read_only_refuses_changes);
	tcase_add_test(tc, repo__begin_zone_makes_soa_and_ns);
	tcase_add_test(tc, repo__writers_of_one_process_queue_and_lose_nothing);
}

int main(void)
{
	return check_main("repo", add);
}
