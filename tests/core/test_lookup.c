#include "core/lookup.h"
#include "tests/core/repo_fixture.h"

static const char zone[] =
	"$TTL 300\n"
	"@ SOA ns1 host 7 3600 900 86400 60\n"
	"@ NS ns1\n@ NS ns2.other.\n@ MX 10 mail\n@ TXT apex\n"
	"ns1 A 192.0.2.1\n"
	"mail A 192.0.2.3\nmail AAAA 2001:db8::3\n"
	"www CNAME web\nweb A 192.0.2.4\nweb KEY 256 3 13 AA==\n"
	"deep CNAME www\nout CNAME www.other.\ngone CNAME nope\nnodata CNAME mail\n"
	"self CNAME self\nloop1 CNAME loop2\nloop2 CNAME loop1\n"
	"*.w TXT wild\nhost.w A 192.0.2.5\n*.c CNAME web\na.ent.w A 192.0.2.6\n"
	"x.y.z A 192.0.2.7\n"
	"sub NS ns.sub\nsub NS ns1\nsub NS ns.other.\nsub DS 1 13 2 AA\nns.sub A 192.0.2.8\n"
	"*.sub TXT occluded\nhid.sub A 192.0.2.9\ntosub CNAME a.sub\n"
	"d DNAME web.x\nd TXT beside\nin DNAME w\nfar DNAME other.\ngrow DNAME a.grow\nback.r DNAME r\n"
	"_s._tcp SRV 1 2 3 mail\nsvc SVCB 1 .\nsvc A 192.0.2.10\n"
	"chain0 CNAME chain1\n";

static struct fixture f;

static void setup(void)
{
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	ax_buf_str(&b, zone);
	for (unsigned i = 1; i < 40; i++)
		ax_buf_printf(&b, "chain%u CNAME chain%u\n", i, i + 1);
	/* 4 labels of 60 octets: renaming what lies deep below it makes a name too long */
	ax_buf_str(&b, "long DNAME ");
	for (unsigned i = 0; i < 4 * 58; i++)
		ax_buf_str(&b, i % 58 == 57 ? "." : "l");
	ax_buf_str(&b, "\n");
	ax_buf_str(&b, "web RRSIG A 13 2 300 20300101000000 20260101000000 1 example. AA==\n"
		       "web RRSIG KEY 13 2 900 20300101000000 20260101000000 1 example. AA==\n"
		       "web NSEC www A KEY RRSIG NSEC\n");
	OK(import(&f, ax_buf_cstr(&b)));
	ax_buf_fini(&b);
}

static void section(struct ax_buf *b, const char *name, const struct ax_lookup_section *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct ax_rr rr;
		for (size_t pos = 0; ax_rrset_next(&rr, &s->v[i].set, &pos);) {
			char type[24];
			ax_type_text(type, s->v[i].set.type);
			ax_buf_printf(b, "%s ", name);
			ax_name_text_relative(b, &s->v[i].owner, &f.apex);
			ax_buf_printf(b, " %u %s ", s->v[i].set.type == AX_TYPE_RRSIG ? rr.ttl_s : s->v[i].ttl_s,
				      type);
			OK(ax_rdata_text(b, s->v[i].set.type, rr.rdata));
			ax_buf_str(b, s->v[i].required ? " !\n" : "\n");
		}
	}
}

/* The whole answer to qname (relative) and type as text. */
static const char *answer(struct ax_buf *b, const char *qname, const char *qtype)
{
	static const char *const rcodes[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
					      "NOTIMP",  "REFUSED", "YXDOMAIN" };
	struct ax_lookup *l = calloc(1, sizeof *l);
	struct ax_commit_info c = tip_of(&f, "main");
	struct ax_name name = owner_of(&f, qname);
	uint16_t type;
	ck_assert_ptr_nonnull(l);
	OK(ax_type_parse(&type, qtype, strlen(qtype)));
	OK(ax_lookup(l, f.txn, &f.apex, &c, &name, type, false));
	ax_buf_clear(b);
	ax_buf_printf(b, "%s%s\n", rcodes[l->rcode], l->authoritative ? " aa" : "");
	section(b, "an", &l->answer);
	section(b, "au", &l->authority);
	section(b, "ad", &l->additional);
	ax_lookup_fini(l);
	free(l);
	return ax_buf_cstr(b);
}

