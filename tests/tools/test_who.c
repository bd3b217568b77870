/* Names from the environment as a commit can carry them. */
#include "tools/who.h"
#include "tests/check.h"

#include <string.h>

static void cleans(const char *text, const char *wanted)
{
	char out[AX_PERSON_MAX + 1];
	who_clean(out, text);
	ck_assert_str_eq(out, wanted);
}

START_TEST(who__drops_what_a_commit_cannot_carry)
{
	cleans("A <evil>\nB", "A evilB");
	cleans("  blanks  ", "blanks");
	cleans("J\xc3\xbcrgen \x7f", "J\xc3\xbcrgen");
	cleans("<>", "");
}
END_TEST

START_TEST(who__cuts_long_names_between_characters)
{
	char in[3 * AX_PERSON_MAX], out[AX_PERSON_MAX + 1];
	size_t n = 0;
	in[n++] = 'x'; /* so that the limit falls inside a character */
	while (n + 2 < sizeof in) {
		in[n++] = (char)0xc3;
		in[n++] = (char)0xbc;
	}
	in[n] = 0;
	who_clean(out, in);
	ck_assert_uint_eq(strlen(out), AX_PERSON_MAX - 1);
	ck_assert_int_eq((unsigned char)out[strlen(out) - 1], 0xbc);
}
END_TEST

START_TEST(who__environment_names_the_author)
{
	struct who w;
	setenv("APEX_AUTHOR_NAME", "Some<One>", 1);
	setenv("APEX_AUTHOR_EMAIL", "one@example", 1);
	struct ax_actor a = who_actor(&w);
	ck_assert_str_eq(a.author.name, "SomeOne");
	ck_assert_str_eq(a.author.mail, "one@example");
	ck_assert_int_eq(strncmp(a.via, "cli uid=", 8), 0);
	unsetenv("APEX_AUTHOR_NAME");
	unsetenv("APEX_AUTHOR_EMAIL");
	a = who_actor(&w);
	ck_assert_uint_gt(strlen(a.author.name), 0);
	ck_assert_ptr_nonnull(strchr(a.author.mail, '@'));
}
END_TEST

START_TEST(who__clock_has_nanoseconds_and_an_offset)
{
	setenv("TZ", "XXX-5:30", 1);
	struct ax_time t = who_now();
	ck_assert_int_gt(t.s, 1700000000);
	ck_assert_uint_lt(t.ns, 1000000000);
	ck_assert_int_eq(t.tz_min, 330);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, who__drops_what_a_commit_cannot_carry);
	tcase_add_test(tc, who__cuts_long_names_between_characters);
	tcase_add_test(tc, who__environment_names_the_author);
	tcase_add_test(tc, who__clock_has_nanoseconds_and_an_offset);
}

int main(void)
{
	return check_main("who", add);
}
