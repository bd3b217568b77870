/* selector_lex.h - the tokens of a selector's text (selector.h), one after the other, for selector_parse.c.
 * Errors: AX_EINVAL with the column at which the token starts, and why. Ownership: text and strings are the caller's.
 * Limits: integers of 64 bits; no string is longer than the text. */
#ifndef SELECTOR_LEX_H
#define SELECTOR_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

enum token {
	TOKEN_END,
	TOKEN_INT,
	TOKEN_STRING,
	TOKEN_WORD,
	TOKEN_SIGN, /* one or two of the signs, in `sign` */
};

/* Begin with text, at and start at the text, and strings as a buffer of its length. */
struct lex {
	const char *text, *at; /* at: behind the token */
	const char *start;     /* of the token */
	enum token token;
	char sign[3];
	int64_t number;
	uint32_t string_at, string_n; /* of a string token, in `strings` */
	char *strings;                /* all of them as they are meant, without quotes */
	uint32_t strings_n;
};

/* AX_EINVAL: the token is wrong there. */
AX_PRINTF(2, 3)
AX_MUST enum ax_err lex_bad(const struct lex *l, const char *format, ...);
/* The next token in place of the last. */
AX_MUST enum ax_err lex_next(struct lex *l);
bool lex_is_sign(const struct lex *l, const char *sign);
bool lex_is_word(const struct lex *l, const char *word);
/* Step over a sign that must be there. */
AX_MUST enum ax_err lex_expect(struct lex *l, const char *sign);

#endif
