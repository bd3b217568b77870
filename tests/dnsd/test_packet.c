#include "dnsd/packet.h"
#include "tests/dnsd/wire.h"

static uint8_t buffer[PACKET_MAX];
static struct packet m;
static struct wire_query w;
static struct query q;

static void begin(const char *name, size_t max, bool edns)
{
	struct ax_name n = name_of(name);
	w = wire_question(&n, AX_TYPE_A);
	if (edns)
		wire_opt(&w, 4096, 0, true);
	ck_assert_int_eq(query_read(&q, wire_bytes(&w)), AX_RCODE_NOERROR);
	packet_begin(&m, &q, max);
}

static bool put(const char *owner, uint16_t type, const char *text)
{
	struct ax_buf rdata = AX_BUF_INIT;
	struct ax_name n = name_of(owner);
	OK(ax_rdata_parse(&rdata, type, text, strlen(text), &ax_name_root));
	struct packet_owner o = packet_owner(&m, n.wire, n.n);
	bool fits = packet_rr(&m, PACKET_ANSWER, &o, type, 300, ax_buf_view(&rdata));
	ax_buf_fini(&rdata);
	return fits;
}

static void is(const char *wanted)
{
	struct ax_buf b = AX_BUF_INIT;
	ck_assert_str_eq(wire_text(&b, ax_slice(m.p, m.n)), wanted);
	ax_buf_fini(&b);
}

START_TEST(packet__question_is_echoed_with_its_case)
{
	begin("WwW.ExAmPlE.", 512, false);
	packet_end(&m, AX_RCODE_NXDOMAIN);
	ck_assert_uint_eq(m.n, w.n);
	ck_assert_int_eq(memcmp(m.p + 12, w.p + 12, w.n - 12), 0);
	is("rcode 3 rd\n");
}
END_TEST

START_TEST(packet__opt_is_answered_with_opt)
{
	begin("www.example.", 1232, true);
	packet_end(&m, AX_RCODE_BADVERS);
	is("rcode 0 rd\nopt size 1232 version 0 rcode 1 do\n");
}
END_TEST

START_TEST(packet__owners_become_pointers_to_the_question)
{
	begin("WWW.Example.", 512, false);
	size_t before = m.n;
	ck_assert(put("www.example.", AX_TYPE_A, "192.0.2.1"));
	ck_assert_uint_eq(m.n - before, 2 + 10 + 4);
	ck_assert(put("example.", AX_TYPE_A, "192.0.2.2"));
	ck_assert_uint_eq(m.n - before, 2 * (2 + 10 + 4));
	packet_end(&m, 0);
	is("rcode 0 rd\nan WWW.Example. 300 A 192.0.2.1\nan Example. 300 A 192.0.2.2\n");
}
END_TEST

START_TEST(packet__names_in_rdata_are_compressed_only_for_types_that_may)
{
	begin("www.example.", 512, false);
	size_t before = m.n;
	ck_assert(put("www.example.", AX_TYPE_NS, "ns.example."));
	ck_assert_uint_eq(m.n - before, 12 + 3 + 2);
	before = m.n;
	ck_assert(put("www.example.", AX_TYPE_MX, "5 ns.example."));
	ck_assert_uint_eq(m.n - before, 12 + 2 + 2);
	before = m.n;
	ck_assert(put("www.example.", AX_TYPE_SRV, "1 2 3 ns.example."));
	ck_assert_uint_eq(m.n - before, 12 + 6 + 12);
	before = m.n;
	ck_assert(put("www.example.", AX_TYPE_SOA, "ns.example. host.ns.example. 1 2 3 4 5"));
	ck_assert_uint_eq(m.n - before, 12 + 2 + 5 + 2 + 20);
	packet_end(&m, 0);
	is("rcode 0 rd\nan www.example. 300 NS ns.example.\nan www.example. 300 MX 5 ns.example.\n"
	   "an www.example. 300 SRV 1 2 3 ns.example.\nan www.example. 300 SOA ns.example. host.ns.example. 1 2 3 4 "
	   "5\n");
}
END_TEST

START_TEST(packet__rdata_keeps_its_letter_case)
{
	begin("WWW.EXAMPLE.", 512, false);
	ck_assert(put("www.example.", AX_TYPE_NS, "Ns.example."));
	ck_assert(put("www.example.", AX_TYPE_NS, "NS.Example."));
	ck_assert(put("www.example.", AX_TYPE_NS, "ns2.EXAMPLE."));
	packet_end(&m, 0);
	is("rcode 0 rd\nan WWW.EXAMPLE. 300 NS Ns.example.\nan WWW.EXAMPLE. 300 NS NS.Example.\n"
	   "an WWW.EXAMPLE. 300 NS ns2.EXAMPLE.\n");
}
END_TEST

