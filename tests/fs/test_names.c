/* names.c: what a file name in a record tree means. */
#include "fs/names.h"
#include "tests/check.h"

#include <string.h>

static enum names_kind file(const char *name)
{
	uint16_t type;
	char hint[200];
	return names_file(&type, hint, name);
}

static enum names_kind dir(const char *name)
{
	char hint[200];
	return names_dir(hint, name);
}

START_TEST(names__a_type_in_upper_case_is_a_record)
{
	uint16_t type;
	char hint[200];
	ck_assert_int_eq(names_file(&type, hint, "AAAA"), NAMES_RECORD);
	ck_assert_int_eq(type, AX_TYPE_AAAA);
	ck_assert_int_eq(names_file(&type, hint, "TYPE65280"), NAMES_RECORD);
	ck_assert_int_eq(type, 65280);
}
END_TEST

START_TEST(names__a_type_in_another_spelling_is_refused_with_a_hint)
{
	static const char *const bad[] = { "a", "Aaaa", "mx", "type65280", "TYPE1", "Type28" };
	uint16_t type;
	char hint[200];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(names_file(&type, hint, bad[i]) == NAMES_REFUSED, "%s", bad[i]);
		ck_assert_int_eq(type, 0);
	}
	names_file(&type, hint, "mx");
	ck_assert_ptr_nonnull(strstr(hint, "MX"));
}
END_TEST

START_TEST(names__a_type_that_no_zone_holds_is_refused)
{
	static const char *const bad[] = { "ANY", "AXFR", "OPT", "TYPE0", "TSIG" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(file(bad[i]) == NAMES_REFUSED, "%s", bad[i]);
}
END_TEST

START_TEST(names__what_editors_make_is_scratch)
{
	static const char *const scratch[] = { ".A.swp",     "4913",     "A~",          "sedXyz123",
					       ".A.Ab12Cd",  ".#A",      "tmpab12cd_9", "A.bak",
					       "A.rejected", "XXabcdef", "DEADJOE",     "A.save" };
	for (size_t i = 0; i < sizeof(scratch) / sizeof(scratch[0]); i++)
		ck_assert_msg(file(scratch[i]) == NAMES_SCRATCH, "%s", scratch[i]);
}
END_TEST

START_TEST(names__a_label_is_a_directory_in_lower_case)
{
	static const char *const labels[] = { "www", "_tcp", "*", "xn--bcher-kva", "4913", "a\\046b", "a" };
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		ck_assert_msg(dir(labels[i]) == NAMES_LABEL, "%s", labels[i]);
}
END_TEST

START_TEST(names__what_is_meant_as_a_label_but_is_none_is_refused_with_a_hint)
{
	char hint[200], many[65];
	ck_assert_int_eq(names_dir(hint, "Www"), NAMES_REFUSED);
	ck_assert_ptr_nonnull(strstr(hint, "lower case"));
	ck_assert_int_eq(names_dir(hint, "www.dev"), NAMES_REFUSED);
	ck_assert_ptr_nonnull(strstr(hint, "dev/www"));
	memset(many, 'a', 64);
	many[64] = 0;
	ck_assert_int_eq(names_dir(hint, many), NAMES_REFUSED);
	ck_assert_ptr_nonnull(strstr(hint, "63"));
	many[63] = 0;
	ck_assert_int_eq(names_dir(hint, many), NAMES_LABEL);
	ck_assert_int_eq(names_dir(hint, "a\\097"), NAMES_REFUSED);
}
END_TEST

START_TEST(names__rsyncs_directory_is_scratch)
{
	ck_assert_int_eq(dir(".~tmp~"), NAMES_SCRATCH);
	ck_assert_int_eq(dir("backup~"), NAMES_SCRATCH);
	ck_assert_int_eq(dir(".git"), NAMES_SCRATCH);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, names__a_type_in_upper_case_is_a_record);
	tcase_add_test(tc, names__a_type_in_another_spelling_is_refused_with_a_hint);
	tcase_add_test(tc, names__a_type_that_no_zone_holds_is_refused);
	tcase_add_test(tc, names__what_editors_make_is_scratch);
	tcase_add_test(tc, names__a_label_is_a_directory_in_lower_case);
	tcase_add_test(tc, names__what_is_meant_as_a_label_but_is_none_is_refused_with_a_hint);
	tcase_add_test(tc, names__rsyncs_directory_is_scratch);
}

int main(void)
{
	return check_main("names", add);
}