static void says(const char *qname, const char *qtype, const char *wanted)
{
	struct ax_buf b = AX_BUF_INIT;
	ck_assert_str_eq(answer(&b, qname, qtype), wanted);
	ax_buf_fini(&b);
}

static void begins(const char *qname, const char *qtype, const char *wanted)
{
	struct ax_buf b = AX_BUF_INIT;
	const char *got = answer(&b, qname, qtype);
	ck_assert_msg(strncmp(got, wanted, strlen(wanted)) == 0, "%s %s: %s, not %s", qname, qtype, got, wanted);
	ax_buf_fini(&b);
}

#define SOA "au @ 60 SOA ns1.example. host.example. 7 3600 900 86400 60\n"

START_TEST(lookup__a_name_that_is_there)
{
	says("web", "A", "NOERROR aa\nan web 300 A 192.0.2.4\n");
	says("WEB", "A", "NOERROR aa\nan WEB 300 A 192.0.2.4\n");
	says("@", "MX",
	     "NOERROR aa\nan @ 300 MX 10 mail.example.\nad mail 300 A 192.0.2.3\n"
	     "ad mail 300 AAAA 2001:db8::3\n");
	says("@", "SOA", "NOERROR aa\nan @ 300 SOA ns1.example. host.example. 7 3600 900 86400 60\n");
	says("@", "NS", "NOERROR aa\nan @ 300 NS ns1.example.\nan @ 300 NS ns2.other.\nad ns1 300 A 192.0.2.1\n");
}
END_TEST

START_TEST(lookup__nodata_and_nxdomain_have_the_soa_at_the_lower_of_ttl_and_minimum)
{
	says("web", "AAAA", "NOERROR aa\n" SOA);
	says("nope", "A", "NXDOMAIN aa\n" SOA);
	says("below.web", "A", "NXDOMAIN aa\n" SOA);
	says("@", "DS", "NOERROR aa\n" SOA);
}
END_TEST

START_TEST(lookup__an_empty_non_terminal_exists)
{
	says("y.z", "A", "NOERROR aa\n" SOA);
	says("z", "ANY", "NOERROR aa\n" SOA);
	says("nope.y.z", "A", "NXDOMAIN aa\n" SOA);
}
END_TEST

START_TEST(lookup__cname_is_followed_inside_the_zone)
{
	says("www", "A", "NOERROR aa\nan www 300 CNAME web.example.\nan web 300 A 192.0.2.4\n");
	says("deep", "A",
	     "NOERROR aa\nan deep 300 CNAME www.example.\nan www 300 CNAME web.example.\nan web 300 A 192.0.2.4\n");
	says("www", "CNAME", "NOERROR aa\nan www 300 CNAME web.example.\n");
	says("www", "ANY", "NOERROR aa\nan www 300 CNAME web.example.\n");
	says("out", "A", "NOERROR aa\nan out 300 CNAME www.other.\n");
	says("gone", "A", "NXDOMAIN aa\nan gone 300 CNAME nope.example.\n" SOA);
	says("nodata", "TXT", "NOERROR aa\nan nodata 300 CNAME mail.example.\n" SOA);
}
END_TEST

START_TEST(lookup__types_that_stand_beside_a_cname_are_not_sought_at_its_target)
{
	says("www", "NSEC", "NOERROR aa\n" SOA);
	says("www", "KEY", "NOERROR aa\n" SOA);
	says("www", "RRSIG", "NOERROR aa\n" SOA);
}
END_TEST

START_TEST(lookup__a_loop_ends_where_it_closes)
{
	says("self", "A", "NOERROR aa\nan self 300 CNAME self.example.\n");
	says("loop1", "A", "NOERROR aa\nan loop1 300 CNAME loop2.example.\nan loop2 300 CNAME loop1.example.\n");
}
END_TEST

START_TEST(lookup__a_chain_is_bounded)
{
	struct ax_buf b = AX_BUF_INIT;
	unsigned lines = 0;
	for (const char *p = answer(&b, "chain0", "A"); *p; p++)
		lines += *p == '\n';
	ck_assert_uint_eq(lines, AX_LOOKUP_CHAIN_MAX + 1);
	ck_assert_int_eq(strncmp(ax_buf_cstr(&b), "NOERROR aa\n", 11), 0);
	ax_buf_fini(&b);
}
END_TEST

