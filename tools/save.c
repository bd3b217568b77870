#include "tools/save.h"

#include "core/due.h"
#include "core/render.h"
#include "core/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *save_message, *save_author, *save_force, *save_until;

enum ax_err save_begin(struct cli *c)
{
	static char name[AX_PERSON_MAX + 1], mail[AX_PERSON_MAX + 1], text[AX_PERSON_MAX + 1];
	if (save_message && !save_message[0])
		return ax_fail(AX_EUSAGE, "the message is empty");
	if (!save_author)
		return AX_OK;
	const char *open = strchr(save_author, '<'), *close = open ? strchr(open, '>') : NULL;
	if (!close || close[1] || open == save_author || open - save_author > AX_PERSON_MAX ||
	    close - open > AX_PERSON_MAX)
		return ax_fail(AX_EUSAGE, "--author: `%s` is not NAME <MAIL>", save_author);
	snprintf(text, sizeof text, "%.*s", (int)(open - save_author), save_author);
	who_clean(name, text);
	snprintf(text, sizeof text, "%.*s", (int)(close - open - 1), open + 1);
	who_clean(mail, text);
	c->actor.author.name = name;
	c->actor.author.mail = mail;
	return AX_OK;
}

enum ax_err save_zone_text(const char **out, struct ax_buf *b, struct cli *c, const struct ax_zone *zone)
{
	*out = NULL;
	struct ax_zone first;
	enum ax_err e = ax_zone_default(&first, c->txn);
	if (e || first.id == zone->id)
		return e;
	ax_name_text(b, &zone->apex);
	*out = ax_buf_cstr(b);
	return ax_buf_check(b);
}

void save_tell(struct ax_buf *out, const char *zone_text, const char *branch, const struct ax_published *p,
	       bool counts)
{
	char part[AX_ID_SHORT + 1];
	if (!p->changed) {
		ax_buf_str(out, "(no changes)\n");
		return;
	}
	ax_id_short(part, &p->id);
	ax_buf_printf(out, "[%s%s%s %s] %s", zone_text ? zone_text : "", zone_text ? ":" : "", branch, part,
		      p->adopted ? "(moved to this commit)" : p->subject);
	if (counts && p->born)
		ax_buf_printf(out, " (%llu RRset%s)", (unsigned long long)p->count, p->count == 1 ? "" : "s");
	else if (counts)
		ax_buf_printf(out, " (%llu added, %llu removed, %llu changed)", (unsigned long long)p->stats.added,
			      (unsigned long long)p->stats.removed, (unsigned long long)p->stats.changed);
	ax_buf_u8(out, '\n');
}

enum ax_err save_tell_any(struct cli *c, const struct ax_published *p)
{
	struct ax_zone zone;
	struct ax_buf name = AX_BUF_INIT;
	const char *zone_text;
	enum ax_err e = ax_zone_get(&zone, c->txn, p->zone);
	if (!e)
		e = save_zone_text(&zone_text, &name, c, &zone);
	if (!e)
		save_tell(&c->out, zone_text, p->branch, p, false);
	ax_buf_fini(&name);
	return e;
}

/* --force=HASH means the plan it was given for and no other: by now the same command may plan something else. */
static enum ax_err check_force(const char *plan, const char *wanted)
{
	size_t n = strlen(wanted), short_n = strlen(plan);
	if (n < 4 || strncasecmp(plan, wanted, n < short_n ? n : short_n))
		return ax_fail(AX_EGUARD, "%s; this is not the plan %s that was forced", ax_err_text(AX_EGUARD),
			       wanted);
	return AX_OK;
}

