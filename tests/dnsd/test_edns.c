#include <arpa/inet.h>
#include <string.h>

#include "dnsd/edns.h"
#include "tests/check.h"

static struct net net_of(const char *text)
{
	struct net n;
	ck_assert_int_eq(net_parse(&n, text, strlen(text)), AX_OK);
	return n;
}

static size_t from_hex(uint8_t *out, const char *hex)
{
	size_t n = strlen(hex) / 2;
	for (size_t i = 0; i < n; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };
		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

static struct cookies secrets(const char *text)
{
	struct cookies c = { 0 };
	ck_assert_msg(cookie_secrets(&c, ax_slice_str(text)) == AX_OK, "%s", ax_err_text(AX_EINVAL));
	return c;
}

/* -- cookies ---------------------------------------------------------------------------------------------- */

static const char one[] = "e5e973e5a6b2a43f48e7dc849e37bfcf\n";

struct vector {
	const char *secrets, *client, *sent;
	uint32_t now_s;
	enum cookie is;
	const char *answer;
};

/* The examples of RFC 9018, appendix A. */
static const struct vector vectors[] = {
	{ one, "198.51.100.100", "2464c4abcf10c957", 1559731985, COOKIE_CLIENT_ONLY,
	  "2464c4abcf10c957010000005cf79f111f8130c3eee29480" },
	{ one, "198.51.100.100", "2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559734385, COOKIE_GOOD,
	  "2464c4abcf10c957010000005cf7a871d4a564a1442aca77" },
	{ one, "203.0.113.203", "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", 1559734700, COOKIE_BAD,
	  "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e" },
	{ "445536bcd2513298075a5d379663c962\ndd3bdf9344b678b185a6f5cb60fca715", "2001:db8:220:1:59de:d0f4:8769:82b8",
	  "22681ab97d52c298010000005cf7c57926556bd0934c72f8", 1559741961, COOKIE_GOOD,
	  "22681ab97d52c298010000005cf7c609a6bb79d16625507a" },
};

static enum cookie check(uint8_t out[24], const struct cookies *c, const char *client, const char *hex,
			 uint32_t now_s)
{
	uint8_t option[COOKIE_MAX];
	struct net n = net_of(client);
	size_t size = from_hex(option, hex);
	ck_assert(cookie_well_formed(size));
	return cookie_check(out, c, ax_slice(option, size), &n, now_s);
}

START_TEST(cookie__examples_of_rfc_9018)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		const struct vector *v = &vectors[i];
		struct cookies c = secrets(v->secrets);
		uint8_t out[24], want[24];
		ck_assert_msg(check(out, &c, v->client, v->sent, v->now_s) == v->is, "vector %zu", i);
		from_hex(want, v->answer);
		ck_assert_msg(memcmp(out, want, 24) == 0, "vector %zu", i);
	}
}
END_TEST

START_TEST(cookie__counts_for_an_hour_and_is_renewed_after_half_of_it)
{
	static const char sent[] = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
	static const struct {
		int64_t age_s;
		enum cookie is;
		bool same;
	} cases[] = {
		{ 0, COOKIE_GOOD, true },     { 1800, COOKIE_GOOD, true }, { 1801, COOKIE_GOOD, false },
		{ 3600, COOKIE_GOOD, false }, { 3601, COOKIE_BAD, false }, { -300, COOKIE_GOOD, true },
		{ -301, COOKIE_BAD, false },
	};
	struct cookies c = secrets(one);
	uint8_t out[24], as_sent[24];
	from_hex(as_sent, sent);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t now_s = (uint32_t)(1559731985 + cases[i].age_s);
		ck_assert_msg(check(out, &c, "198.51.100.100", sent, now_s) == cases[i].is, "case %zu", i);
		ck_assert_msg((memcmp(out, as_sent, 24) == 0) == cases[i].same, "case %zu", i);
	}
	/* The clock's 32 bits wrap: a cookie of just before is young. */
	ck_assert_int_eq(check(out, &c, "198.51.100.100", "2464c4abcf10c957", UINT32_MAX - 10), COOKIE_CLIENT_ONLY);
	struct net n = net_of("198.51.100.100");
	uint8_t again[24];
	ck_assert_int_eq(cookie_check(again, &c, ax_slice(out, 24), &n, 100), COOKIE_GOOD);
}
END_TEST

START_TEST(cookie__is_of_one_client_and_whole)
{
	static const char sent[] = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
	struct cookies c = secrets(one);
	uint8_t out[24], bytes[24];
	ck_assert_int_eq(check(out, &c, "198.51.100.101", sent, 1559731985), COOKIE_BAD);
	struct net n = net_of("198.51.100.100");
	for (unsigned i = 0; i < 24; i++) {
		from_hex(bytes, sent);
		bytes[i] ^= 1;
		ck_assert_msg(cookie_check(out, &c, ax_slice(bytes, 24), &n, 1559731985) == COOKIE_BAD, "octet %u",
			      i);
	}
	ck_assert_int_eq(check(out, &c, "198.51.100.100", "2464c4abcf10c9570100000000000000", 1559731985),
			 COOKIE_BAD);
}
END_TEST