START_TEST(lookup__wildcard_answers_for_what_is_not_there)
{
	says("a.w", "TXT", "NOERROR aa\nan a.w 300 TXT \"wild\"\n");
	says("a.b.w", "TXT", "NOERROR aa\nan a.b.w 300 TXT \"wild\"\n");
	says("a.w", "A", "NOERROR aa\n" SOA);
	says("*.w", "TXT", "NOERROR aa\nan *.w 300 TXT \"wild\"\n");
	says("z.c", "A", "NOERROR aa\nan z.c 300 CNAME web.example.\nan web 300 A 192.0.2.4\n");
}
END_TEST

START_TEST(lookup__a_name_that_is_there_blocks_the_wildcard)
{
	says("host.w", "TXT", "NOERROR aa\n" SOA);
	says("a.host.w", "TXT", "NXDOMAIN aa\n" SOA);
	says("ent.w", "TXT", "NOERROR aa\n" SOA); /* an empty non-terminal does too (RFC 4592 2.2.2) */
	says("b.ent.w", "TXT", "NXDOMAIN aa\n" SOA);
	says("a.*.w", "TXT", "NXDOMAIN aa\n" SOA); /* below the wildcard itself (4592 3.3.1) */
}
END_TEST

START_TEST(lookup__at_and_below_a_cut_is_a_referral)
{
	static const char *const names[] = { "sub", "ns.sub", "hid.sub", "a.b.sub", "*.sub" };
	struct ax_buf b = AX_BUF_INIT;
	for (unsigned i = 0; i < 5; i++) {
		answer(&b, names[i], "A");
		ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&b), "ad ns.sub 300 A 192.0.2.8 !\n"));
		ck_assert_int_eq(strncmp(ax_buf_cstr(&b), "NOERROR\nau sub 300 NS ", 21), 0);
		ck_assert_ptr_null(strstr(ax_buf_cstr(&b), "an "));
	}
	ax_buf_fini(&b);
	begins("sub", "NS", "NOERROR\nau sub 300 NS ");
	begins("sub", "ANY", "NOERROR\nau sub 300 NS ");
}
END_TEST

START_TEST(lookup__ds_stands_above_the_cut)
{
	says("sub", "DS", "NOERROR aa\nan sub 300 DS 1 13 2 AA\n");
	begins("a.sub", "DS", "NOERROR\nau sub 300 NS ");
}
END_TEST

START_TEST(lookup__an_alias_into_a_child_zone_is_ours_with_a_referral)
{
	begins("tosub", "A", "NOERROR aa\nan tosub 300 CNAME a.sub.example.\nau sub 300 NS ");
}
END_TEST

START_TEST(lookup__dname_renames_what_lies_below)
{
	says("a.d", "A", "NXDOMAIN aa\nan d 300 DNAME web.x.example.\nan a.d 300 CNAME a.web.x.example.\n" SOA);
	says("a.b.in", "TXT",
	     "NOERROR aa\nan in 300 DNAME w.example.\nan a.b.in 300 CNAME a.b.w.example.\nan a.b.w 300 TXT "
	     "\"wild\"\n");
	says("a.far", "A", "NOERROR aa\nan far 300 DNAME other.\nan a.far 300 CNAME a.other.\n");
	says("a.in", "CNAME", "NOERROR aa\nan in 300 DNAME w.example.\nan a.in 300 CNAME a.w.example.\n");
}
END_TEST

START_TEST(lookup__dname_leaves_its_own_owner_alone)
{
	says("d", "TXT", "NOERROR aa\nan d 300 TXT \"beside\"\n");
	says("d", "A", "NOERROR aa\n" SOA);
	says("d", "DNAME", "NOERROR aa\nan d 300 DNAME web.x.example.\n");
}
END_TEST

START_TEST(lookup__dname_below_itself_is_applied_once)
{
	says("x.grow", "A", "NOERROR aa\nan grow 300 DNAME a.grow.example.\nan x.grow 300 CNAME x.a.grow.example.\n");
}
END_TEST

START_TEST(lookup__dname_met_again_is_said_once)
{
	says("back.back.r", "A",
	     "NOERROR aa\nan back.r 300 DNAME r.example.\nan back.back.r 300 CNAME back.r.example.\n" SOA);
	says("q.back.back.r", "A",
	     "NXDOMAIN aa\nan back.r 300 DNAME r.example.\nan q.back.back.r 300 CNAME q.back.r.example.\n"
	     "an q.back.r 300 CNAME q.r.example.\n" SOA);
}
END_TEST

