#include "tools/help.h"

#include <stdio.h>
#include <string.h>

/* -- text ------------------------------------------------------------------------------------------------- */

static void put_options(struct ax_buf *out, const struct option *o, const char *heading)
{
	if (!o || !o->name)
		return;
	ax_buf_printf(out, "\n%s\n", heading);
	for (; o->name; o++) {
		char left[64], letter[6] = "";
		if (o->letter)
			snprintf(letter, sizeof letter, "-%c, ", o->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		ax_buf_printf(out, "  %-22s %s\n", left, o->help);
	}
}

void help_verb(struct ax_buf *out, const struct verb *v)
{
	ax_buf_printf(out, "usage: apex %s%s%s\n\n%c%s.\n", v->name, v->synopsis[0] ? " " : "", v->synopsis,
		      v->summary[0] - 'a' + 'A', v->summary + 1);
	if (v->details)
		ax_buf_printf(out, "%s\n", v->details);
	put_options(out, v->options, "Options:");
	put_options(out, verbs_global_options, "Options of every verb:");
	ax_buf_printf(out, "\nExample:\n  %s\n", v->example);
}

void help_overview(struct ax_buf *out)
{
	const struct verb *v;
	const char *heading;
	ax_buf_str(out, "usage: apex [--repo DIR] [--zone ZONE] [--branch BRANCH] VERB ...\n\n"
			"DNS zones as a versioned filesystem: the command line.\n");
	for (size_t i = 0; (v = verbs_at(&heading, i)); i++) {
		if (heading)
			ax_buf_printf(out, "\n%s\n", heading);
		ax_buf_printf(out, "  %-11s %s\n", v->name, v->summary);
	}
	ax_buf_str(out, "\n  help        print this, or what one verb does\n\n"
			"`apex VERB --help` tells more; so do apex(1) and apex-VERB(1).\n\n"
			"Example:\n  apex init example.com --ns ns1.example.com.\n"
			"  apex import example.com.zone\n  apex set www A 300 192.0.2.7\n  apex log\n");
}

/* -- what to type first ----------------------------------------------------------------------------------- */

static void put_unborn(struct ax_buf *out, const struct ax_name *apex)
{
	struct ax_buf name = AX_BUF_INIT;
	ax_name_text(&name, apex);
	const char *text = ax_buf_cstr(&name);
	ax_buf_printf(out,
		      "The zone %s has no record yet. Begin with one of\n\n"
		      "    apex import FILE                   a zone file you have\n"
		      "    apex zone add ZONE --ns HOST       another zone, with its SOA and NS made for you\n",
		      text ? text : "here");
	ax_buf_fini(&name);
}

static void put_by_state(struct ax_buf *out, struct ax_txn *t)
{
	struct ax_zone zone;
	struct ax_ref ref;
	enum ax_err e = ax_zone_default(&zone, t);
	if (!e && ax_ref_get(&ref, t, zone.id, "heads/main") == AX_ENOENT) {
		put_unborn(out, &zone.apex);
		return;
	}
	ax_buf_str(out, "Try\n\n"
			"    apex status                        where you are\n"
			"    apex log                           what happened\n"
			"    apex set www A 300 192.0.2.7       change a record; apex restore www A takes it back\n");
}

void help_first(struct ax_buf *out, const char *dir)
{
	struct ax_repo *r = NULL;
	struct ax_txn *t = NULL;
	enum ax_err e = ax_repo_open(&r, dir, true);
	if (!e && !(e = ax_txn_read(&t, ax_repo_store(r))))
		put_by_state(out, t);
	else if (e == AX_ENOREPO)
		ax_buf_printf(out,
			      "There is no repository at %s yet. Begin with\n\n"
			      "    apex init example.com              then: apex import example.com.zone\n"
			      "    apex init example.com --ns ns1.example.com.     a zone with its SOA and NS\n",
			      dir);
	else
		ax_buf_printf(out, "The repository at %s: %s\n", dir, ax_err_text(e));
	ax_buf_str(out, "\n");
	ax_txn_abort(t);
	ax_repo_close(r);
}

/* -- manual pages ----------------------------------------------------------------------------------------- */

/* Text that roff leaves alone: no escapes, no requests. */
static void put_roff(struct ax_buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i == 0 && (text[i] == '.' || text[i] == '\''))
			ax_buf_str(out, "\\&");
		if (text[i] == '\\')
			ax_buf_str(out, "\\e");
		else if (text[i] == '"')
			ax_buf_str(out, "\\(dq");
		else if (text[i] == '-')
			ax_buf_str(out, "\\-");
		else
			ax_buf_u8(out, (uint8_t)text[i]);
	}
}

