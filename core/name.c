#include "core/name.h"

#include <string.h>

const struct ax_name ax_name_root = { 1, { 0 } };

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Where each label begins, leftmost first, without the root. */
static unsigned offsets(uint8_t at[AX_LABELS_MAX], const struct ax_name *name)
{
	unsigned n = 0;
	for (size_t i = 0; name->wire[i] && n < AX_LABELS_MAX; i += name->wire[i] + 1u)
		at[n++] = (uint8_t)i;
	return n;
}

/* -- presentation ----------------------------------------------------------------------------------------- */

static enum ax_err bad_name(const char *why, const char *text, size_t len)
{
	return ax_fail(AX_EINVAL, "%s: `%.*s%s`", why, (int)(len < 80 ? len : 80), text, len > 80 ? "..." : "");
}

/* The octet that text[*i] begins, escapes resolved; NULL, or why it is none. */
static const char *octet(uint8_t *out, const char *text, size_t len, size_t *i)
{
	uint8_t c = (uint8_t)text[(*i)++];
	*out = c;
	if (c >= 0x80)
		return "name has bytes outside ASCII, write its xn-- form (RFC 5890)";
	if (c <= ' ' || c == 0x7f)
		return "name has a blank or control byte, write it as \\DDD";
	if (c != '\\')
		return NULL;
	if (*i >= len)
		return "name ends inside an escape";
	c = (uint8_t)text[*i];
	if (c < '0' || c > '9') {
		++*i;
		*out = c;
		return c < 0x80 ? NULL : "name has bytes outside ASCII, write its xn-- form (RFC 5890)";
	}
	unsigned v = 0;
	for (unsigned k = 0; k < 3; k++, ++*i) {
		if (*i >= len || text[*i] < '0' || text[*i] > '9')
			return "bad escape in name, \\DDD has three digits";
		v = v * 10 + (unsigned)(text[*i] - '0');
	}
	*out = (uint8_t)v;
	return v <= 255 ? NULL : "bad escape in name, \\DDD is at most 255";
}

/* Complete a name of n octets without its end by origin (NULL: the root). */
static enum ax_err complete(struct ax_name *out, size_t n, const struct ax_name *origin, const char *text, size_t len)
{
	const struct ax_name *tail = origin ? origin : &ax_name_root;
	if (n + tail->n > AX_NAME_MAX)
		return bad_name("name is over 255 octets", text, len);
	memcpy(out->wire + n, tail->wire, tail->n);
	out->n = (uint8_t)(n + tail->n);
	return AX_OK;
}

static enum ax_err parse(struct ax_name *out, const char *text, size_t len, const struct ax_name *origin)
{
	uint8_t *wire = out->wire;
	size_t n = 1, label = 0; /* label: where the open label's length goes */
	if (!len)
		return bad_name("empty name", text, len);
	if (len == 1 && *text == '.')
		return AX_OK;
	if (len == 1 && *text == '@' && origin) {
		*out = *origin;
		return AX_OK;
	}
	if (len == 1 && *text == '@')
		return bad_name("`@` needs an origin", text, len);
	for (size_t i = 0; i < len;) {
		if (text[i] == '.') {
			if (n == label + 1)
				return bad_name("empty label in name", text, len);
			wire[label] = (uint8_t)(n - label - 1);
			label = n++;
			i++;
			if (n > AX_NAME_MAX)
				return bad_name("name is over 255 octets", text, len);
			continue;
		}
		uint8_t c;
		const char *why = octet(&c, text, len, &i);
		if (why)
			return bad_name(why, text, len);
		if (n - label > AX_LABEL_MAX)
			return bad_name("label is over 63 octets in name", text, len);
		if (n >= AX_NAME_MAX)
			return bad_name("name is over 255 octets", text, len);
		wire[n++] = c;
	}
	if (n == label + 1) { /* it ended in a dot: absolute */
		wire[label] = 0;
		out->n = (uint8_t)n;
		return AX_OK;
	}
	wire[label] = (uint8_t)(n - label - 1);
	return complete(out, n, origin, text, len);
}

