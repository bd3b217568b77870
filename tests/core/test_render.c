/* Changes, diff lines, log entries and times as text: every line the command line and the mount print of history. */
#include "core/render.h"
#include "tests/check.h"

#include <string.h>

#define OK(call) ck_assert_msg((call) == AX_OK, "%s: %s", #call, ax_err_text(AX_EINVAL))

static const struct ax_name apex_name = { 9, "\7example" };

static struct ax_name name(const char *text)
{
	struct ax_name n;
	OK(ax_name_parse(&n, text, strlen(text), &apex_name));
	return n;
}

/* An RRset's value from records given as text, each with its TTL. */
static struct ax_buf value(uint16_t type, uint16_t covered, const uint32_t *ttls, const char *const *rdata)
{
	struct ax_rrset_builder b;
	struct ax_buf wire = AX_BUF_INIT, out = AX_BUF_INIT;
	ax_rrset_builder_init(&b, type, covered);
	for (unsigned i = 0; rdata[i]; i++) {
		ax_buf_clear(&wire);
		OK(ax_rdata_parse(&wire, type, rdata[i], strlen(rdata[i]), &apex_name));
		OK(ax_rrset_builder_add(&b, ttls[i], ax_buf_view(&wire)));
	}
	OK(ax_rrset_builder_finish(&out, &b));
	ax_rrset_builder_fini(&b);
	ax_buf_fini(&wire);
	return out;
}

struct want {
	const char *owner;
	uint16_t type, covered;
	const char *const *old_rdata, *const *new_rdata; /* NULL: not there */
	const uint32_t *old_ttl, *new_ttl;
	const char *line, *change;
};

static void check(const struct want *w, uint32_t old_serial, uint32_t new_serial)
{
	struct ax_name owner = name(w->owner);
	struct ax_buf key = AX_BUF_INIT, out = AX_BUF_INIT, a = AX_BUF_INIT, b = AX_BUF_INIT;
	OK(ax_key_make(&key, &owner, &apex_name, w->type, w->covered));
	if (w->old_rdata)
		a = value(w->type, w->covered, w->old_ttl, w->old_rdata);
	if (w->new_rdata)
		b = value(w->type, w->covered, w->new_ttl, w->new_rdata);
	struct ax_render_side x = { ax_buf_view(&a), old_serial }, y = { ax_buf_view(&b), new_serial };
	OK(ax_render_diff_line(&out, &apex_name, ax_buf_view(&key), &x, &y));
	ck_assert_str_eq(ax_buf_cstr(&out), w->line);
	ax_buf_clear(&out);
	OK(ax_render_change(&out, &apex_name, ax_buf_view(&key), &x, &y));
	ck_assert_str_eq(ax_buf_cstr(&out), w->change);
	ax_buf_fini(&key);
	ax_buf_fini(&out);
	ax_buf_fini(&a);
	ax_buf_fini(&b);
}

#define LIST(...)                 \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}
#define TTLS(...)           \
	(const uint32_t[])  \
	{                   \
		__VA_ARGS__ \
	}

START_TEST(render__each_kind_of_change_has_its_line)
{
	struct want wants[] = {
		{ "api", AX_TYPE_A, 0, LIST("1.2.3.4"), LIST("9.9.9.9"), TTLS(300), TTLS(300),
		  "~ api A 300 1.2.3.4 -> 9.9.9.9\n", "api A: 1.2.3.4 -> 9.9.9.9" },
		{ "api", AX_TYPE_A, 0, LIST("1.2.3.4"), LIST("9.9.9.9"), TTLS(300), TTLS(60),
		  "~ api A 300 1.2.3.4 -> 60 9.9.9.9\n", "api A: 1.2.3.4 -> 9.9.9.9" },
		{ "new", AX_TYPE_A, 0, NULL, LIST("5.6.7.8"), NULL, TTLS(300), "+ new A 300 5.6.7.8\n",
		  "new A: added 5.6.7.8" },
		{ "old", AX_TYPE_A, 0, LIST("5.6.7.8", "1.2.3.4"), NULL, TTLS(300, 300), NULL,
		  "- old A 300 1.2.3.4, 5.6.7.8\n", "old A: deleted" },
		{ "api", AX_TYPE_A, 0, LIST("1.2.3.4"), LIST("1.2.3.4"), TTLS(300), TTLS(60), "T api A 300 -> 60\n",
		  "api A: TTL 300 -> 60" },
		{ "@", AX_TYPE_MX, 0, NULL, LIST("10 mail"), NULL, TTLS(60), "+ @ MX 60 10 mail.example.\n",
		  "@ MX: added 10 mail.example." },
	};
	for (unsigned i = 0; i < sizeof wants / sizeof *wants; i++)
		check(&wants[i], 0, 0);
}
END_TEST

