/* name.h - domain names in the four forms the project uses.
 *
 *   wire          03 a p i 07 e x a m p l e 00           uncompressed, letter case kept (RFC 1035 3.1)
 *   presentation  api.example.                            \DDD and \X escapes (RFC 1035 5.1)
 *   key           "api" 00 [00 type]                      relative to the apex, apex-outward, lower case;
 *                                                         memcmp order is canonical order (RFC 4034 6.1)
 *   file name     api                                     one label, reversible, safe in a path
 *
 * Limits: a label has 1 to 63 octets, a name at most 255 with its root (RFC 1035 2.3.4).
 * Ownership: struct ax_name is a plain value. */
#ifndef AX_NAME_H
#define AX_NAME_H

#include "core/bytes.h"

enum { AX_NAME_MAX = 255, AX_LABEL_MAX = 63, AX_LABELS_MAX = 127, AX_NAME_TEXT_MAX = 1010, AX_LABEL_FILE_MAX = 252 };

struct ax_name {
	uint8_t n; /* octets of wire in use, the root's included; 1 is the root itself */
	uint8_t wire[AX_NAME_MAX];
};

extern const struct ax_name ax_name_root;

/* Read presentation text of len bytes. A name without final dot is completed by origin; "@" is origin.
 * origin NULL: only absolute names and "@"-less text are taken, a missing final dot is added (a name typed by
 * a person on a command line). AX_EINVAL with the reason (empty label, label over 63, name over 255, bad
 * escape, bytes outside ASCII: the message then hints at the xn-- form). Letter case is kept. */
AX_MUST enum ax_err ax_name_parse(struct ax_name *out, const char *text, size_t len, const struct ax_name *origin);

/* Check and copy uncompressed wire bytes; *used (may be NULL) gets the octets taken. */
AX_MUST enum ax_err ax_name_from_wire(struct ax_name *out, struct ax_slice wire, size_t *used);

/* Append absolute presentation text ("api.example."; the root is "."). Bytes outside ! to ~ become \DDD;
 * . \ " ; ( ) @ $ are escaped by a backslash. */
void ax_name_text(struct ax_buf *b, const struct ax_name *name);
/* Append the name relative to apex: "@", "api", or absolute when it lies outside. */
void ax_name_text_relative(struct ax_buf *b, const struct ax_name *name, const struct ax_name *apex);

/* Lower-case ASCII letters in place (RFC 4343). */
void ax_name_lower(struct ax_name *name);
bool ax_name_eq(const struct ax_name *a, const struct ax_name *b); /* ignoring ASCII case */
/* Canonical order (RFC 4034 6.1). */
int ax_name_cmp(const struct ax_name *a, const struct ax_name *b);
/* Equal to or below ancestor. */
bool ax_name_within(const struct ax_name *name, const struct ax_name *ancestor);
/* Labels without the root: the root has 0, "api.example." 2. */
unsigned ax_name_labels(const struct ax_name *name);
/* Remove the leftmost label; false for the root, which stays. */
bool ax_name_parent(struct ax_name *name);
/* Prepend one label of n octets. AX_EINVAL if it does not fit. */
AX_MUST enum ax_err ax_name_prepend(struct ax_name *name, struct ax_slice label);
bool ax_name_is_wildcard(const struct ax_name *name);

/* -- keys ------------------------------------------------------------------------------------------------- */

enum { AX_KEY_MAX = 512 };

/* Append the owner part of a key: for each label below apex, from the apex outward: its bytes lower-cased,
 * 00 as 01 01 and 01 as 01 02, then 00. The apex itself is empty. This is the prefix of the subtree.
 * AX_EINVAL if name is not within apex. */
AX_MUST enum ax_err ax_key_owner(struct ax_buf *b, const struct ax_name *name, const struct ax_name *apex);
/* Append what closes an RRset's key: 00, type; for RRSIG (46) the type covered follows. */
void ax_key_type(struct ax_buf *b, uint16_t type, uint16_t covered);
/* Both of the above into an emptied buffer. */
AX_MUST enum ax_err ax_key_make(struct ax_buf *b, const struct ax_name *name, const struct ax_name *apex,
				uint16_t type, uint16_t covered);
/* Take a key apart. owner_len (may be NULL) is the length of the owner part. AX_ECORRUPT if it is no key. */
AX_MUST enum ax_err ax_key_parse(struct ax_name *name, uint16_t *type, uint16_t *covered, size_t *owner_len,
				 struct ax_slice key, const struct ax_name *apex);

/* -- file names ------------------------------------------------------------------------------------------- */

/* Append one label as a file name, in lower case: a-z 0-9 - _ * stand for themselves, every other octet is \DDD.
 * Total, reversible, ASCII; never "." or "..", never the name of a type (those are upper case), never scratch like
 * .A.swp, A~ or .~tmp~. At most AX_LABEL_FILE_MAX bytes. */
void ax_label_to_file(struct ax_buf *b, struct ax_slice label);
/* The reverse: file name to label bytes (at most 63). AX_EINVAL if it is not exactly what ax_label_to_file
 * writes for some label (upper-case letters, raw bytes that are escaped, \DDD of a byte that is not). */
AX_MUST enum ax_err ax_label_from_file(uint8_t out[AX_LABEL_MAX], size_t *n, const char *file);
/* A zone's file and ref name: its labels as above with dots between, no final dot; the root is "@". (Over 255 bytes,
 * what a file system takes, only if dozens of its octets need \DDD.) */
void ax_zone_to_file(struct ax_buf *b, const struct ax_name *apex);
AX_MUST enum ax_err ax_zone_from_file(struct ax_name *out, const char *file);

#endif
