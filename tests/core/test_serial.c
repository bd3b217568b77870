#include "tests/core/repo_fixture.h"

START_TEST(serial__first_from_outside_is_kept_as_it_is)
{
	static const uint32_t serials[] = { 0, 1, 2026080101, UINT32_MAX };
	for (size_t i = 0; i < sizeof serials / sizeof *serials; i++) {
		struct fixture f;
		fixture_open(&f, "example.");
		begin_zone(&f, serials[i], 3);
		ck_assert_uint_eq(f.out.serial, serials[i]);
		/* and 0 is passed over when we choose */
		OK(save(&f, "a 300 A 1.2.3.4\n"));
		ck_assert_uint_eq(f.out.serial, serials[i] == UINT32_MAX ? 1 : serials[i] + 1);
		fixture_close(&f);
	}
}
END_TEST

START_TEST(serial__soa_saved_with_a_newer_serial_is_a_change)
{
	struct fixture f;
	fixture_open(&f, "example.");
	begin_zone(&f, 10, 3);
	struct ax_commit_info before = tip_of(&f, "main");
	OK(save(&f, "@ 300 SOA ns1 hostmaster 15 3600 900 1209600 300\n"));
	ck_assert(f.out.changed);
	ck_assert_uint_eq(f.out.serial, 15);
	ck_assert_str_eq(f.out.subject, "@ SOA: serial 10 -> 15");
	struct ax_commit_info after = tip_of(&f, "main");
	ck_assert(ax_id_eq(&before.root.id, &after.root.id));
	ck_assert_uint_eq(before.root.node, after.root.node);
	/* an older or the same one says nothing */
	OK(save(&f, "@ 300 SOA ns1 hostmaster 15 3600 900 1209600 300\n"));
	ck_assert(!f.out.changed);
	OK(save(&f, "@ 300 SOA ns1 hostmaster 3 3600 900 1209600 300\n"));
	ck_assert(!f.out.changed);
	OK(save(&f, "@ 300 SOA ns1 hostmaster 3 3600 900 1209600 60\n"));
	ck_assert(f.out.changed);
	ck_assert_uint_eq(f.out.serial, 16);
	ck_assert_str_eq(f.out.subject, "@ SOA: ns1.example. hostmaster.example. 15 3600 900 1209600 300 -> "
					"ns1.example. hostmaster.example. 15 3600 900 1209600 60");
	fixture_close(&f);
}
END_TEST

START_TEST(serial__counter_is_the_zones_over_all_branches)
{
	struct fixture f;
	fixture_open(&f, "example.");
	begin_zone(&f, 10, 3);
	OK(ax_repo_branch_create(f.repo, 1, "dev", f.out.commit, &f.who));
	OK(save_on(&f, "dev", "a 300 A 1.2.3.4\n"));
	ck_assert_uint_eq(f.out.serial, 11);
	OK(save(&f, "b 300 A 1.2.3.4\n"));
	ck_assert_uint_eq(f.out.serial, 12);
	OK(save_on(&f, "dev", "c 300 A 1.2.3.4\n"));
	ck_assert_uint_eq(f.out.serial, 13);
	uint64_t found;
	OK(ax_serial_find(&found, look(&f), 1, 13));
	ck_assert_uint_eq(found, f.out.commit);
	FAILS(AX_ENOENT, ax_serial_find(&found, f.txn, 1, 14));
	fixture_close(&f);
}
END_TEST

