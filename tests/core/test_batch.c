#include "core/batch.h"
#include "tests/core/repo_fixture.h"

/* What a batch says, as "key-hex" order is hard to read: "name TYPE count ttl" or "name TYPE gone", in order. */
static void expect(struct ax_batch *b, const char *want)
{
	const struct ax_edit *edits;
	struct ax_buf got = AX_BUF_INIT;
	size_t n;
	OK(ax_batch_edits(&edits, &n, b));
	for (size_t i = 0; i < n; i++) {
		struct ax_name owner;
		uint16_t type, covered;
		char text[24];
		struct ax_rrset set;
		OK(ax_key_parse(&owner, &type, &covered, NULL, edits[i].key, &b->apex));
		ax_type_text(text, type);
		ax_name_text_relative(&got, &owner, &b->apex);
		ax_buf_printf(&got, " %s", text);
		if (!edits[i].value.n) {
			ax_buf_str(&got, " gone\n");
			continue;
		}
		OK(ax_rrset_view(&set, type, covered, edits[i].value));
		ax_buf_printf(&got, " %u %u\n", set.count, set.ttl_s);
	}
	ck_assert_str_eq(ax_buf_cstr(&got), want);
	ax_buf_fini(&got);
}

static void count(void *ctx, const char *text)
{
	struct ax_buf *b = ctx;
	ax_buf_printf(b, "%s\n", text);
}

static enum ax_err read_zone(struct ax_batch *b, struct ax_buf *warnings, const char *text)
{
	return ax_batch_read_zone(b, ax_slice_str(text), "f", NULL, count, warnings);
}

START_TEST(batch__records_come_in_any_order_and_edits_sorted)
{
	struct ax_name apex = name_of("example.");
	struct ax_batch b;
	struct ax_buf w = AX_BUF_INIT;
	ax_batch_init(&b, &apex);
	OK(read_zone(&b, &w,
		     "$TTL 300\nz A 1.1.1.1\na.z A 1.1.1.1\n@ NS a\nb A 1.1.1.2\n@ NS b\nb A 1.1.1.1\n"
		     "@ SOA a b 77 2 3 4 5\nb A 1.1.1.2\n"));
	expect(&b, "@ NS 2 300\n@ SOA 1 300\nb A 2 300\nz A 1 300\na.z A 1 300\n");
	ck_assert(b.has_serial);
	ck_assert_uint_eq(b.serial, 77);
	ck_assert_uint_eq(w.n, 0);
	ax_buf_fini(&w);
	ax_batch_fini(&b);
}
END_TEST

START_TEST(batch__lowest_ttl_is_taken_with_a_warning)
{
	struct ax_name apex = name_of("example.");
	struct ax_batch b;
	struct ax_buf w = AX_BUF_INIT;
	ax_batch_init(&b, &apex);
	OK(read_zone(&b, &w, "a 300 A 1.1.1.1\na 60 A 1.1.1.2\na 600 A 1.1.1.3\n"));
	expect(&b, "a A 3 60\n");
	ck_assert_str_eq(ax_buf_cstr(&w), "f:1: a A: the TTLs of the records differ: the lowest, 60, is taken\n");
	ax_buf_fini(&w);
	ax_batch_fini(&b);
}
END_TEST

START_TEST(batch__two_different_soas_are_refused_equal_ones_are_one)
{
	struct ax_name apex = name_of("example.");
	struct ax_batch b;
	struct ax_buf w = AX_BUF_INIT;
	ax_batch_init(&b, &apex);
	OK(read_zone(&b, &w, "@ 300 SOA a b 1 2 3 4 5\n@ 300 SOA A b 1 2 3 4 5\n"));
	expect(&b, "@ SOA 1 300\n");
	ck_assert_str_eq(ax_buf_cstr(&w), "f:2: the SOA record is repeated\n");
	ax_batch_fini(&b);
	ax_batch_init(&b, &apex);
	FAILS(AX_EINVAL, read_zone(&b, &w, "@ 300 SOA a b 1 2 3 4 5\n\n@ 300 SOA a b 2 2 3 4 5\n"));
	SAYS(AX_EINVAL, "f:3: a second SOA record that differs from the one in line 1");
	ax_batch_fini(&b);
	ax_batch_init(&b, &apex);
	FAILS(AX_EINVAL, read_zone(&b, &w, "x 300 SOA a b 1 2 3 4 5\n"));
	SAYS(AX_EINVAL, "f:1: an SOA record below");
	ax_buf_fini(&w);
	ax_batch_fini(&b);
}
END_TEST

