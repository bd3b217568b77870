/* Service parameters of SVCB and HTTPS (RFC 9460 2.1, Appendix A): key=value pairs, in any order in text, by key in
 * wire. A list's values are separated by commas; \, and \\ escape inside it, after the string's own escapes. */
#include "core/rdfield.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 128 };

static const char *const keys[] = { "mandatory", "alpn",     "no-default-alpn", "port", "ipv4hint",
				    "ech",       "ipv6hint", "dohpath",         "ohttp" };
enum { KEYS = sizeof keys / sizeof *keys };
enum { MANDATORY, ALPN, NO_DEFAULT_ALPN, PORT, IPV4HINT, ECH, IPV6HINT, DOHPATH, OHTTP };

static bool key_parse(uint16_t *out, const char *p, size_t n)
{
	struct ax_token name = { p, n, false };
	uint64_t v;
	for (unsigned i = 0; i < KEYS; i++)
		if (ax_token_is(&name, keys[i])) {
			*out = (uint16_t)i;
			return true;
		}
	struct ax_token number = { p + 3, n - 3, false };
	if (n < 4 || memcmp(p, "key", 3) != 0 || !ax_token_number(&v, &number, UINT16_MAX))
		return false;
	*out = (uint16_t)v;
	return true;
}

/* The next value of a list into item, its escapes resolved. */
static bool next_item(struct ax_buf *item, struct ax_reader *r, bool *more)
{
	ax_buf_clear(item);
	if (!*more)
		return false;
	*more = false;
	while (ax_reader_left(r)) {
		uint8_t c = ax_get_u8(r);
		if (c == ',') {
			*more = true;
			break;
		}
		ax_buf_u8(item, c == '\\' && ax_reader_left(r) ? ax_get_u8(r) : c);
	}
	return true;
}

static bool put_address(struct ax_buf *out, const char *text, int family)
{
	uint8_t addr[16];
	if (!text || inet_pton(family, text, addr) != 1)
		return false;
	ax_buf_put(out, addr, family == AF_INET ? 4 : 16);
	return true;
}

static bool put_item(struct ax_buf *out, uint16_t key, struct ax_buf *item)
{
	const char *text = ax_buf_cstr(item);
	uint16_t k;
	if (!text || item->n == 0)
		return false;
	if (key == ALPN) {
		ax_buf_u8(out, (uint8_t)item->n);
		ax_buf_slice(out, ax_buf_view(item));
		return item->n <= 255;
	}
	if (strlen(text) != item->n)
		return false;
	if (key != MANDATORY)
		return put_address(out, text, key == IPV4HINT ? AF_INET : AF_INET6);
	if (!key_parse(&k, text, item->n))
		return false;
	ax_buf_u16(out, k);
	return true;
}

static int by_number(const void *a, const void *b)
{
	return memcmp(a, b, 2);
}

static bool put_list(struct ax_buf *out, uint16_t key, struct ax_slice text)
{
	struct ax_buf item = AX_BUF_INIT;
	struct ax_reader r = ax_reader(text);
	size_t at = out->n;
	bool more = true, good = true;
	while (good && next_item(&item, &r, &more))
		good = put_item(out, key, &item);
	if (key == MANDATORY && good && !out->failed)
		qsort(out->p + at, (out->n - at) / 2, 2, by_number);
	ax_buf_fini(&item);
	return good;
}

/* The value's octets, escapes of the string resolved, to its wire form. */
static bool put_value(struct ax_buf *out, uint16_t key, bool has_value, struct ax_slice v)
{
	struct ax_token t = { (const char *)v.p, v.n, false };
	struct ax_lex lex = { t.p, v.n ? t.p + v.n : t.p };
	uint64_t port;
	switch (key) {
	case MANDATORY:
	case ALPN:
	case IPV4HINT:
	case IPV6HINT:
		return put_list(out, key, v);
	case NO_DEFAULT_ALPN:
	case OHTTP:
		return !has_value;
	case PORT:
		if (!ax_token_number(&port, &t, UINT16_MAX))
			return false;
		ax_buf_u16(out, (uint16_t)port);
		return true;
	case ECH:
		return ax_scan_base64(out, &lex, false) == AX_OK;
	default:
		ax_buf_slice(out, v);
		return true;
	}
}

struct param {
	uint16_t key;
	size_t at, n; /* value, in the scratch buffer */
};

static int by_key(const void *a, const void *b)
{
	const struct param *x = a, *y = b;
	return (x->key > y->key) - (x->key < y->key);
}

/* key, key=value or key="value": the quote comes at once behind the equals sign. */
static bool next_param(struct ax_token *key, struct ax_token *value, bool *has_value, struct ax_lex *lex)
{
	if (!ax_lex_token(key, lex))
		return false;
	const char *equals = key->n ? memchr(key->p, '=', key->n) : NULL;
	*has_value = equals;
	*value = (struct ax_token){ 0 };
	if (!equals)
		return true;
	const char *end = key->p + key->n;
	*value = (struct ax_token){ equals + 1, (size_t)(end - equals - 1), false };
	if (value->n == 0 && lex->p < lex->end && *lex->p == '"')
		(void)ax_lex_token(value, lex);
	key->n = (size_t)(equals - key->p);
	return true;
}

