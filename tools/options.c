#include "tools/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned options_distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	unsigned d[MAX + 1][MAX + 1];
	size_t n = strnlen(a, MAX), m = strnlen(b, MAX);
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (!i || !j) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			d[i][j] = least(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = least(d[i][j], d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[n][m];
}

static const struct option *by_name(const struct option *table, const char *name, size_t n)
{
	for (; table && table->name; table++)
		if (strlen(table->name) == n && !memcmp(table->name, name, n))
			return table;
	return NULL;
}

static const struct option *by_letter(const struct option *table, char letter)
{
	for (; table && table->name; table++)
		if (letter && table->letter == letter)
			return table;
	return NULL;
}

static const char *nearest(const struct option *table, const char *name, const char *best, unsigned *distance)
{
	for (; table && table->name; table++) {
		unsigned d = options_distance(table->name, name);
		if (d < *distance) {
			*distance = d;
			best = table->name;
		}
	}
	return best;
}

static enum ax_err unknown(const char *word, const struct option *a, const struct option *b)
{
	enum { LONGEST = 32 };
	char name[LONGEST + 1];
	unsigned distance = 3;
	const char *near = NULL;
	if (word[1] == '-') {
		snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
		near = nearest(a, name, near, &distance);
		near = nearest(b, name, near, &distance);
	}
	if (near)
		return ax_fail(AX_EUSAGE, "unknown option: `%s`; did you mean --%s?", word, near);
	return ax_fail(AX_EUSAGE, "unknown option: `%s` (a word that begins with - goes after --)", word);
}

static enum ax_err store(const struct option *o, const char *value)
{
	if (o->flag) {
		*o->flag = true;
		return AX_OK;
	}
	if (o->value) {
		*o->value = value;
		return AX_OK;
	}
	const char **grown = reallocarray(o->list->v, o->list->n + 1, sizeof *grown);
	if (!grown)
		return ax_fail(AX_ENOMEM, "out of memory");
	o->list->v = grown;
	grown[o->list->n++] = value;
	return AX_OK;
}

/* "-3". */
static bool is_count(const char *word)
{
	return word[1] && !word[1 + strspn(word + 1, "0123456789")];
}

/* The option at argv[*i]; *i is left at its last word. */
static enum ax_err take(int *i, int argc, char **argv, const struct option *a, const struct option *b)
{
	const char *word = argv[*i], *value = NULL;
	const struct option *o;
	if (word[1] == '-') {
		size_t n = strcspn(word + 2, "=");
		o = by_name(a, word + 2, n);
		o = o ? o : by_name(b, word + 2, n);
		value = word[2 + n] ? word + 3 + n : NULL;
	} else {
		char letter = is_count(word) ? 'n' : word[1];
		o = by_letter(a, letter);
		o = o ? o : by_letter(b, letter);
		value = is_count(word) ? word + 1 : word[2] ? word + 2 : NULL;
	}
	if (!o || (!o->arg && value && word[1] != '-'))
		return unknown(word, a, b);
	if (!o->arg && value)
		return ax_fail(AX_EUSAGE, "--%s takes no value", o->name);
	if (o->arg && !value) {
		if (*i + 1 >= argc)
			return ax_fail(AX_EUSAGE, "--%s needs a value: %s", o->name, o->arg);
		value = argv[++*i];
	}
	return store(o, value);
}

enum ax_err options_parse(struct words *words, int *used, int argc, char **argv, const struct option *a,
			  const struct option *b, bool stop)
{
	words->n = 0;
	int i = 0;
	bool ended = false;
	for (; i < argc; i++) {
		if (!ended && !strcmp(argv[i], "--")) {
			ended = true;
			words->before = words->n;
		} else if (ended || argv[i][0] != '-' || !argv[i][1]) {
			if (stop)
				break;
			words->v[words->n++] = argv[i];
		} else {
			enum ax_err e = take(&i, argc, argv, a, b);
			if (e)
				return e;
		}
	}
	if (!ended)
		words->before = words->n;
	if (used)
		*used = i;
	return AX_OK;
}

enum ax_err options_number(uint64_t *out, const char *name, const char *text, uint64_t otherwise)
{
	char *end;
	*out = otherwise;
	if (!text)
		return AX_OK;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno || text[0] < '0' || text[0] > '9' || *end)
		return ax_fail(AX_EUSAGE, "--%s: not a number: `%s`", name, text);
	return AX_OK;
}
