#include "core/zone.h"
#include "tests/core/repo_fixture.h"

START_TEST(zone__serial_arithmetic_is_that_of_rfc_1982)
{
	ck_assert(ax_serial_newer(1, 0));
	ck_assert(!ax_serial_newer(0, 1));
	ck_assert(ax_serial_newer(44, 0));
	ck_assert(ax_serial_newer(100, 44));
	ck_assert(ax_serial_newer(200, 100));
	ck_assert(ax_serial_newer(0, 0xffffffffu));
	ck_assert(ax_serial_newer(44, 4294967040u));
	ck_assert(ax_serial_newer(0x7fffffffu, 0));
	ck_assert(!ax_serial_newer(0x80000000u, 0)); /* undefined there: neither is newer */
	ck_assert(!ax_serial_newer(0, 0x80000000u));
	ck_assert(!ax_serial_newer(5, 5));
}
END_TEST

START_TEST(zone__next_serial_follows_the_policy)
{
	struct ax_time now = { 1785628799, 0, 0 }; /* 2026-08-01 23:59:59 UTC */
	struct ax_zone z = { .policy = AX_SERIAL_INCREMENT };
	ck_assert_uint_eq(ax_serial_next(&z, now), 1);
	z.has_serial = true;
	z.serial = 41;
	ck_assert_uint_eq(ax_serial_next(&z, now), 42);
	z.serial = UINT32_MAX;
	ck_assert_uint_eq(ax_serial_next(&z, now), 1); /* never 0 */
	z.policy = AX_SERIAL_UNIXTIME;
	z.serial = 41;
	ck_assert_uint_eq(ax_serial_next(&z, now), 1785628799);
	z.serial = 1785628799;
	ck_assert_uint_eq(ax_serial_next(&z, now), 1785628800); /* the last + 1 is the later */
	z.serial = 2000000000;
	ck_assert_uint_eq(ax_serial_next(&z, now), 2000000001);
	z.policy = AX_SERIAL_DATE;
	z.serial = 2026073105;
	ck_assert_uint_eq(ax_serial_next(&z, now), 2026080100);
	z.serial = 2026080100;
	ck_assert_uint_eq(ax_serial_next(&z, now), 2026080101);
	z.serial = 2026080199; /* a hundred in a day: on into the next one's */
	ck_assert_uint_eq(ax_serial_next(&z, now), 2026080200);
	z.has_serial = false;
	ck_assert_uint_eq(ax_serial_next(&z, now), 2026080100);
}
END_TEST

START_TEST(zone__numbers_are_dense_and_names_find_them)
{
	struct fixture f;
	struct ax_zone z;
	uint32_t id, last = 0;
	enum ax_err e;
	fixture_open(&f, "example.");
	for (unsigned i = 2; i < 40; i++) {
		char text[40];
		snprintf(text, sizeof text, "Zone%u.Test.", i);
		struct ax_name n = name_of(text);
		OK(ax_repo_zone_add(&id, f.repo, &n, &f.who));
		ck_assert_uint_eq(id, i);
		FAILS(AX_EEXIST, ax_repo_zone_add(&id, f.repo, &n, &f.who));
	}
	OK(ax_zone_named(&z, look(&f), "zone7.TEST"));
	ck_assert_uint_eq(z.id, 7);
	OK(ax_zone_named(&z, f.txn, NULL));
	ck_assert_uint_eq(z.id, 1);
	FAILS(AX_ENOENT, ax_zone_named(&z, f.txn, "zone99.test."));
	SAYS(AX_ENOENT, "zone99.test.");
	for (unsigned i = 1; !(e = ax_zone_next(&z, f.txn, last, false)); i++) {
		ck_assert_uint_eq(z.id, i);
		last = z.id;
	}
	ck_assert_int_eq(e, AX_ENOENT);
	ck_assert_uint_eq(last, 39);
	fixture_close(&f);
}
END_TEST

