/* verbs.h - every verb there is, in a table. */
#ifndef VERBS_H
#define VERBS_H

#include "tools/cli.h"

extern const struct verb verb_init, verb_zone, verb_import, verb_export, verb_set, verb_delete, verb_show, verb_log,
	verb_diff, verb_force, verb_blame, verb_status, verb_branch, verb_checkout, verb_tag, verb_reflog,
	verb_cat_object, verb_check, verb_fsck, verb_edit, verb_apply, verb_protect, verb_propose, verb_review,
	verb_approve, verb_grep, verb_resolve, verb_bisect, verb_merge, verb_cherry_pick, verb_rebase, verb_revert,
	verb_restore, verb_reset, verb_keygen, verb_sign_commit, verb_verify, verb_config, verb_at, verb_run_due,
	verb_gc, verb_prune, verb_repack, verb_backup, verb_stat, verb_watch, verb_bundle, verb_top;

/* The i-th, NULL beyond the last; heading (may be NULL) is what a group of them that begins here is called, or NULL.
 */
const struct verb *verbs_at(const char **heading, size_t i);
const struct verb *verbs_find(const char *name);
/* AX_EUSAGE, with the nearest. */
enum ax_err verbs_unknown(const char *name);
/* The options that every verb takes, and what was said by them. */
struct verbs_said {
	const char *repo, *zone, *branch;
	bool help, version;
};
extern struct verbs_said verbs_said;
extern const struct option verbs_global_options[];

#endif
