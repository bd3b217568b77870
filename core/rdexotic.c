/* Text of the rarer fields: locators, locations, address prefixes, services, gateways, service parameters. */
#include "core/rdfield.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum ax_err missing(const char *what)
{
	return ax_fail(AX_EINVAL, "RDATA ends early, %s is missing", what);
}

/* -- EUI48, EUI64, 64-bit locators ------------------------------------------------------------------------ */

/* Groups of hex digits with a separator between, each of so many octets; leading zeros may be left out if `sparse`.
 */
static enum ax_err scan_groups(struct ax_buf *out, const struct ax_token *t, unsigned groups, unsigned octets,
			       char sep, bool sparse)
{
	const char *p = t->p, *end = t->p + t->n;
	for (unsigned g = 0; g < groups; g++) {
		const char *stop = g + 1 < groups ? memchr(p, sep, (size_t)(end - p)) : end;
		size_t n = stop ? (size_t)(stop - p) : 0;
		char digits[4] = { '0', '0', '0', '0' };
		if (n == 0 || n > 2 * octets || (n < 2 * octets && !sparse))
			return ax_token_fail("not an identifier of the form that the type wants", t);
		memcpy(digits + 2 * octets - n, p, n);
		struct ax_token group = { digits, 2 * octets, false };
		enum ax_err e = ax_scan_hex(out, &group);
		if (e)
			return ax_token_fail("not hexadecimal", t);
		p = stop < end ? stop + 1 : end;
	}
	return AX_OK;
}

static void print_groups(struct ax_buf *out, struct ax_slice f, size_t octets, char sep)
{
	for (size_t i = 0; i < f.n; i += octets) {
		if (i)
			ax_buf_u8(out, (uint8_t)sep);
		ax_print_hex(out, ax_slice(f.p + i, octets), false);
	}
}

/* -- NSAP (RFC 1706): 0x and hex, dots for the eye ---------------------------------------------------------- */

static enum ax_err scan_nsap(struct ax_buf *out, const struct ax_token *t)
{
	struct ax_buf digits = AX_BUF_INIT;
	if (t->n < 4 || t->p[0] != '0' || (t->p[1] | 32) != 'x')
		return ax_token_fail("not an NSAP address, 0x and hex digits", t);
	for (size_t i = 2; i < t->n; i++)
		if (t->p[i] != '.')
			ax_buf_u8(&digits, (uint8_t)t->p[i]);
	struct ax_token hex = { (const char *)digits.p, digits.n, false };
	enum ax_err e = ax_buf_check(&digits);
	if (!e)
		e = ax_scan_hex(out, &hex);
	ax_buf_fini(&digits);
	return e;
}

/* -- LOC (RFC 1876) --------------------------------------------------------------------------------------- */

/* A decimal of at most `decimals` places, times 10^decimals; `unit` may follow. */
static bool fixed_point(int64_t *out, const struct ax_token *t, unsigned decimals, char unit)
{
	size_t n = t->n, i = 0;
	int64_t v = 0;
	if (n && unit && t->p[n - 1] == unit)
		n--;
	bool minus = n && t->p[0] == '-';
	size_t digits = i = minus;
	while (i < n && t->p[i] >= '0' && t->p[i] <= '9' && v < 1000000000)
		v = v * 10 + (t->p[i++] - '0');
	if (i == digits)
		return false;
	bool point = i < n && t->p[i] == '.';
	i += point;
	for (unsigned d = 0; d < decimals; d++) {
		bool more = point && i < n && t->p[i] >= '0' && t->p[i] <= '9';
		v = v * 10 + (more ? t->p[i++] - '0' : 0);
	}
	*out = minus ? -v : v;
	return i == n;
}

/* Degrees, minutes, seconds, letter; at most max degrees. */
static enum ax_err scan_angle(struct ax_buf *out, struct ax_lex *lex, const char letters[2], int64_t max)
{
	int64_t part[3] = { 0 };
	static const int64_t limit[3] = { 181, 60, 60000 }; /* below */
	struct ax_token t;
	for (unsigned i = 0;; i++) {
		if (!ax_lex_token(&t, lex))
			return missing("a latitude or longitude");
		if (i && t.n == 1 && ((t.p[0] & ~32) == letters[0] || (t.p[0] & ~32) == letters[1]))
			break;
		if (i > 2 || !fixed_point(&part[i], &t, i == 2 ? 3 : 0, 0) || part[i] < 0 || part[i] >= limit[i])
			return ax_token_fail("not a latitude or longitude", &t);
	}
	int64_t v = (part[0] * 60 + part[1]) * 60000 + part[2];
	if (v > max * 3600000)
		return ax_token_fail("latitude or longitude is out of range", &t);
	ax_buf_u32(out, (uint32_t)((INT64_C(1) << 31) + ((t.p[0] & ~32) == letters[0] ? v : -v)));
	return AX_OK;
}

