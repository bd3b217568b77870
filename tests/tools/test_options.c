/* Options among words, and how far two words are apart. */
#include "tools/options.h"
#include "tests/check.h"

#include <string.h>

static const char *message, *number;
static struct option_list hosts;
static bool merge;
static const struct option table[] = {
	{ "message", 'm', "TEXT", "", &message, NULL, NULL },
	{ "ns", 0, "HOST", "", NULL, &hosts, NULL },
	{ "merge", 'M', NULL, "", NULL, NULL, &merge },
	{ "max-count", 'n', "N", "", &number, NULL, NULL },
	{ 0 },
};

static enum ax_err parse(struct words *w, char **v, bool stop, int *used)
{
	static char *room[32];
	int argc = 0;
	while (v[argc])
		argc++;
	message = NULL;
	free(hosts.v);
	hosts = (struct option_list){ 0 };
	merge = false;
	w->v = room;
	return options_parse(w, used, argc, v, table, NULL, stop);
}

#define WORDS(...)                \
	(char *[])                \
	{                         \
		__VA_ARGS__, NULL \
	}

START_TEST(options__stand_anywhere_in_every_spelling)
{
	struct words w;
	ck_assert_int_eq(parse(&w, WORDS("a", "-m", "x", "b", "--ns=1", "--ns", "2", "-M", "-"), false, NULL), AX_OK);
	ck_assert_int_eq(w.n, 3);
	ck_assert_str_eq(w.v[1], "b");
	ck_assert_str_eq(w.v[2], "-");
	ck_assert_str_eq(message, "x");
	ck_assert_uint_eq(hosts.n, 2);
	ck_assert_str_eq(hosts.v[1], "2");
	ck_assert(merge);
	ck_assert_int_eq(parse(&w, WORDS("-mtext", "--message="), false, NULL), AX_OK);
	ck_assert_str_eq(message, "");
}
END_TEST

START_TEST(options__a_count_needs_no_letter)
{
	struct words w;
	uint64_t n;
	ck_assert_int_eq(parse(&w, WORDS("a", "-12", "b"), false, NULL), AX_OK);
	ck_assert_str_eq(number, "12");
	ck_assert_int_eq(w.n, 2);
	ck_assert_int_eq(options_number(&n, "max-count", number, 7), AX_OK);
	ck_assert_uint_eq(n, 12);
	ck_assert_int_eq(parse(&w, WORDS("-12x"), false, NULL), AX_EUSAGE);
	ck_assert_int_eq(options_number(&n, "max-count", NULL, 7), AX_OK);
	ck_assert_uint_eq(n, 7);
	ck_assert_int_eq(options_number(&n, "max-count", "99999999999999999999", 7), AX_EUSAGE);
	ck_assert_int_eq(options_number(&n, "max-count", "-1", 7), AX_EUSAGE);
}
END_TEST

START_TEST(options__end_at_two_dashes)
{
	struct words w;
	ck_assert_int_eq(parse(&w, WORDS("a", "--", "-m", "--"), false, NULL), AX_OK);
	ck_assert_int_eq(w.n, 3);
	ck_assert_str_eq(w.v[1], "-m");
	ck_assert_str_eq(w.v[2], "--");
	ck_assert_ptr_null(message);
}
END_TEST

START_TEST(options__stop_at_the_first_word_when_told)
{
	struct words w;
	int used;
	ck_assert_int_eq(parse(&w, WORDS("--merge", "verb", "-m", "x"), true, &used), AX_OK);
	ck_assert_int_eq(used, 1);
	ck_assert_int_eq(w.n, 0);
	ck_assert(merge);
}
END_TEST

START_TEST(options__wrong_ones_are_usage_errors_with_a_hint)
{
	struct words w;
	ck_assert_int_eq(parse(&w, WORDS("--mesage=x"), false, NULL), AX_EUSAGE);
	ck_assert_ptr_nonnull(strstr(ax_err_text(AX_EUSAGE), "did you mean --message?"));
	ck_assert_int_eq(parse(&w, WORDS("-x"), false, NULL), AX_EUSAGE);
	ck_assert_int_eq(parse(&w, WORDS("-Mx"), false, NULL), AX_EUSAGE);
	ck_assert_int_eq(parse(&w, WORDS("--merge=yes"), false, NULL), AX_EUSAGE);
	ck_assert_int_eq(parse(&w, WORDS("a", "-m"), false, NULL), AX_EUSAGE);
	ck_assert_ptr_nonnull(strstr(ax_err_text(AX_EUSAGE), "needs a value"));
}
END_TEST

START_TEST(options__distance_counts_single_edits)
{
	ck_assert_uint_eq(options_distance("import", "import"), 0);
	ck_assert_uint_eq(options_distance("imoprt", "import"), 1);
	ck_assert_uint_eq(options_distance("imprt", "import"), 1);
	ck_assert_uint_eq(options_distance("sat", "set"), 1);
	ck_assert_uint_eq(options_distance("", "set"), 3);
	char longest[100];
	memset(longest, 'x', 99);
	longest[99] = 0;
	ck_assert_uint_eq(options_distance(longest, ""), 32);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, options__stand_anywhere_in_every_spelling);
	tcase_add_test(tc, options__a_count_needs_no_letter);
	tcase_add_test(tc, options__end_at_two_dashes);
	tcase_add_test(tc, options__stop_at_the_first_word_when_told);
	tcase_add_test(tc, options__wrong_ones_are_usage_errors_with_a_hint);
	tcase_add_test(tc, options__distance_counts_single_edits);
}

int main(void)
{
	return check_main("options", add);
}
