#include "core/hash.h"

#include <string.h>

#include "tests/check.h"

static void is_hex(struct ax_id id, const char *want)
{
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, &id);
	ck_assert_str_eq(hex, want);
}

/* Frozen: the format. Computed with another BLAKE2b (Python's hashlib). */
START_TEST(hash__object_ids_are_frozen)
{
	is_hex(ax_hash_object(AX_KIND_LEAF, ax_slice_str("abc")),
	       "746f0c7ed05639ebf5d7fab9ac222bbfd2d7d6b603c1823f95b809a67fd53f2c");
	is_hex(ax_hash_object(AX_KIND_COMMIT, ax_slice(NULL, 0)),
	       "3e885f4526b6c7ab4b3dbfee111e27aca1be2977b0438b36893223097e9adc11");
	is_hex(ax_hash_bytes(ax_slice_str("abc")),
	       "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}
END_TEST

START_TEST(hash__kind_is_part_of_the_id)
{
	struct ax_id a = ax_hash_object(AX_KIND_LEAF, ax_slice_str("x"));
	struct ax_id b = ax_hash_object(AX_KIND_BLOB, ax_slice_str("x"));
	ck_assert(!ax_id_eq(&a, &b));
}
END_TEST

/* The first and the 16th vector of the SipHash paper's reference implementation. */
START_TEST(hash__sip_is_siphash_2_4)
{
	uint8_t key[16], in[15];
	for (unsigned i = 0; i < 16; i++)
		key[i] = (uint8_t)i;
	for (unsigned i = 0; i < 15; i++)
		in[i] = (uint8_t)i;
	ck_assert(ax_hash_sip(key, ax_slice(in, 15)) == UINT64_C(0xa129ca6149be45e5));
	ck_assert(ax_hash_sip(key, ax_slice(in, 0)) == UINT64_C(0x726fdb47dd0e0e31));
}
END_TEST

START_TEST(hash__id_reads_back_from_hex_in_either_case)
{
	struct ax_id id = ax_hash_bytes(ax_slice_str("abc")), back;
	char hex[AX_ID_HEX + 1], brief[AX_ID_SHORT + 1];
	ax_id_hex(hex, &id);
	ax_id_short(brief, &id);
	ck_assert(strncmp(hex, brief, AX_ID_SHORT) == 0 && strlen(brief) == AX_ID_SHORT);
	ck_assert_int_eq(ax_id_parse(&back, hex), AX_OK);
	ck_assert(ax_id_eq(&id, &back));
	for (char *p = hex; *p; p++)
		if (*p >= 'a')
			*p = (char)(*p - 32);
	ck_assert_int_eq(ax_id_parse(&back, hex), AX_OK);
	ck_assert(ax_id_eq(&id, &back));
}
END_TEST

START_TEST(hash__what_is_no_full_id_is_refused)
{
	struct ax_id id;
	char hex[AX_ID_HEX + 2];
	memset(hex, 'a', sizeof hex);
	hex[AX_ID_HEX] = 0;
	ck_assert_int_eq(ax_id_parse(&id, hex), AX_OK);
	hex[5] = 'g';
	ck_assert_int_eq(ax_id_parse(&id, hex), AX_EINVAL);
	hex[5] = ' ';
	ck_assert_int_eq(ax_id_parse(&id, hex), AX_EINVAL);
	hex[5] = 'a';
	hex[AX_ID_HEX - 1] = 0;
	ck_assert_int_eq(ax_id_parse(&id, hex), AX_EINVAL);
	ck_assert(ax_id_zero(&id));
	ck_assert_int_eq(ax_id_parse(&id, ""), AX_EINVAL);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, hash__object_ids_are_frozen);
	tcase_add_test(tc, hash__kind_is_part_of_the_id);
	tcase_add_test(tc, hash__sip_is_siphash_2_4);
	tcase_add_test(tc, hash__id_reads_back_from_hex_in_either_case);
	tcase_add_test(tc, hash__what_is_no_full_id_is_refused);
}

int main(void)
{
	if (ax_hash_init())
		return 1;
	return check_main("hash", add);
}