enum ax_err ax_name_parse(struct ax_name *out, const char *text, size_t len, const struct ax_name *origin)
{
	out->n = 1;
	out->wire[0] = 0;
	enum ax_err e = parse(out, text, len, origin);
	if (e)
		*out = ax_name_root;
	return e;
}

static void label_text(struct ax_buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = p[i];
		if (c <= ' ' || c > '~') {
			const uint8_t ddd[4] = { '\\', '0' + c / 100, '0' + c / 10 % 10, '0' + c % 10 };
			ax_buf_put(b, ddd, 4);
		} else {
			if (strchr(".\\\";()@$", c))
				ax_buf_u8(b, '\\');
			ax_buf_u8(b, c);
		}
	}
}

/* Plain letters, digits, - and _: nearly every label, copied in one go. */
static bool label_is_plain(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!((p[i] | 32) >= 'a' && (p[i] | 32) <= 'z') && !(p[i] >= '0' && p[i] <= '9') && p[i] != '-' &&
		    p[i] != '_')
			return false;
	return true;
}

/* Labels of the first `end` octets of wire, each closed by a dot. */
static void labels_text(struct ax_buf *b, const struct ax_name *name, size_t end)
{
	for (size_t i = 0; i < end; i += name->wire[i] + 1u) {
		if (label_is_plain(name->wire + i + 1, name->wire[i]))
			ax_buf_put(b, name->wire + i + 1, name->wire[i]);
		else
			label_text(b, name->wire + i + 1, name->wire[i]);
		ax_buf_u8(b, '.');
	}
}

void ax_name_text(struct ax_buf *b, const struct ax_name *name)
{
	if (name->n == 1)
		ax_buf_u8(b, '.');
	else
		labels_text(b, name, name->n - 1u);
}

void ax_name_text_relative(struct ax_buf *b, const struct ax_name *name, const struct ax_name *apex)
{
	if (!ax_name_within(name, apex)) {
		ax_name_text(b, name);
	} else if (name->n == apex->n) {
		ax_buf_u8(b, '@');
	} else {
		labels_text(b, name, (size_t)(name->n - apex->n));
		if (!b->failed)
			b->n--; /* the last dot */
	}
}

/* -- wire ------------------------------------------------------------------------------------------------- */

enum ax_err ax_name_from_wire(struct ax_name *out, struct ax_slice wire, size_t *used)
{
	size_t i = 0;
	*out = ax_name_root;
	if (used)
		*used = 0;
	for (;;) {
		if (i >= wire.n)
			return ax_fail(AX_EINVAL, "a domain name is cut short");
		uint8_t c = wire.p[i];
		if (c > AX_LABEL_MAX)
			return ax_fail(AX_EINVAL, "a domain name has a label over 63 octets or is compressed");
		i += c + 1u;
		if (i > AX_NAME_MAX)
			return ax_fail(AX_EINVAL, "a domain name is over 255 octets");
		if (!c)
			break;
	}
	memcpy(out->wire, wire.p, i);
	out->n = (uint8_t)i;
	if (used)
		*used = i;
	return AX_OK;
}

void ax_name_lower(struct ax_name *name)
{
	/* Length octets are below 'A': they can be passed over as if they were letters. */
	for (size_t i = 0; i < name->n; i++)
		name->wire[i] = lower(name->wire[i]);
}

static bool eq_nocase(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] && lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

bool ax_name_eq(const struct ax_name *a, const struct ax_name *b)
{
	return a->n == b->n && eq_nocase(a->wire, b->wire, a->n);
}

