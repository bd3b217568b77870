#include <string.h>

#include "core/hash.h"
#include "core/rdata.h"
#include "dnsd/selector.h"
#include "tests/check.h"

/* Wednesday 2026-11-25, 13:59:59 UTC. */
enum { NOW_S = 1795615199 };

static struct asked *question(const char *client, const char *name, uint16_t qtype)
{
	static struct asked a;
	static struct ax_name wire;
	ck_assert_int_eq(ax_name_parse(&wire, name, strlen(name), NULL), AX_OK);
	a = (struct asked){ .qname = { wire.wire, wire.n }, .qtype = qtype, .qclass = 1, .now_s = NOW_S };
	if (client)
		ck_assert_int_eq(net_parse(&a.client, client, strlen(client)), AX_OK);
	selector_asked(&a);
	return &a;
}

static bool holds(const char *text, struct asked *a)
{
	struct selector *s;
	enum ax_err e = selector_parse(&s, text);
	ck_assert_msg(e == AX_OK, "%s: %s", text, ax_err_text(e));
	bool v = selector_true(s, a);
	selector_free(s);
	return v;
}

static void all_hold(const char *const *text, bool wanted)
{
	for (; *text; text++)
		ck_assert_msg(holds(*text, question("192.0.2.77", "WWW.ex\\.ample.org", AX_TYPE_A)) == wanted, "%s",
			      *text);
}

START_TEST(selector__what_is_true_is_true)
{
	static const char *const text[] = {
		"true",
		"!false",
		"!!true",
		"1 + 2 * 3 == 7",
		"(1 + 2) * 3 == 9",
		"10 - 4 - 3 == 3",
		"100 / 10 / 5 == 2",
		"-7 % 3 == -1",
		"- (2) < -1",
		"true || false && false",
		"false && false || true",
		"1 == 1 && 2 > 1 && 2 >= 2 && 1 < 2 && 1 <= 1 && 1 != 2",
		"\"a\" < 'b'",
		"len('') == 0",
		"'a\\'b' == \"a'b\" && '\\\\' == \"\\\\\"",
		"query.name == 'www.ex\\\\.ample.org.'",
		"len(query.name) == 18",
		"upper(query.name) == 'WWW.EX\\\\.AMPLE.ORG.'",
		"lower('ABC') == 'abc'",
		"contains(query.name, 'ample')",
		"contains(query.name, '')",
		"query.type == 'A'",
		"query.type == 'TYPE1'",
		"query.type in ['AAAA', 'A']",
		"query.type != 'AAAA'",
		"query.class == 'IN'",
		"client.subnet in ['10.0.0.0/8', '192.0.2.0/24']",
		"client.subnet == '192.0.2.77'",
		"client.subnet != cidr('192.0.2.0/24')",
		"contains(cidr('192.0.2.64/26'), client.subnet)",
		"contains('192.0.0.0/16', client.subnet)",
		"cidr(client.subnet, '192.0.2.77/32')",
		"client.subnet in ['::/0', '0.0.0.0/0']",
		"time.utc_date == '2026-11-25'",
		"time.utc_date >= '2026-11-01' && time.utc_date < '2027-01-01'",
		"time.utc_hour == 13",
		"time.weekday == 'wed'",
		"time.weekday in ['wed', 'thu']",
		"hash(query.name, 'x') == hash(query.name, 'x')",
		"hash(query.name, 'x') != hash(query.name, 'y')",
		"hash(client.subnet, 'x') >= 0",
		NULL,
	};
	all_hold(text, true);
}
END_TEST

START_TEST(selector__what_is_false_is_false)
{
	static const char *const text[] = {
		"false",
		"1 == 2",
		"query.type in ['AAAA']",
		"client.subnet in ['192.0.2.0/26']",
		"client.subnet in ['2001:db8::/32']",
		"contains(client.subnet, cidr('192.0.2.0/24'))",
		"time.weekday in ['sat', 'sun']",
		"time.utc_hour >= 14",
		"query.name == 'www.example.org.'",
		NULL,
	};
	all_hold(text, false);
}
END_TEST

