/* errors.c - see errors.h. */
#include "fs/errors.h"

#include "fs/mount.h"
#include "fs/who.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void errors_fini(struct errors *e)
{
	for (size_t i = 0; i < ERRORS_KEPT; i++)
		free(e->line[i]);
	*e = (struct errors){ 0 };
}

void errors_note(struct mount *m, const char *user, const char *path, const char *reason)
{
	struct errors *e = &m->errors;
	char when[32], line[1200];
	time_t now = time(NULL);
	struct tm tm = { 0 };
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(line, sizeof(line), "%s %.64s %.400s: %.700s", when, user, path, reason);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	free(e->line[e->next]);
	e->line[e->next] = strdup(line);
	e->next = (e->next + 1) % ERRORS_KEPT;
	if (e->n < ERRORS_KEPT)
		e->n++;
	e->version++;
	if (m->say)
		m->say(line);
}

void errors_refuse(struct mount *m, const struct who *who, const struct node *dir, const char *name,
		   const char *reason)
{
	struct ax_buf path = AX_BUF_INIT;
	node_path(&path, dir);
	if (name)
		ax_buf_printf(&path, "%s%s", path.n ? "/" : "", name);
	const char *text = ax_buf_cstr(&path);
	errors_note(m, who->name, text ? text : "?", reason);
	ax_buf_fini(&path);
}

void errors_text(struct ax_buf *b, const struct errors *e)
{
	size_t at = (e->next + ERRORS_KEPT - e->n) % ERRORS_KEPT;
	for (size_t i = 0; i < e->n; i++, at = (at + 1) % ERRORS_KEPT)
		if (e->line[at])
			ax_buf_printf(b, "%s\n", e->line[at]);
}
