#include "dnsd/octets.h"
#include "tests/check.h"

enum { LONGEST = 300 };

START_TEST(octets__of_each_length_are_copied_and_nothing_beside_them)
{
	uint8_t from[LONGEST], to[LONGEST + 2];
	for (unsigned i = 0; i < LONGEST; i++)
		from[i] = (uint8_t)(i * 31 + 1);
	for (unsigned n = 0; n <= LONGEST; n++) {
		memset(to, 0, sizeof to);
		octets_copy(to + 1, from, n);
		ck_assert_int_eq(memcmp(to + 1, from, n), 0);
		ck_assert_uint_eq(to[0], 0);
		ck_assert_uint_eq(to[n + 1], 0);
	}
}
END_TEST

START_TEST(octets__of_each_length_are_the_same_unless_one_differs)
{
	uint8_t a[LONGEST], b[LONGEST];
	for (unsigned i = 0; i < LONGEST; i++)
		a[i] = b[i] = (uint8_t)i;
	for (unsigned n = 0; n <= LONGEST; n++) {
		ck_assert(octets_same(a, b, n));
		for (unsigned i = 0; i < LONGEST; i++) {
			b[i] ^= 0x80;
			ck_assert(octets_same(a, b, n) == (i >= n));
			b[i] ^= 0x80;
		}
	}
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, octets__of_each_length_are_copied_and_nothing_beside_them);
	tcase_add_test(tc, octets__of_each_length_are_the_same_unless_one_differs);
}

int main(void)
{
	return check_main("octets", add);
}
