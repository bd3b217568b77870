#include "core/rdfield.h"

#include <string.h>
#include <strings.h>

enum { C = AX_LAYOUT_COMPRESS, L = AX_LAYOUT_LOWER };

/* By type. COMPRESS: RFC 1035's own types (RFC 3597 4). LOWER: RFC 4034 6.2, less NSEC (RFC 6840 5.1). */
static const struct ax_layout layouts[] = {
	{ 1, "A", "a", 0 },
	{ 2, "NS", "n", C | L },
	{ 3, "MD", "n", C | L },
	{ 4, "MF", "n", C | L },
	{ 5, "CNAME", "n", C | L },
	{ 6, "SOA", "nn4dddd", C | L },
	{ 7, "MB", "n", C | L },
	{ 8, "MG", "n", C | L },
	{ 9, "MR", "n", C | L },
	{ 10, "NULL", NULL, 0 },
	{ 11, "WKS", "aw", 0 },
	{ 12, "PTR", "n", C | L },
	{ 13, "HINFO", "ss", 0 },
	{ 14, "MINFO", "nn", C | L },
	{ 15, "MX", "2n", C | L },
	{ 16, "TXT", "z", 0 },
	{ 17, "RP", "nn", L },
	{ 18, "AFSDB", "2n", L },
	{ 19, "X25", "s", 0 },
	{ 20, "ISDN", "sS", 0 },
	{ 21, "RT", "2n", L },
	{ 22, "NSAP", "N", 0 },
	{ 23, "NSAP-PTR", "n", 0 },
	{ 24, "SIG", "yg14tt2nb", L },
	{ 25, "KEY", "21gB", 0 },
	{ 26, "PX", "2nn", L },
	{ 27, "GPOS", "sss", 0 },
	{ 28, "AAAA", "A", 0 },
	{ 29, "LOC", "o", 0 },
	{ 30, "NXT", "nR", L },
	{ 31, "EID", "x", 0 },
	{ 32, "NIMLOC", "x", 0 },
	{ 33, "SRV", "222n", L },
	{ 34, "ATMA", NULL, 0 },
	{ 35, "NAPTR", "22sssn", L },
	{ 36, "KX", "2n", L },
	{ 37, "CERT", "c2gb", 0 },
	{ 38, "A6", NULL, 0 },
	{ 39, "DNAME", "n", L },
	{ 40, "SINK", NULL, 0 },
	{ 41, "OPT", NULL, 0 },
	{ 42, "APL", "p", 0 },
	{ 43, "DS", "2g1x", 0 },
	{ 44, "SSHFP", "11x", 0 },
	{ 45, "IPSECKEY", "1kB", 0 },
	{ 46, "RRSIG", "yg14tt2nb", L },
	{ 47, "NSEC", "nm", 0 },
	{ 48, "DNSKEY", "21gb", 0 },
	{ 49, "DHCID", "b", 0 },
	{ 50, "NSEC3", "112lhm", 0 },
	{ 51, "NSEC3PARAM", "112l", 0 },
	{ 52, "TLSA", "111x", 0 },
	{ 53, "SMIMEA", "111x", 0 },
	{ 55, "HIP", "HZ", 0 },
	{ 56, "NINFO", "z", 0 },
	{ 57, "RKEY", "21gb", 0 },
	{ 58, "TALINK", "nn", 0 },
	{ 59, "CDS", "2g1x", 0 },
	{ 60, "CDNSKEY", "21gb", 0 },
	{ 61, "OPENPGPKEY", "b", 0 },
	{ 62, "CSYNC", "42m", 0 },
	{ 63, "ZONEMD", "411x", 0 },
	{ 64, "SVCB", "2nv", 0 },
	{ 65, "HTTPS", "2nv", 0 },
	{ 66, "DSYNC", "y12n", 0 },
	{ 67, "HHIT", "b", 0 },
	{ 68, "BRID", "b", 0 },
	{ 99, "SPF", "z", 0 },
	{ 100, "UINFO", NULL, 0 },
	{ 101, "UID", NULL, 0 },
	{ 102, "GID", NULL, 0 },
	{ 103, "UNSPEC", NULL, 0 },
	{ 104, "NID", "2L", 0 },
	{ 105, "L32", "2a", 0 },
	{ 106, "L64", "2L", 0 },
	{ 107, "LP", "2n", 0 },
	{ 108, "EUI48", "e", 0 },
	{ 109, "EUI64", "E", 0 },
	{ 249, "TKEY", NULL, 0 },
	{ 250, "TSIG", NULL, 0 },
	{ 251, "IXFR", NULL, 0 },
	{ 252, "AXFR", NULL, 0 },
	{ 253, "MAILB", NULL, 0 },
	{ 254, "MAILA", NULL, 0 },
	{ 255, "ANY", NULL, 0 },
	{ 256, "URI", "22q", 0 },
	{ 257, "CAA", "1Gq", 0 },
	{ 258, "AVC", "z", 0 },
	{ 259, "DOA", "441sB", 0 },
	{ 260, "AMTRELAY", "1r", 0 },
	{ 261, "RESINFO", "z", 0 },
	{ 262, "WALLET", "z", 0 },
	{ 263, "CLA", "z", 0 },
	{ 32768, "TA", "2g1x", 0 },
	{ 32769, "DLV", "2g1x", 0 },
};