START_TEST(cookie__staged_secret_vouches_but_does_not_make)
{
	struct cookies old = secrets("00112233445566778899aabbccddeeff\n"),
		       staged = secrets("00112233445566778899aabbccddeeff\nffeeddccbbaa99887766554433221100\n"),
		       turned = secrets("ffeeddccbbaa99887766554433221100\n00112233445566778899aabbccddeeff\n");
	uint8_t a[24], b[24];
	struct net n = net_of("192.0.2.1");
	static const uint8_t client[8] = "abcdefgh";
	cookie_check(a, &old, ax_slice(client, 8), &n, 1000);
	cookie_check(b, &staged, ax_slice(client, 8), &n, 1000);
	ck_assert(memcmp(a, b, 24) == 0);
	cookie_check(b, &turned, ax_slice(client, 8), &n, 1000);
	ck_assert(memcmp(a, b, 24) != 0);
	/* Each server of a fleet knows the other's, whichever step it has reached. */
	ck_assert_int_eq(cookie_check(a, &staged, ax_slice(b, 24), &n, 1000), COOKIE_GOOD);
	ck_assert_int_eq(cookie_check(a, &old, ax_slice(b, 24), &n, 1000), COOKIE_BAD);
}
END_TEST

START_TEST(cookie__secrets_that_are_none_are_refused_with_their_line)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "there is no secret" },
		{ "# nothing\n\n", "there is no secret" },
		{ "# one\n00112233445566778899aabbccddeef\n", "line 2" },
		{ "00112233445566778899aabbccddeeff0\n", "line 1" },
		{ "00112233445566778899aabbccddeefg\n", "line 1" },
		{ "00112233445566778899aabbccddeeff\n00112233445566778899aabbccddeeff\n00112233445566778899aabbccddee"
		  "ff\n"
		  "00112233445566778899aabbccddeeff\n00112233445566778899aabbccddeeff\n",
		  "line 5: more than 4" },
	};
	struct cookies c;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ck_assert_msg(cookie_secrets(&c, ax_slice_str(cases[i].text)) == AX_EINVAL, "case %zu", i);
		ck_assert_msg(strstr(ax_err_text(AX_EINVAL), cases[i].why) != NULL, "case %zu: %s", i,
			      ax_err_text(AX_EINVAL));
	}
	c = secrets("# none\r\n00112233445566778899AABBCCDDEEFF \t\r\n");
	ck_assert_uint_eq(c.n, 1);
	ck_assert_uint_eq(c.secret[0][15], 0xff);
}
END_TEST

/* -- the OPT ---------------------------------------------------------------------------------------------- */

static struct edns read_opt(const char *options)
{
	struct edns e = { 0 };
	static uint8_t bytes[512];
	size_t n = from_hex(bytes, options);
	ck_assert(edns_read(&e, 1232, 0x8000, ax_slice(bytes, n)));
	return e;
}

/* The answer's OPT as hex, in a message of n octets that may have max. */
static const char *put(const struct edns *e, size_t n, size_t max)
{
	static uint8_t message[2048];
	static char hex[4096];
	size_t end = edns_put(message, n, max, e, 0);
	ck_assert_uint_le(end, max);
	ck_assert_uint_eq(ax_be16(message + n + 9), end - n - 11);
	for (size_t i = n + 11; i < end; i++)
		sprintf(hex + 2 * (i - n - 11), "%02x", message[i]);
	hex[2 * (end - n - 11)] = 0;
	return hex;
}

static void take(struct edns *e, const char *nsid, enum transport transport)
{
	struct identity id = { 0 };
	struct cookies none = { 0 };
	struct sockaddr_in peer = { .sin_family = AF_INET };
	if (nsid)
		ck_assert_int_eq(identity_nsid(&id, nsid), AX_OK);
	edns_take(e, &id, &none, (const struct sockaddr *)&peer, transport, 100);
}

