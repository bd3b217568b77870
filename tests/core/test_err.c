#include "core/err.h"

#include <string.h>

#include "tests/check.h"

static const enum ax_err all[] = {
#define X(name, sentence, errno_value, status) name,
	AX_ERRORS(X)
#undef X
};

START_TEST(err__each_has_name_sentence_errno_and_status)
{
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		ck_assert_uint_eq(all[i], i);
		ck_assert(strncmp(ax_err_name(all[i]), "AX_", 3) == 0);
		ck_assert_uint_gt(strlen(ax_err_sentence(all[i])), 3);
		bool harmless = all[i] == AX_OK || all[i] == AX_ENOCHANGE;
		ck_assert_int_eq(ax_err_errno(all[i]) == 0, harmless);
		ck_assert_int_eq(ax_err_status(all[i]) == 0, harmless);
	}
}
END_TEST

START_TEST(err__statuses_are_those_of_the_command_line)
{
	ck_assert_int_eq(ax_err_status(AX_EINVAL), 1);
	ck_assert_int_eq(ax_err_status(AX_EUSAGE), 2);
	ck_assert_int_eq(ax_err_status(AX_ENOREPO), 3);
	ck_assert_int_eq(ax_err_status(AX_EGUARD), 4);
	ck_assert_int_eq(ax_err_status(AX_ECONFLICT), 5);
	ck_assert_int_eq(ax_err_status(AX_EPERM), 7);
	ck_assert_int_eq(ax_err_status(AX_EIO), 70);
	ck_assert_int_eq(ax_err_errno(AX_EINVAL), EBADMSG);
	ck_assert_int_eq(ax_err_errno(AX_EPROTECTED), EROFS);
	ck_assert_int_eq(ax_err_errno(AX_EROFS), EROFS);
}
END_TEST

START_TEST(err__number_out_of_range_is_an_internal_error)
{
	ck_assert_str_eq(ax_err_name((enum ax_err)9999), "AX_EINTERNAL");
	ck_assert_int_eq(ax_err_status((enum ax_err)9999), 70);
}
END_TEST

START_TEST(err__text_is_kept_for_its_error_only)
{
	ax_err_clear();
	ck_assert_str_eq(ax_err_text(AX_EINVAL), ax_err_sentence(AX_EINVAL));
	ck_assert_int_eq(ax_fail(AX_EINVAL, "file:%d", 7), AX_EINVAL);
	ck_assert_str_eq(ax_err_text(AX_EINVAL), "file:7");
	ck_assert_str_eq(ax_err_text(AX_EIO), ax_err_sentence(AX_EIO));
	ax_err_clear();
	ck_assert_str_eq(ax_err_text(AX_EINVAL), ax_err_sentence(AX_EINVAL));
}
END_TEST

START_TEST(err__text_may_be_wrapped_in_a_new_one)
{
	(void)ax_fail(AX_EINVAL, "why");
	(void)ax_fail(AX_EINVAL, "line 3: %s", ax_err_text(AX_EINVAL));
	ck_assert_str_eq(ax_err_text(AX_EINVAL), "line 3: why");
}
END_TEST

START_TEST(err__control_bytes_are_replaced_and_length_is_bounded)
{
	char big[3000];
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = 0;
	(void)ax_fail(AX_EINVAL, "a\nb\033[31m%s", big);
	ck_assert(strncmp(ax_err_text(AX_EINVAL), "a?b?[31mxxx", 11) == 0);
	ck_assert_uint_eq(strlen(ax_err_text(AX_EINVAL)), 1023);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, err__each_has_name_sentence_errno_and_status);
	tcase_add_test(tc, err__statuses_are_those_of_the_command_line);
	tcase_add_test(tc, err__number_out_of_range_is_an_internal_error);
	tcase_add_test(tc, err__text_is_kept_for_its_error_only);
	tcase_add_test(tc, err__text_may_be_wrapped_in_a_new_one);
	tcase_add_test(tc, err__control_bytes_are_replaced_and_length_is_bounded);
}

int main(void)
{
	return check_main("err", add);
}
