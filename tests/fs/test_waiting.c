/* waiting.c: deletions that wait a moment, and what their author has deleted within a minute. */
#include "fs/waiting.h"

#include "fs/who.h"
#include "tests/check.h"

#include <string.h>

static const struct who who = { .uid = 7 };
static const uint64_t second = 1000000000u;

static struct ax_slice key(const char *label, uint16_t type)
{
	static uint8_t b[4][64];
	static unsigned at;
	uint8_t *p = b[at++ % 4];
	size_t n = strlen(label) + 1;
	memcpy(p, label, n);
	p[n] = 0;
	p[n + 1] = (uint8_t)(type >> 8);
	p[n + 2] = (uint8_t)type;
	return ax_slice(p, n + 3);
}

START_TEST(waiting__what_was_added_is_found_by_its_key_alone)
{
	struct waiting w;
	waiting_init(&w);
	ck_assert_ptr_null(waiting_find(&w, key("www", 1)));
	struct gone *g = waiting_add(&w, key("www", 1), 5, 1, &who, 100);
	ck_assert_ptr_eq(waiting_find(&w, key("www", 1)), g);
	ck_assert_ptr_null(waiting_find(&w, key("www", 28)));
	ck_assert_ptr_null(waiting_find(&w, key("ww", 1)));
	waiting_drop(&w, g);
	ck_assert_ptr_null(waiting_find(&w, key("www", 1)));
	waiting_fini(&w);
}
END_TEST

START_TEST(waiting__an_rrsig_is_found_whatever_it_covers)
{
	struct waiting w;
	uint8_t long_key[64];
	struct ax_slice k = key("www", 46);
	waiting_init(&w);
	struct gone *g = waiting_add(&w, k, 5, 2, &who, 100);
	memcpy(long_key, k.p, k.n);
	long_key[k.n] = 0;
	long_key[k.n + 1] = 1;
	ck_assert_ptr_eq(waiting_find(&w, ax_slice(long_key, k.n + 2)), g);
	waiting_fini(&w);
}
END_TEST

START_TEST(waiting__a_quiet_second_or_ten_seconds_make_it_due)
{
	struct waiting w;
	waiting_init(&w);
	ck_assert_uint_eq(waiting_due(&w), UINT64_MAX);
	ck_assert_ptr_nonnull(waiting_add(&w, key("a", 1), 1, 1, &who, 100 * second));
	ck_assert_uint_eq(waiting_due(&w), 101 * second);
	ck_assert_ptr_nonnull(waiting_add(&w, key("b", 1), 1, 1, &who, 105 * second));
	ck_assert_uint_eq(waiting_due(&w), 106 * second);
	ck_assert_ptr_nonnull(waiting_add(&w, key("c", 1), 1, 1, &who, 109 * second + second / 2));
	ck_assert_uint_eq(waiting_due(&w), 110 * second);
	waiting_fini(&w);
}
END_TEST

START_TEST(waiting__a_thousand_are_one_act_that_ends_with_a_quiet_second)
{
	struct waiting w;
	char label[16];
	waiting_init(&w);
	for (unsigned i = 0; i <= 1000; i++) {
		ck_assert_uint_eq(waiting_due(&w), i ? 101 * second : UINT64_MAX);
		snprintf(label, sizeof(label), "n%u", i);
		ck_assert_ptr_nonnull(waiting_add(&w, key(label, 1), i, 1, &who, 100 * second));
	}
	ck_assert_ptr_nonnull(waiting_add(&w, key("late", 1), 1, 2, &who, 170 * second));
	ck_assert_uint_eq(waiting_due(&w), 171 * second);
	waiting_fini(&w);
}
END_TEST

START_TEST(waiting__none_is_due_while_its_name_is_written)
{
	struct waiting w;
	struct node *writer = (struct node *)&w;
	waiting_init(&w);
	struct gone *g = waiting_add(&w, key("a", 1), 1, 1, &who, 100 * second);
	waiting_set_writer(&w, g, writer);
	waiting_set_writer(&w, g, writer);
	ck_assert_uint_eq(waiting_due(&w), UINT64_MAX);
	waiting_set_writer(&w, g, NULL);
	ck_assert_uint_eq(waiting_due(&w), 101 * second);
	waiting_set_writer(&w, g, writer);
	waiting_drop(&w, g);
	ck_assert_uint_eq(w.written, 0);
	waiting_fini(&w);
}
END_TEST