START_TEST(serial__file_is_kept_if_newer_and_not_shown_with_other_content)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	begin_zone(&f, 10, 5);
	OK(ax_repo_branch_create(f.repo, 1, "dev", f.out.commit, &f.who));
	OK(import_on(&f, "dev", zone_text(&b, 20, 6), AX_SERIAL_FROM_FILE));
	ck_assert_uint_eq(f.out.serial, 20);
	/* the same content on another branch: the same serial */
	OK(import(&f, zone_text(&b, 20, 6)));
	ck_assert_uint_eq(f.out.serial, 20);
	/* 21 was shown on dev with something else: main gets the next */
	OK(import_on(&f, "dev", zone_text(&b, 21, 7), AX_SERIAL_FROM_FILE));
	ck_assert_uint_eq(f.out.serial, 21);
	OK(import(&f, zone_text(&b, 21, 8)));
	ck_assert_uint_eq(f.out.serial, 22);
	/* importing that file again: nothing */
	OK(import(&f, zone_text(&b, 21, 8)));
	ck_assert(!f.out.changed);
	/* older than the branch's: the next */
	OK(import(&f, zone_text(&b, 5, 9)));
	ck_assert_uint_eq(f.out.serial, 23);
	/* newer than the branch's, older than the zone's counter, never shown: kept */
	OK(import_on(&f, "dev", zone_text(&b, 30, 7), AX_SERIAL_FROM_FILE));
	ck_assert_uint_eq(f.out.serial, 30);
	OK(import(&f, zone_text(&b, 25, 10)));
	ck_assert_uint_eq(f.out.serial, 25);
	OK(save(&f, "a 300 A 1.2.3.4\n"));
	ck_assert_uint_eq(f.out.serial, 31);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(serial__goes_around_the_end)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	begin_zone(&f, 4294967294u, 5);
	OK(save(&f, "a 300 A 1.2.3.4\n"));
	ck_assert_uint_eq(f.out.serial, 4294967295u);
	OK(save(&f, "a 300 A 1.2.3.5\n"));
	ck_assert_uint_eq(f.out.serial, 1);
	/* 4294967295 is older now; 100 is newer */
	OK(import(&f, zone_text(&b, 4294967295u, 6)));
	ck_assert_uint_eq(f.out.serial, 2);
	OK(import(&f, zone_text(&b, 100, 7)));
	ck_assert_uint_eq(f.out.serial, 100);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(serial__jump_from_outside_is_guarded)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	struct ax_published out[1];
	size_t n;
	fixture_open(&f, "example.");
	begin_zone(&f, 10, 5);
	OK(import(&f, zone_text(&b, 10 + (1u << 30), 6)));
	ck_assert_uint_eq(f.out.serial, 10 + (1u << 30));
	FAILS(AX_EGUARD, import(&f, zone_text(&b, 11 + (2u << 30), 7)));
	SAYS(AX_EGUARD, "serial: the serial goes from 1073741834 to 2147483659");
	SAYS(AX_EGUARD, "apex force ");
	OK(ax_repo_force(out, 1, &n, f.repo, f.plan, &f.who, NULL));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(out[0].serial, 11 + (2u << 30));
	/* a serial alone too, and by hand */
	FAILS(AX_EGUARD, save(&f, "@ 300 SOA ns1 hostmaster 3500000000 3600 900 1209600 300\n"));
	/* what is not newer by RFC 1982 is no jump but an old one */
	OK(import(&f, zone_text(&b, 11, 8)));
	ck_assert_uint_eq(f.out.serial, 12 + (2u << 30));
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(serial__first_from_outside_may_be_far_from_one_we_chose)
{
	struct fixture f;
	struct ax_batch b;
	struct ax_buf text = AX_BUF_INIT;
	struct ax_name host = name_of("ns1.example.net.");
	fixture_open(&f, "example.");
	ax_batch_init(&b, &f.apex);
	OK(ax_repo_begin_zone(&b, &host, 1, 300));
	OK(commit_batch(&f, &b, "main", true, AX_SERIAL_FROM_FILE, NULL));
	ck_assert_uint_eq(f.out.serial, 1);
	OK(import(&f, zone_text(&text, 2026080101, 5)));
	ck_assert_uint_eq(f.out.serial, 2026080101);
	ax_batch_fini(&b);
	ax_buf_fini(&text);
	fixture_close(&f);
}
END_TEST

/* -- sealed zones ------------------------------------------------------------------------------------------ */

