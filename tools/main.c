#include "core/when.h"
#include "tools/verbs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct verb *const verbs[] = {
	&verb_init,    &verb_zone,    &verb_status,   &verb_import,     &verb_export,      &verb_set,
	&verb_delete,  &verb_edit,    &verb_apply,    &verb_show,       &verb_log,         &verb_diff,
	&verb_blame,   &verb_branch,  &verb_checkout, &verb_merge,      &verb_cherry_pick, &verb_rebase,
	&verb_revert,  &verb_restore, &verb_reset,    &verb_keygen,     &verb_sign_commit, &verb_verify,
	&verb_tag,     &verb_reflog,  &verb_force,    &verb_propose,    &verb_review,      &verb_approve,
	&verb_protect, &verb_check,   &verb_fsck,     &verb_cat_object, &verb_grep,        &verb_resolve,
	&verb_bisect,  &verb_config,  &verb_at,       &verb_run_due,    &verb_gc,          &verb_prune,
	&verb_repack,  &verb_backup,  &verb_stat,     &verb_watch,      &verb_bundle,
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static const char *repo, *zone, *branch;
static bool help, version;

static const struct option global_options[] = {
	{ "repo", 0, "DIR", "the repository (APEX_REPO; ./.apex)", &repo, NULL, NULL },
	{ "zone", 0, "ZONE", "the zone (APEX_ZONE; the one init named)", &zone, NULL, NULL },
	{ "branch", 0, "BRANCH", "the branch (APEX_BRANCH; the one checked out, else main)", &branch, NULL, NULL },
	{ "help", 'h', NULL, "what a verb does", NULL, NULL, &help },
	{ "version", 0, NULL, "print the version", NULL, NULL, &version },
	{ 0 },
};

/* -- help ------------------------------------------------------------------------------------------------- */