static enum ax_err publish_now(struct ax_published *out, struct cli *c, struct ax_change *changes, size_t n,
			       const char *wanted)
{
	struct ax_listener listener = { cli_warn, c };
	char plan[AX_ID_SHORT + 1] = "";
	size_t made;
	enum ax_err e = ax_repo_commit(out, c->repo, changes, n, &c->actor, &listener, plan);
	if (e != AX_EGUARD || !wanted || (e = check_force(plan, wanted)))
		return e;
	/* A plan knows nothing of its end. */
	for (size_t i = 0; i < n; i++)
		changes[i].meant = true;
	return changes->until ? ax_repo_commit(out, c->repo, changes, n, &c->actor, &listener, plan)
			      : ax_repo_force(out, n, &made, c->repo, wanted, &c->actor, &listener);
}

static enum ax_err publish_later(struct ax_published *out, struct cli *c, struct ax_change *changes, size_t n,
				 const char *wanted)
{
	struct ax_listener listener = { cli_warn, c };
	char plan[AX_ID_SHORT + 1] = "";
	uint64_t number;
	enum ax_err e = ax_repo_schedule(&number, out, c->repo, changes, n, &c->actor, &listener, plan, *c->at);
	if (e == AX_EGUARD && wanted && !(e = check_force(plan, wanted))) {
		for (size_t i = 0; i < n; i++)
			changes[i].meant = true;
		e = ax_repo_schedule(&number, out, c->repo, changes, n, &c->actor, &listener, plan, *c->at);
	}
	if (e || !number)
		return e;
	ax_buf_printf(&c->out, "scheduled %llu for ", (unsigned long long)number);
	ax_render_time(&c->out, *c->at);
	ax_buf_u8(&c->out, '\n');
	return AX_OK;
}

enum ax_err save_publish(struct ax_published *out, struct cli *c, struct ax_change *changes, size_t n,
			 const char *wanted)
{
	struct ax_time until;
	cli_end_read(c);
	enum ax_err e = save_until
				? ax_when_parse_next(&until, save_until, strlen(save_until), c->actor.committer.when)
				: AX_OK;
	for (size_t i = 0; !e && save_until && i < n; i++)
		changes[i].until = &until;
	if (!e)
		e = (c->at ? publish_later : publish_now)(out, c, changes, n, wanted);
	return e == AX_ENOCHANGE ? AX_OK : e;
}

/* The one of several changes to a branch that left it where the one before had brought it. */
static bool did_nothing(const struct ax_published *p, size_t i)
{
	return !p[i].changed || (i && p[i].adopted && ax_id_eq(&p[i].id, &p[i - 1].id));
}

static void tell_all(struct cli *c, const char *zone_text, const struct ax_published *p, size_t n, bool counts)
{
	size_t told = 0;
	for (size_t i = 0; i < n; i++)
		if (!did_nothing(p, i) && ++told)
			save_tell(&c->out, zone_text, p[i].branch, &p[i], counts);
	if (!told)
		save_tell(&c->out, zone_text, c->branch, &p[0], counts);
}

enum ax_err save_changes(struct cli *c, struct ax_change *changes, size_t n, const char *wanted, bool counts)
{
	struct ax_buf zone = AX_BUF_INIT;
	const char *zone_text = NULL;
	struct ax_published *published = calloc(n, sizeof *published);
	enum ax_err e =
		published ? save_zone_text(&zone_text, &zone, c, &c->zone) : ax_fail(AX_ENOMEM, "out of memory");
	if (!e)
		e = save_publish(published, c, changes, n, wanted);
	if (!e && !(c->at && published[n - 1].changed))
		tell_all(c, zone_text, published, n, counts);
	cli_end_read(c);
	free(published);
	ax_buf_fini(&zone);
	return e;
}

enum ax_err save_batch(struct cli *c, const struct save *s)
{
	struct ax_change change = { .zone = c->zone.id,
				    .branch = c->branch,
				    .expect = s->expect,
				    .batch = s->batch,
				    .replace = s->replace,
				    .serial_from = s->serial_from,
				    .message = s->message };
	enum ax_err e = save_begin(c);
	if (!e)
		e = cli_may_begin(c);
	if (!e)
		e = save_changes(c, &change, 1, s->force, s->counts);
	cli_end_read(c);
	return e;
}