static const char *sealed_text(struct ax_buf *b, unsigned long serial, unsigned hosts)
{
	zone_text(b, serial, hosts);
	ax_buf_str(b, "@ RRSIG SOA 13 1 300 20300101000000 20200101000000 1 example. "
		      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n");
	return ax_buf_cstr(b);
}

static void sealed_is_kept_verbatim(enum ax_serial_source from)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	OK(import_on(&f, "main", sealed_text(&b, 50, 5), from));
	ck_assert_uint_eq(f.out.serial, 50);
	OK(import_on(&f, "main", sealed_text(&b, 50, 5), from));
	ck_assert(!f.out.changed);
	OK(import_on(&f, "main", sealed_text(&b, 60, 6), from));
	ck_assert_uint_eq(f.out.serial, 60);
	FAILS(AX_ECHECK, import_on(&f, "main", sealed_text(&b, 60, 7), from));
	SAYS(AX_ECHECK, "its serial 60 is not newer than 60");
	FAILS(AX_ECHECK, import_on(&f, "main", sealed_text(&b, 59, 7), from));
	/* the serial of the signer, even one that another branch showed */
	OK(ax_repo_branch_create(f.repo, 1, "dev", f.out.commit ? f.out.commit : tip_of(&f, "main").local, &f.who));
	OK(import_on(&f, "dev", sealed_text(&b, 61, 8), from));
	OK(import_on(&f, "main", sealed_text(&b, 61, 7), from));
	ck_assert_uint_eq(f.out.serial, 61);
	ax_buf_fini(&b);
	fixture_close(&f);
}

START_TEST(serial__sealed_zone_keeps_its_signers)
{
	sealed_is_kept_verbatim(AX_SERIAL_FROM_FILE);
	sealed_is_kept_verbatim(AX_SERIAL_FROM_TRANSFER);
}
END_TEST

START_TEST(serial__sealed_zone_is_guarded_against_other_doors)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	struct ax_published out[1];
	size_t n;
	fixture_open(&f, "example.");
	OK(import(&f, sealed_text(&b, 50, 5)));
	FAILS(AX_EGUARD, save(&f, "a 300 A 1.2.3.4\n"));
	SAYS(AX_EGUARD, "sealed: ");
	FAILS(AX_EGUARD, save(&f, "@ 300 SOA ns1 hostmaster 70 3600 900 1209600 300\n"));
	FAILS(AX_EGUARD, save(&f, "a 300 A 1.2.3.4\n"));
	OK(ax_repo_force(out, 1, &n, f.repo, f.plan, &f.who, NULL));
	ck_assert_uint_eq(out[0].serial, 51);
	/* what removes the seal in the same commit may do the rest too */
	struct ax_batch batch;
	ax_batch_init(&batch, &f.apex);
	OK(ax_batch_delete(&batch, &f.apex, AX_TYPE_RRSIG, AX_TYPE_SOA));
	put_text(&f, &batch, "c 300 A 1.2.3.4\n");
	OK(commit_batch(&f, &batch, "main", false, AX_SERIAL_FROM_EDIT, NULL));
	ck_assert(f.out.changed);
	ax_batch_fini(&batch);
	OK(save(&f, "d 300 A 1.2.3.4\n"));
	/* and sealing it by hand is refused as well */
	FAILS(AX_EGUARD, save(&f, "@ 300 ZONEMD 1 1 1 "
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"));
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, serial__first_from_outside_is_kept_as_it_is);
	tcase_add_test(tc, serial__soa_saved_with_a_newer_serial_is_a_change);
	tcase_add_test(tc, serial__counter_is_the_zones_over_all_branches);
	tcase_add_test(tc, serial__file_is_kept_if_newer_and_not_shown_with_other_content);
	tcase_add_test(tc, serial__goes_around_the_end);
	tcase_add_test(tc, serial__jump_from_outside_is_guarded);
	tcase_add_test(tc, serial__first_from_outside_may_be_far_from_one_we_chose);
	tcase_add_test(tc, serial__sealed_zone_keeps_its_signers);
	tcase_add_test(tc, serial__sealed_zone_is_guarded_against_other_doors);
}

int main(void)
{
	return check_main("serial", add);
}
