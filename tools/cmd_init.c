#include "tools/begin.h"
#include "tools/verbs.h"

#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static struct option_list hosts;
static const char *group;

static const struct option options[] = {
	{ "ns", 0, "HOST", "make a first commit with an SOA and this name server (again, or more words: several)",
	  NULL, &hosts, NULL },
	{ "shared", 0, "GROUP", "let the members of a group write (modes 2770 and 0660)", &group, NULL, NULL },
	{ 0 },
};

static enum ax_err find_group(uint32_t *gid)
{
	*gid = (uint32_t)-1;
	const struct group *g = group ? getgrnam(group) : NULL;
	if (group && !g)
		return ax_fail(AX_EUSAGE, "--shared: no such group: `%s`", group);
	if (g)
		*gid = g->gr_gid;
	return AX_OK;
}

static enum ax_err tell(struct cli *c, const struct ax_name *apex)
{
	char path[PATH_MAX];
	ax_buf_printf(&c->out, "Initialized repository %s for zone ", realpath(c->dir, path) ? path : c->dir);
	ax_name_text(&c->out, apex);
	ax_buf_u8(&c->out, '\n');
	return ax_buf_check(&c->out);
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_name apex;
	struct ax_batch first;
	uint32_t gid;
	enum ax_err e = begin_apex(&apex, w->v[0]);
	if (e)
		return e;
	ax_batch_init(&first, &apex);
	c->zone_text = c->branch_text = NULL; /* what is begun here is the default zone and main */
	/* All that can be refused is looked at before anything is made. */
	e = begin_batch(&first, &hosts, w);
	if (!e)
		e = find_group(&gid);
	if (!e)
		e = ax_repo_init(c->dir, group != NULL, gid, &apex, &c->actor);
	if (!e)
		e = tell(c, &apex);
	if (!e && hosts.n)
		e = cli_begin(c, false);
	if (!e && hosts.n)
		e = begin_commit(c, &first);
	ax_batch_fini(&first);
	return e;
}

const struct verb verb_init = {
	.name = "init",
	.synopsis = "ZONE [--ns HOST...] [--shared GROUP]",
	.summary = "make a repository with its first zone",
	.details = "The repository is --repo, APEX_REPO or ./.apex. ZONE becomes its default zone. Without --ns the\n"
		   "zone has no commit until the first import.",
	.example = "apex init example.com --ns ns1.example.com. ns2.example.net.",
	.options = options,
	.completes = "-",
	.min_words = 1,
	.max_words = -1,
	.run = run,
};
