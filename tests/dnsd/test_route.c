#include <arpa/inet.h>

#include "dnsd/address.h"
#include "dnsd/packet.h"
#include "dnsd/route.h"
#include "tests/dnsd/wire.h"

static struct routing *routing;

/* A view with a rule and a canary of all, one with neither; options count from 127.0.0.0/8. */
static void set_up(void)
{
	struct route_view *v;
	uint32_t arm;
	routing = routing_new();
	ck_assert_ptr_nonnull(routing);
	ck_assert_int_eq(routing_arm(&arm, routing, "main", NULL, NULL), AX_OK);
	ck_assert_int_eq(routing_view(&v, routing, "mixed", arm), AX_OK);
	ck_assert_int_eq(routing_rule(routing, v, "net", "client.subnet in ['10.1.2.128/25']", "inside"), AX_OK);
	ck_assert_int_eq(routing_canary(routing, v, "next:100", "salt"), AX_OK);
	ck_assert_int_eq(routing_view(&v, routing, "live", arm), AX_OK);
	ck_assert_int_eq(routing_ecs_from(routing, "127.0.0.0/8"), AX_OK);
	routing->listener[1] = 1;
}

/* Append an OPT with one client subnet option of these bytes. */
static struct wire_query with_subnet(const char *option, size_t n)
{
	struct ax_name name = name_of("www.example.");
	struct wire_query w = wire_question(&name, AX_TYPE_A);
	wire_opt(&w, 1232, 0, false);
	w.n -= 2;
	wire_u16(&w, 4 + (unsigned)n);
	wire_u16(&w, OPTION_SUBNET);
	wire_u16(&w, (unsigned)n);
	memcpy(w.p + w.n, option, n);
	w.n += n;
	return w;
}

/* The branch for a query to a listener; "FORMERR" if that is the answer. */
static const char *ask(struct query *q, const struct wire_query *w, uint32_t listener, const char *peer)
{
	struct address a;
	unsigned rcode;
	ck_assert_int_eq(address_parse(&a, peer), AX_OK);
	ck_assert_int_eq(query_read(q, wire_bytes(w)), AX_RCODE_NOERROR);
	const struct route_arm *arm = &routing->arm[route_choose(routing, listener, &a.sa, q, &rcode)];
	if (rcode)
		ck_assert_uint_eq(rcode, AX_RCODE_FORMERR);
	return rcode ? "FORMERR" : arm->branch;
}

#define SUBNET(literal) with_subnet(literal, sizeof(literal) - 1)

START_TEST(route__rule_goes_before_canary_and_canary_before_live)
{
	struct query q;
	struct ax_name name = name_of("www.example.");
	struct wire_query w = wire_question(&name, AX_TYPE_A);
	ck_assert_str_eq(ask(&q, &w, 0, "10.1.2.200:53"), "inside");
	ck_assert_str_eq(ask(&q, &w, 0, "10.1.2.1:53"), "next");
	ck_assert_str_eq(ask(&q, &w, 1, "10.1.2.200:53"), "main");
	ck_assert_str_eq(ask(&q, &w, 0, "[::ffff:10.1.2.200]:53"), "inside");
	ck_assert(!(q.edns.reply.says & EDNS_SUBNET));
	w = wire_question(&name, AX_TYPE_AXFR);
	ck_assert_str_eq(ask(&q, &w, 0, "10.1.2.200:53"), "main");
	ck_assert_uint_eq(routing->view[0].rule[0].matched, 2);
}
END_TEST

START_TEST(route__option_counts_only_from_its_sources)
{
	struct query q;
	struct wire_query w = SUBNET("\0\1\31\0\12\1\2\200");
	ck_assert_str_eq(ask(&q, &w, 0, "127.0.0.1:53"), "inside");
	ck_assert(q.edns.reply.says & EDNS_SUBNET);
	ck_assert_uint_eq(q.edns.reply.subnet_scope, 25);
	ck_assert_str_eq(ask(&q, &w, 0, "192.0.2.1:53"), "next");
	ck_assert(!(q.edns.reply.says & EDNS_SUBNET));
	ck_assert_str_eq(ask(&q, &w, 1, "127.0.0.1:53"), "main");
	ck_assert(q.edns.reply.says & EDNS_SUBNET);
	ck_assert_uint_eq(q.edns.reply.subnet_scope, 0);
}
END_TEST

