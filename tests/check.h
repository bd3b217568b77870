/* check.h - what every unit test's main() is: one suite, one case, run in this process, nonzero on failure.
 *
 *     START_TEST(name__label_of_64_octets_is_refused) ... END_TEST
 *     static void add(TCase *tc) { tcase_add_test(tc, name__label_of_64_octets_is_refused); }
 *     int main(void) { return check_main("name", add); }
 */
#ifndef AX_TESTS_CHECK_H
#define AX_TESTS_CHECK_H

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static inline int check_main(const char *suite, void (*add)(TCase *))
{
	Suite *s = suite_create(suite);
	TCase *tc = tcase_create(suite);
	tcase_set_timeout(tc, 600);
	add(tc);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}

/* The seed of a property test: APEX_SEED or a fixed one; printed, so that a failure can be run again. */
static inline uint64_t check_seed(void)
{
	const char *s = getenv("APEX_SEED");
	uint64_t seed = s ? strtoull(s, NULL, 0) : 20261121;
	printf("seed %" PRIu64 "\n", seed);
	return seed;
}

/* xorshift64*: the next of a reproducible sequence. */
static inline uint64_t check_random(uint64_t *state)
{
	uint64_t x = *state ? *state : 1;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * UINT64_C(2685821657736338717);
}

#endif
