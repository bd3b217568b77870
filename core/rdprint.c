#include "core/rdfield.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

static void print_number(struct ax_buf *out, struct ax_slice f)
{
	uint64_t v = 0;
	char text[24], *p = text + sizeof text;
	for (size_t i = 0; i < f.n; i++)
		v = v << 8 | f.p[i];
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	ax_buf_put(out, p, (size_t)(text + sizeof text - p));
}

static void print_name(struct ax_buf *out, struct ax_slice f)
{
	struct ax_name name;
	if (ax_name_from_wire(&name, f, NULL) == AX_OK)
		ax_name_text(out, &name);
}

static void print_address(struct ax_buf *out, struct ax_slice f)
{
	char text[INET6_ADDRSTRLEN];
	if (f.n != 4) {
		ax_buf_str(out, inet_ntop(AF_INET6, f.p, text, sizeof text));
		return;
	}
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			ax_buf_u8(out, '.');
		print_number(out, ax_slice(f.p + i, 1));
	}
}

void ax_print_string(struct ax_buf *out, struct ax_slice s)
{
	ax_buf_u8(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		const uint8_t ddd[4] = { '\\', '0' + c / 100, '0' + c / 10 % 10, '0' + c % 10 };
		if (c < ' ' || c > '~') {
			ax_buf_put(out, ddd, 4);
			continue;
		}
		if (c == '"' || c == '\\')
			ax_buf_u8(out, '\\');
		ax_buf_u8(out, c);
	}
	ax_buf_u8(out, '"');
}

static void print_strings(struct ax_buf *out, struct ax_slice f)
{
	for (size_t i = 0; i < f.n; i += f.p[i] + 1u) {
		if (i)
			ax_buf_u8(out, ' ');
		ax_print_string(out, ax_slice(f.p + i + 1, f.p[i]));
	}
}

static void print_names(struct ax_buf *out, struct ax_slice f)
{
	struct ax_name name;
	size_t used;
	for (size_t i = 0; i < f.n && ax_name_from_wire(&name, ax_slice(f.p + i, f.n - i), &used) == AX_OK;
	     i += used) {
		if (i)
			ax_buf_u8(out, ' ');
		ax_name_text(out, &name);
	}
}

static void print_type(struct ax_buf *out, uint16_t type)
{
	char text[24];
	ax_type_text(text, type);
	ax_buf_str(out, text);
}

static void print_bitmap(struct ax_buf *out, struct ax_slice f)
{
	struct ax_reader r = ax_reader(f);
	bool first = true;
	while (ax_reader_left(&r)) {
		uint16_t window = ax_get_u8(&r);
		struct ax_slice bits = ax_get_bytes(&r, ax_get_u8(&r));
		for (unsigned i = 0; i < 8 * bits.n; i++) {
			if (!(bits.p[i / 8] & 0x80 >> i % 8))
				continue;
			if (!first)
				ax_buf_u8(out, ' ');
			first = false;
			print_type(out, (uint16_t)(window << 8 | i));
		}
	}
}

static void print_time(struct ax_buf *out, struct ax_slice f)
{
	time_t s = ax_be32(f.p);
	struct tm tm;
	gmtime_r(&s, &tm);
	ax_buf_printf(out, "%04d%02d%02d%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		      tm.tm_min, tm.tm_sec);
}

void ax_print_hex(struct ax_buf *out, struct ax_slice s, bool upper)
{
	const char *digit = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	if (!ax_buf_reserve(out, 2 * s.n + 1))
		return;
	for (size_t i = 0; i < s.n; i++) {
		out->p[out->n++] = (uint8_t)digit[s.p[i] >> 4];
		out->p[out->n++] = (uint8_t)digit[s.p[i] & 15];
	}
}

void ax_print_base64(struct ax_buf *out, struct ax_slice s)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	if (!ax_buf_reserve(out, (s.n + 2) / 3 * 4 + 1))
		return;
	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		unsigned v = (unsigned)s.p[i] << 16;
		if (left > 1)
			v |= (unsigned)s.p[i + 1] << 8;
		if (left > 2)
			v |= s.p[i + 2];
		out->p[out->n++] = (uint8_t)digit[v >> 18];
		out->p[out->n++] = (uint8_t)digit[v >> 12 & 63];
		out->p[out->n++] = (uint8_t)(left > 1 ? digit[v >> 6 & 63] : '=');
		out->p[out->n++] = (uint8_t)(left > 2 ? digit[v & 63] : '=');
	}
}

static void print_salt(struct ax_buf *out, struct ax_slice f)
{
	if (f.n == 1)
		ax_buf_u8(out, '-');
	ax_print_hex(out, ax_slice(f.p + 1, f.n - 1), true);
}

static void print_hashed(struct ax_buf *out, struct ax_slice f)
{
	static const char digit[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
	unsigned acc = 0, bits = 0;
	for (size_t i = 1; i < f.n; i++) {
		acc = (acc << 8 | f.p[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			ax_buf_u8(out, (uint8_t)digit[acc >> (bits - 5) & 31]);
	}
	if (bits)
		ax_buf_u8(out, (uint8_t)digit[acc << (5 - bits) & 31]);
}

bool ax_field_print(struct ax_buf *out, char kind, struct ax_slice f)
{
	switch (kind) {
	case 'n':
		print_name(out, f);
		return true;
	case 'a':
	case 'A':
		print_address(out, f);
		return true;
	case '1':
	case '2':
	case '4':
	case 'd':
	case 'g':
	case 'c':
		print_number(out, f);
		return true;
	case 't':
		print_time(out, f);
		return true;
	case 'y':
		print_type(out, ax_be16(f.p));
		return true;
	case 's':
	case 'S':
	case 'z':
		print_strings(out, f);
		return true;
	case 'q':
		ax_print_string(out, f);
		return true;
	case 'G':
		ax_buf_put(out, f.p + 1, f.n - 1);
		return true;
	case 'b':
	case 'B':
		ax_print_base64(out, f);
		return true;
	case 'x':
	case 'X':
		ax_print_hex(out, f, true);
		return true;
	case 'l':
		print_salt(out, f);
		return true;
	case 'h':
		print_hashed(out, f);
		return true;
	case 'm':
		print_bitmap(out, f);
		return true;
	case 'Z':
		print_names(out, f);
		return true;
	default:
		return ax_field_print_exotic(out, kind, f);
	}
}