START_TEST(selector__absent_values_make_each_comparison_false)
{
	static const char *const text[] = {
		"client.geo.country == 'DE'",
		"client.geo.country != 'DE'",
		"client.geo.asn == 1",
		"client.geo.asn != 1",
		"client.geo.asn < 1 || client.geo.asn >= 1",
		"client.geo.asn + 1 > 0 || !(true)",
		"client.geo.asn in [1, 2]",
		"len(client.geo.country) == 2",
		"len(lower(client.geo.country)) != 2",
		"hash(client.geo.country, 's') >= 0",
		"contains(client.geo.country, '')",
		"1 / 0 == 1 || 1 / 0 != 1",
		"1 % 0 == 1 || 1 % 0 != 1",
		"9223372036854775807 + 1 != 0",
		"(-9223372036854775807 - 1) / -1 != 0",
		"(-9223372036854775807 - 2) != 0",
		"9223372036854775807 * 2 != 0",
		NULL,
	};
	all_hold(text, false);
	ck_assert(holds("!(client.geo.country == 'DE')", question("192.0.2.1", "a.", 1)));
	ck_assert(!holds("client.subnet in ['0.0.0.0/0', '::/0']", question(NULL, "a.", 1)));
	ck_assert(!holds("client.subnet != '192.0.2.1'", question(NULL, "a.", 1)));
}
END_TEST

START_TEST(selector__strings_that_do_not_fit_are_absent)
{
	char text[SELECTOR_TEXT];
	strcpy(text, "len(lower('");
	memset(text + strlen(text), 'x', SELECTOR_SCRATCH);
	strcpy(text + 11 + SELECTOR_SCRATCH, "')) == 4096");
	ck_assert(holds(text, question("192.0.2.1", "a.", 1)));
	text[11 + SELECTOR_SCRATCH] = 'x';
	strcpy(text + 12 + SELECTOR_SCRATCH, "')) == 4097");
	ck_assert(!holds(text, question("192.0.2.1", "a.", 1)));
}
END_TEST

START_TEST(selector__the_longest_names_are_read)
{
	struct asked *a = question("192.0.2.1", "a.", 1);
	uint8_t wire[AX_NAME_MAX];
	memset(wire, 0xff, sizeof wire);
	for (unsigned at = 0; at < 254; at += 64)
		wire[at] = at + 64 > 254 ? 254 - (uint8_t)at - 1 : 63;
	wire[254] = 0;
	a->qname = ax_slice(wire, sizeof wire);
	ck_assert(holds("len(query.name) == 1004", a));
	ck_assert(holds("query.name == '.'", question("192.0.2.1", ".", 1)));
}
END_TEST

START_TEST(selector__mistakes_are_refused_with_their_column)
{
	static const struct {
		const char *text, *why;
	} mistakes[] = {
		{ "", "column 1: the expression is not complete" },
		{ "1 ==", "column 5: " },
		{ "1", "boolean" },
		{ "1 == 'a'", "type" },
		{ "true == true", "boolean" },
		{ "true && 1", "boolean" },
		{ "!1", "boolean" },
		{ "1 + 'a' == 2", "integer" },
		{ "1 == 1 == 1", "mean" },
		{ "client.country == 'DE'", "column 1: there is no field or function `client.country`" },
		{ "client.geo.country == 'de'", "two capital letters" },
		{ "client.geo.country in ['DE', 'Germany']", "two capital letters" },
		{ "query.name == 'www.example.org'", "ends in a dot" },
		{ "query.name == 'WWW.example.org.'", "lower case" },
		{ "query.type == 'QUATSCH'", "unknown type" },
		{ "query.type < 'A'", "can't be compared with <" },
		{ "query.class == 'XX'", "no class" },
		{ "time.weekday == 'Monday'", "no day" },
		{ "time.utc_date > '1.1.2027'", "YYYY-MM-DD" },
		{ "client.subnet in ['10.0.0.1/8']", "bits set beyond" },
		{ "client.subnet in ['10.0.0.0/33']", "not a network" },
		{ "client.subnet in '10.0.0.0/8'", "`[` is missing" },
		{ "client.subnet in []", "a value is missing" },
		{ "client.geo.asn in [1, client.geo.asn]", "only constants" },
		{ "1 in [1]", "constant" },
		{ "cidr('x') == client.subnet", "not a network" },
		{ "cidr(1, '10.0.0.0/8')", "network" },
		{ "hash(1, 2) == 1", "salt" },
		{ "len(1) == 1", "string" },
		{ "'abc", "no end" },
		{ "'a\\b' == 'c'", "a \\ in a string" },
		{ "1 = 1", "column 3: `=` means nothing" },
		{ "1 & 1", "column 3: " },
		{ "12x == 1", "after the number" },
		{ "9223372036854775808 == 1", "too large" },
		{ "(true", "`)` is missing" },
		{ "true true", "column 6: what does `true` mean" },
		{ NULL, NULL },
	};
	for (unsigned i = 0; mistakes[i].text; i++) {
		struct selector *s;
		enum ax_err e = selector_parse(&s, mistakes[i].text);
		ck_assert_msg(e == AX_EINVAL, "taken: %s", mistakes[i].text);
		ck_assert_ptr_null(s);
		ck_assert_msg(strstr(ax_err_text(e), mistakes[i].why) != NULL, "%s: %s", mistakes[i].text,
			      ax_err_text(e));
	}
}
END_TEST