START_TEST(packet__the_root_is_never_a_pointer)
{
	begin(".", 512, false);
	size_t before = m.n;
	ck_assert(put(".", AX_TYPE_NS, "."));
	ck_assert_uint_eq(m.n - before, 1 + 10 + 1);
	packet_end(&m, 0);
	is("rcode 0 rd\nan . 300 NS .\n");
}
END_TEST

START_TEST(packet__what_does_not_fit_is_taken_back_whole)
{
	begin("www.example.", 512, true);
	ck_assert(put("www.example.", AX_TYPE_NS, "kept.example."));
	struct packet_mark mark = packet_mark(&m);
	unsigned i = 0;
	char text[64];
	do
		snprintf(text, sizeof text, "a-name-server-of-some-length-%u.other.", i++);
	while (put("www.example.", AX_TYPE_NS, text));
	ck_assert_uint_gt(i, 5);
	packet_rollback(&m, &mark);
	/* What was written after the mark is no longer pointed at. */
	ck_assert(put("www.example.", AX_TYPE_NS, "a-name-server-of-some-length-0.other."));
	packet_end(&m, 0);
	ck_assert_uint_le(m.n, 512);
	is("rcode 0 rd\nan www.example. 300 NS kept.example.\n"
	   "an www.example. 300 NS a-name-server-of-some-length-0.other.\nopt size 1232 version 0 rcode 0 do\n");
}
END_TEST

START_TEST(packet__truncated_nothing_is_half_said)
{
	begin("www.example.", 512, true);
	ck_assert(put("www.example.", AX_TYPE_NS, "kept.example."));
	packet_truncate(&m);
	ck_assert(put("www.example.", AX_TYPE_NS, "late.example."));
	packet_end(&m, 0);
	is("rcode 0 tc rd\nopt size 1232 version 0 rcode 0 do\n");
}
END_TEST

/* Many messages of many names, one after the other through the same struct: each reads back as it was said. */
START_TEST(packet__random_names_come_back)
{
	uint64_t seed = check_seed();
	struct ax_buf got = AX_BUF_INIT, wanted = AX_BUF_INIT;
	for (unsigned round = 0; round < 300; round++) {
		begin("host.some.example.", PACKET_MAX, false);
		ax_buf_clear(&wanted);
		ax_buf_str(&wanted, "rcode 0 rd\n");
		for (unsigned i = check_random(&seed) % 400; i > 0; i--) {
			char owner[64], target[64];
			snprintf(owner, sizeof owner, "h%u.z%u.example.", (unsigned)(check_random(&seed) % 60),
				 (unsigned)(check_random(&seed) % 4));
			snprintf(target, sizeof target, "%c%u.z%u.example.", check_random(&seed) % 2 ? 'h' : 'H',
				 (unsigned)(check_random(&seed) % 60), (unsigned)(check_random(&seed) % 4));
			ck_assert(put(owner, AX_TYPE_CNAME, target));
			ax_buf_printf(&wanted, "an %s 300 CNAME %s\n", owner, target);
		}
		packet_end(&m, 0);
		ck_assert_str_eq(wire_text(&got, ax_slice(m.p, m.n)), ax_buf_cstr(&wanted));
	}
	ax_buf_fini(&got);
	ax_buf_fini(&wanted);
}
END_TEST

static void add(TCase *tc)
{
	packet_init(&m, buffer);
	tcase_add_test(tc, packet__question_is_echoed_with_its_case);
	tcase_add_test(tc, packet__opt_is_answered_with_opt);
	tcase_add_test(tc, packet__owners_become_pointers_to_the_question);
	tcase_add_test(tc, packet__names_in_rdata_are_compressed_only_for_types_that_may);
	tcase_add_test(tc, packet__rdata_keeps_its_letter_case);
	tcase_add_test(tc, packet__the_root_is_never_a_pointer);
	tcase_add_test(tc, packet__what_does_not_fit_is_taken_back_whole);
	tcase_add_test(tc, packet__truncated_nothing_is_half_said);
	tcase_add_test(tc, packet__random_names_come_back);
}

int main(void)
{
	return check_main("packet", add);
}
