#include "dnsd/dname.h"
#include "tests/core/repo_fixture.h"

static struct dname take(const char *text)
{
	struct ax_name name = name_of(text);
	struct dname d;
	dname_take(&d, name.wire, name.n);
	return d;
}

/* Of its last k labels, with the root. */
static uint64_t hash(const struct dname *d, unsigned k)
{
	return dname_hash(dname_tail(d, k), dname_tail_n(d, k));
}

START_TEST(dname__labels_are_counted_from_the_root)
{
	struct dname d = take("www.example.");
	ck_assert_uint_eq(d.labels, 2);
	ck_assert_uint_eq(dname_at(&d, 2), 0);
	ck_assert_uint_eq(dname_at(&d, 1), 4);
	ck_assert_uint_eq(dname_at(&d, 0), 12);
	d = take(".");
	ck_assert_uint_eq(d.labels, 0);
	ck_assert_uint_eq(dname_at(&d, 0), 0);
}
END_TEST

START_TEST(dname__letters_get_lower_and_nothing_else)
{
	uint8_t wire[258];
	struct dname d;
	/* every octet in a label; 4 labels of 63 would be too long, so two runs */
	for (unsigned from = 0; from < 256; from += 128) {
		size_t n = 0;
		for (unsigned i = 0; i < 128; i++) {
			if (i % 32 == 0)
				wire[n++] = 32;
			wire[n++] = (uint8_t)(from + i);
		}
		wire[n++] = 0;
		dname_take(&d, wire, n);
		for (size_t i = 0; i < n; i++) {
			bool letter = i % 33 && wire[i] >= 'A' && wire[i] <= 'Z';
			ck_assert_uint_eq(d.wire[i], letter ? wire[i] + 32u : wire[i]);
		}
	}
}
END_TEST

START_TEST(dname__a_suffix_has_the_hash_of_the_same_name_alone)
{
	struct dname a = take("a.bc.example-of-a-rather-long-label.org."),
		     b = take("BC.Example-of-a-rather-long-label.ORG."), c = take("org.");
	ck_assert_uint_eq(hash(&a, 3), hash(&b, 3));
	ck_assert_uint_eq(hash(&a, 1), hash(&c, 1));
	ck_assert_uint_ne(hash(&a, 4), hash(&b, 3));
}
END_TEST

START_TEST(dname__labels_that_could_run_together_differ)
{
	static const char *const names[] = { "ab.c.", "a.bc.", "abc.",      "a.b.c.",
					     "ab.",   "b.a.",  "\\001a.b.", "a\\001b." };
	for (unsigned i = 0; i < 8; i++)
		for (unsigned j = 0; j < i; j++) {
			struct dname a = take(names[i]), b = take(names[j]);
			ck_assert_uint_ne(hash(&a, a.labels), hash(&b, b.labels));
		}
}
END_TEST

START_TEST(dname__labels_of_each_length_up_to_63)
{
	uint64_t seen[64] = { 0 };
	for (unsigned n = 1; n <= 63; n++) {
		uint8_t wire[66];
		struct dname d;
		wire[0] = (uint8_t)n;
		memset(wire + 1, 'x', n);
		wire[n + 1] = 0;
		dname_take(&d, wire, n + 2);
		seen[n] = hash(&d, 1);
		for (unsigned k = 1; k < n; k++)
			ck_assert_uint_ne(seen[k], seen[n]);
	}
}
END_TEST

START_TEST(dname__every_octet_of_a_run_counts)
{
	uint8_t run[100];
	for (unsigned i = 0; i < sizeof run; i++)
		run[i] = (uint8_t)(7 * i);
	for (unsigned n = 1; n <= sizeof run; n++) {
		uint64_t h = dname_hash(run, n);
		for (unsigned i = 0; i < n; i++) {
			run[i] ^= 1;
			ck_assert_uint_ne(dname_hash(run, n), h);
			run[i] ^= 1;
		}
	}
}
END_TEST

START_TEST(dname__the_longest_name_of_the_most_labels)
{
	uint8_t wire[255];
	struct dname d;
	for (unsigned i = 0; i < 127; i++) {
		wire[2 * i] = 1;
		wire[2 * i + 1] = 'Q';
	}
	wire[254] = 0;
	dname_take(&d, wire, sizeof wire);
	ck_assert_uint_eq(d.labels, 127);
	ck_assert_uint_eq(d.wire[253], 'q');
	ck_assert_uint_eq(dname_at(&d, 1), 252);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, dname__labels_are_counted_from_the_root);
	tcase_add_test(tc, dname__letters_get_lower_and_nothing_else);
	tcase_add_test(tc, dname__a_suffix_has_the_hash_of_the_same_name_alone);
	tcase_add_test(tc, dname__labels_that_could_run_together_differ);
	tcase_add_test(tc, dname__labels_of_each_length_up_to_63);
	tcase_add_test(tc, dname__every_octet_of_a_run_counts);
	tcase_add_test(tc, dname__the_longest_name_of_the_most_labels);
}

int main(void)
{
	return check_main("dname", add);
}