static enum ax_err bad_param(const char *why, const struct ax_token *key, const struct ax_token *value,
			     bool has_value)
{
	return ax_fail(AX_EINVAL, "%s: `%.*s%s%.*s`", why, (int)(key->n < 40 ? key->n : 40), key->p,
		       has_value ? "=" : "", (int)(value->n < 40 ? value->n : 40), value->n ? value->p : "");
}

static enum ax_err scan_param(struct ax_buf *values, struct param *p, const struct ax_token *key,
			      const struct ax_token *value, bool has_value)
{
	struct ax_buf octets = AX_BUF_INIT;
	if (key->quoted || !key_parse(&p->key, key->p, key->n))
		return bad_param("unknown service parameter", key, value, has_value);
	p->at = values->n;
	enum ax_err e = ax_token_octets(&octets, value);
	if (!e && !put_value(values, p->key, has_value, ax_buf_view(&octets)))
		e = bad_param("bad value of a service parameter", key, value, has_value);
	p->n = values->n - p->at;
	if (!e && p->n > UINT16_MAX)
		e = bad_param("a service parameter is over 65535 octets", key, value, has_value);
	ax_buf_fini(&octets);
	return e;
}

enum ax_err ax_svcparams_scan(struct ax_buf *out, struct ax_lex *lex)
{
	struct ax_buf values = AX_BUF_INIT;
	struct param list[PARAMS_MAX];
	struct ax_token key, value;
	bool has_value;
	size_t n = 0;
	enum ax_err e = AX_OK;
	while (!e && next_param(&key, &value, &has_value, lex)) {
		if (n == PARAMS_MAX)
			e = ax_token_fail("too many service parameters", &key);
		else
			e = scan_param(&values, &list[n++], &key, &value, has_value);
	}
	if (!e)
		e = ax_buf_check(&values);
	if (!e)
		qsort(list, n, sizeof *list, by_key);
	for (size_t i = 0; !e && i < n; i++) {
		if (i && list[i].key == list[i - 1].key)
			e = ax_fail(AX_EINVAL, "a service parameter is repeated: `key%u`", list[i].key);
		ax_buf_u16(out, list[i].key);
		ax_buf_u16(out, (uint16_t)list[i].n);
		if (list[i].n)
			ax_buf_put(out, values.p + list[i].at, list[i].n);
	}
	ax_buf_fini(&values);
	return e;
}

/* -- printing --------------------------------------------------------------------------------------------- */

static void print_key(struct ax_buf *out, uint16_t key)
{
	if (key < KEYS)
		ax_buf_str(out, keys[key]);
	else
		ax_buf_printf(out, "key%u", key);
}

static void print_alpn(struct ax_buf *out, struct ax_slice v)
{
	struct ax_buf list = AX_BUF_INIT;
	struct ax_reader r = ax_reader(v);
	while (ax_reader_left(&r)) {
		struct ax_slice id = ax_get_bytes(&r, ax_get_u8(&r));
		if (list.n)
			ax_buf_u8(&list, ',');
		for (size_t i = 0; i < id.n; i++) {
			if (id.p[i] == ',' || id.p[i] == '\\')
				ax_buf_u8(&list, '\\');
			ax_buf_u8(&list, id.p[i]);
		}
	}
	ax_print_string(out, ax_buf_view(&list));
	out->failed |= list.failed;
	ax_buf_fini(&list);
}

static void print_fixed_list(struct ax_buf *out, uint16_t key, struct ax_slice v)
{
	size_t step = key == MANDATORY ? 2 : key == IPV4HINT ? 4 : 16;
	for (size_t i = 0; i + step <= v.n; i += step) {
		char text[INET6_ADDRSTRLEN];
		if (i)
			ax_buf_u8(out, ',');
		if (key == MANDATORY)
			print_key(out, ax_be16(v.p + i));
		else
			ax_buf_str(out, inet_ntop(step == 4 ? AF_INET : AF_INET6, v.p + i, text, sizeof text));
	}
}

static void print_value(struct ax_buf *out, uint16_t key, struct ax_slice v)
{
	switch (key) {
	case ALPN:
		print_alpn(out, v);
		break;
	case MANDATORY:
	case IPV4HINT:
	case IPV6HINT:
		print_fixed_list(out, key, v);
		break;
	case PORT:
		ax_buf_printf(out, "%u", v.n == 2 ? ax_be16(v.p) : 0);
		break;
	case ECH:
		ax_print_base64(out, v);
		break;
	default:
		ax_print_string(out, v);
		break;
	}
}

bool ax_svcparams_print(struct ax_buf *out, struct ax_slice f)
{
	struct ax_reader r = ax_reader(f);
	for (bool first = true; ax_reader_left(&r); first = false) {
		uint16_t key = ax_get_u16(&r);
		struct ax_slice v = ax_get_bytes(&r, ax_get_u16(&r));
		if (!first)
			ax_buf_u8(out, ' ');
		print_key(out, key);
		if (v.n) {
			ax_buf_u8(out, '=');
			print_value(out, key, v);
		}
	}
	return !r.bad;
}