/* Centimetres as a digit times a power of ten. */
static uint8_t size_octet(int64_t cm)
{
	unsigned e = 0;
	for (; cm >= 10; e++)
		cm /= 10;
	return (uint8_t)(cm << 4 | e);
}

static enum ax_err scan_loc(struct ax_buf *out, struct ax_lex *lex)
{
	int64_t size[3] = { 100, 1000000, 1000 }, altitude; /* cm: 1 m, 10,000 m, 10 m */
	size_t at = out->n;
	struct ax_token t;
	ax_buf_u32(out, 0);
	enum ax_err e = scan_angle(out, lex, "NS", 90);
	if (!e)
		e = scan_angle(out, lex, "EW", 180);
	if (e)
		return e;
	if (!ax_lex_token(&t, lex))
		return missing("an altitude");
	if (!fixed_point(&altitude, &t, 2, 'm') || altitude < -10000000 || altitude > INT64_C(4284967295))
		return ax_token_fail("not an altitude in metres", &t);
	ax_buf_u32(out, (uint32_t)(altitude + 10000000));
	for (unsigned i = 0; i < 3 && ax_lex_token(&t, lex); i++)
		if (!fixed_point(&size[i], &t, 2, 'm') || size[i] < 0 || size[i] > INT64_C(9000000000))
			return ax_token_fail("not a size in metres", &t);
	e = ax_buf_check(out);
	for (unsigned i = 0; !e && i < 3; i++)
		out->p[at + 1 + i] = size_octet(size[i]);
	return e;
}

static void print_angle(struct ax_buf *out, const uint8_t *p, const char letters[2])
{
	int64_t v = (int64_t)ax_be32(p) - (INT64_C(1) << 31);
	unsigned long a = (unsigned long)llabs(v);
	ax_buf_printf(out, "%lu %lu %lu.%03lu %c ", a / 3600000, a / 60000 % 60, a / 1000 % 60, a % 1000,
		      letters[v < 0]);
}

static void print_metres(struct ax_buf *out, int64_t cm)
{
	ax_buf_printf(out, "%s%lld.%02lldm", cm < 0 ? "-" : "", llabs(cm) / 100, llabs(cm) % 100);
}

static bool print_loc(struct ax_buf *out, struct ax_slice f)
{
	print_angle(out, f.p + 4, "NS");
	print_angle(out, f.p + 8, "EW");
	print_metres(out, (int64_t)ax_be32(f.p + 12) - 10000000);
	for (unsigned i = 1; i <= 3; i++) {
		int64_t cm = f.p[i] >> 4;
		for (unsigned e = f.p[i] & 15; e; e--)
			cm *= 10;
		ax_buf_u8(out, ' ');
		print_metres(out, cm);
	}
	return true;
}

/* -- APL (RFC 3123) --------------------------------------------------------------------------------------- */

static enum ax_err scan_prefix(struct ax_buf *out, const struct ax_token *t)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16] = { 0 };
	bool not = t->n && t->p[0] == '!';
	const char *p = t->p + not, *end = t->p + t->n, *slash = memchr(p, '/', (size_t)(end - p));
	size_t n = slash ? (size_t)(slash - p) : 0;
	if (n < 3 || n - 2 >= sizeof text || (*p != '1' && *p != '2') || p[1] != ':' || memchr(p, 0, n))
		return ax_token_fail("not an address prefix, 1:ADDRESS/LENGTH or 2:ADDRESS/LENGTH", t);
	bool four = *p == '1';
	memcpy(text, p + 2, n - 2);
	text[n - 2] = 0;
	uint64_t bits;
	struct ax_token length = { slash + 1, (size_t)(end - slash - 1), false };
	if (!ax_token_number(&bits, &length, four ? 32 : 128) ||
	    inet_pton(four ? AF_INET : AF_INET6, text, addr) != 1)
		return ax_token_fail("not an address prefix", t);
	unsigned octets = four ? 4 : 16;
	while (octets && !addr[octets - 1])
		octets--;
	ax_buf_u16(out, four ? 1 : 2);
	ax_buf_u8(out, (uint8_t)bits);
	ax_buf_u8(out, (uint8_t)(octets | (not ? 0x80 : 0)));
	ax_buf_put(out, addr, octets);
	return AX_OK;
}

