/* frame.c: queries in Ethernet frames, and the frames of their answers. */
#include "dnsd/frame.h"

#include <string.h>

#include "tests/check.h"

enum { ROOM = 256 };

static const uint8_t addresses4[] = { 10, 53, 0, 2, 10, 53, 0, 1 };
static const uint8_t addresses6[] = { 0xfd, 0x53, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
				      0xfd, 0x53, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

/* A query of n octets from port 4660 to port 53, behind some tags; returns the frame's length. */
static size_t make(uint8_t p[ROOM], unsigned family, unsigned tags, size_t n)
{
	size_t at = 12;
	memset(p, 0, ROOM);
	memcpy(p, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02", 12);
	for (unsigned i = 0; i < tags; i++, at += 4)
		memcpy(p + at, i + 1 < tags ? "\x88\xa8\x60\x07" : "\x81\x00\x60\x08", 4);
	memcpy(p + at, family == 4 ? "\x08\x00" : "\x86\xdd", 2);
	uint8_t *ip = p + at + 2, *udp = ip + (family == 4 ? 20 : 40);
	if (family == 4) {
		ip[0] = 0x45;
		ax_be16_put(ip + 2, (uint16_t)(28 + n));
		ip[6] = 0x40; /* do not fragment */
		ip[8] = 9;
		ip[9] = 17;
		memcpy(ip + 12, addresses4, 8);
	} else {
		ip[0] = 0x61; /* and a traffic class and flow label */
		ip[2] = 7;
		ax_be16_put(ip + 4, (uint16_t)(8 + n));
		ip[6] = 17;
		ip[7] = 9;
		memcpy(ip + 8, addresses6, 32);
	}
	ax_be16_put(udp, 4660);
	ax_be16_put(udp + 2, 53);
	ax_be16_put(udp + 4, (uint16_t)(8 + n));
	memset(udp + 8, 'q', n);
	return (size_t)(udp + 8 + n - p);
}

/* RFC 1071 written the slow way: 0 if the checksum in it is right. */
static uint16_t check(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint16_t check_udp(const uint8_t *addresses, size_t addresses_n, const uint8_t *udp, size_t n)
{
	uint32_t sum = 17 + (uint32_t)n;
	for (size_t i = 0; i < addresses_n; i += 2)
		sum += ax_be16(addresses + i);
	return check(udp, n, sum);
}

START_TEST(frame__a_query_is_found_behind_its_headers)
{
	for (unsigned family = 4; family <= 6; family += 2) {
		for (unsigned tags = 0; tags <= 2; tags++) {
			uint8_t p[ROOM];
			struct frame f;
			struct frame_end from, to;
			size_t n = make(p, family, tags, 29);
			ck_assert(frame_read(&f, p, n));
			ck_assert_uint_eq(f.query.n, 29);
			ck_assert(f.query.p == p + n - 29);
			frame_from(&from, &f);
			frame_to(&to, &f);
			ck_assert_uint_eq(from.family, family);
			ck_assert_uint_eq(from.port_net, htons(4660));
			ck_assert_uint_eq(to.port_net, htons(53));
			size_t size = family == 4 ? 4 : 16;
			const uint8_t *both = family == 4 ? addresses4 : addresses6;
			ck_assert(memcmp(from.address, both, size) == 0);
			ck_assert(memcmp(to.address, both + size, size) == 0);
		}
	}
}
END_TEST

START_TEST(frame__an_answer_goes_back_with_good_checksums)
{
	for (unsigned family = 4; family <= 6; family += 2) {
		for (size_t n = 0; n < 60; n++) {
			uint8_t p[ROOM], out[ROOM];
			struct frame f;
			struct frame_end from, to, back_from, back_to;
			struct frame back;
			ck_assert(frame_read(&f, p, make(p, family, n % 3, 20)));
			memset(out, 0xee, sizeof out);
			for (size_t i = 0; i < n; i++)
				out[frame_headers(&f) + i] = (uint8_t)(255 - 7 * i);
			size_t length = frame_answer(out, &f, n, (uint16_t)(n + 1));
			ck_assert_uint_eq(length, frame_headers(&f) + n);
			ck_assert_uint_eq(out[length], 0xee);
			ck_assert(frame_read(&back, out, length));
			ck_assert_uint_eq(back.query.n, n);
			frame_from(&from, &f);
			frame_to(&to, &f);
			frame_from(&back_from, &back);
			frame_to(&back_to, &back);
			ck_assert(memcmp(&from, &back_to, sizeof from) == 0);
			ck_assert(memcmp(&to, &back_from, sizeof to) == 0);
			ck_assert(memcmp(out, p + 6, 6) == 0 && memcmp(out + 6, p, 6) == 0);
			ck_assert(memcmp(out + 12, p + 12, f.ip_at - 12u) == 0);
			const uint8_t *ip = out + f.ip_at, *udp = out + f.udp_at;
			if (family == 4)
				ck_assert_uint_eq(check(ip, 20, 0), 0);
			ck_assert_uint_eq(check_udp(family == 4 ? ip + 12 : ip + 8, family == 4 ? 8 : 32, udp, 8 + n),
					  0);
			ck_assert_uint_ne(ax_be16(udp + 6), 0);
		}
	}
}
END_TEST

START_TEST(frame__a_checksum_of_nothing_is_sent_as_ones)
{
	uint8_t p[ROOM], out[ROOM];
	struct frame f;
	bool seen = false;
	ck_assert(frame_read(&f, p, make(p, 4, 0, 20)));
	for (unsigned word = 0; word < 65536; word++) {
		ax_be16_put(out + frame_headers(&f), (uint16_t)word);
		frame_answer(out, &f, 2, 1);
		ck_assert_uint_ne(ax_be16(out + f.udp_at + 6), 0);
		seen = seen || ax_be16(out + f.udp_at + 6) == 0xffff;
	}
	ck_assert(seen);
}
END_TEST

START_TEST(frame__what_is_cut_short_is_refused)
{
	for (unsigned family = 4; family <= 6; family += 2) {
		uint8_t p[ROOM];
		struct frame f;
		size_t n = make(p, family, 1, 29);
		for (size_t cut = 0; cut < n; cut++)
			ck_assert(!frame_read(&f, p, cut));
		ck_assert(frame_read(&f, p, n + 20)); /* Ethernet's padding */
		ck_assert_uint_eq(f.query.n, 29);
	}
}
END_TEST

/* One octet of a good frame, and what it is changed to. */
struct change {
	unsigned family, at;
	uint8_t to;
};

START_TEST(frame__what_is_the_kernels_is_refused)
{
	static const struct change changes[] = {
		{ 4, 6, 0x03 },  /* from a group of stations */
		{ 4, 13, 0x06 }, /* ARP */
		{ 4, 14, 0x46 }, /* options */
		{ 4, 14, 0x65 }, /* another version */
		{ 4, 17, 27 },   /* shorter than its headers */
		{ 4, 17, 200 },  /* longer than the frame */
		{ 4, 20, 0x20 }, /* more fragments */
		{ 4, 21, 0x01 }, /* not the first fragment */
		{ 4, 23, 6 },    /* TCP */
		{ 4, 26, 0 },    /* from nowhere */
		{ 4, 26, 127 },  /* from this machine */
		{ 4, 26, 224 },  /* from a group */
		{ 4, 39, 7 },    /* UDP shorter than its header */
		{ 4, 39, 100 },  /* UDP longer than the datagram */
		{ 6, 14, 0x45 }, /* another version */
		{ 6, 19, 7 },    /* shorter than its headers */
		{ 6, 19, 200 },  /* longer than the frame */
		{ 6, 20, 44 },   /* a fragment */
		{ 6, 22, 0xff }, /* from a group */
		{ 6, 59, 100 },  /* UDP longer than the datagram */
	};
	struct frame f;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		uint8_t p[ROOM];
		size_t n = make(p, changes[i].family, 0, 29);
		ck_assert(frame_read(&f, p, n));
		p[changes[i].at] = changes[i].to;
		ck_assert_msg(!frame_read(&f, p, n), "change %zu was taken", i);
	}
	uint8_t p[ROOM];
	size_t n = make(p, 4, 0, 29);
	p[34] = p[35] = 0;
	ck_assert(!frame_read(&f, p, n)); /* port 0 */
	ck_assert(!frame_read(&f, p, make(p, 4, 3, 29)));
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, frame__a_query_is_found_behind_its_headers);
	tcase_add_test(tc, frame__an_answer_goes_back_with_good_checksums);
	tcase_add_test(tc, frame__a_checksum_of_nothing_is_sent_as_ones);
	tcase_add_test(tc, frame__what_is_cut_short_is_refused);
	tcase_add_test(tc, frame__what_is_the_kernels_is_refused);
}

int main(void)
{
	return check_main("frame", add);
}