static int label_cmp(const uint8_t *a, const uint8_t *b)
{
	unsigned n = *a < *b ? *a : *b;
	for (unsigned i = 1; i <= n; i++) {
		uint8_t x = lower(a[i]), y = lower(b[i]);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (*a > *b) - (*a < *b);
}

int ax_name_cmp(const struct ax_name *a, const struct ax_name *b)
{
	uint8_t at[AX_LABELS_MAX], bt[AX_LABELS_MAX];
	unsigned na = offsets(at, a), nb = offsets(bt, b);
	for (unsigned i = 1; i <= na && i <= nb; i++) {
		int c = label_cmp(a->wire + at[na - i], b->wire + bt[nb - i]);
		if (c)
			return c;
	}
	return (na > nb) - (na < nb);
}

bool ax_name_within(const struct ax_name *name, const struct ax_name *ancestor)
{
	if (name->n < ancestor->n)
		return false;
	size_t i = 0, cut = (size_t)(name->n - ancestor->n);
	while (i < cut)
		i += name->wire[i] + 1u;
	return i == cut && eq_nocase(name->wire + cut, ancestor->wire, ancestor->n);
}

unsigned ax_name_labels(const struct ax_name *name)
{
	uint8_t at[AX_LABELS_MAX];
	return offsets(at, name);
}

bool ax_name_parent(struct ax_name *name)
{
	unsigned cut = name->wire[0] + 1u;
	if (name->n == 1)
		return false;
	name->n = (uint8_t)(name->n - cut);
	memmove(name->wire, name->wire + cut, name->n);
	return true;
}

enum ax_err ax_name_prepend(struct ax_name *name, struct ax_slice label)
{
	if (label.n == 0)
		return ax_fail(AX_EINVAL, "an empty label");
	if (label.n > AX_LABEL_MAX)
		return ax_fail(AX_EINVAL, "a label of %zu octets, over 63", label.n);
	if (label.n + 1 + name->n > AX_NAME_MAX)
		return ax_fail(AX_EINVAL, "a name over 255 octets");
	memmove(name->wire + label.n + 1, name->wire, name->n);
	name->wire[0] = (uint8_t)label.n;
	memcpy(name->wire + 1, label.p, label.n);
	name->n = (uint8_t)(name->n + label.n + 1);
	return AX_OK;
}

bool ax_name_is_wildcard(const struct ax_name *name)
{
	return name->wire[0] == 1 && name->wire[1] == '*';
}

/* -- keys ------------------------------------------------------------------------------------------------- */

enum ax_err ax_key_owner(struct ax_buf *b, const struct ax_name *name, const struct ax_name *apex)
{
	uint8_t at[AX_LABELS_MAX], key[AX_KEY_MAX];
	size_t k = 0;
	if (!ax_name_within(name, apex)) {
		struct ax_buf t = AX_BUF_INIT;
		ax_name_text(&t, name);
		enum ax_err e = ax_fail(AX_EINVAL, "name is outside the zone: `%s`", ax_buf_cstr(&t));
		ax_buf_fini(&t);
		return e;
	}
	for (unsigned i = offsets(at, name) - ax_name_labels(apex); i-- > 0;) {
		const uint8_t *label = name->wire + at[i];
		for (unsigned j = 1; j <= *label; j++) {
			uint8_t c = lower(label[j]);
			if (c <= 1)
				key[k++] = 1;
			key[k++] = c <= 1 ? (uint8_t)(c + 1) : c;
		}
		key[k++] = 0;
	}
	ax_buf_put(b, key, k);
	return AX_OK;
}

void ax_key_type(struct ax_buf *b, uint16_t type, uint16_t covered)
{
	ax_buf_u8(b, 0);
	ax_buf_u16(b, type);
	if (type == 46)
		ax_buf_u16(b, covered);
}

enum ax_err ax_key_make(struct ax_buf *b, const struct ax_name *name, const struct ax_name *apex, uint16_t type,
			uint16_t covered)
{
	ax_buf_clear(b);
	enum ax_err e = ax_key_owner(b, name, apex);
	if (e)
		return e;
	ax_key_type(b, type, covered);
	return ax_buf_check(b);
}

static enum ax_err bad_key(void)
{
	return ax_fail(AX_ECORRUPT, "a key of the tree is malformed");
}

/* One label of the owner part, up to and with its closing 00. */
static bool key_label(uint8_t out[AX_LABEL_MAX], size_t *n, struct ax_reader *r)
{
	*n = 0;
	for (;;) {
		uint8_t c = ax_get_u8(r);
		if (r->bad || (c >= 'A' && c <= 'Z'))
			return false;
		if (c == 0)
			return *n > 0;
		if (c == 1) {
			c = ax_get_u8(r);
			if (c != 1 && c != 2)
				return false;
			c--;
		}
		if (*n == AX_LABEL_MAX)
			return false;
		out[(*n)++] = c;
	}
}

enum ax_err ax_key_parse(struct ax_name *name, uint16_t *type, uint16_t *covered, size_t *owner_len,
			 struct ax_slice key, const struct ax_name *apex)
{
	struct ax_reader r = ax_reader(key);
	*name = *apex;
	*type = *covered = 0;
	if (owner_len)
		*owner_len = 0;
	while (r.p < r.end && *r.p) {
		uint8_t label[AX_LABEL_MAX];
		size_t n;
		if (!key_label(label, &n, &r) || ax_name_prepend(name, ax_slice(label, n)))
			return bad_key();
	}
	if (owner_len)
		*owner_len = (size_t)(r.p - key.p);
	(void)ax_get_u8(&r);
	*type = ax_get_u16(&r);
	if (*type == 46)
		*covered = ax_get_u16(&r);
	return r.bad || ax_reader_left(&r) ? bad_key() : AX_OK;
}

/* -- file names ------------------------------------------------------------------------------------------- */

static bool file_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '*';
}