START_TEST(zone__the_deepest_at_or_above_a_name_is_found)
{
	struct fixture f;
	struct ax_zone z;
	uint32_t sub;
	fixture_open(&f, "example.");
	struct ax_name n = name_of("sub.example.");
	OK(ax_repo_zone_add(&sub, f.repo, &n, &f.who));
	n = name_of("a.b.sub.example.");
	OK(ax_zone_above(&z, look(&f), &n));
	ck_assert_uint_eq(z.id, sub);
	n = name_of("SUB.example.");
	OK(ax_zone_above(&z, f.txn, &n));
	ck_assert_uint_eq(z.id, sub);
	n = name_of("other.example.");
	OK(ax_zone_above(&z, f.txn, &n));
	ck_assert_uint_eq(z.id, 1);
	n = name_of("net.");
	FAILS(AX_ENOENT, ax_zone_above(&z, f.txn, &n));
	n = name_of("sub.example.");
	OK(ax_repo_zone_remove(f.repo, &n, &f.who));
	OK(ax_zone_above(&z, look(&f), &n));
	ck_assert_uint_eq(z.id, 1);
	fixture_close(&f);
}
END_TEST

START_TEST(zone__removed_and_returned_keeps_number_and_counter)
{
	struct fixture f;
	struct ax_zone z;
	struct ax_name other = name_of("other.");
	uint32_t id, again;
	fixture_open(&f, "example.");
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	struct fixture g = f;
	g.apex = other;
	g.zone = id;
	g.txn = NULL;
	begin_zone(&g, 41, 20);
	OK(save(&g, "a 300 A 1.2.3.4\n"));
	ck_assert_uint_eq(g.out.serial, 42);
	OK(ax_repo_zone_remove(f.repo, &other, &f.who));
	FAILS(AX_ENOENT, ax_zone_find(&z, look(&f), &other));
	FAILS(AX_ENOENT, save(&g, "b 300 A 1.2.3.4\n"));
	FAILS(AX_ENOENT, ax_repo_zone_remove(f.repo, &other, &f.who));
	OK(ax_repo_zone_add(&again, f.repo, &other, &f.who));
	ck_assert_uint_eq(again, id);
	OK(save(&g, "b 300 A 1.2.3.4\n"));
	ck_assert_uint_eq(g.out.serial, 43);
	ax_buf_fini(&g.warnings);
	fixture_close(&f);
}
END_TEST

START_TEST(zone__default_goes_last)
{
	struct fixture f;
	struct ax_zone z;
	struct ax_name other = name_of("other.");
	uint32_t id;
	fixture_open(&f, "example.");
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	FAILS(AX_EINVAL, ax_repo_zone_remove(f.repo, &f.apex, &f.who));
	OK(ax_repo_zone_remove(f.repo, &other, &f.who));
	OK(ax_repo_zone_remove(f.repo, &f.apex, &f.who));
	FAILS(AX_ENOENT, ax_zone_default(&z, look(&f)));
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	OK(ax_zone_default(&z, look(&f)));
	ck_assert_uint_eq(z.id, 2);
	fixture_close(&f);
}
END_TEST

START_TEST(zone__record_keeps_all_settings)
{
	struct fixture f;
	struct ax_zone z, back;
	struct ax_txn *t;
	fixture_open(&f, ".");
	OK(ax_txn_write(&t, ax_repo_store(f.repo), false));
	OK(ax_zone_get(&z, t, 1));
	z.policy = AX_SERIAL_DATE;
	z.has_ttl = true;
	z.ttl_s = 77;
	z.has_serial = true;
	z.serial = 4000000000u;
	OK(ax_zone_put(t, &z));
	OK(ax_txn_commit(t));
	OK(ax_zone_named(&back, look(&f), "."));
	ck_assert_int_eq(back.policy, AX_SERIAL_DATE);
	ck_assert(back.has_ttl && back.ttl_s == 77 && back.has_serial && back.serial == 4000000000u);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, zone__serial_arithmetic_is_that_of_rfc_1982);
	tcase_add_test(tc, zone__next_serial_follows_the_policy);
	tcase_add_test(tc, zone__numbers_are_dense_and_names_find_them);
	tcase_add_test(tc, zone__the_deepest_at_or_above_a_name_is_found);
	tcase_add_test(tc, zone__removed_and_returned_keeps_number_and_counter);
	tcase_add_test(tc, zone__default_goes_last);
	tcase_add_test(tc, zone__record_keeps_all_settings);
}

int main(void)
{
	return check_main("zone", add);
}
