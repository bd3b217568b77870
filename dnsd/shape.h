/* shape.h - the shapes that values of the configuration have: a text, a number, a list, keys with values; and
 * refusals that name file and line. Sits on libyaml and conf.h; yaml.h says what the keys mean. Errors: AX_EINVAL
 * with file, line and reason; AX_ENOMEM. Ownership: texts borrow from the document unless they are kept. Threads:
 * one. */
#ifndef SHAPE_H
#define SHAPE_H

#include <yaml.h>

#include "dnsd/conf.h"

/* A text that borrows from the document, and where it stands. */
struct shape_word {
	const char *text; /* NULL: not said */
	yaml_node_t *at;
};

struct shape_reader {
	yaml_document_t doc;
	const char *path; /* what errors name */
	struct conf *c;
	yaml_node_t *listen; /* read last: it names views */
	struct shape_word country, asn;
};

typedef enum ax_err shape_take_fn(struct shape_reader *r, yaml_node_t *value, void *ctx);
typedef enum ax_err shape_tell_fn(struct conf *c, const char *text);

enum shape_kind {
	SHAPE_TAKE,   /* what take makes of it */
	SHAPE_EACH,   /* what take makes of each item of a list */
	SHAPE_TELL,   /* a text, kept, that tell is told */
	SHAPE_TELLS,  /* a list of these */
	SHAPE_KEPT,   /* a text, kept, into a const char * */
	SHAPE_WORD,   /* a text, into a struct shape_word */
	SHAPE_NODE,   /* whatever it is, into a yaml_node_t * */
	SHAPE_NUMBER, /* from min to max, into an unsigned */
};

/* What the value of a key means. Of a list of keys the last has no name; of at most 32 each is said once. */
struct shape_key {
	const char *name;
	enum shape_kind kind;
	size_t field; /* where in what ctx points to it goes */
	unsigned min, max;
	shape_take_fn *take;
	shape_tell_fn *tell;
};

/* AX_EINVAL: what is said there is wrong. */
AX_PRINTF(3, 4)
AX_MUST enum ax_err shape_bad(const struct shape_reader *r, const yaml_node_t *at, const char *format, ...);
/* Another's refusal, with the line; want of memory stays what it is, and AX_OK. */
AX_MUST enum ax_err shape_said(const struct shape_reader *r, const yaml_node_t *at, enum ax_err e);

/* A text that is not empty and has no control characters; borrows from the document. */
AX_MUST enum ax_err shape_text(const char **out, const struct shape_reader *r, const yaml_node_t *n);
/* The same, the configuration's for good. */
AX_MUST enum ax_err shape_kept(const char **out, struct shape_reader *r, const yaml_node_t *n);
AX_MUST enum ax_err shape_number(unsigned *out, const struct shape_reader *r, const yaml_node_t *n, unsigned min,
				 unsigned max);
/* Take the value of each key that is said, up to the first error. */
AX_MUST enum ax_err shape_each_key(struct shape_reader *r, yaml_node_t *n, const struct shape_key *keys, void *ctx);
/* Call take for each item of a list, up to the first error. */
AX_MUST enum ax_err shape_each_item(struct shape_reader *r, yaml_node_t *n, shape_take_fn *take, void *ctx);

#endif