void ax_label_to_file(struct ax_buf *b, struct ax_slice label)
{
	for (size_t i = 0; i < label.n; i++) {
		uint8_t c = lower(label.p[i]);
		const uint8_t ddd[4] = { '\\', '0' + c / 100, '0' + c / 10 % 10, '0' + c % 10 };
		if (file_plain(c))
			ax_buf_u8(b, c);
		else
			ax_buf_put(b, ddd, 4);
	}
}

/* len bytes of file name to a label; false if ax_label_to_file would not have written them. */
static bool label_from(uint8_t out[AX_LABEL_MAX], size_t *n, const char *file, size_t len)
{
	*n = 0;
	for (size_t i = 0; i < len;) {
		uint8_t c = (uint8_t)file[i++];
		if (c == '\\') {
			if (len - i < 3)
				return false;
			unsigned v = 0;
			for (unsigned k = 0; k < 3; k++, i++) {
				if (file[i] < '0' || file[i] > '9')
					return false;
				v = v * 10 + (unsigned)(file[i] - '0');
			}
			if (v > 255 || file_plain(lower((uint8_t)v)))
				return false;
			c = (uint8_t)v;
		} else if (!file_plain(c)) {
			return false;
		}
		if (*n == AX_LABEL_MAX)
			return false;
		out[(*n)++] = c;
	}
	return *n > 0;
}

enum ax_err ax_label_from_file(uint8_t out[AX_LABEL_MAX], size_t *n, const char *file)
{
	if (label_from(out, n, file, strlen(file)))
		return AX_OK;
	*n = 0;
	return ax_fail(AX_EINVAL, "not the file name of a label: `%.260s`", file);
}

void ax_zone_to_file(struct ax_buf *b, const struct ax_name *apex)
{
	if (apex->n == 1)
		ax_buf_u8(b, '@');
	for (size_t i = 0; apex->wire[i]; i += apex->wire[i] + 1u) {
		if (i)
			ax_buf_u8(b, '.');
		ax_label_to_file(b, ax_slice(apex->wire + i + 1, apex->wire[i]));
	}
}

enum ax_err ax_zone_from_file(struct ax_name *out, const char *file)
{
	size_t n = 0;
	*out = ax_name_root;
	if (strcmp(file, "@") == 0)
		return AX_OK;
	for (const char *p = file;; p++) {
		size_t len = strcspn(p, "."), label;
		uint8_t t[AX_LABEL_MAX];
		if (!label_from(t, &label, p, len) || n + label + 2 > AX_NAME_MAX) {
			*out = ax_name_root;
			return ax_fail(AX_EINVAL, "not the file name of a zone: `%.260s`", file);
		}
		out->wire[n] = (uint8_t)label;
		memcpy(out->wire + n + 1, t, label);
		n += label + 1;
		p += len;
		if (!*p)
			break;
	}
	out->wire[n] = 0;
	out->n = (uint8_t)(n + 1);
	return AX_OK;
}
