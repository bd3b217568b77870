/* Names outside ASCII, in the form a zone can hold. */
#include "tools/idn.h"
#include "tests/check.h"

static void becomes(const char *text, const char *wanted)
{
	struct ax_buf out = AX_BUF_INIT;
	ck_assert_int_eq(idn_ascii(&out, text), wanted != NULL);
	if (wanted)
		ck_assert_str_eq(ax_buf_cstr(&out), wanted);
	else
		ck_assert_uint_eq(out.n, 0);
	ax_buf_fini(&out);
}

START_TEST(idn__names_outside_ascii_have_an_xn_form)
{
	becomes("b\xc3\xbc"
		"cher.example.",
		"xn--bcher-kva.example.");
	becomes("fa\xc3\x9f", "xn--fa-hia"); /* IDNA2008 keeps the sharp s */
}
END_TEST

START_TEST(idn__ascii_and_what_is_no_text_have_none)
{
	becomes("www.example.", NULL);
	becomes("", NULL);
	becomes("b\xff", NULL);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, idn__names_outside_ascii_have_an_xn_form);
	tcase_add_test(tc, idn__ascii_and_what_is_no_text_have_none);
}

int main(void)
{
	return check_main("idn", add);
}