START_TEST(waiting__many_are_all_walked_and_all_dropped)
{
	struct waiting w;
	char label[16];
	size_t n = 0;
	waiting_init(&w);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(label, sizeof(label), "n%u", i);
		ck_assert_ptr_nonnull(waiting_add(&w, key(label, 1), i, 1, &who, i));
	}
	for (struct gone *g = waiting_next(&w, NULL); g; g = waiting_next(&w, g))
		n++;
	ck_assert_uint_eq(n, 1000);
	for (struct gone *g = waiting_next(&w, NULL), *next; g; g = next) {
		next = waiting_next(&w, g);
		waiting_drop(&w, g);
	}
	ck_assert_uint_eq(w.n, 0);
	waiting_fini(&w);
}
END_TEST

START_TEST(waiting__a_tally_counts_one_author_for_a_minute)
{
	struct waiting w;
	waiting_init(&w);
	struct tally *t = waiting_tally(&w, 7, 100, 10 * second);
	t->deleted = 20;
	ck_assert_uint_eq(waiting_tally(&w, 7, 80, 69 * second)->deleted, 20);
	ck_assert_uint_eq(waiting_tally(&w, 7, 80, 69 * second)->of, 100);
	ck_assert_uint_eq(waiting_tally(&w, 8, 80, 69 * second)->deleted, 0);
	ck_assert_uint_eq(waiting_tally(&w, 7, 80, 71 * second)->deleted, 0);
	ck_assert_uint_eq(waiting_tally(&w, 7, 80, 71 * second)->of, 80);
	ck_assert_ptr_nonnull(waiting_add(&w, key("a", 1), 1, 3, &who, 72 * second));
	ck_assert_uint_eq(waiting_tally(&w, 7, 80, 140 * second)->deleted, 3);
	ck_assert_uint_eq(waiting_tally(&w, 8, 80, 140 * second)->deleted, 0);
	waiting_fini(&w);
}
END_TEST

START_TEST(waiting__a_blocked_author_stays_so_beyond_the_minute)
{
	struct waiting w;
	waiting_init(&w);
	waiting_tally(&w, 7, 100, 10 * second)->blocked = 100 * second;
	ck_assert_uint_eq(waiting_tally(&w, 7, 100, 99 * second)->blocked, 100 * second);
	ck_assert_uint_eq(waiting_tally(&w, 7, 100, 100 * second)->blocked, 0);
	waiting_fini(&w);
}
END_TEST

START_TEST(waiting__what_is_called_off_counts_no_longer)
{
	struct waiting w;
	waiting_init(&w);
	struct gone *g = waiting_add(&w, key("a", 1), 1, 3, &who, second);
	waiting_tally(&w, 7, 100, second)->deleted = 5;
	waiting_call_off(&w, g);
	ck_assert_uint_eq(waiting_tally(&w, 7, 100, second)->deleted, 2);
	waiting_fini(&w);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, waiting__what_was_added_is_found_by_its_key_alone);
	tcase_add_test(tc, waiting__an_rrsig_is_found_whatever_it_covers);
	tcase_add_test(tc, waiting__a_quiet_second_or_ten_seconds_make_it_due);
	tcase_add_test(tc, waiting__a_thousand_are_one_act_that_ends_with_a_quiet_second);
	tcase_add_test(tc, waiting__none_is_due_while_its_name_is_written);
	tcase_add_test(tc, waiting__many_are_all_walked_and_all_dropped);
	tcase_add_test(tc, waiting__a_tally_counts_one_author_for_a_minute);
	tcase_add_test(tc, waiting__a_blocked_author_stays_so_beyond_the_minute);
	tcase_add_test(tc, waiting__what_is_called_off_counts_no_longer);
}

int main(void)
{
	return check_main("waiting", add);
}