START_TEST(render__soa_shows_the_serials_of_its_commits)
{
	struct want w = { "@",
			  AX_TYPE_SOA,
			  0,
			  LIST("ns1 root 0 1 2 3 4"),
			  LIST("ns1 root 0 9 2 3 4"),
			  TTLS(60),
			  TTLS(60),
			  "~ @ SOA 60 ns1.example. root.example. 7 1 2 3 4 -> ns1.example. root.example. 8 9 2 3 4\n",
			  "@ SOA: ns1.example. root.example. 7 1 2 3 4 -> ns1.example. root.example. 8 9 2 3 4" };
	check(&w, 7, 8);
}
END_TEST

START_TEST(render__signatures_with_ttls_of_their_own_show_each)
{
#define SIG(tag) "A 8 2 300 20300101000000 20200101000000 " tag " example. AAAA"
	struct want w = { "www",
			  AX_TYPE_RRSIG,
			  AX_TYPE_A,
			  LIST(SIG("1"), SIG("2")),
			  LIST(SIG("1"), SIG("2")),
			  TTLS(300, 300),
			  TTLS(300, 60),
			  "T www RRSIG 300 -> 300/60\n",
			  "www RRSIG: TTL 300 -> 300/60" };
	check(&w, 0, 0);
}
END_TEST

static void is_date(struct ax_time when, const char *date, const char *time)
{
	struct ax_buf out = AX_BUF_INIT;
	ax_render_date(&out, when);
	ck_assert_str_eq(ax_buf_cstr(&out), date);
	ax_buf_clear(&out);
	ax_render_time(&out, when);
	ck_assert_str_eq(ax_buf_cstr(&out), time);
	ax_buf_fini(&out);
}

START_TEST(render__times_are_the_wall_clock_of_their_zone)
{
	is_date((struct ax_time){ 1795255200, 5, 0 }, "Sat Nov 21 10:00:00 2026 +0000", "2026-11-21 10:00:00 +0000");
	is_date((struct ax_time){ 1795255200, 0, 330 }, "Sat Nov 21 15:30:00 2026 +0530",
		"2026-11-21 15:30:00 +0530");
	is_date((struct ax_time){ 1795255200, 0, -600 }, "Sat Nov 21 00:00:00 2026 -1000",
		"2026-11-21 00:00:00 -1000");
	is_date((struct ax_time){ INT64_MAX, 0, 60 }, "9223372036854775807 +0100", "9223372036854775807 +0100");
}
END_TEST

static struct ax_commit sample(unsigned parents)
{
	struct ax_commit c = { .parents = parents,
			       .serial = 7,
			       .author = { "A N Other", "a@example", { 1795255200, 0, 0 } },
			       .via = "cli uid=0",
			       .message = "subject\n\nbody" };
	memset(c.id.b, 0xab, sizeof c.id.b);
	memset(c.parent[0].b, 0x11, sizeof c.id.b);
	memset(c.parent[1].b, 0x22, sizeof c.id.b);
	return c;
}

#define HEX16 "abababababababab"

START_TEST(render__log_is_what_git_prints_plus_serial_and_door)
{
	struct ax_buf out = AX_BUF_INIT;
	struct ax_commit c = sample(1);
	OK(ax_render_log(&out, &c, "HEAD -> main, tag: v1"));
	ck_assert_str_eq(ax_buf_cstr(&out), "commit " HEX16 HEX16 HEX16 HEX16 " (HEAD -> main, tag: v1)\n"
					    "Author: A N Other <a@example>\n"
					    "Date:   Sat Nov 21 10:00:00 2026 +0000\n"
					    "Serial: 7\n"
					    "Via:    cli uid=0\n"
					    "\n"
					    "    subject\n"
					    "    \n"
					    "    body\n");
	ax_buf_clear(&out);
	c = sample(2);
	OK(ax_render_log(&out, &c, NULL));
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&out), HEX16 "\nMerge: 111111111111 222222222222\nAuthor: "));
	ax_buf_fini(&out);
}
END_TEST

START_TEST(render__one_line_forms_show_the_subject_alone)
{
	struct ax_buf out = AX_BUF_INIT;
	struct ax_commit c = sample(1);
	ax_render_oneline(&out, &c, NULL);
	ax_render_oneline(&out, &c, "tag: v1");
	ax_render_blame(&out, &c);
	ck_assert_str_eq(ax_buf_cstr(&out), "abababababab subject\n"
					    "abababababab (tag: v1) subject\n"
					    "abababababab (A N Other 2026-11-21 10:00:00 +0000) subject\n");
	ax_buf_fini(&out);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, render__each_kind_of_change_has_its_line);
	tcase_add_test(tc, render__soa_shows_the_serials_of_its_commits);
	tcase_add_test(tc, render__signatures_with_ttls_of_their_own_show_each);
	tcase_add_test(tc, render__times_are_the_wall_clock_of_their_zone);
	tcase_add_test(tc, render__log_is_what_git_prints_plus_serial_and_door);
	tcase_add_test(tc, render__one_line_forms_show_the_subject_alone);
}

int main(void)
{
	return check_main("render", add);
}
