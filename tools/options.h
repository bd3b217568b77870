/* options.h - the command line's words: options anywhere among the arguments, "--" ends them.
 * As git has it, -3 is -n 3 where there is a -n. Tables say which options there are and where their values go; help
 * is printed from the same tables. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "core/err.h"

struct option_list {
	const char **v;
	size_t n;
};

/* One option. Exactly one of value, list, flag is set; a table ends with a NULL name. */
struct option {
	const char *name; /* "message": --message */
	char letter;      /* 'm': -m; or 0 */
	const char *arg;  /* what help calls its value; NULL for a flag */
	const char *help;
	const char **value;
	struct option_list *list;
	bool *flag;
};

struct words {
	char **v; /* what is no option, in order; room for argc words, owned by the caller */
	int n;
	int before; /* how many of them stood before "--"; n if there was none */
};

/* Take the options of both tables (either may be NULL) out of argv. With stop, end at the first word that is none;
 * *used (may be NULL) counts the arguments taken. AX_EUSAGE with the word that offends. */
AX_MUST enum ax_err options_parse(struct words *words, int *used, int argc, char **argv, const struct option *a,
				  const struct option *b, bool stop);

/* The value of an option that is a whole number; `otherwise` where text is NULL. AX_EUSAGE if it is none. */
AX_MUST enum ax_err options_number(uint64_t *out, const char *name, const char *text, uint64_t otherwise);

/* How far two words are apart: single edits (insert, delete, change, swap neighbours); at most 32 bytes are looked
 * at. */
unsigned options_distance(const char *a, const char *b);

#endif