enum { LAYOUTS = sizeof layouts / sizeof *layouts };

const struct ax_layout *ax_layout_find(uint16_t type)
{
	size_t lo = 0, hi = LAYOUTS;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (layouts[mid].type == type)
			return &layouts[mid];
		if (layouts[mid].type < type)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct ax_layout *ax_layout_named(const char *text, size_t len)
{
	for (size_t i = 0; len && i < LAYOUTS; i++) {
		const char *name = layouts[i].name;
		bool maybe = ((name[0] ^ text[0]) & ~32) == 0;
		if (maybe && strlen(name) == len && strncasecmp(name, text, len) == 0)
			return &layouts[i];
	}
	return NULL;
}

bool ax_type_storable(uint16_t type)
{
	return type != 0 && type != AX_TYPE_OPT && !(type >= 128 && type <= 255);
}

/* -- fields of wire RDATA --------------------------------------------------------------------------------- */

static const char *take_fixed(struct ax_slice *f, struct ax_reader *r, size_t n)
{
	*f = ax_get_bytes(r, n);
	return r->bad ? "RDATA is too short" : NULL;
}

static const char *take_name(struct ax_slice *f, struct ax_reader *r)
{
	size_t n = 0, left = ax_reader_left(r);
	while (n < left && n < AX_NAME_MAX) {
		uint8_t c = r->p[n];
		if (c > AX_LABEL_MAX)
			return "a domain name in RDATA has a label over 63 octets or is compressed";
		n += c + 1u;
		if (!c)
			return n > AX_NAME_MAX ? "a domain name in RDATA is over 255 octets" : take_fixed(f, r, n);
	}
	return n >= AX_NAME_MAX && left >= n ? "a domain name in RDATA is over 255 octets"
					     : "a domain name in RDATA is cut short";
}

static const char *take_string(struct ax_slice *f, struct ax_reader *r, bool may_be_absent)
{
	size_t left = ax_reader_left(r);
	if (!left && may_be_absent)
		return take_fixed(f, r, 0);
	if (!left || left - 1 < *r->p)
		return "a character-string in RDATA is cut short";
	return take_fixed(f, r, *r->p + 1u);
}

/* Everything left; at least min octets. */
static const char *take_rest(struct ax_slice *f, struct ax_reader *r, size_t min)
{
	*f = ax_get_bytes(r, ax_reader_left(r));
	return f->n < min ? "RDATA is too short" : NULL;
}

static const char *take_strings(struct ax_slice *f, struct ax_reader *r)
{
	struct ax_reader in = *r;
	const char *bad;
	do {
		struct ax_slice s;
		bad = take_string(&s, &in, false);
	} while (!bad && ax_reader_left(&in));
	return bad ? bad : take_rest(f, r, 1);
}

static const char *take_names(struct ax_slice *f, struct ax_reader *r)
{
	struct ax_reader in = *r;
	const char *bad = NULL;
	while (!bad && ax_reader_left(&in)) {
		struct ax_slice s;
		bad = take_name(&s, &in);
	}
	return bad ? bad : take_rest(f, r, 0);
}

/* RFC 4034 4.1.2: blocks in increasing order, 1 to 32 octets each, no trailing zero octet. */
static const char *take_bitmap(struct ax_slice *f, struct ax_reader *r)
{
	struct ax_reader in = *r;
	int last = -1;
	while (ax_reader_left(&in)) {
		int window = ax_get_u8(&in);
		uint8_t n = ax_get_u8(&in);
		struct ax_slice bits = ax_get_bytes(&in, n);
		if (in.bad || n == 0 || n > 32 || window <= last || !bits.p[n - 1])
			return "the type bitmap is malformed";
		last = window;
	}
	return take_rest(f, r, 0);
}

/* RFC 8659 4.1: 1 to 255 letters and digits. */
static const char *take_tag(struct ax_slice *f, struct ax_reader *r)
{
	const char *bad = take_string(f, r, false);
	if (bad)
		return bad;
	for (size_t i = 1; i < f->n; i++) {
		uint8_t c = f->p[i];
		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9'))
			return "the tag is not made of letters and digits";
	}
	return f->n < 2 ? "the tag is empty" : NULL;
}

/* RFC 1876 2: version 0; sizes are two digits 0 to 9; latitude within 90, longitude within 180 degrees. */
static const char *take_loc(struct ax_slice *f, struct ax_reader *r)
{
	const char *bad = take_fixed(f, r, 16);
	if (bad)
		return bad;
	if (f->p[0])
		return "LOC has a version other than 0";
	return NULL;
}

/* RFC 3123 4: family, prefix, negation and length, address without trailing zero octets. */
static const char *take_apl(struct ax_slice *f, struct ax_reader *r)
{
	struct ax_reader in = *r;
	while (ax_reader_left(&in)) {
		uint16_t family = ax_get_u16(&in);
		uint8_t prefix = ax_get_u8(&in), n = ax_get_u8(&in) & 0x7f;
		struct ax_slice addr = ax_get_bytes(&in, n);
		unsigned octets = family == 1 ? 4 : family == 2 ? 16 : 127;
		if (in.bad || n > octets || (family <= 2 && prefix > 8 * octets) || (n && !addr.p[n - 1]))
			return "an address prefix in RDATA is malformed";
	}
	return take_rest(f, r, 0);
}

static bool alpn_is_bad(struct ax_slice v)
{
	struct ax_reader r = ax_reader(v);
	while (ax_reader_left(&r))
		if (ax_get_bytes(&r, ax_get_u8(&r)).n == 0)
			return true;
	return v.n == 0;
}

static bool mandatory_is_bad(struct ax_slice v)
{
	for (size_t i = 2; i + 1 < v.n; i += 2)
		if (ax_be16(v.p + i) <= ax_be16(v.p + i - 2))
			return true;
	return v.n == 0 || v.n % 2;
}

/* Is the value of this SvcParamKey malformed (RFC 9460 7, 8)? */
static bool svcparam_is_bad(uint16_t key, struct ax_slice v)
{
	switch (key) {
	case 0:
		return mandatory_is_bad(v);
	case 1:
		return alpn_is_bad(v);
	case 2:
		return v.n != 0;
	case 3:
		return v.n != 2;
	case 4:
		return v.n == 0 || v.n % 4;
	case 6:
		return v.n == 0 || v.n % 16;
	default:
		return false;
	}
}

/* RFC 9460 2.2: keys in increasing order, each with its length. */
static const char *take_svcparams(struct ax_slice *f, struct ax_reader *r)
{
	struct ax_reader in = *r;
	int last = -1;
	while (ax_reader_left(&in)) {
		uint16_t key = ax_get_u16(&in);
		struct ax_slice value = ax_get_bytes(&in, ax_get_u16(&in));
		if (in.bad)
			return "a service parameter is cut short";
		if (key <= last)
			return "the service parameters are not in increasing order of key";
		if (svcparam_is_bad(key, value))
			return "a service parameter has a malformed value";
		last = key;
	}
	return take_rest(f, r, 0);
}

/* Nothing, an address or a name, as `type` says. */
static const char *skip_gateway(struct ax_reader *r, unsigned type)
{
	struct ax_slice f;
	switch (type) {
	case 0:
		return NULL;
	case 1:
		return take_fixed(&f, r, 4);
	case 2:
		return take_fixed(&f, r, 16);
	case 3:
		return take_name(&f, r);
	default:
		return "a gateway of unknown type";
	}
}

/* RFC 4025 2.3: the gateway's type, the key's algorithm, the gateway. */
static const char *take_gateway(struct ax_slice *f, struct ax_reader *r)
{
	struct ax_reader in = *r;
	uint8_t type = ax_get_u8(&in);
	(void)ax_get_u8(&in);
	const char *bad = in.bad ? "RDATA is too short" : skip_gateway(&in, type);
	return bad ? bad : take_fixed(f, r, (size_t)(in.p - r->p));
}

/* RFC 8777 4.2: one bit, 7 bits of type, the relay. */
static const char *take_relay(struct ax_slice *f, struct ax_reader *r)
{
	struct ax_reader in = *r;
	uint8_t type = ax_get_u8(&in) & 0x7f;
	const char *bad = in.bad ? "RDATA is too short" : skip_gateway(&in, type);
	return bad ? bad : take_fixed(f, r, (size_t)(in.p - r->p));
}

/* RFC 5205 5: length of the HIT, algorithm, length of the key, HIT, key. */
static const char *take_hip(struct ax_slice *f, struct ax_reader *r)
{
	struct ax_reader in = *r;
	uint8_t hit = ax_get_u8(&in);
	(void)ax_get_u8(&in);
	uint16_t key = ax_get_u16(&in);
	if (in.bad || !hit || !key)
		return "RDATA is too short";
	return take_fixed(f, r, 4u + hit + key);
}

const char *ax_field_take(struct ax_slice *f, char kind, struct ax_reader *r)
{
	*f = ax_slice(NULL, 0);
	switch (kind) {
	case 'n':
		return take_name(f, r);
	case '1':
	case 'g':
		return take_fixed(f, r, 1);
	case '2':
	case 'y':
	case 'c':
		return take_fixed(f, r, 2);
	case '4':
	case 'd':
	case 't':
	case 'a':
		return take_fixed(f, r, 4);
	case 'e':
		return take_fixed(f, r, 6);
	case 'E':
	case 'L':
		return take_fixed(f, r, 8);
	case 'A':
		return take_fixed(f, r, 16);
	case 's':
	case 'l':
	case 'S':
		return take_string(f, r, kind == 'S');
	case 'h': {
		const char *bad = take_string(f, r, false);
		return bad || f->n > 1 ? bad : "the hashed owner name is empty";
	}
	case 'z':
		return take_strings(f, r);
	case 'G':
		return take_tag(f, r);
	case 'm':
		return take_bitmap(f, r);
	case 'o':
		return take_loc(f, r);
	case 'p':
		return take_apl(f, r);
	case 'v':
		return take_svcparams(f, r);
	case 'k':
		return take_gateway(f, r);
	case 'r':
		return take_relay(f, r);
	case 'H':
		return take_hip(f, r);
	case 'Z':
		return take_names(f, r);
	case 'b':
	case 'x':
	case 'w':
	case 'N':
		return take_rest(f, r, 1);
	default: /* q B X R */
		return take_rest(f, r, 0);
	}
}

enum ax_err ax_rdata_check(uint16_t type, struct ax_slice rdata)
{
	const struct ax_layout *layout = ax_layout_find(type);
	struct ax_reader r = ax_reader(rdata);
	const char *bad = NULL;
	if (rdata.n > UINT16_MAX)
		return ax_fail(AX_EINVAL, "RDATA of %zu octets, over 65535", rdata.n);
	if (!layout || !layout->fields)
		return AX_OK;
	for (const char *f = layout->fields; *f && !bad; f++) {
		struct ax_slice field;
		bad = ax_field_take(&field, *f, &r);
	}
	if (!bad && ax_reader_left(&r))
		bad = "octets left over in RDATA";
	return bad ? ax_fail(AX_EINVAL, "%s: %s (%zu octets)", layout->name, bad, rdata.n) : AX_OK;
}

/* -- names, canonical form -------------------------------------------------------------------------------- */

/* Most names that a layout has: SOA, MINFO, RP, PX, TALINK have two. (HIP's servers are not walked: never
 * compressed, lowered or followed.) */
enum { NAMES_MAX = 2 };

static unsigned find_names(struct ax_slice names[NAMES_MAX], const struct ax_layout *layout, struct ax_slice rdata)
{
	struct ax_reader r = ax_reader(rdata);
	unsigned n = 0;
	const char *last = layout && layout->fields ? strrchr(layout->fields, 'n') : NULL;
	for (const char *f = last ? layout->fields : NULL; f && f <= last; f++) {
		struct ax_slice field;
		if (ax_field_take(&field, *f, &r))
			break;
		if (*f == 'n' && n < NAMES_MAX)
			names[n++] = field;
	}
	return n;
}

bool ax_rdata_name(struct ax_slice *name, bool *compress, uint16_t type, struct ax_slice rdata, unsigned n)
{
	const struct ax_layout *layout = ax_layout_find(type);
	struct ax_slice names[NAMES_MAX];
	unsigned count = find_names(names, layout, rdata);
	*name = n < count ? names[n] : ax_slice(NULL, 0);
	*compress = n < count && (layout->flags & AX_LAYOUT_COMPRESS);
	return n < count;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static unsigned find_lower(struct ax_slice names[NAMES_MAX], uint16_t type, struct ax_slice rdata)
{
	const struct ax_layout *layout = ax_layout_find(type);
	return layout && (layout->flags & AX_LAYOUT_LOWER) ? find_names(names, layout, rdata) : 0;
}

void ax_rdata_canonical(struct ax_buf *out, uint16_t type, struct ax_slice rdata)
{
	struct ax_slice names[NAMES_MAX];
	size_t at = out->n;
	unsigned n = find_lower(names, type, rdata);
	ax_buf_slice(out, rdata);
	if (out->failed)
		return;
	/* Length octets are below 'A'. */
	for (unsigned k = 0; k < n; k++)
		for (size_t i = 0; i < names[k].n; i++) {
			uint8_t *p = out->p + at + (size_t)(names[k].p - rdata.p) + i;
			*p = lower(*p);
		}
}

static bool inside(const struct ax_slice *names, unsigned n, const uint8_t *p)
{
	for (unsigned k = 0; k < n; k++)
		if (p >= names[k].p && p < names[k].p + names[k].n)
			return true;
	return false;
}

int ax_rdata_cmp(uint16_t type, struct ax_slice a, struct ax_slice b)
{
	struct ax_slice an[NAMES_MAX], bn[NAMES_MAX];
	unsigned ac = find_lower(an, type, a), bc = find_lower(bn, type, b);
	if (!ac && !bc)
		return ax_slice_cmp(a, b);
	size_t n = a.n < b.n ? a.n : b.n;
	for (size_t i = 0; i < n; i++) {
		if (a.p[i] == b.p[i] && lower(a.p[i]) == a.p[i])
			continue;
		uint8_t x = inside(an, ac, a.p + i) ? lower(a.p[i]) : a.p[i];
		uint8_t y = inside(bn, bc, b.p + i) ? lower(b.p[i]) : b.p[i];
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.n > b.n) - (a.n < b.n);
}

size_t ax_soa_serial_at(struct ax_slice rdata)
{
	struct ax_slice names[NAMES_MAX];
	const struct ax_layout *soa = ax_layout_find(AX_TYPE_SOA);
	if (find_names(names, soa, rdata) != 2)
		return 0;
	size_t at = (size_t)(names[1].p - rdata.p) + names[1].n;
	return rdata.n == at + 20 ? at : 0;
}
