/* zonefile.c: the line that a zone's text begins with. What the text does to the tip: tests/cli/edit.sh and
 * tests/mount/zonefiles.sh. */
#include "core/zonefile.h"
#include "tests/check.h"

#include <string.h>

static struct ax_id some_id(void)
{
	struct ax_id id;
	for (size_t i = 0; i < sizeof(id); i++)
		((uint8_t *)&id)[i] = (uint8_t)(3 * i + 1);
	return id;
}

static bool base_is(const char *before, const char *after)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_id id = some_id(), got = { 0 };
	ax_buf_str(&b, before);
	ax_zonefile_head(&b, &id);
	ax_buf_str(&b, after);
	bool found = ax_zonefile_base(&got, ax_buf_view(&b)) && ax_id_eq(&id, &got);
	ax_buf_fini(&b);
	return found;
}

START_TEST(zonefile__the_commit_is_read_back)
{
	ck_assert(base_is("", ""));
	ck_assert(base_is("", "@ SOA a b 1 2 3 4 5\n"));
	ck_assert(base_is("; not committed: line 3: what a pity\n", ""));
}
END_TEST

START_TEST(zonefile__a_commit_in_another_place_is_a_comment)
{
	ck_assert(!base_is("\n", ""));
	ck_assert(!base_is("; mine\n", ""));
	ck_assert(!base_is("; not committed: one\n; not committed: two\n", ""));
}
END_TEST

START_TEST(zonefile__what_is_too_short_names_no_commit)
{
	static const char *const texts[] = { "", ";", "; commit ", "; commit 12ab\n", "; not committed: x" };
	struct ax_id id;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert(!ax_zonefile_base(&id, ax_slice_str(texts[i])));
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, zonefile__the_commit_is_read_back);
	tcase_add_test(tc, zonefile__a_commit_in_another_place_is_a_comment);
	tcase_add_test(tc, zonefile__what_is_too_short_names_no_commit);
}

int main(void)
{
	return check_main("zonefile", add);
}