static void put_text(struct ax_buf *out, const char *text)
{
	put_roff(out, text, strlen(text));
}

/* A sentence begins on a line of its own. */
static void put_sentences(struct ax_buf *out, const char *text, size_t n)
{
	while (n) {
		size_t len = 0;
		while (len < n && !(strchr(".?:", text[len]) && len + 1 < n && text[len + 1] == ' '))
			len++;
		len += len < n;
		put_roff(out, text, len);
		ax_buf_u8(out, '\n');
		len += len < n;
		text += len;
		n -= len;
	}
}

/* Lines that stand apart in the text are examples. */
static void put_details(struct ax_buf *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n"), blanks = strspn(text, " ");
		if (blanks >= 4) {
			ax_buf_str(out, ".Dl ");
			put_roff(out, text + blanks, n - blanks);
			ax_buf_u8(out, '\n');
		} else {
			put_sentences(out, text + blanks, n - blanks);
		}
		text += n + (text[n] == '\n');
	}
}

static void put_man_options(struct ax_buf *out, const struct option *o)
{
	for (; o && o->name; o++) {
		ax_buf_str(out, ".It ");
		if (o->letter)
			ax_buf_printf(out, "Fl %c , ", o->letter);
		ax_buf_printf(out, "Fl \\-%s", o->name);
		if (o->arg) {
			ax_buf_str(out, " Ar \"");
			put_text(out, o->arg);
			ax_buf_u8(out, '"');
		}
		ax_buf_u8(out, '\n');
		put_text(out, o->help);
		ax_buf_u8(out, '\n');
	}
}

static void put_man_head(struct ax_buf *out, const struct verb *v)
{
	ax_buf_str(out, ".Dd November 21, 2026\n.Dt APEX-");
	for (const char *p = v->name; *p; p++)
		ax_buf_u8(out, (uint8_t)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p));
	ax_buf_printf(out, " 1\n.Os\n.Sh NAME\n.Nm apex-%s\n.Nd ", v->name);
	put_text(out, v->summary);
	ax_buf_str(out, "\n.Sh SYNOPSIS\n.Bd -unfilled\napex ");
	put_text(out, v->name);
	ax_buf_u8(out, ' ');
	put_text(out, v->synopsis);
	ax_buf_str(out, "\n.Ed\n.Sh DESCRIPTION\n");
}

void help_man(struct ax_buf *out, const struct verb *v)
{
	put_man_head(out, v);
	ax_buf_printf(out, "%c", v->summary[0] - 'a' + 'A');
	put_text(out, v->summary + 1);
	ax_buf_str(out, ".\n");
	if (v->details)
		put_details(out, v->details);
	ax_buf_str(out, ".Bl -tag -width Ds\n");
	put_man_options(out, v->options);
	put_man_options(out, verbs_global_options);
	ax_buf_str(out, ".El\n.Sh EXIT STATUS\nThe same of every verb: see\n.Xr apex 1 .\n.Sh EXAMPLES\n.Dl ");
	put_text(out, v->example);
	ax_buf_str(out, "\n.Sh SEE ALSO\n.Xr apex 1 ,\n.Xr apex-repository 7\n");
}
