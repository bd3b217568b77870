/* draft.c: the text of a record while it is open for writing. */
#include "fs/draft.h"

#include "core/rdata.h"
#include "tests/check.h"

#include <errno.h>
#include <string.h>

static struct ax_name apex, owner;
static size_t all;

static int check(struct draft *d)
{
	ck_assert_int_eq(ax_name_parse(&apex, "example.com.", 12, NULL), AX_OK);
	ck_assert_int_eq(ax_name_parse(&owner, "www.example.com.", 16, NULL), AX_OK);
	return draft_check_lines(d, &owner, &apex, AX_TYPE_A);
}

static int put(struct draft *d, const char *text)
{
	ck_assert_int_eq(draft_write(d, text, strlen(text), d->text.n), 0);
	return check(d);
}

START_TEST(draft__a_line_is_judged_when_it_is_complete)
{
	struct draft *d = draft_new(1, &all);
	ck_assert_int_eq(put(d, "1.2.3.4\n1.2."), 0);
	ck_assert_int_eq(put(d, "3.5\nbad"), 0);
	ck_assert_int_eq(put(d, "\n"), EBADMSG);
	ck_assert_int_eq(draft_refused(d), EBADMSG);
	ck_assert_ptr_nonnull(strstr(d->reason, "line 3"));
	draft_free(d);
}
END_TEST

START_TEST(draft__a_refusal_holds_until_the_text_changes)
{
	struct draft *d = draft_new(1, &all);
	ck_assert_int_eq(put(d, "bad\n"), EBADMSG);
	ck_assert_int_eq(draft_refused(d), EBADMSG);
	ck_assert_int_eq(draft_truncate(d, 0), 0);
	ck_assert_int_eq(draft_refused(d), 0);
	ck_assert_int_eq(put(d, "1.2.3.4\n"), 0);
	draft_free(d);
}
END_TEST

START_TEST(draft__an_open_parenthesis_waits_for_its_end)
{
	struct draft *d = draft_new(1, &all);
	ck_assert_int_eq(put(d, "300 IN A (\n"), 0);
	ck_assert_int_eq(put(d, "1.2.3.4\n"), 0);
	ck_assert_int_eq(put(d, ")\n"), 0);
	ck_assert_int_eq(put(d, "bad\n"), EBADMSG);
	ck_assert_ptr_nonnull(strstr(d->reason, "line 4"));
	draft_free(d);
}
END_TEST

START_TEST(draft__a_nul_is_refused_at_once)
{
	struct draft *d = draft_new(1, &all);
	ck_assert_int_eq(draft_write(d, "1.2\0.3", 6, 0), 0);
	ck_assert_int_eq(check(d), EBADMSG);
	draft_free(d);
}
END_TEST

START_TEST(draft__what_is_not_written_in_sequence_is_judged_at_the_end_only)
{
	struct draft *d = draft_new(1, &all);
	ck_assert_int_eq(draft_write(d, "1.2.3.4\n", 8, 8), 0);
	ck_assert_int_eq(check(d), 0);
	ck_assert_int_eq(draft_write(d, "1.2.3.5\n", 8, 0), 0);
	ck_assert_int_eq(check(d), 0);
	ck_assert_uint_eq(d->text.n, 16);
	draft_free(d);
}
END_TEST

START_TEST(draft__an_rrset_is_bounded)
{
	struct draft *d = draft_new(1, &all);
	ck_assert_int_eq(draft_write(d, "x", 1, DRAFT_MAX), EFBIG);
	ck_assert_int_eq(draft_write(d, "x", 1, UINT64_MAX), EFBIG);
	ck_assert_int_eq(draft_truncate(d, (uint64_t)DRAFT_MAX + 1), EFBIG);
	ck_assert_uint_eq(d->text.n, 0);
	draft_free(d);
}
END_TEST

START_TEST(draft__truncating_alone_is_shown_and_not_dirty)
{
	struct draft *d = draft_new(1, &all);
	ck_assert_int_eq(draft_truncate(d, 0), 0);
	ck_assert(d->shown && !d->dirty);
	ck_assert_int_eq(draft_write(d, "x", 1, 0), 0);
	ck_assert(d->dirty);
	draft_free(d);
}
END_TEST

START_TEST(draft__a_save_of_an_older_text_leaves_it_dirty)
{
	struct draft *d = draft_new(1, &all);
	ck_assert_int_eq(put(d, "1.2.3.4\n"), 0);
	uint64_t gen = d->gen;
	ck_assert_int_eq(put(d, "1.2.3.5\n"), 0);
	draft_saved(d, gen, 2);
	ck_assert(d->dirty && d->shown);
	ck_assert_uint_eq(d->base, 2);
	draft_saved(d, d->gen, 3);
	ck_assert(!d->dirty && !d->shown);
	draft_free(d);
}
END_TEST

START_TEST(draft__all_together_are_bounded)
{
	enum { N = DRAFTS_MAX / DRAFT_MAX };
	struct draft *d[N + 1];
	for (int i = 0; i <= N; i++)
		d[i] = draft_new(1, &all);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(draft_truncate(d[i], DRAFT_MAX), 0);
	ck_assert_int_eq(draft_write(d[N], "x", 1, 0), ENOSPC);
	ck_assert_int_eq(draft_write(d[0], "x", 1, 0), 0);
	ck_assert_int_eq(draft_truncate(d[0], 7), 0);
	ck_assert_int_eq(draft_write(d[N], "x", 1, 0), 0);
	ax_buf_str(&d[N]->text, "a text that was read in");
	ck_assert_int_eq(draft_loaded(d[N]), 0);
	ck_assert_uint_eq(d[N]->checked, d[N]->text.n);
	for (int i = 0; i <= N; i++)
		draft_free(d[i]);
	ck_assert_uint_eq(all, 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, draft__a_line_is_judged_when_it_is_complete);
	tcase_add_test(tc, draft__a_refusal_holds_until_the_text_changes);
	tcase_add_test(tc, draft__an_open_parenthesis_waits_for_its_end);
	tcase_add_test(tc, draft__a_nul_is_refused_at_once);
	tcase_add_test(tc, draft__what_is_not_written_in_sequence_is_judged_at_the_end_only);
	tcase_add_test(tc, draft__an_rrset_is_bounded);
	tcase_add_test(tc, draft__truncating_alone_is_shown_and_not_dirty);
	tcase_add_test(tc, draft__a_save_of_an_older_text_leaves_it_dirty);
	tcase_add_test(tc, draft__all_together_are_bounded);
}

int main(void)
{
	return check_main("draft", add);
}