START_TEST(batch__an_error_in_text_names_its_line)
{
	struct ax_name apex = name_of("example.");
	struct ax_batch b;
	struct ax_buf w = AX_BUF_INIT;
	ax_batch_init(&b, &apex);
	FAILS(AX_EINVAL, read_zone(&b, &w, "a 300 A 1.1.1.1\nb 300 A 1.1.1\n"));
	SAYS(AX_EINVAL, "f:2:");
	ax_buf_fini(&w);
	ax_batch_fini(&b);
}
END_TEST

START_TEST(batch__the_last_word_wins)
{
	struct ax_name apex = name_of("example."), a = name_of("a.example."), soa = apex;
	struct ax_batch b;
	struct ax_buf w = AX_BUF_INIT;
	ax_batch_init(&b, &apex);
	OK(read_zone(&b, &w, "a 300 A 1.1.1.1\n"));
	OK(ax_batch_delete(&b, &a, AX_TYPE_A, 0));
	expect(&b, "a A gone\n");
	OK(read_zone(&b, &w, "a 60 A 1.1.1.1\na 60 A 1.1.1.2\n"));
	expect(&b, "a A 2 60\n");
	OK(read_zone(&b, &w, "@ 300 SOA a b 8 2 3 4 5\n"));
	OK(read_zone(&b, &w, "@ 300 SOA a b 9 2 3 4 5\n"));
	ck_assert_uint_eq(b.serial, 9);
	OK(ax_batch_delete(&b, &soa, AX_TYPE_SOA, 0));
	ck_assert(!b.has_serial);
	ax_buf_fini(&w);
	ax_batch_fini(&b);
}
END_TEST

START_TEST(batch__serial_leaves_the_soa)
{
	struct ax_name apex = name_of("example.");
	struct ax_batch b[2];
	const struct ax_edit *e[2];
	size_t n;
	for (int i = 0; i < 2; i++) {
		ax_batch_init(&b[i], &apex);
		struct ax_buf w = AX_BUF_INIT;
		OK(read_zone(&b[i], &w, i ? "@ 300 SOA a b 1 2 3 4 5\n" : "@ 300 SOA a b 4294967295 2 3 4 5\n"));
		OK(ax_batch_edits(&e[i], &n, &b[i]));
		ck_assert_uint_eq(n, 1);
	}
	ck_assert(ax_slice_eq(e[0]->value, e[1]->value));
	ax_batch_fini(&b[0]);
	ax_batch_fini(&b[1]);
}
END_TEST

START_TEST(batch__values_out_of_form_are_refused)
{
	struct ax_name apex = name_of("example."), a = name_of("a.example."), out = name_of("example.net.");
	struct ax_batch b;
	ax_batch_init(&b, &apex);
	static const uint8_t good[] = { 0, 0, 1, 44, 0, 2, 4, 1, 1, 1, 1, 4, 1, 1, 1, 2 };
	static const uint8_t unsorted[] = { 0, 0, 1, 44, 0, 2, 4, 1, 1, 1, 2, 4, 1, 1, 1, 1 };
	static const uint8_t twice[] = { 0, 0, 1, 44, 0, 2, 4, 1, 1, 1, 1, 4, 1, 1, 1, 1 };
	static const uint8_t shorter[] = { 0, 0, 1, 44, 0, 1, 3, 1, 1, 1 };
	OK(ax_batch_put(&b, &a, AX_TYPE_A, 0, ax_slice(good, sizeof good)));
	FAILS(AX_EINVAL, ax_batch_put(&b, &out, AX_TYPE_A, 0, ax_slice(good, sizeof good)));
	SAYS(AX_EINVAL, "example.net. lies outside the zone example.");
	FAILS(AX_EINVAL, ax_batch_delete(&b, &out, AX_TYPE_A, 0));
	FAILS(AX_EINVAL, ax_batch_put(&b, &a, AX_TYPE_A, 0, ax_slice(unsorted, sizeof unsorted)));
	FAILS(AX_EINVAL, ax_batch_put(&b, &a, AX_TYPE_A, 0, ax_slice(twice, sizeof twice)));
	FAILS(AX_EINVAL, ax_batch_put(&b, &a, AX_TYPE_A, 0, ax_slice(shorter, sizeof shorter)));
	FAILS(AX_EINVAL, ax_batch_put(&b, &a, AX_TYPE_ANY, 0, ax_slice(good, sizeof good)));
	SAYS(AX_EINVAL, "ANY");
	for (size_t n = 0; n < sizeof good; n++)
		FAILS(AX_EINVAL, ax_batch_put(&b, &a, AX_TYPE_A, 0, ax_slice(good, n)));
	expect(&b, "a A 2 300\n");
	ax_batch_fini(&b);
}
END_TEST

