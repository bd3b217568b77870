#include "core/idset.h"
#include "tests/core/scratch.h"

START_TEST(idset__holds_what_was_put_in_and_nothing_else)
{
	struct rng r = rng_seeded();
	struct ax_idset s = { 0 };
	enum { SPACE = 20000 };
	static uint8_t model[SPACE + 1];
	static bool in[SPACE + 1];
	size_t n = 0;
	ck_assert(!ax_idset_has(&s, 1, 0xff));
	for (int i = 0; i < 50000; i++) {
		uint64_t id = 1 + rng_below(&r, SPACE);
		uint8_t *flags = ax_idset_at(&s, id), bit = (uint8_t)(1u << rng_below(&r, 8));
		ck_assert_ptr_nonnull(flags);
		ck_assert_uint_eq(*flags, model[id]);
		*flags |= bit;
		model[id] |= bit;
		n += !in[id];
		in[id] = true;
	}
	ck_assert_uint_eq(s.n, n);
	for (uint64_t id = 1; id <= SPACE; id++)
		for (unsigned bit = 0; bit < 8; bit++)
			ck_assert_int_eq(ax_idset_has(&s, id, (uint8_t)(1u << bit)), (model[id] >> bit) & 1);
	ck_assert(!ax_idset_has(&s, SPACE + 1, 0xff));
	ax_idset_fini(&s);
}
END_TEST

START_TEST(idset__takes_ids_of_every_size)
{
	struct ax_idset s = { 0 };
	for (unsigned i = 0; i < 64; i++)
		*ax_idset_at(&s, UINT64_C(1) << i) = 1;
	*ax_idset_at(&s, UINT64_MAX) = 2;
	ck_assert_uint_eq(s.n, 65);
	for (unsigned i = 0; i < 64; i++)
		ck_assert(ax_idset_has(&s, UINT64_C(1) << i, 1));
	ck_assert(ax_idset_has(&s, UINT64_MAX, 2) && !ax_idset_has(&s, UINT64_MAX, 1));
	ax_idset_fini(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, idset__holds_what_was_put_in_and_nothing_else);
	tcase_add_test(tc, idset__takes_ids_of_every_size);
}

int main(void)
{
	return check_main("idset", add);
}