START_TEST(route__option_of_no_length_tells_nothing_and_has_no_scope)
{
	struct query q;
	struct wire_query w = SUBNET("\0\1\0\0");
	ck_assert_str_eq(ask(&q, &w, 0, "127.0.0.1:53"), "next");
	ck_assert(q.edns.reply.says & EDNS_SUBNET);
	ck_assert_uint_eq(q.edns.reply.subnet_scope, 0);
	w = SUBNET("\0\0\0\0");
	ck_assert_str_eq(ask(&q, &w, 0, "127.0.0.1:53"), "next");
	ck_assert(q.edns.reply.says & EDNS_SUBNET);
}
END_TEST

START_TEST(route__malformed_option_is_a_format_error_from_its_sources_alone)
{
	const struct wire_query bad[] = {
		SUBNET(""),
		SUBNET("\0\1\30"),
		SUBNET("\0\1\30\0\12\1"),                                /* an octet is missing */
		SUBNET("\0\1\30\0\12\1\2\3"),                            /* one too many */
		SUBNET("\0\1\30\1\12\1\2"),                              /* a scope */
		SUBNET("\0\1\27\0\12\1\3"),                              /* a bit beyond the length */
		SUBNET("\0\1\41\0\12\1\2\3\0"),                          /* 33 bits of IPv4 */
		SUBNET("\0\3\10\0\12"),                                  /* no such family */
		SUBNET("\0\0\10\0\12"),                                  /* a length of no family */
		SUBNET("\0\2\201\0\12\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* 129 bits */
	};
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct query q;
		const char *trusted = ask(&q, &bad[i], 0, "127.0.0.1:53");
		ck_assert_msg(strcmp(trusted, "FORMERR") == 0 && !(q.edns.reply.says & EDNS_SUBNET), "case %u", i);
		ck_assert_str_eq(ask(&q, &bad[i], 0, "192.0.2.1:53"), "next");
	}
}
END_TEST

START_TEST(route__answer_echoes_the_option_and_stays_in_its_size)
{
	static uint8_t bytes[PACKET_MAX];
	static struct packet m;
	struct query q;
	struct wire_query w = SUBNET("\0\2\60\0\40\1\15\270\0\1");
	ck_assert_str_eq(ask(&q, &w, 0, "127.0.0.1:53"), "next");
	packet_init(&m, bytes);
	packet_begin(&m, &q, PACKET_UDP_MIN);
	uint8_t rdata[200] = { 199 };
	struct packet_owner owner = packet_question_owner(&m, 0);
	while (packet_rr(&m, PACKET_ANSWER, &owner, AX_TYPE_TXT, 300, ax_slice(rdata, sizeof rdata)))
		;
	packet_truncate(&m);
	packet_end(&m, 0);
	ck_assert_uint_le(m.n, PACKET_UDP_MIN);
	ck_assert_uint_eq(ax_be16(m.p + m.n - 16), 14); /* RDLENGTH, then the option */
	ck_assert_mem_eq(m.p + m.n - 14, "\0\10\0\12\0\2\60\60\40\1\15\270\0\1", 14);
}
END_TEST

START_TEST(route__arms_are_shared_and_counts_go_on)
{
	uint32_t arm;
	struct routing *old = routing;
	ck_assert_uint_eq(routing->arms, 3);
	ck_assert_int_eq(routing_arm(&arm, routing, "main", NULL, NULL), AX_OK);
	ck_assert_uint_eq(arm, 0);
	ck_assert_uint_eq(routing->arm[1].live, 0);
	old->view[0].rule[0].matched = 77;
	set_up();
	routing_continue(routing, old, 0);
	ck_assert_uint_eq(routing->view[0].rule[0].matched, 77);
	routing_free(old);
}
END_TEST

static void tear_down(void)
{
	routing_free(routing);
}

static void add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, route__rule_goes_before_canary_and_canary_before_live);
	tcase_add_test(tc, route__option_counts_only_from_its_sources);
	tcase_add_test(tc, route__option_of_no_length_tells_nothing_and_has_no_scope);
	tcase_add_test(tc, route__malformed_option_is_a_format_error_from_its_sources_alone);
	tcase_add_test(tc, route__answer_echoes_the_option_and_stays_in_its_size);
	tcase_add_test(tc, route__arms_are_shared_and_counts_go_on);
}

int main(void)
{
	return ax_hash_init() ? 1 : check_main("route", add);
}
