#include "dnsd/slab.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKS = 4000 };

static struct {
	uint32_t ref;
	size_t n;
	uint8_t mark;
} block[BLOCKS];

static size_t some_size(uint64_t *seed)
{
	uint64_t kind = check_random(seed) % 100;
	if (kind < 80)
		return 1 + check_random(seed) % 128;
	if (kind < 98)
		return 1 + check_random(seed) % 5000;
	return 1 + check_random(seed) % 300000;
}

static void take(unsigned i, size_t n, uint8_t mark)
{
	block[i].ref = slab_alloc(n);
	block[i].n = n;
	block[i].mark = mark;
	ck_assert_uint_ne(block[i].ref, 0);
	ck_assert_uint_eq(slab_ref(slab_at(block[i].ref)), block[i].ref);
	memset(slab_at(block[i].ref), mark, n);
}

static void give(unsigned i)
{
	const uint8_t *p = slab_at(block[i].ref);
	size_t k = 0;
	while (k < block[i].n && p[k] == block[i].mark) /* an assertion writes to a file: not one an octet */
		k++;
	ck_assert_uint_eq(k, block[i].n);
	slab_free(block[i].ref);
	block[i].ref = 0;
}

START_TEST(slab__blocks_of_all_sizes_keep_apart)
{
	uint64_t seed = check_seed();
	size_t before = slab_use().blocks;
	for (unsigned round = 0; round < 40000; round++) {
		unsigned i = (unsigned)(check_random(&seed) % BLOCKS);
		if (block[i].ref)
			give(i);
		else
			take(i, some_size(&seed), (uint8_t)round);
	}
	for (unsigned i = 0; i < BLOCKS; i++)
		if (block[i].ref)
			give(i);
	ck_assert_uint_eq(slab_use().blocks, before);
	ck_assert_uint_eq(slab_use().pages, 0);
}
END_TEST

START_TEST(slab__every_size_is_served_and_little_is_lost)
{
	for (size_t n = 1; n < 200000; n += 1 + n / 50) {
		size_t before = slab_use().blocks;
		uint32_t ref = slab_alloc(n);
		size_t size = slab_use().blocks - before;
		ck_assert_uint_ge(size, n);
		if (n <= SLAB_PAGE / 2)
			ck_assert_uint_le(size, n + (n <= 512 ? 7 : n / 8 + 8));
		memset(slab_at(ref), 1, n);
		if (n % 64 == 0 && n <= 512)
			ck_assert_uint_eq((uintptr_t)slab_at(ref) % 64, 0);
		slab_free(ref);
	}
	slab_free(0);
}
END_TEST

static size_t resident(void)
{
	char line[200];
	unsigned long kib = 0;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	while (fgets(line, sizeof line, f) && !sscanf(line, "Anonymous: %lu", &kib))
		;
	fclose(f);
	return kib * 1024;
}

START_TEST(slab__what_is_given_back_is_the_kernels_again)
{
	enum { MANY = 500000 }; /* of 64 octets: 32 MB */
	uint32_t *ref = malloc(MANY * sizeof *ref);
	ck_assert_ptr_nonnull(ref);
	memset(ref, 1, MANY * sizeof *ref);
	size_t before = resident();
	for (unsigned i = 0; i < MANY; i++)
		memset(slab_at(ref[i] = slab_alloc(64)), 1, 64);
	ck_assert_uint_gt(resident(), before + 20000000);
	for (unsigned i = 0; i < MANY; i++)
		slab_free(ref[i]);
#ifndef __SANITIZE_THREAD__ /* whose shadow of the memory stays */
	ck_assert_uint_lt(resident(), before + 5 * SLAB_CHUNK + 2000000);
#endif
	ck_assert_uint_eq(slab_use().pages, 0);
	free(ref);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, slab__blocks_of_all_sizes_keep_apart);
	tcase_add_test(tc, slab__every_size_is_served_and_little_is_lost);
	tcase_add_test(tc, slab__what_is_given_back_is_the_kernels_again);
}

int main(void)
{
	return check_main("slab", add);
}
