#include "tools/json.h"

#include <jansson.h>
#include <string.h>

static bool failed;

static struct json_t *made(json_t *value)
{
	failed = failed || !value;
	return value;
}

struct json_t *json_object_new(void)
{
	return made(json_object());
}

struct json_t *json_array_new(void)
{
	return made(json_array());
}

void json_put(struct json_t *object, const char *key, struct json_t *value)
{
	if (json_object_set_new(object, key, value ? value : json_null()))
		failed = true;
}

/* How many bytes at p are one character of UTF-8 (RFC 3629 4); 0 if they are none. */
static size_t character(const uint8_t *p, size_t n)
{
	size_t want = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
	if (!want || want > n)
		return 0;
	for (size_t i = 1; i < want; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	bool bad = (*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
		   (*p == 0xf4 && p[1] > 0x8f);
	return bad ? 0 : want;
}

static struct json_t *text_value(struct ax_slice text)
{
	struct ax_buf clean = AX_BUF_INIT;
	for (size_t i = 0; i < text.n;) {
		size_t n = character(text.p + i, text.n - i);
		if (n)
			ax_buf_put(&clean, text.p + i, n);
		else
			ax_buf_str(&clean, "\xef\xbf\xbd");
		i += n ? n : 1;
	}
	struct json_t *value = clean.failed ? NULL : json_stringn(clean.n ? (const char *)clean.p : "", clean.n);
	ax_buf_fini(&clean);
	return made(value);
}

void json_put_slice(struct json_t *object, const char *key, struct ax_slice text)
{
	json_put(object, key, text_value(text));
}

void json_put_text(struct json_t *object, const char *key, const char *text)
{
	json_put_slice(object, key, ax_slice_str(text));
}

void json_put_number(struct json_t *object, const char *key, uint64_t number)
{
	json_put(object, key, made(json_integer((json_int_t)number)));
}

void json_put_bool(struct json_t *object, const char *key, bool value)
{
	json_put(object, key, json_boolean(value));
}

void json_add(struct json_t *array, struct json_t *value)
{
	if (json_array_append_new(array, value))
		failed = true;
}

void json_add_slice(struct json_t *array, struct ax_slice text)
{
	json_add(array, text_value(text));
}

static int append(const char *bytes, size_t n, void *out)
{
	ax_buf_put(out, bytes, n);
	return 0;
}

static enum ax_err dump(struct ax_buf *out, struct json_t *value, size_t flags)
{
	bool bad = failed || json_dump_callback(value, append, out, flags | JSON_ENSURE_ASCII);
	json_decref(value);
	failed = false;
	ax_buf_u8(out, '\n');
	return bad ? ax_fail(AX_ENOMEM, "out of memory") : ax_buf_check(out);
}

enum ax_err json_print(struct ax_buf *out, struct json_t *value)
{
	return dump(out, value, JSON_INDENT(2));
}

enum ax_err json_print_line(struct ax_buf *out, struct json_t *value)
{
	return dump(out, value, JSON_COMPACT);
}

enum ax_err json_parse(struct json_t **out, struct ax_slice text, const char *what)
{
	json_error_t error;
	*out = json_loadb(text.n ? (const char *)text.p : "", text.n, JSON_REJECT_DUPLICATES, &error);
	return *out ? AX_OK : ax_fail(AX_EINVAL, "%s:%d: %s", what, error.line, error.text);
}

void json_free(struct json_t *value)
{
	json_decref(value);
}

struct json_t *json_member(const struct json_t *value, const char *key)
{
	struct json_t *member = json_object_get(value, key);
	return json_is_null(member) ? NULL : member;
}

bool json_has(const struct json_t *value, const char *key)
{
	return json_object_get(value, key) != NULL;
}

const char *json_other(const struct json_t *value, const char *const *known)
{
	const char *key;
	json_t *member;
	json_object_foreach((json_t *)value, key, member)
	{
		size_t i = 0;
		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return key;
	}
	return NULL;
}

bool json_object_is(const struct json_t *value)
{
	return value && json_typeof(value) == JSON_OBJECT;
}

bool json_array_is(const struct json_t *value)
{
	return value && json_typeof(value) == JSON_ARRAY;
}

struct json_t *json_at(const struct json_t *array, size_t i)
{
	return json_array_get(array, i);
}

const char *json_text(const struct json_t *value)
{
	return json_string_value(value);
}

bool json_number(uint64_t *out, const struct json_t *value, uint64_t max)
{
	*out = 0;
	if (!value || json_typeof(value) != JSON_INTEGER || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return true;
}
