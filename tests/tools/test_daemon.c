#include <string.h>

#include "tests/check.h"
#include "tools/daemon.h"

static struct ax_buf page_of(const char *text)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_str(&b, text);
	return b;
}

static bool label_is(const struct daemon_sample *s, const char *label, const char *value)
{
	return ax_slice_eq(daemon_label(s, label), ax_slice_str(value));
}

START_TEST(daemon__samples_are_found_by_the_whole_name)
{
	struct ax_buf page =
		page_of("# HELP apexd_zones what\napexd_zones{branch=\"main\",state=\"ready\"} 3\n"
			"apexd_zones_stale{branch=\"main\"} 7\napexd_zones{branch=\"a\\\"b,c=\\\"d\",state=\"x\"} 4\n"
			"apexd_up 1.5\napexd_zones");
	struct daemon_sample s;
	size_t pos = 0;
	ck_assert(daemon_next(&s, &page, "zones", &pos));
	ck_assert(s.value == 3);
	ck_assert(label_is(&s, "branch", "main") && label_is(&s, "state", "ready"));
	ck_assert(label_is(&s, "stat", "") && label_is(&s, "ready", ""));
	ck_assert(daemon_next(&s, &page, "zones", &pos));
	ck_assert(label_is(&s, "branch", "a\\\"b,c=\\\"d") && label_is(&s, "c", "") && label_is(&s, "state", "x"));
	ck_assert(!daemon_next(&s, &page, "zones", &pos));
	ck_assert(daemon_sum(&page, "zones") == 7);
	ck_assert(daemon_sum(&page, "zones_stale") == 7);
	ck_assert(daemon_sum(&page, "up") == 1.5);
	ck_assert(daemon_sum(&page, "nothing") == 0);
	ax_buf_fini(&page);
}
END_TEST

/* Cut anywhere, nothing is read beyond the end (under the sanitizers). */
START_TEST(daemon__any_bytes_are_a_page)
{
	static const char text[] =
		"apexd_a{x=\"1\\\",y=\"2\"} 5\napexd_a{\"} 5\napexd_a{x=\"\\\napexd_a} 1\napexd_a{=\"\"} e\n";
	for (size_t n = 0; n < sizeof text; n++) {
		struct ax_buf page = AX_BUF_INIT;
		struct daemon_sample s;
		ax_buf_put(&page, text, n);
		for (size_t pos = 0; daemon_next(&s, &page, "a", &pos);) {
			(void)daemon_label(&s, "x");
			(void)daemon_label(&s, "y");
		}
		ax_buf_fini(&page);
	}
}
END_TEST

START_TEST(daemon__addresses_are_numbers)
{
	static const char *const bad[] = { "",      "here:80", "127.0.0.1", ":80", "127.0.0.1:http",
					   "[::1]", "[]:80",   "1.2.3.4:x" };
	struct ax_buf page = AX_BUF_INIT;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(daemon_fetch(&page, bad[i]) == AX_EUSAGE, "%s", bad[i]);
	ax_buf_fini(&page);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, daemon__samples_are_found_by_the_whole_name);
	tcase_add_test(tc, daemon__any_bytes_are_a_page);
	tcase_add_test(tc, daemon__addresses_are_numbers);
}

int main(void)
{
	return check_main("daemon", add);
}
