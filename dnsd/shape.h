/* shape.h - the shapes that values of the configuration have: a text, a number, a list, keys with values; and
 * refusals that name file and line. Sits on libyaml and conf.h; yaml.h says what the keys mean. Errors: AX_EINVAL
 * with file, line and reason; AX_ENOMEM. Ownership: texts borrow from the document unless they are kept. Threads:
 * one. */
#ifndef SHAPE_H
#define SHAPE_H

#include <yaml.h>

#include "dnsd/conf.h"

struct shape_reader {
	yaml_document_t doc;
	const char *path; /* what errors name */
	struct conf *c;
	yaml_node_t *listen; /* read last: it names views */
	const char *country, *asn;
};

/* What a key's value means. Of a list the last has no name; of at most 32 keys each is said once. */
struct shape_key {
	const char *name;
	enum ax_err (*take)(struct shape_reader *r, yaml_node_t *value, void *ctx);
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
/* From min to max; shape_number from 1. */
AX_MUST enum ax_err shape_number_from(unsigned *out, const struct shape_reader *r, const yaml_node_t *n, unsigned min,
				      unsigned max);
AX_MUST enum ax_err shape_number(unsigned *out, const struct shape_reader *r, const yaml_node_t *n, unsigned max);
/* Call take for each item of a list, or for the value of each key that is said, up to the first error. */
AX_MUST enum ax_err shape_each_item(struct shape_reader *r, yaml_node_t *n,
				    enum ax_err (*take)(struct shape_reader *, yaml_node_t *, void *), void *ctx);
AX_MUST enum ax_err shape_each_key(struct shape_reader *r, yaml_node_t *n, const struct shape_key *keys, void *ctx);

#endif