static bool print_prefixes(struct ax_buf *out, struct ax_slice f)
{
	struct ax_reader r = ax_reader(f);
	for (bool first = true; ax_reader_left(&r); first = false) {
		char text[INET6_ADDRSTRLEN];
		uint8_t addr[16] = { 0 };
		uint16_t family = ax_get_u16(&r);
		uint8_t bits = ax_get_u8(&r), n = ax_get_u8(&r);
		struct ax_slice a = ax_get_bytes(&r, n & 0x7f);
		if (family < 1 || family > 2 || a.n > sizeof addr)
			return false;
		for (size_t i = 0; i < a.n; i++)
			addr[i] = a.p[i];
		inet_ntop(family == 1 ? AF_INET : AF_INET6, addr, text, sizeof text);
		ax_buf_printf(out, "%s%s%u:%s/%u", first ? "" : " ", n & 0x80 ? "!" : "", family, text, bits);
	}
	return true;
}

/* -- WKS (RFC 1035 3.4.2): services by number; their names would come from this host's files ---------------- */

static enum ax_err scan_services(struct ax_buf *out, struct ax_lex *lex)
{
	uint8_t ports[8192] = { 0 };
	struct ax_token t;
	uint64_t v;
	size_t n = 0;
	if (!ax_lex_token(&t, lex))
		return missing("a protocol");
	if (ax_token_is(&t, "tcp") || ax_token_is(&t, "udp"))
		v = ax_token_is(&t, "tcp") ? 6 : 17;
	else if (!ax_token_number(&v, &t, UINT8_MAX))
		return ax_token_fail("not a protocol: tcp, udp or a number", &t);
	ax_buf_u8(out, (uint8_t)v);
	while (ax_lex_token(&t, lex)) {
		if (!ax_token_number(&v, &t, UINT16_MAX))
			return ax_token_fail("not a service, write its port number", &t);
		ports[v / 8] |= (uint8_t)(0x80 >> v % 8);
		if (v / 8 >= n)
			n = v / 8 + 1;
	}
	ax_buf_put(out, ports, n);
	return AX_OK;
}

static bool print_services(struct ax_buf *out, struct ax_slice f)
{
	ax_buf_printf(out, "%u", f.p[0]);
	for (size_t port = 0; port < 8 * (f.n - 1); port++)
		if (f.p[1 + port / 8] & 0x80 >> port % 8)
			ax_buf_printf(out, " %zu", port);
	return true;
}

/* -- IPSECKEY (RFC 4025), AMTRELAY (RFC 8777), HIP (RFC 8005) ------------------------------------------------ */

/* The gateway itself; "." for none. */
static enum ax_err scan_gateway(struct ax_buf *out, uint8_t type, struct ax_lex *lex, const struct ax_name *origin)
{
	static const char kind[] = "?aAn";
	struct ax_token t;
	if (type > 3)
		return ax_fail(AX_EINVAL, "a gateway of unknown type: `%u`", type);
	if (type)
		return ax_field_scan(out, kind[type], lex, origin);
	if (!ax_lex_token(&t, lex))
		return missing("a gateway");
	return ax_token_is(&t, ".") ? AX_OK : ax_token_fail("a gateway of type 0 is written as .", &t);
}

static enum ax_err scan_ipseckey(struct ax_buf *out, struct ax_lex *lex, const struct ax_name *origin)
{
	enum ax_err e = ax_field_scan(out, '1', lex, origin);
	if (!e)
		e = ax_field_scan(out, '1', lex, origin);
	if (!e)
		e = ax_buf_check(out);
	return e ? e : scan_gateway(out, out->p[out->n - 2], lex, origin);
}

static enum ax_err scan_relay(struct ax_buf *out, struct ax_lex *lex, const struct ax_name *origin)
{
	struct ax_token discovery, type;
	uint64_t d, v;
	if (!ax_lex_token(&discovery, lex) || !ax_lex_token(&type, lex))
		return missing("a relay");
	if (!ax_token_number(&d, &discovery, 1))
		return ax_token_fail("not 0 or 1", &discovery);
	if (!ax_token_number(&v, &type, 3))
		return ax_token_fail("a relay of unknown type", &type);
	ax_buf_u8(out, (uint8_t)(d << 7 | v));
	return scan_gateway(out, (uint8_t)v, lex, origin);
}