START_TEST(lookup__dname_asked_for_that_led_there_is_said_once)
{
	says("back.back.r", "DNAME",
	     "NOERROR aa\nan back.r 300 DNAME r.example.\nan back.back.r 300 CNAME back.r.example.\n");
}
END_TEST

START_TEST(lookup__a_renamed_name_that_is_too_long_is_yxdomain)
{
	begins("aaaaaaaaaaaaaaaaaaaaaaaaa.long", "A", "YXDOMAIN aa\nan long 300 DNAME lll");
	begins("a.long", "A", "NOERROR aa\nan long 300 DNAME lll");
}
END_TEST

START_TEST(lookup__services_bring_their_hosts_addresses)
{
	says("_s._tcp", "SRV",
	     "NOERROR aa\nan _s._tcp 300 SRV 1 2 3 mail.example.\nad mail 300 A 192.0.2.3\nad mail 300 AAAA "
	     "2001:db8::3\n");
	says("svc", "SVCB", "NOERROR aa\nan svc 300 SVCB 1 .\nad svc 300 A 192.0.2.10\n");
	says("svc", "ANY", "NOERROR aa\nan svc 300 A 192.0.2.10\nan svc 300 SVCB 1 .\n"); /* said once */
}
END_TEST

START_TEST(lookup__signatures_are_given_when_asked_for)
{
	struct ax_buf b = AX_BUF_INIT;
	answer(&b, "web", "RRSIG");
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&b), "an web 300 RRSIG A "));
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&b), "an web 300 RRSIG KEY "));
	answer(&b, "web", "ANY");
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&b), "an web 300 A "));
	ck_assert_ptr_null(strstr(ax_buf_cstr(&b), "RRSIG"));
	ck_assert_ptr_null(strstr(ax_buf_cstr(&b), "NSEC"));
	ax_buf_fini(&b);
}
END_TEST

START_TEST(lookup__a_name_outside_the_zone_is_refused)
{
	struct ax_lookup *l = calloc(1, sizeof *l);
	struct ax_commit_info c = tip_of(&f, "main");
	struct ax_name name = name_of("www.other.");
	ck_assert_ptr_nonnull(l);
	FAILS(AX_EINVAL, ax_lookup(l, f.txn, &f.apex, &c, &name, AX_TYPE_A, false));
	ax_lookup_fini(l);
	free(l);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, lookup__a_name_that_is_there);
	tcase_add_test(tc, lookup__nodata_and_nxdomain_have_the_soa_at_the_lower_of_ttl_and_minimum);
	tcase_add_test(tc, lookup__an_empty_non_terminal_exists);
	tcase_add_test(tc, lookup__cname_is_followed_inside_the_zone);
	tcase_add_test(tc, lookup__types_that_stand_beside_a_cname_are_not_sought_at_its_target);
	tcase_add_test(tc, lookup__a_loop_ends_where_it_closes);
	tcase_add_test(tc, lookup__a_chain_is_bounded);
	tcase_add_test(tc, lookup__wildcard_answers_for_what_is_not_there);
	tcase_add_test(tc, lookup__a_name_that_is_there_blocks_the_wildcard);
	tcase_add_test(tc, lookup__at_and_below_a_cut_is_a_referral);
	tcase_add_test(tc, lookup__ds_stands_above_the_cut);
	tcase_add_test(tc, lookup__an_alias_into_a_child_zone_is_ours_with_a_referral);
	tcase_add_test(tc, lookup__dname_renames_what_lies_below);
	tcase_add_test(tc, lookup__dname_leaves_its_own_owner_alone);
	tcase_add_test(tc, lookup__dname_below_itself_is_applied_once);
	tcase_add_test(tc, lookup__dname_met_again_is_said_once);
	tcase_add_test(tc, lookup__dname_asked_for_that_led_there_is_said_once);
	tcase_add_test(tc, lookup__a_renamed_name_that_is_too_long_is_yxdomain);
	tcase_add_test(tc, lookup__services_bring_their_hosts_addresses);
	tcase_add_test(tc, lookup__signatures_are_given_when_asked_for);
	tcase_add_test(tc, lookup__a_name_outside_the_zone_is_refused);
	tcase_add_unchecked_fixture(tc, setup, NULL);
}

int main(void)
{
	int failed = check_main("lookup", add);
	fixture_close(&f);
	return failed;
}
