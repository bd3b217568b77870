#include "tools/begin.h"

#include "tools/save.h"

#include <stdlib.h>

enum { FIRST_TTL_S = 3600 };

enum ax_err begin_apex(struct ax_name *out, const char *text)
{
	enum ax_err e = cli_parse_name(out, text, NULL);
	if (!e)
		ax_name_lower(out);
	return e;
}

static enum ax_err parse_hosts(struct ax_name *out, const struct ax_name *apex, const struct option_list *hosts,
			       const struct words *w)
{
	for (size_t i = 0; i < hosts->n + (size_t)(w->n - 1); i++) {
		const char *text = i < hosts->n ? hosts->v[i] : w->v[1 + i - hosts->n];
		enum ax_err e = cli_parse_name(&out[i], text, apex);
		if (e)
			return e;
	}
	return AX_OK;
}

enum ax_err begin_batch(struct ax_batch *b, const struct option_list *hosts, const struct words *w)
{
	if (!hosts->n)
		return w->n > 1 ? ax_fail(AX_EUSAGE, "one word too many: `%s`", w->v[1]) : AX_OK;
	size_t n = hosts->n + (size_t)(w->n - 1);
	struct ax_name *names = calloc(n, sizeof *names);
	if (!names)
		return ax_fail(AX_ENOMEM, "out of memory");
	enum ax_err e = parse_hosts(names, &b->apex, hosts, w);
	if (!e)
		e = ax_repo_begin_zone(b, names, n, FIRST_TTL_S);
	free(names);
	return e;
}

enum ax_err begin_commit(struct cli *c, struct ax_batch *first)
{
	struct save s = { .batch = first,
			  .replace = true,
			  .serial_from = AX_SERIAL_FROM_FILE,
			  .message = "begin the zone",
			  .counts = true };
	return save_batch(c, &s);
}
