#include <string.h>

#include "core/hash.h"
#include "dnsd/canary.h"
#include "tests/check.h"

static struct net net_of(const char *text)
{
	struct net n;
	ck_assert_int_eq(net_parse(&n, text, strlen(text)), AX_OK);
	return n;
}

/* The share of 100,000 prefixes of a family, picked at random, in hundredths of a percent. */
static uint32_t share(const struct canary *c, unsigned family, uint64_t *state)
{
	uint32_t taken = 0;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t r = check_random(state);
		uint8_t b[6] = { (uint8_t)r,         (uint8_t)(r >> 8),  (uint8_t)(r >> 16),
				 (uint8_t)(r >> 24), (uint8_t)(r >> 32), (uint8_t)(r >> 40) };
		struct net n;
		ck_assert(net_take(&n, family, family == 4 ? 24 : 48, ax_slice(b, family == 4 ? 3 : 6)));
		taken += canary_takes(c, &n);
	}
	return taken / 10;
}

START_TEST(canary__share_is_within_half_a_percentage_point)
{
	static const uint32_t parts[] = { 500, 5000 };
	uint64_t state = check_seed();
	for (unsigned salt = 0; salt < 10; salt++)
		for (unsigned i = 0; i < 2; i++)
			for (unsigned family = 4; family <= 6; family += 2) {
				struct canary c;
				char text[20];
				snprintf(text, sizeof text, "salt %u", salt);
				canary_init(&c, text, parts[i]);
				int got = (int)share(&c, family, &state);
				ck_assert_int_ge(got, (int)parts[i] - 50);
				ck_assert_int_le(got, (int)parts[i] + 50);
			}
}
END_TEST

START_TEST(canary__hash_is_siphash_2_4_keyed_by_blake2b_128_of_the_salt)
{
	/* Computed apart, with Python's hashlib.blake2b(digest_size=16) and a SipHash-2-4 written from its paper. */
	struct canary c;
	struct net four = net_of("192.0.2.77"), six = net_of("2001:db8:1:2::3");
	canary_init(&c, "fleet", 1);
	ck_assert_uint_eq(canary_hash(c.key, &four), UINT64_C(0xdfeeacc9e62c6589));
	ck_assert_uint_eq(canary_hash(c.key, &six), UINT64_C(0x78ef79f37fc4c23d));
}
END_TEST

START_TEST(canary__all_of_a_24_or_a_48_are_on_one_side)
{
	struct canary c;
	struct net a = net_of("192.0.2.1"), b = net_of("192.0.2.255"), d = net_of("192.0.2.0/24");
	struct net e = net_of("2001:db8:7::1"), f = net_of("2001:db8:7:ffff::/64");
	canary_init(&c, "salt", 5000);
	ck_assert_uint_eq(canary_hash(c.key, &a), canary_hash(c.key, &b));
	ck_assert_uint_eq(canary_hash(c.key, &a), canary_hash(c.key, &d));
	ck_assert_uint_eq(canary_hash(c.key, &e), canary_hash(c.key, &f));
	ck_assert_uint_ne(canary_hash(c.key, &a), canary_hash(c.key, &e));
}
END_TEST

START_TEST(canary__more_percent_only_add_clients)
{
	struct canary less, more, none, all;
	struct net nobody = { 0 };
	canary_init(&less, "salt", 500);
	canary_init(&more, "salt", 1000);
	canary_init(&none, "salt", 0);
	canary_init(&all, "salt", CANARY_PARTS);
	for (unsigned i = 0; i < 10000; i++) {
		struct net n = { .family = 4, .bits = 24, .b = { 10, (uint8_t)(i >> 8), (uint8_t)i } };
		ck_assert(!canary_takes(&less, &n) || canary_takes(&more, &n));
		ck_assert(!canary_takes(&none, &n) && canary_takes(&all, &n));
	}
	ck_assert(!canary_takes(&all, &nobody));
}
END_TEST

START_TEST(canary__percentages_have_at_most_two_decimals)
{
	static const char *const good[] = { "0", "5", "0.25", "12.5", "100", "100.00", "007" };
	static const uint32_t parts[] = { 0, 500, 25, 1250, 10000, 10000, 700 };
	static const char *const bad[] = {
		"", ".5", "5.", "5.125", "101", "100.01", "-1", "5%", "1e1", "99999999999"
	};
	uint32_t got;
	for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++) {
		ck_assert_int_eq(canary_parts(&got, good[i]), AX_OK);
		ck_assert_uint_eq(got, parts[i]);
	}
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(canary_parts(&got, bad[i]), AX_EINVAL);
}
END_TEST

START_TEST(net__text_is_read_and_refused)
{
	static const char *const bad[] = { "",          "1.2.3",     "1.2.3.4/",     "1.2.3.4/33",
					   "1.2.3.4/8", "::1/129",   "1.2.3.4/+8",   "1::2::3",
					   "1.2.3.4 ",  "a.example", "10.0.0.0/0008" };
	struct net n;
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(net_parse(&n, bad[i], strlen(bad[i])) == AX_EINVAL, "%s", bad[i]);
	n = net_of("2001:db8::/33");
	ck_assert_uint_eq(n.bits, 33);
	n = net_of("0.0.0.0/0");
	ck_assert_uint_eq(n.bits, 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, canary__share_is_within_half_a_percentage_point);
	tcase_add_test(tc, canary__hash_is_siphash_2_4_keyed_by_blake2b_128_of_the_salt);
	tcase_add_test(tc, canary__all_of_a_24_or_a_48_are_on_one_side);
	tcase_add_test(tc, canary__more_percent_only_add_clients);
	tcase_add_test(tc, canary__percentages_have_at_most_two_decimals);
	tcase_add_test(tc, net__text_is_read_and_refused);
}

int main(void)
{
	return ax_hash_init() ? 1 : check_main("canary", add);
}