static void print_options(const struct option *o, const char *heading)
{
	if (!o || !o->name)
		return;
	printf("\n%s\n", heading);
	for (; o->name; o++) {
		char left[64], letter[6] = "";
		if (o->letter)
			snprintf(letter, sizeof letter, "-%c, ", o->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		printf("  %-22s %s\n", left, o->help);
	}
}

static void print_help(const struct verb *v)
{
	printf("usage: apex %s%s%s\n\n%c%s.\n", v->name, v->synopsis[0] ? " " : "", v->synopsis,
	       v->summary[0] - 'a' + 'A', v->summary + 1);
	if (v->details)
		printf("%s\n", v->details);
	print_options(v->options, "Options:");
	print_options(global_options, "Options of every verb:");
	printf("\nExample:\n  %s\n", v->example);
}

static void print_overview(FILE *to)
{
	fputs("usage: apex [--repo DIR] [--zone ZONE] [--branch BRANCH] VERB ...\n\n"
	      "DNS zones as a versioned filesystem: the command line.\n\n",
	      to);
	for (unsigned i = 0; i < VERBS; i++)
		fprintf(to, "  %-11s %s\n", verbs[i]->name, verbs[i]->summary);
	fputs("  help        print this, or what one verb does\n\n"
	      "`apex VERB --help` tells more; so does apex(1).\n\n"
	      "Example:\n  apex init example.com --ns ns1.example.com.\n"
	      "  apex import example.com.zone\n  apex set www A 300 192.0.2.7\n  apex log\n",
	      to);
}

/* -- verbs ------------------------------------------------------------------------------------------------ */

static const struct verb *find_verb(const char *name)
{
	for (unsigned i = 0; i < VERBS; i++)
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	return NULL;
}

static enum ax_err unknown_verb(const char *name)
{
	unsigned best = 3;
	const char *near = NULL;
	for (unsigned i = 0; i < VERBS; i++) {
		unsigned d = options_distance(verbs[i]->name, name);
		if (d < best) {
			best = d;
			near = verbs[i]->name;
		}
	}
	if (near)
		return ax_fail(AX_EUSAGE, "unknown verb: `%s`; did you mean `%s`?", name, near);
	return ax_fail(AX_EUSAGE, "unknown verb: `%s` (apex help lists them)", name);
}

static enum ax_err check_words(const struct verb *v, const struct words *w)
{
	if (w->n < v->min_words)
		return ax_fail(AX_EUSAGE, "%s: %s", v->name, w->n ? "a word is missing" : "what?");
	if (v->max_words >= 0 && w->n > v->max_words)
		return ax_fail(AX_EUSAGE, "%s: one word too many: `%s`", v->name, w->v[v->max_words]);
	return AX_OK;
}

static const char *told(const char *flag, const char *variable, const char *otherwise)
{
	const char *set = getenv(variable);
	return flag ? flag : set && *set ? set : otherwise;
}

/* Tell what went wrong, how it is used if that was it, and say the exit status. */
static int finish(enum ax_err e, const struct verb *v)
{
	if (e)
		fprintf(stderr, "apex: %s\n", ax_err_text(e));
	if (e == AX_EUSAGE && v)
		fprintf(stderr, "usage: apex %s %s\n", v->name, v->synopsis);
	return ax_err_status(e);
}

static int run(const struct verb *v, struct words *w, const char *at)
{
	struct ax_time then;
	struct cli c = { .dir = told(repo, "APEX_REPO", "./.apex"),
			 .zone_text = told(zone, "APEX_ZONE", NULL),
			 .branch_text = told(branch, "APEX_BRANCH", NULL) };
	c.actor = who_actor(&c.who);
	enum ax_err e = ax_hash_init();
	if (!e && at)
		e = ax_when_parse_next(&then, at, strlen(at), c.actor.committer.when);
	c.at = at ? &then : NULL;
	if (!e)
		e = v->run(&c, w);
	cli_close(&c);
	cli_tell_warnings(&c);
	if (!e)
		e = ax_buf_check(&c.out);
	/* Conflicts are listed where git lists them: on stdout. */
	enum ax_err printed = AX_OK;
	if (!e || e == AX_ECONFLICT)
		printed = print_text(ax_buf_view(&c.out), c.style, v->paged && !e);
	e = e ? e : printed;
	ax_buf_fini(&c.out);
	ax_buf_fini(&c.warnings);
	return e ? finish(e, v) : c.difference;
}

/* `apex help`, `apex help VERB`, `apex --help`. */
static int print_some_help(const struct words *w)
{
	const struct verb *v = w->n ? find_verb(w->v[0]) : NULL;
	if (w->n && !v)
		return finish(unknown_verb(w->v[0]), NULL);
	if (v)
		print_help(v);
	else
		print_overview(stdout);
	return 0;
}

static int print_version(void)
{
	puts("apex " APEX_VERSION);
	return 0;
}

/* `apex at TIME VERB ...`: the verb stands behind the time, with options of its own. */
static int dispatch_led(int argc, char **argv, struct words *w)
{
	const char *at = argv[0];
	const struct verb *v = argc > 1 ? find_verb(argv[1]) : NULL;
	if (argc < 2)
		return finish(ax_fail(AX_EUSAGE, "at: what is to be done then?"), &verb_at);
	if (!v)
		return finish(unknown_verb(argv[1]), NULL);
	if (!v->changes_zone)
		return finish(ax_fail(AX_EUSAGE, "at: %s is no verb that can be put off", v->name), &verb_at);
	enum ax_err e = options_parse(w, NULL, argc - 2, argv + 2, global_options, v->options, false);
	if (!e && help) {
		print_help(v);
		return 0;
	}
	if (!e)
		e = check_words(v, w);
	return e ? finish(e, v) : run(v, w, at);
}

static int dispatch(int argc, char **argv, struct words *w)
{
	int used;
	enum ax_err e = options_parse(w, &used, argc - 1, argv + 1, global_options, NULL, true);
	if (e)
		return finish(e, NULL);
	argc -= 1 + used;
	argv += 1 + used;
	if (version)
		return print_version();
	if (!argc && help)
		return print_some_help(w);
	if (!argc) {
		print_overview(stderr);
		return ax_err_status(AX_EUSAGE);
	}
	const struct verb *v = find_verb(argv[0]);
	bool is_help = !strcmp(argv[0], "help");
	if (!v && !is_help)
		return finish(unknown_verb(argv[0]), NULL);
	e = options_parse(w, &used, argc - 1, argv + 1, global_options, v ? v->options : NULL, v && v->leads);
	if (e)
		return finish(e, v);
	if (v && v->leads && used < argc - 1 && !help)
		return dispatch_led(argc - 1 - used, argv + 1 + used, w);
	if (version)
		return print_version();
	if (is_help)
		return print_some_help(w);
	if (help) {
		print_help(v);
		return 0;
	}
	e = check_words(v, w);
	return e ? finish(e, v) : run(v, w, NULL);
}

/* The store is read through a map: where its file is cut short, a page of it names one beyond its end, or the disk
 * can't read, that is no error of a call but this signal. */
static void on_unreadable(int sig)
{
	static const char text[] =
		"apex: the store can't be read: data.mdb is cut short or damaged, or its disk fails\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
	(void)sig;
	(void)n;
	_exit(ax_err_status(AX_ECORRUPT));
}

int main(int argc, char **argv)
{
	signal(SIGBUS, on_unreadable);
	struct words w = { .v = calloc((size_t)argc + 1, sizeof *w.v) };
	if (!w.v)
		return finish(ax_fail(AX_ENOMEM, "out of memory"), NULL);
	int status = dispatch(argc, argv, &w);
	free(w.v);
	if (fflush(stdout) && !status)
		status = finish(ax_fail(AX_EIO, "standard output: %s", strerror(errno)), NULL);
	return status;
}