START_TEST(batch__subtree_is_deleted_whole)
{
	struct fixture f;
	struct ax_batch b;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 3);
	OK(save(&f, "d 300 A 1.1.1.1\nd 300 TXT x\na.d 300 A 1.1.1.1\nb.a.d 300 A 1.1.1.1\nd-not 300 A 1.1.1.1\ne "
		    "300 A 1.1.1.1\n"));
	struct ax_commit_info tip = tip_of(&f, "main");
	struct ax_name d = owner_of(&f, "d");
	ax_batch_init(&b, &f.apex);
	OK(ax_batch_delete_subtree(&b, f.txn, &tip.root, &d));
	expect(&b, "d A gone\nd TXT gone\na.d A gone\nb.a.d A gone\n");
	ax_batch_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(batch__rrsigs_stand_by_the_type_they_cover)
{
	struct ax_name apex = name_of("example.");
	struct ax_batch b;
	struct ax_buf w = AX_BUF_INIT;
	ax_batch_init(&b, &apex);
	OK(read_zone(&b, &w,
		     "a 300 RRSIG A 13 2 300 20300101000000 20200101000000 1 example. AAAA\n"
		     "a 60 RRSIG A 13 2 300 20300101000000 20200101000000 2 example. AAAA\n"
		     "a 300 RRSIG AAAA 13 2 300 20300101000000 20200101000000 1 example. AAAA\n"));
	expect(&b, "a RRSIG 2 0\na RRSIG 1 0\n");
	ck_assert_uint_eq(w.n, 0); /* their TTLs may differ */
	ax_buf_fini(&w);
	ax_batch_fini(&b);
}
END_TEST

START_TEST(batch__rrset_that_is_too_large_is_told_with_its_line)
{
	struct ax_name apex = name_of("example.");
	struct ax_batch b;
	struct ax_buf w = AX_BUF_INIT, text = AX_BUF_INIT;
	ax_batch_init(&b, &apex);
	ax_buf_str(&text, "a 5 A 1.1.1.1\n");
	for (unsigned i = 0; i < 65536; i++)
		ax_buf_printf(&text, "b 5 TYPE65280 \\# 2 %04x\n", i);
	ax_buf_str(&text, "b 5 TYPE65280 \\# 1 00\n");
	FAILS(AX_ELIMIT, read_zone(&b, &w, ax_buf_cstr(&text)));
	SAYS(AX_ELIMIT, "f:2: an RRset of 65537 records, over 65535");
	ax_buf_fini(&text);
	ax_buf_fini(&w);
	ax_batch_fini(&b);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, batch__records_come_in_any_order_and_edits_sorted);
	tcase_add_test(tc, batch__lowest_ttl_is_taken_with_a_warning);
	tcase_add_test(tc, batch__two_different_soas_are_refused_equal_ones_are_one);
	tcase_add_test(tc, batch__an_error_in_text_names_its_line);
	tcase_add_test(tc, batch__the_last_word_wins);
	tcase_add_test(tc, batch__serial_leaves_the_soa);
	tcase_add_test(tc, batch__values_out_of_form_are_refused);
	tcase_add_test(tc, batch__subtree_is_deleted_whole);
	tcase_add_test(tc, batch__rrsigs_stand_by_the_type_they_cover);
	tcase_add_test(tc, batch__rrset_that_is_too_large_is_told_with_its_line);
}

int main(void)
{
	return check_main("batch", add);
}
