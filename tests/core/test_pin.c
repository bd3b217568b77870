#include "core/pin.h"
#include "tests/core/scratch.h"

START_TEST(pin__is_counted_and_leaves_nothing)
{
	char dir[] = "/tmp/apextest.pin.XXXXXX", own[64];
	struct ax_id id = { { 1 } };
	struct ax_pins *p;
	uint64_t n;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	OK(ax_pins_open(&p, dir));
	OK(ax_pins_add(p, &id));
	OK(ax_pins_count(&n, dir));
	ck_assert_uint_eq(n, 1);
	snprintf(own, sizeof own, "%s/pins/%ld.0", dir, (long)getpid());
	ck_assert_int_eq(access(own, F_OK), 0);
	ax_pins_close(p);
	ck_assert_int_ne(access(own, F_OK), 0);
	scratch_remove(dir);
}
END_TEST

/* rm -r of a repository that a program is just leaving must find the folder as empty as it made it. */
START_TEST(pin__does_not_begin_a_removed_repository_again)
{
	char dir[] = "/tmp/apextest.pin.XXXXXX";
	struct ax_id id = { { 1 } };
	struct ax_pins *p;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	OK(ax_pins_open(&p, dir));
	OK(ax_pins_add(p, &id));
	scratch_remove(dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0); /* rm has emptied it, and not removed it yet */
	ax_pins_drop(p, &id);
	ax_pins_close(p);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, pin__is_counted_and_leaves_nothing);
	tcase_add_test(tc, pin__does_not_begin_a_removed_repository_again);
}

int main(void)
{
	return check_main("pin", add);
}
