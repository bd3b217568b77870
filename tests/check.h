/* check.h - what every unit test includes: libcheck, and the one way to run a program's tests.
 *
 *     START_TEST(name__label_of_64_octets_is_refused) { ck_assert(...); } END_TEST
 *     int main(void)
 *     {
 *             const TTest *const tests[] = { name__label_of_64_octets_is_refused };
 *             return check_run("name", tests, sizeof tests / sizeof *tests);
 *     } */
#ifndef AX_TESTS_CHECK_H
#define AX_TESTS_CHECK_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline int check_run(const char *suite_name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(suite_name);
	TCase *tcase = tcase_create(suite_name);
	tcase_set_timeout(tcase, 0);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
