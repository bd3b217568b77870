#include "dnsd/selector_lex.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum ax_err lex_bad(const struct lex *l, const char *format, ...)
{
	char why[300];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	return ax_fail(AX_EINVAL, "column %zu: %s", (size_t)(l->start - l->text) + 1, why);
}

static enum ax_err read_number(struct lex *l)
{
	l->token = TOKEN_INT;
	l->number = 0;
	for (; *l->at >= '0' && *l->at <= '9'; l->at++)
		if (__builtin_mul_overflow(l->number, 10, &l->number) ||
		    __builtin_add_overflow(l->number, *l->at - '0', &l->number))
			return lex_bad(l, "the number is too large");
	return isalpha((unsigned char)*l->at) || *l->at == '_' ? lex_bad(l, "what comes after the number?") : AX_OK;
}

/* "..." or '...', with \\ and \" or \' in it. */
static enum ax_err read_string(struct lex *l)
{
	char quote = *l->at++;
	l->token = TOKEN_STRING;
	l->string_at = l->strings_n;
	for (; *l->at && *l->at != quote; l->at++) {
		if (*l->at == '\\' && *++l->at != '\\' && *l->at != quote)
			return lex_bad(l, "a \\ in a string is followed by another or by the quote");
		l->strings[l->strings_n++] = *l->at;
	}
	l->string_n = l->strings_n - l->string_at;
	return *l->at++ ? AX_OK : lex_bad(l, "the string has no end");
}

static enum ax_err read_sign(struct lex *l)
{
	static const char *const two[] = { "&&", "||", "==", "!=", "<=", ">=" };
	l->token = TOKEN_SIGN;
	memset(l->sign, 0, sizeof l->sign);
	for (unsigned i = 0; i < sizeof two / sizeof two[0]; i++)
		if (strncmp(l->at, two[i], 2) == 0) {
			memcpy(l->sign, two[i], 2);
			l->at += 2;
			return AX_OK;
		}
	if (!strchr("()[],<>!+-*/%", *l->at))
		return lex_bad(l, "`%c` means nothing here", isprint((unsigned char)*l->at) ? *l->at : '?');
	l->sign[0] = *l->at++;
	return AX_OK;
}

enum ax_err lex_next(struct lex *l)
{
	while (*l->at == ' ' || *l->at == '\t' || *l->at == '\n' || *l->at == '\r')
		l->at++;
	l->start = l->at;
	l->token = TOKEN_END;
	if (!*l->at)
		return AX_OK;
	if (*l->at >= '0' && *l->at <= '9')
		return read_number(l);
	if (*l->at == '"' || *l->at == '\'')
		return read_string(l);
	if (!isalpha((unsigned char)*l->at))
		return read_sign(l);
	l->token = TOKEN_WORD;
	while (isalnum((unsigned char)*l->at) || *l->at == '_' || *l->at == '.')
		l->at++;
	return AX_OK;
}

bool lex_is_sign(const struct lex *l, const char *sign)
{
	return l->token == TOKEN_SIGN && strcmp(l->sign, sign) == 0;
}

bool lex_is_word(const struct lex *l, const char *word)
{
	size_t n = strlen(word);
	return l->token == TOKEN_WORD && (size_t)(l->at - l->start) == n && memcmp(l->start, word, n) == 0;
}

enum ax_err lex_expect(struct lex *l, const char *sign)
{
	if (!lex_is_sign(l, sign))
		return lex_bad(l, "`%s` is missing", sign);
	return lex_next(l);
}
