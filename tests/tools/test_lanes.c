#include "tools/lanes.h"
#include "tests/core/scratch.h"

struct drawing {
	struct lanes lanes;
	struct ax_buf out;
};

static void commit(struct drawing *d, uint64_t local, unsigned parents, uint64_t first, uint64_t second)
{
	struct ax_commit_info info = { .local = local, .parents = parents, .parent = { first, second } };
	struct ax_buf mark = AX_BUF_INIT, fork = AX_BUF_INIT;
	OK(lanes_commit(&d->out, &mark, &fork, &d->lanes, &info));
	ax_buf_printf(&d->out, "%s%llu\n%s", ax_buf_cstr(&mark), (unsigned long long)local, ax_buf_cstr(&fork));
	ax_buf_fini(&mark);
	ax_buf_fini(&fork);
}

static void is_drawn(struct drawing *d, const char *wanted)
{
	ck_assert_str_eq(ax_buf_cstr(&d->out), wanted);
	ax_buf_fini(&d->out);
	lanes_fini(&d->lanes);
}

START_TEST(lanes__one_line_of_descent_is_one_lane)
{
	struct drawing d = { 0 };
	commit(&d, 3, 1, 2, 0);
	commit(&d, 2, 1, 1, 0);
	commit(&d, 1, 0, 0, 0);
	is_drawn(&d, "* 3\n* 2\n* 1\n");
}
END_TEST

START_TEST(lanes__a_merge_forks_and_its_parents_meet_again)
{
	struct drawing d = { 0 };
	commit(&d, 5, 2, 4, 3);
	commit(&d, 4, 1, 2, 0);
	commit(&d, 3, 1, 2, 0);
	commit(&d, 2, 1, 1, 0);
	commit(&d, 1, 0, 0, 0);
	is_drawn(&d, "* 5\n|\\\n* | 4\n| * 3\n|/\n* 2\n* 1\n");
}
END_TEST

START_TEST(lanes__criss_cross_keeps_both_lines)
{
	struct drawing d = { 0 };
	commit(&d, 7, 2, 5, 6);
	commit(&d, 6, 2, 4, 3);
	commit(&d, 5, 2, 3, 4);
	commit(&d, 4, 1, 2, 0);
	commit(&d, 3, 1, 2, 0);
	commit(&d, 2, 0, 0, 0);
	is_drawn(&d, "* 7\n|\\\n| * 6\n| |\\\n* | | 5\n|\\ \\ \\\n| |/ /\n| * | 4\n|_|/\n* | 3\n|/\n* 2\n");
}
END_TEST

START_TEST(lanes__a_second_root_ends_its_lane)
{
	struct drawing d = { 0 };
	commit(&d, 4, 2, 1, 3);
	commit(&d, 3, 1, 2, 0);
	commit(&d, 2, 0, 0, 0);
	commit(&d, 1, 0, 0, 0);
	is_drawn(&d, "* 4\n|\\\n| * 3\n| * 2\n* 1\n");
}
END_TEST

START_TEST(lanes__what_stands_before_other_lines_follows_the_lanes)
{
	struct drawing d = { 0 };
	commit(&d, 5, 2, 4, 3);
	ax_buf_clear(&d.out);
	lanes_rest(&d.out, &d.lanes);
	ck_assert_str_eq(ax_buf_cstr(&d.out), "| | ");
	commit(&d, 4, 0, 0, 0);
	ax_buf_clear(&d.out);
	lanes_rest(&d.out, &d.lanes);
	is_drawn(&d, "  | ");
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, lanes__one_line_of_descent_is_one_lane);
	tcase_add_test(tc, lanes__a_merge_forks_and_its_parents_meet_again);
	tcase_add_test(tc, lanes__criss_cross_keeps_both_lines);
	tcase_add_test(tc, lanes__a_second_root_ends_its_lane);
	tcase_add_test(tc, lanes__what_stands_before_other_lines_follows_the_lanes);
}

int main(void)
{
	return check_main("lanes", add);
}
