#include "tools/verbs.h"

struct verbs_said verbs_said;

const struct option verbs_global_options[] = {
	{ "repo", 0, "DIR", "the repository (APEX_REPO; ./.apex)", &verbs_said.repo, NULL, NULL },
	{ "zone", 0, "ZONE", "the zone (APEX_ZONE; the one init named)", &verbs_said.zone, NULL, NULL },
	{ "branch", 0, "BRANCH", "the branch (APEX_BRANCH; the one checked out, else main)", &verbs_said.branch, NULL,
	  NULL },
	{ "help", 'h', NULL, "what a verb does", NULL, NULL, &verbs_said.help },
	{ "version", 0, NULL, "print the version", NULL, NULL, &verbs_said.version },
	{ 0 },
};

#include <string.h>

/* In the order in which help lists them; a heading stands before the verb it is given with. */
static const struct {
	const char *heading;
	const struct verb *verb;
} verbs[] = {
	{ "begin", &verb_init },
	{ NULL, &verb_zone },
	{ NULL, &verb_import },
	{ NULL, &verb_config },
	{ "change a zone", &verb_set },
	{ NULL, &verb_delete },
	{ NULL, &verb_edit },
	{ NULL, &verb_apply },
	{ NULL, &verb_at },
	{ NULL, &verb_run_due },
	{ NULL, &verb_force },
	{ "look", &verb_status },
	{ NULL, &verb_show },
	{ NULL, &verb_log },
	{ NULL, &verb_diff },
	{ NULL, &verb_blame },
	{ NULL, &verb_grep },
	{ NULL, &verb_resolve },
	{ NULL, &verb_export },
	{ NULL, &verb_bisect },
	{ NULL, &verb_cat_object },
	{ NULL, &verb_watch },
	{ NULL, &verb_top },
	{ "branch and join", &verb_branch },
	{ NULL, &verb_checkout },
	{ NULL, &verb_merge },
	{ NULL, &verb_cherry_pick },
	{ NULL, &verb_rebase },
	{ NULL, &verb_tag },
	{ "go back", &verb_revert },
	{ NULL, &verb_restore },
	{ NULL, &verb_reset },
	{ NULL, &verb_reflog },
	{ "review and sign", &verb_propose },
	{ NULL, &verb_review },
	{ NULL, &verb_approve },
	{ NULL, &verb_protect },
	{ NULL, &verb_keygen },
	{ NULL, &verb_sign_commit },
	{ NULL, &verb_verify },
	{ "keep house", &verb_check },
	{ NULL, &verb_fsck },
	{ NULL, &verb_gc },
	{ NULL, &verb_prune },
	{ NULL, &verb_repack },
	{ NULL, &verb_bundle },
	{ NULL, &verb_backup },
	{ NULL, &verb_stat },
};
enum { VERBS = sizeof verbs / sizeof *verbs };

const struct verb *verbs_at(const char **heading, size_t i)
{
	if (heading)
		*heading = i < VERBS ? verbs[i].heading : NULL;
	return i < VERBS ? verbs[i].verb : NULL;
}

const struct verb *verbs_find(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (!strcmp(verbs[i].verb->name, name))
			return verbs[i].verb;
	return NULL;
}

enum ax_err verbs_unknown(const char *name)
{
	unsigned best = 3;
	const char *near = NULL;
	for (size_t i = 0; i < VERBS; i++) {
		unsigned d = options_distance(verbs[i].verb->name, name);
		if (d < best) {
			best = d;
			near = verbs[i].verb->name;
		}
	}
	if (near)
		return ax_fail(AX_EUSAGE, "unknown verb: `%s`; did you mean `%s`?", name, near);
	return ax_fail(AX_EUSAGE, "unknown verb: `%s` (apex help lists them)", name);
}
