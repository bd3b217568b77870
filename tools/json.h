/* json.h - JSON in and out. The only file that knows jansson is json.c; to everybody else a value is opaque.
 *
 * Out: build with json_object, json_array and the puts, end with json_print. What is put belongs to where it was put.
 * A put that fails (no memory) is remembered, and json_print says so: a run of puts is checked once.
 * In: json_parse, then the gets, which borrow and tell absence by NULL, end with json_free. Bytes that are no UTF-8
 * (a commit's message may have them) go out as U+FFFD.
 * Limits: 2,048 levels and memory (jansson's own). Threads: one. */
#ifndef JSON_H
#define JSON_H

#include "core/bytes.h"

struct json_t;

struct json_t *json_object_new(void);
struct json_t *json_array_new(void);
void json_put(struct json_t *object, const char *key, struct json_t *value); /* value NULL: null */
void json_put_text(struct json_t *object, const char *key, const char *text);
void json_put_slice(struct json_t *object, const char *key, struct ax_slice text);
void json_put_number(struct json_t *object, const char *key, uint64_t number);
void json_put_bool(struct json_t *object, const char *key, bool value);
void json_add(struct json_t *array, struct json_t *value);
void json_add_slice(struct json_t *array, struct ax_slice text);

/* Append the value, indented, with its LF; it is freed in any case. */
AX_MUST enum ax_err json_print(struct ax_buf *out, struct json_t *value);

/* The same on one line. */
AX_MUST enum ax_err json_print_line(struct ax_buf *out, struct json_t *value);

/* AX_EINVAL with line and reason. `what` is what messages call the text. */
AX_MUST enum ax_err json_parse(struct json_t **out, struct ax_slice text, const char *what);
void json_free(struct json_t *value);
/* The member of that name; NULL if value is no object or has none, or null. */
struct json_t *json_member(const struct json_t *value, const char *key);
/* Is there a member of that name, be it null? */
bool json_has(const struct json_t *value, const char *key);
/* The name of a member that is none of the known ones (a list that ends in NULL), borrowed; NULL if there is none. */
const char *json_other(const struct json_t *value, const char *const *known);
bool json_object_is(const struct json_t *value);
bool json_array_is(const struct json_t *value);
/* The i-th element, NULL beyond the last. */
struct json_t *json_at(const struct json_t *array, size_t i);
/* NULL unless it is a string; without 0 bytes inside. */
const char *json_text(const struct json_t *value);
/* False unless it is a whole number from 0 to max. */
bool json_number(uint64_t *out, const struct json_t *value, uint64_t max);

#endif
