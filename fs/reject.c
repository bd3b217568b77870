/* reject.c - see reject.h. */
#include "fs/reject.h"

#include "fs/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char suffix[] = ".rejected";

bool reject_is_name(const char *name)
{
	size_t n = strlen(name), end = sizeof(suffix) - 1;
	return n > end && strcmp(name + n - end, suffix) == 0;
}

static struct node *rejected_file(struct mount *m, struct node *dir, const char *name, const struct who *who)
{
	char file[300];
	snprintf(file, sizeof(file), "%.240s%s", name, suffix);
	struct node *n = node_find(m, dir, file);
	if (n && n->kind == NODE_FILE && !n->scratch->names)
		return n;
	if (n) /* another thing, or kept by another name */
		node_drop(m, n);
	n = node_new(m, dir, file, NODE_FILE);
	if (!n)
		return NULL;
	if (scratch_attach(m, n, 0644, who->uid, m->gid)) {
		node_drop(m, n);
		return NULL;
	}
	node_hide(m, n);
	return n;
}

void reject(struct mount *m, struct node *dir, const char *name, struct ax_slice text, const char *reason,
	    const struct who *who)
{
	struct ax_buf b = AX_BUF_INIT;
	errors_refuse(m, who, dir, name, reason);
	if (text.n > SCRATCH_MAX)
		return;
	struct node *n = rejected_file(m, dir, name, who);
	if (!n)
		return; /* `errors` has the reason */
	ax_buf_printf(&b, "; not committed: %s\n", reason);
	ax_buf_slice(&b, text);
	if (ax_buf_check(&b) || scratch_set(m, n, ax_buf_view(&b)))
		node_drop(m, n); /* no room for scratch */
	ax_buf_fini(&b);
}

int reject_rename(struct mount *m, struct node *n, struct node *dir, const char *name, struct ax_slice text,
		  enum ax_err e, const struct who *who)
{
	int error = ax_err_errno(e);
	bool again = n->stale && error == ESTALE;
	n->stale = error == ESTALE && !again;
	if (!again)
		reject(m, dir, name, text, ax_err_text(e), who);
	return error;
}
