/* selector_node.h - what selector_parse.c makes and selector.c evaluates: the expression as a tree of nodes in one
 * array, children before their parents. */
#ifndef SELECTOR_NODE_H
#define SELECTOR_NODE_H

#include "dnsd/selector.h"

enum selector_op {
	OP_CONST,
	OP_FIELD,
	OP_OR,
	OP_AND,
	OP_NOT,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_IN, /* a in the list that begins at b */
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_NEG,
	OP_HASH, /* of a, keyed by the node's key */
	OP_CONTAINS,
	OP_LEN,
	OP_LOWER,
	OP_UPPER,
};

enum selector_type {
	TYPE_BOOL,
	TYPE_INT,
	TYPE_STRING,
	TYPE_NET,
	TYPE_RRTYPE,
	TYPE_CLASS,
	TYPE_DAY, /* 0 is Sunday */
};

enum selector_field {
	FIELD_SUBNET,
	FIELD_COUNTRY,
	FIELD_ASN,
	FIELD_NAME,
	FIELD_RRTYPE,
	FIELD_CLASS,
	FIELD_DATE,
	FIELD_HOUR,
	FIELD_WEEKDAY,
};

enum { SELECTOR_NONE = UINT16_MAX };

struct selector_node {
	uint8_t op, type, field;
	uint16_t a, b, next; /* children; the next of a list; SELECTOR_NONE */
	union {
		int64_t i;
		struct net net;
		struct {
			uint32_t at, n; /* in text */
		} string;
		uint8_t key[16];
	};
};

struct selector {
	uint16_t n, root;
	uint8_t uses, scope_4, scope_6;
	char *text; /* of all string constants */
	struct selector_node node[];
};

#endif
