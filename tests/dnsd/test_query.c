#include "dnsd/query.h"
#include "tests/dnsd/wire.h"

static int read_it(struct query *q, const struct wire_query *w)
{
	return query_read(q, wire_bytes(w));
}

static struct wire_query plain(void)
{
	struct ax_name n = name_of("Www.Example.");
	return wire_question(&n, AX_TYPE_A);
}

/* Append an additional record. */
static void add_rr(struct wire_query *w, const char *owner, unsigned type, unsigned class, uint32_t ttl,
		   const void *rdata, size_t n)
{
	memcpy(w->p + w->n, owner, strlen(owner) + 1);
	w->n += strlen(owner) + 1;
	wire_u16(w, type);
	wire_u16(w, class);
	wire_u16(w, ttl >> 16);
	wire_u16(w, ttl & 0xffff);
	wire_u16(w, (unsigned)n);
	memcpy(w->p + w->n, rdata, n);
	w->n += n;
	w->p[11]++;
}

START_TEST(query__a_plain_one_is_read)
{
	struct query q;
	struct wire_query w = plain();
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_NOERROR);
	ck_assert_uint_eq(q.name.labels, 2);
	ck_assert_uint_eq(q.qtype, AX_TYPE_A);
	ck_assert_uint_eq(q.qclass, CLASS_IN);
	ck_assert_uint_eq(q.qname_n, 13);
	ck_assert(!q.edns.there);
}
END_TEST

START_TEST(query__no_header_or_a_response_is_dropped)
{
	struct query q;
	struct wire_query w = plain();
	for (size_t n = 0; n < 12; n++)
		ck_assert_int_eq(query_read(&q, ax_slice(w.p, n)), QUERY_DROP);
	w.p[2] |= 0x80;
	ck_assert_int_eq(read_it(&q, &w), QUERY_DROP);
}
END_TEST

START_TEST(query__cut_anywhere_it_is_a_format_error)
{
	struct query q;
	struct wire_query w = plain();
	wire_opt(&w, 1232, 0, true);
	for (size_t n = 12; n < w.n; n++) {
		uint8_t *exact = malloc(n); /* so that a sanitizer sees a step too far */
		ck_assert_ptr_nonnull(exact);
		memcpy(exact, w.p, n);
		ck_assert_int_eq(query_read(&q, ax_slice(exact, n)), AX_RCODE_FORMERR);
		free(exact);
	}
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_NOERROR);
	w.p[w.n++] = 0;
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR); /* and so are octets left over */
}
END_TEST

START_TEST(query__other_than_one_question_is_a_format_error)
{
	struct query q;
	struct wire_query w = plain();
	w.p[5] = 0;
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
	ck_assert_uint_eq(q.qname_n, 0);
	w.p[5] = 2;
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
}
END_TEST

START_TEST(query__other_opcodes_are_not_implemented)
{
	for (unsigned opcode = 1; opcode < 16; opcode++) {
		struct query q;
		struct wire_query w = plain();
		w.p[2] = (uint8_t)(opcode << 3);
		ck_assert_int_eq(read_it(&q, &w), AX_RCODE_NOTIMP);
		ck_assert_uint_eq(q.qname_n, 13); /* the question can be echoed */
	}
}
END_TEST

START_TEST(query__opt_is_read)
{
	struct query q;
	struct wire_query w = plain();
	wire_opt(&w, 4096, 0, true);
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_NOERROR);
	ck_assert(q.edns.there && q.edns.dnssec_ok);
	ck_assert_uint_eq(q.edns.udp_size, 4096);
}
END_TEST

START_TEST(query__of_a_later_edns_version_is_badvers)
{
	struct query q;
	struct wire_query w = plain();
	wire_opt(&w, 4096, 1, false);
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_BADVERS);
}
END_TEST

START_TEST(query__two_opts_or_one_with_an_owner_are_a_format_error)
{
	struct query q;
	struct wire_query w = plain();
	wire_opt(&w, 4096, 0, false);
	wire_opt(&w, 4096, 0, false);
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
	w = plain();
	add_rr(&w, "\1a", AX_TYPE_OPT, 1232, 0, "", 0);
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
}
END_TEST

START_TEST(query__options_must_tile_the_opt)
{
	static const uint8_t good[] = { 0, 100, 0, 2, 1, 2, 0, 3, 0, 0 }, bad[] = { 0, 100, 0, 9, 1, 2 };
	struct query q;
	struct wire_query w = plain();
	add_rr(&w, "", AX_TYPE_OPT, 1232, 0, good, sizeof good);
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_NOERROR);
	w = plain();
	add_rr(&w, "", AX_TYPE_OPT, 1232, 0, bad, sizeof bad);
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
	ck_assert(!q.edns.there);
}
END_TEST

START_TEST(query__pointers_in_records_lead_backwards)
{
	struct query q;
	struct wire_query w = plain();
	size_t at = w.n;
	add_rr(&w, "", AX_TYPE_A, 1, 0, "\1\2\3\4", 4);
	/* make room for a pointer in place of the root */
	memmove(w.p + at + 2, w.p + at + 1, w.n - at - 1);
	w.n++;
	w.p[at] = 0xc0;
	w.p[at + 1] = 12;
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_NOERROR);
	w.p[at + 1] = (uint8_t)at; /* itself */
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
	w.p[at + 1] = (uint8_t)(at + 1);
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
	w.p[at + 1] = 3; /* into the header */
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
	w.p[12] = 0xc0; /* and in the question there are none */
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
}
END_TEST

START_TEST(query__tsig_is_not_our_key_if_it_is_one)
{
	static const uint8_t whole[] = "\3abc\0\0\0\0\0\0\1\1\54\0\2zz\22\64\0\0\0"; /* ends in a 0 of its own */
	struct query q;
	struct wire_query w = plain();
	add_rr(&w, "\1k", AX_TYPE_TSIG, CLASS_ANY, 0, whole, sizeof whole);
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_NOTAUTH);
	add_rr(&w, "", AX_TYPE_A, 1, 0, "\1\2\3\4", 4); /* it must be the last */
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
	w = plain();
	add_rr(&w, "\1k", AX_TYPE_TSIG, CLASS_ANY, 0, whole, sizeof whole - 1);
	ck_assert_int_eq(read_it(&q, &w), AX_RCODE_FORMERR);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, query__a_plain_one_is_read);
	tcase_add_test(tc, query__no_header_or_a_response_is_dropped);
	tcase_add_test(tc, query__cut_anywhere_it_is_a_format_error);
	tcase_add_test(tc, query__other_than_one_question_is_a_format_error);
	tcase_add_test(tc, query__other_opcodes_are_not_implemented);
	tcase_add_test(tc, query__opt_is_read);
	tcase_add_test(tc, query__of_a_later_edns_version_is_badvers);
	tcase_add_test(tc, query__two_opts_or_one_with_an_owner_are_a_format_error);
	tcase_add_test(tc, query__options_must_tile_the_opt);
	tcase_add_test(tc, query__pointers_in_records_lead_backwards);
	tcase_add_test(tc, query__tsig_is_not_our_key_if_it_is_one);
}

int main(void)
{
	return check_main("query", add);
}