START_TEST(edns__each_option_is_said_only_where_asked_for_known_and_apt)
{
	static const struct {
		const char *asks, *nsid;
		enum transport transport;
		const char *says;
	} cases[] = {
		{ "", "ns1", TRANSPORT_TLS, "" },
		{ "00030000", NULL, TRANSPORT_UDP, "" },
		{ "00030000", "ns1", TRANSPORT_UDP, "000300036e7331" },
		{ "00030002ffff", "0x00ff", TRANSPORT_UDP, "0003000200ff" },
		{ "000b0000", NULL, TRANSPORT_UDP, "" },
		{ "000b0000", NULL, TRANSPORT_TCP, "000b00020064" },
		{ "000c0003000000", NULL, TRANSPORT_TCP, "" },
		{ "fde90004deadbeef", "ns1", TRANSPORT_TCP, "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct edns e = read_opt(cases[i].asks);
		take(&e, cases[i].nsid, cases[i].transport);
		const char *got = put(&e, 40, 512);
		ck_assert_msg(strcmp(got, cases[i].says) == 0, "case %zu: %s", i, got);
		ck_assert_uint_eq(edns_room(&e), EDNS_OPT + strlen(got) / 2);
	}
}
END_TEST

START_TEST(edns__padding_over_tls_fills_blocks_and_comes_last)
{
	struct edns e = read_opt("000c0000"
				 "00030000");
	take(&e, "ns1", TRANSPORT_TLS);
	for (size_t n = 12; n < 1000; n++) {
		const char *hex = put(&e, n, 2048);
		size_t size = n + EDNS_OPT + strlen(hex) / 2;
		ck_assert_msg(size % EDNS_PADDING_BLOCK == 0 && size - n < EDNS_PADDING_BLOCK + EDNS_OPT + 11,
			      "%zu octets became %zu", n, size);
		ck_assert(strncmp(hex, "000300036e7331000c", 18) == 0);
	}
	/* As far as the message may go, and not beyond. */
	for (size_t left = 18; left < 30; left++)
		put(&e, 300, 300 + left);
}
END_TEST

START_TEST(edns__extended_error_only_takes_what_is_left)
{
	struct edns e = read_opt("");
	edns_error(&e, EDE_STALE);
	ck_assert_str_eq(put(&e, 100, 512), "000f00020003");
	ck_assert_str_eq(put(&e, 100, 100 + EDNS_OPT + 6), "000f00020003");
	ck_assert_str_eq(put(&e, 100, 100 + EDNS_OPT + 5), "");
	ck_assert_uint_eq(edns_room(&e), EDNS_OPT);
}
END_TEST

START_TEST(edns__options_that_dont_fit_their_kind_are_malformed)
{
	static const struct {
		const char *hex;
		bool malformed;
	} cases[] = {
		{ "000a0000", true },
		{ "000a000701020304050607", true },
		{ "000a00080102030405060708", false },
		{ "000a0009010203040506070809", true },
		{ "000a000f0102030405060708090a0b0c0d0e0f", true },
		{ "000a00100102030405060708090a0b0c0d0e0f10", false },
		{ "00130000", false },
		{ "0013000100", true },
		{ "0009000400000000", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(read_opt(cases[i].hex).malformed == cases[i].malformed, "case %zu", i);
	uint8_t cut[] = { 0, 3, 0, 1 };
	struct edns e = { 0 };
	ck_assert(!edns_read(&e, 1232, 0, ax_slice(cut, 4)));
	ck_assert(!edns_read(&e, 1232, 0, ax_slice(cut, 3)));
}
END_TEST

START_TEST(identity__what_can_not_be_said_is_refused)
{
	struct identity id;
	char text[300];
	memset(text, 'x', sizeof text);
	text[256] = 0;
	ck_assert_int_eq(identity_text(&id.server, text), AX_EINVAL);
	text[255] = 0;
	ck_assert_int_eq(identity_text(&id.server, text), AX_OK);
	ck_assert_int_eq(identity_text(&id.server, ""), AX_EINVAL);
	ck_assert_int_eq(identity_nsid(&id, text), AX_EINVAL);
	ck_assert_int_eq(identity_nsid(&id, ""), AX_EINVAL);
	ck_assert_int_eq(identity_nsid(&id, "0x"), AX_EINVAL);
	ck_assert_int_eq(identity_nsid(&id, "0x123"), AX_EINVAL);
	ck_assert_int_eq(identity_nsid(&id, "0x12zz"), AX_EINVAL);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, cookie__examples_of_rfc_9018);
	tcase_add_test(tc, cookie__counts_for_an_hour_and_is_renewed_after_half_of_it);
	tcase_add_test(tc, cookie__is_of_one_client_and_whole);
	tcase_add_test(tc, cookie__staged_secret_vouches_but_does_not_make);
	tcase_add_test(tc, cookie__secrets_that_are_none_are_refused_with_their_line);
	tcase_add_test(tc, edns__each_option_is_said_only_where_asked_for_known_and_apt);
	tcase_add_test(tc, edns__padding_over_tls_fills_blocks_and_comes_last);
	tcase_add_test(tc, edns__extended_error_only_takes_what_is_left);
	tcase_add_test(tc, edns__options_that_dont_fit_their_kind_are_malformed);
	tcase_add_test(tc, identity__what_can_not_be_said_is_refused);
}

int main(void)
{
	return ax_hash_init() ? 1 : check_main("edns", add);
}
