#include "core/when.h"
#include "tools/complete.h"
#include "tools/help.h"
#include "tools/verbs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool man;

/* -- verbs ------------------------------------------------------------------------------------------------ */

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
	struct cli c = { .dir = told(verbs_said.repo, "APEX_REPO", "./.apex"),
			 .zone_text = told(verbs_said.zone, "APEX_ZONE", NULL),
			 .branch_text = told(verbs_said.branch, "APEX_BRANCH", NULL) };
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
	/* Conflicts are listed where git lists them: on stdout; and how far a daemon is. */
	enum ax_err printed = AX_OK;
	if (!e || e == AX_ECONFLICT || e == AX_EBEHIND)
		printed = print_text(ax_buf_view(&c.out), c.style, v->paged && !e);
	e = e ? e : printed;
	ax_buf_fini(&c.out);
	ax_buf_fini(&c.warnings);
	return e ? finish(e, v) : c.difference;
}

static int print_help(struct ax_buf *text, bool to_stderr)
{
	enum ax_err e = ax_buf_check(text);
	if (!e && to_stderr)
		fprintf(stderr, "%s", ax_buf_cstr(text));
	else if (!e)
		e = print_text(ax_buf_view(text), PRINT_PLAIN, true);
	ax_buf_fini(text);
	return e ? finish(e, NULL) : 0;
}

static int print_verb_help(const struct verb *v, bool as_man)
{
	struct ax_buf text = AX_BUF_INIT;
	(as_man ? help_man : help_verb)(&text, v);
	return print_help(&text, false);
}

/* `apex help`, `apex help [--man] VERB`, `apex --help`. */
static int print_some_help(const struct words *w)
{
	struct ax_buf text = AX_BUF_INIT;
	const struct verb *v = w->n ? verbs_find(w->v[0]) : NULL;
	if (w->n && !v)
		return finish(verbs_unknown(w->v[0]), NULL);
	if (man && !v)
		return finish(ax_fail(AX_EUSAGE, "help --man: of which verb?"), NULL);
	if (v)
		return print_verb_help(v, man);
	help_overview(&text);
	return print_help(&text, false);
}

/* Nothing was typed. */
static int print_first(void)
{
	struct ax_buf text = AX_BUF_INIT;
	enum ax_err e = ax_hash_init();
	if (!e)
		help_first(&text, told(verbs_said.repo, "APEX_REPO", "./.apex"));
	help_overview(&text);
	print_help(&text, true);
	return ax_err_status(e ? e : AX_EUSAGE);
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
	const struct verb *v = argc > 1 ? verbs_find(argv[1]) : NULL;
	if (argc < 2)
		return finish(ax_fail(AX_EUSAGE, "at: what is to be done then?"), &verb_at);
	if (!v)
		return finish(verbs_unknown(argv[1]), NULL);
	if (!v->changes_zone)
		return finish(ax_fail(AX_EUSAGE, "at: %s is no verb that can be put off", v->name), &verb_at);
	enum ax_err e = options_parse(w, NULL, argc - 2, argv + 2, verbs_global_options, v->options, false);
	if (!e && verbs_said.help)
		return print_verb_help(v, false);
	if (!e)
		e = check_words(v, w);
	return e ? finish(e, v) : run(v, w, at);
}

static const struct option *own_options(const struct verb *v, bool is_help)
{
	static const struct option help_options[] = {
		{ "man", 0, NULL, "as a manual page", NULL, NULL, &man },
		{ 0 },
	};
	return v ? v->options : is_help ? help_options : NULL;
}

static int dispatch(int argc, char **argv, struct words *w)
{
	int used;
	enum ax_err e = options_parse(w, &used, argc - 1, argv + 1, verbs_global_options, NULL, true);
	if (e)
		return finish(e, NULL);
	argc -= 1 + used;
	argv += 1 + used;
	if (verbs_said.version)
		return print_version();
	if (!argc && verbs_said.help)
		return print_some_help(w);
	if (!argc)
		return print_first();
	if (!strcmp(argv[0], "complete"))
		return complete(argc - 1, argv + 1, told(verbs_said.repo, "APEX_REPO", "./.apex"));
	const struct verb *v = verbs_find(argv[0]);
	bool is_help = !strcmp(argv[0], "help");
	if (!v && !is_help)
		return finish(verbs_unknown(argv[0]), NULL);
	e = options_parse(w, &used, argc - 1, argv + 1, verbs_global_options, own_options(v, is_help), v && v->leads);
	if (e)
		return finish(e, v);
	if (v && v->leads && used < argc - 1 && !verbs_said.help)
		return dispatch_led(argc - 1 - used, argv + 1 + used, w);
	if (verbs_said.version)
		return print_version();
	if (is_help)
		return print_some_help(w);
	if (verbs_said.help)
		return print_verb_help(v, false);
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
