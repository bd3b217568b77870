#include "core/err.h"

#include <stdio.h>

static const struct {
	const char *name, *sentence;
	int errno_value, status;
} table[] = {
#define X(name, sentence, errno_value, status) [name] = { #name, sentence, errno_value, status },
	AX_ERRORS(X)
#undef X
};

static _Thread_local struct {
	enum ax_err err;
	char text[1024];
} last;

static size_t row(enum ax_err e)
{
	return (size_t)e < sizeof table / sizeof *table ? (size_t)e : (size_t)AX_EINTERNAL;
}

const char *ax_err_name(enum ax_err e)
{
	return table[row(e)].name;
}

const char *ax_err_sentence(enum ax_err e)
{
	return table[row(e)].sentence;
}

int ax_err_errno(enum ax_err e)
{
	return table[row(e)].errno_value;
}

int ax_err_status(enum ax_err e)
{
	return table[row(e)].status;
}

enum ax_err ax_fail(enum ax_err e, const char *fmt, ...)
{
	/* The arguments may point into the text kept so far ("%s: %s" around a passed-up reason). */
	char text[sizeof last.text];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	last.err = e;
	snprintf(last.text, sizeof last.text, "%s", text);
	return e;
}

const char *ax_err_text(enum ax_err e)
{
	return last.err == e && last.text[0] ? last.text : ax_err_sentence(e);
}

void ax_err_clear(void)
{
	last.err = AX_OK;
	last.text[0] = 0;
}