START_TEST(selector__nesting_and_length_are_bounded)
{
	char text[SELECTOR_TEXT + 2];
	struct selector *s;
	memset(text, '(', 100);
	strcpy(text + 100, "true");
	ck_assert_int_eq(selector_parse(&s, text), AX_EINVAL);
	strcpy(text, "true");
	for (unsigned i = 0; i < SELECTOR_NODES; i++)
		strcat(text, "||true");
	ck_assert_int_eq(selector_parse(&s, text), AX_EINVAL);
	memset(text, ' ', SELECTOR_TEXT + 1);
	text[SELECTOR_TEXT + 1] = 0;
	ck_assert_int_eq(selector_parse(&s, text), AX_EINVAL);
}
END_TEST

START_TEST(selector__tells_what_it_asks_for_and_how_finely)
{
	struct selector *s;
	ck_assert_int_eq(selector_parse(&s, "client.subnet in ['10.0.0.0/8', '192.0.2.0/28', '2001:db8::/32']"),
			 AX_OK);
	ck_assert_uint_eq(selector_uses(s), SELECTOR_USES_CLIENT);
	ck_assert_uint_eq(selector_scope(s, 4), 28);
	ck_assert_uint_eq(selector_scope(s, 6), 32);
	selector_free(s);
	ck_assert_int_eq(selector_parse(&s, "hash(client.subnet, 'x') % 2 == 0"), AX_OK);
	ck_assert_uint_eq(selector_scope(s, 4), 24);
	ck_assert_uint_eq(selector_scope(s, 6), 48);
	selector_free(s);
	ck_assert_int_eq(selector_parse(&s, "time.utc_hour < 6 && query.name == 'a.'"), AX_OK);
	ck_assert_uint_eq(selector_uses(s), 0);
	selector_free(s);
}
END_TEST

START_TEST(selector__days_are_right_over_four_centuries)
{
	struct asked *a = question("192.0.2.1", "a.", 1);
	a->now_s = 951782400; /* 2000-02-29, a Tuesday */
	ck_assert(holds("time.utc_date == '2000-02-29' && time.weekday == 'tue' && time.utc_hour == 0", a));
	a->now_s = -1;
	ck_assert(holds("time.utc_date == '1969-12-31' && time.weekday == 'wed' && time.utc_hour == 23", a));
	a->now_s = 4107542399; /* 2100 is no leap year */
	ck_assert(holds("time.utc_date == '2100-02-28' && time.weekday == 'sun'", a));
	a->now_s = INT64_MAX / 2;
	ck_assert(!holds("time.utc_date >= '0000-00-00'", a));
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, selector__what_is_true_is_true);
	tcase_add_test(tc, selector__what_is_false_is_false);
	tcase_add_test(tc, selector__absent_values_make_each_comparison_false);
	tcase_add_test(tc, selector__strings_that_do_not_fit_are_absent);
	tcase_add_test(tc, selector__the_longest_names_are_read);
	tcase_add_test(tc, selector__mistakes_are_refused_with_their_column);
	tcase_add_test(tc, selector__nesting_and_length_are_bounded);
	tcase_add_test(tc, selector__tells_what_it_asks_for_and_how_finely);
	tcase_add_test(tc, selector__days_are_right_over_four_centuries);
}

int main(void)
{
	return ax_hash_init() ? 1 : check_main("selector", add);
}