static bool print_gateway(struct ax_buf *out, unsigned type, struct ax_slice f)
{
	static const char kind[] = "?aAn";
	if (type)
		return type <= 3 && ax_field_print(out, kind[type], f);
	ax_buf_u8(out, '.');
	return true;
}

static bool print_ipseckey(struct ax_buf *out, struct ax_slice f)
{
	ax_buf_printf(out, "%u %u ", f.p[0], f.p[1]);
	return print_gateway(out, f.p[0], ax_slice(f.p + 2, f.n - 2));
}

static bool print_relay(struct ax_buf *out, struct ax_slice f)
{
	ax_buf_printf(out, "%u %u ", f.p[0] >> 7, f.p[0] & 0x7f);
	return print_gateway(out, f.p[0] & 0x7f, ax_slice(f.p + 1, f.n - 1));
}

static enum ax_err scan_hip(struct ax_buf *out, struct ax_lex *lex)
{
	struct ax_token algorithm, hit, key;
	uint64_t v;
	size_t at = out->n;
	if (!ax_lex_token(&algorithm, lex) || !ax_lex_token(&hit, lex) || !ax_lex_token(&key, lex))
		return missing("an algorithm, a host identity tag or a key");
	if (!ax_token_number(&v, &algorithm, UINT8_MAX))
		return ax_token_fail("not a number from 0 to 255", &algorithm);
	if (hit.n > 510)
		return ax_token_fail("a host identity tag is at most 255 octets", &hit);
	ax_buf_u8(out, (uint8_t)(hit.n / 2));
	ax_buf_u8(out, (uint8_t)v);
	ax_buf_u16(out, 0);
	enum ax_err e = ax_scan_hex(out, &hit);
	size_t before = out->n;
	struct ax_lex one = { key.p, key.p + key.n };
	if (!e)
		e = ax_scan_base64(out, &one, false);
	if (!e)
		e = ax_buf_check(out);
	if (e)
		return e;
	if (out->n - before > UINT16_MAX)
		return ax_token_fail("a key is at most 65535 octets", &key);
	out->p[at + 2] = (uint8_t)((out->n - before) >> 8);
	out->p[at + 3] = (uint8_t)(out->n - before);
	return AX_OK;
}

static bool print_hip(struct ax_buf *out, struct ax_slice f)
{
	ax_buf_printf(out, "%u ", f.p[1]);
	ax_print_hex(out, ax_slice(f.p + 4, f.p[0]), true);
	ax_buf_u8(out, ' ');
	ax_print_base64(out, ax_slice(f.p + 4 + f.p[0], f.n - 4 - f.p[0]));
	return true;
}

enum ax_err ax_field_scan_exotic(struct ax_buf *out, char kind, struct ax_lex *lex, const struct ax_name *origin)
{
	struct ax_token t;
	enum ax_err e = AX_OK;
	switch (kind) {
	case 'v':
		return ax_svcparams_scan(out, lex);
	case 'o':
		return scan_loc(out, lex);
	case 'w':
		return scan_services(out, lex);
	case 'k':
		return scan_ipseckey(out, lex, origin);
	case 'r':
		return scan_relay(out, lex, origin);
	case 'H':
		return scan_hip(out, lex);
	case 'p':
		while (!e && ax_lex_token(&t, lex))
			e = scan_prefix(out, &t);
		return e;
	default:
		break;
	}
	if (!ax_lex_token(&t, lex))
		return missing("a field");
	switch (kind) {
	case 'e':
		return scan_groups(out, &t, 6, 1, '-', false);
	case 'E':
		return scan_groups(out, &t, 8, 1, '-', false);
	case 'L':
		return scan_groups(out, &t, 4, 2, ':', true);
	case 'N':
		return scan_nsap(out, &t);
	default:
		return ax_fail(AX_EINTERNAL, "field `%c` has no reader", kind);
	}
}

bool ax_field_print_exotic(struct ax_buf *out, char kind, struct ax_slice f)
{
	switch (kind) {
	case 'v':
		return ax_svcparams_print(out, f);
	case 'o':
		return print_loc(out, f);
	case 'p':
		return print_prefixes(out, f);
	case 'w':
		return print_services(out, f);
	case 'k':
		return print_ipseckey(out, f);
	case 'r':
		return print_relay(out, f);
	case 'H':
		return print_hip(out, f);
	case 'e':
	case 'E':
		print_groups(out, f, 1, '-');
		return true;
	case 'L':
		print_groups(out, f, 2, ':');
		return true;
	case 'N':
		ax_buf_str(out, "0x");
		ax_print_hex(out, f, false);
		return true;
	default:
		return false;
	}
}
