#include "core/nsupdate.h"
#include "tests/core/scratch.h"

static enum ax_err put(void *ctx, const struct ax_nsupdate_command *c)
{
	static const char *const words[] = { "zone",    "nxdomain", "yxdomain", "nxrrset",
					     "yxrrset", "add",      "delete",   "send" };
	struct ax_buf *out = ctx;
	char type[24];
	ax_buf_printf(out, "%u:%s", c->line, words[c->verb]);
	if (c->verb != AX_NSUPDATE_SEND) {
		ax_buf_u8(out, ' ');
		ax_name_text(out, &c->owner);
	}
	if (c->type != AX_TYPE_ANY) {
		ax_type_text(type, c->type);
		ax_buf_printf(out, " %s", type);
	}
	if (c->verb == AX_NSUPDATE_ADD)
		ax_buf_printf(out, " %u", c->ttl_s);
	if (c->has_rdata) {
		ax_buf_u8(out, ' ');
		OK(ax_rdata_text(out, c->type, c->rdata));
	}
	ax_buf_u8(out, '\n');
	return AX_OK;
}

static void reads(const char *text, const char *wanted)
{
	struct ax_buf out = AX_BUF_INIT;
	OK(ax_nsupdate_read(ax_slice_str(text), "f", put, &out));
	ck_assert_str_eq(ax_buf_cstr(&out), wanted);
	ax_buf_fini(&out);
}

static void refuses(const char *text, const char *why)
{
	struct ax_buf out = AX_BUF_INIT;
	ck_assert_int_eq(ax_nsupdate_read(ax_slice_str(text), "f", put, &out), AX_EINVAL);
	ck_assert_msg(strstr(ax_err_text(AX_EINVAL), why), "\"%s\" does not say \"%s\"", ax_err_text(AX_EINVAL), why);
	ax_buf_fini(&out);
}

START_TEST(nsupdate__commands_with_and_without_their_first_word)
{
	reads("zone example\nupdate add a.example 60 IN A 1.1.1.1\nadd a.example. 60 A 1.1.1.2\r\n"
	      "update delete a.example\ndel b.example A\nupdate delete c.example 0 IN A 1.1.1.3\nsend",
	      "1:zone example.\n2:add a.example. A 60 1.1.1.1\n3:add a.example. A 60 1.1.1.2\n4:delete a.example.\n"
	      "5:delete b.example. A\n6:delete c.example. A 1.1.1.3\n7:send\n");
}
END_TEST

START_TEST(nsupdate__prerequisites)
{
	reads("prereq nxdomain a.\nprereq yxdomain a.\nnxrrset a. IN A\nyxrrset a. A\nprereq yxrrset a. A 1.1.1.1\n",
	      "1:nxdomain a.\n2:yxdomain a.\n3:nxrrset a. A\n4:yxrrset a. A\n5:yxrrset a. A 1.1.1.1\n");
}
END_TEST

START_TEST(nsupdate__comments_end_at_the_line_and_not_inside_quotes)
{
	reads("; all of it\nadd a. 1 TXT \"x;y\" \"\\\";\" ; rest\n", "2:add a. TXT 1 \"x;y\" \"\\\";\"\n");
}
END_TEST

START_TEST(nsupdate__an_empty_line_sends)
{
	reads("add a. 1 A 1.1.1.1\n\n  \nquit\nnonsense\n", "1:add a. A 1 1.1.1.1\n2:send\n3:send\n");
}
END_TEST

START_TEST(nsupdate__a_ttl_told_before_holds_until_none)
{
	reads("ttl 5\nadd a. A 1.1.1.1\nadd a. 6 A 1.1.1.2\nadd a. A 1.1.1.3\n",
	      "2:add a. A 5 1.1.1.1\n3:add a. A 6 1.1.1.2\n4:add a. A 5 1.1.1.3\n");
	refuses("ttl 5\nttl none\nadd a. A 1.1.1.1\n", "f:3: a TTL is missing");
}
END_TEST

START_TEST(nsupdate__words_about_the_wire_are_passed_over)
{
	reads("server 192.0.2.1 53\nlocal ::1\nkey hmac-sha256:k c2VjcmV0\nclass IN\ndebug\nshow\nanswer\n", "");
}
END_TEST

START_TEST(nsupdate__what_is_wrong_is_refused_with_its_line)
{
	refuses("\nfrobnicate\n", "f:2: not a command of nsupdate: `frobnicate`");
	refuses("update\n", "not a command of nsupdate: `update`");
	refuses("add\n", "f:1: a name is missing");
	refuses("add a..b 1 A 1.1.1.1\n", "f:1: ");
	refuses("add a. 1\n", "a type is missing");
	refuses("add a. 1 ANY\n", "not a type that a zone can hold: `ANY`");
	refuses("add a. 1 AXFR x\n", "not a type that a zone can hold: `AXFR`");
	refuses("add a. 1 A\n", "RDATA is missing behind: `A`");
	refuses("add a. 1 A 1.1.1.300\n", "f:1: ");
	refuses("add a. 99999999999 A 1.1.1.1\n", "a TTL is missing");
	refuses("delete a. CH A\n", "not a type");
	refuses("class CH\n", "a class other than IN: `CH`");
	refuses("nxdomain a. b\n", "more than the command takes: `b`");
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, nsupdate__commands_with_and_without_their_first_word);
	tcase_add_test(tc, nsupdate__prerequisites);
	tcase_add_test(tc, nsupdate__comments_end_at_the_line_and_not_inside_quotes);
	tcase_add_test(tc, nsupdate__an_empty_line_sends);
	tcase_add_test(tc, nsupdate__a_ttl_told_before_holds_until_none);
	tcase_add_test(tc, nsupdate__words_about_the_wire_are_passed_over);
	tcase_add_test(tc, nsupdate__what_is_wrong_is_refused_with_its_line);
}

int main(void)
{
	return check_main("nsupdate", add);
}
