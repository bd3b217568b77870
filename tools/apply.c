#include "tools/apply.h"

#include "core/nsupdate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- parts ------------------------------------------------------------------------------------------------ */

struct apply_need {
	struct ax_name owner;
	struct ax_rrset_builder set;
};

static void drop_needs(struct apply_part *p)
{
	for (size_t i = 0; i < p->needs_n; i++)
		ax_rrset_builder_fini(&p->needs[i].set);
	p->needs_n = 0;
}

static void free_part(struct apply_part *p)
{
	drop_needs(p);
	free(p->needs);
	ax_update_fini(&p->update);
	ax_batch_fini(&p->batch);
	free(p);
}

void apply_fini(struct apply *a)
{
	for (size_t i = 0; i < a->n; i++)
		free_part(a->parts[i]);
	free(a->parts);
	a->parts = NULL;
	a->n = 0;
}

static enum ax_err add_part(struct apply_part **out, struct apply *a)
{
	struct cli *c = a->c;
	struct ax_commit_info info = { .root = ax_tree_empty() };
	enum ax_err e = cli_may_begin(c);
	if (!e && c->tip.commit)
		e = ax_commit_info(&info, c->txn, c->tip.commit);
	if (e)
		return e;
	struct apply_part **grown = reallocarray(a->parts, a->n + 1, sizeof *grown);
	struct apply_part *p = calloc(1, sizeof *p);
	if (grown)
		a->parts = grown;
	if (!grown || !p) {
		free(p);
		return ax_fail(AX_ENOMEM, "out of memory");
	}
	p->zone = c->zone;
	p->tip = c->tip;
	snprintf(p->branch, sizeof p->branch, "%s", c->branch);
	ax_update_init(&p->update, c->txn, &p->zone.apex, &info.root);
	ax_batch_init(&p->batch, &p->zone.apex);
	a->parts[a->n++] = *out = p;
	return AX_OK;
}

enum ax_err apply_part(struct apply_part **out, struct apply *a, const char *zone_text)
{
	*out = NULL;
	enum ax_err e = cli_choose(a->c, zone_text ? zone_text : a->zone_text);
	if (e)
		return e;
	for (size_t i = 0; i < a->n; i++)
		if (a->parts[i]->zone.id == a->c->zone.id) {
			*out = a->parts[i];
			return AX_OK;
		}
	return add_part(out, a);
}

/* -- nsupdate --------------------------------------------------------------------------------------------- */

struct reader {
	struct apply *a;
	const char *file;
	struct apply_part *part; /* of the message under way; NULL: the next name tells */
	bool told;               /* by `zone` */
};

static enum ax_err text_of(struct ax_buf *b, const struct ax_name *name)
{
	ax_buf_clear(b);
	ax_name_text(b, name);
	return ax_buf_cstr(b) ? AX_OK : ax_buf_check(b);
}

static enum ax_err at_line(enum ax_err e, const struct reader *r, unsigned line)
{
	return e == AX_EINVAL || e == AX_ENOENT ? ax_fail(e, "%s:%u: %s", r->file, line, ax_err_text(e)) : e;
}

/* Nobody told the zone: it is the deepest above the name, as a server would find it. */
static enum ax_err aim(struct reader *r, const struct ax_nsupdate_command *cmd)
{
	struct ax_zone zone;
	struct ax_buf text = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	if (r->part && r->told)
		return AX_OK;
	if (r->a->zone_text) {
		e = apply_part(&r->part, r->a, NULL);
	} else if (!(e = ax_zone_above(&zone, r->a->c->txn, &cmd->owner)) && !(e = text_of(&text, &zone.apex))) {
		e = apply_part(&r->part, r->a, ax_buf_cstr(&text));
	} else if (e == AX_ENOENT && !(e = text_of(&text, &cmd->owner))) {
		e = ax_fail(AX_ENOENT, "no zone here holds %s", ax_buf_cstr(&text));
	}
	ax_buf_fini(&text);
	return e;
}

static enum ax_err not_so(const struct reader *r, const struct ax_nsupdate_command *cmd, const char *what)
{
	struct ax_buf name = AX_BUF_INIT;
	char type[24] = "";
	if (cmd->type != AX_TYPE_ANY)
		ax_type_text(type, cmd->type);
	ax_name_text(&name, &cmd->owner);
	enum ax_err e = ax_fail(AX_ECONFLICT, "%s:%u: prerequisite: %s%s%s %s", r->file, cmd->line,
				name.failed ? "" : ax_buf_cstr(&name), *type ? " " : "", type, what);
	ax_buf_fini(&name);
	return e;
}

static enum ax_err demand(struct reader *r, const struct ax_nsupdate_command *cmd, bool wanted)
{
	bool is;
	enum ax_err e = ax_update_has(&is, &r->part->update, &cmd->owner, cmd->type);
	return !e && is != wanted ? not_so(r, cmd, wanted ? "is not there" : "is there") : e;
}

/* Of an RRset by value each record comes alone; all of a message are held when something else comes. */
static enum ax_err demand_record(struct apply_part *p, const struct ax_nsupdate_command *cmd)
{
	uint16_t covered = cmd->type == AX_TYPE_RRSIG ? ax_rrsig_covered(cmd->rdata) : 0;
	for (size_t i = 0; i < p->needs_n; i++)
		if (p->needs[i].set.type == cmd->type && p->needs[i].set.covered == covered &&
		    ax_name_eq(&p->needs[i].owner, &cmd->owner))
			return ax_rrset_builder_add(&p->needs[i].set, 0, cmd->rdata);
	struct apply_need *grown = reallocarray(p->needs, p->needs_n + 1, sizeof *grown);
	if (!grown)
		return ax_fail(AX_ENOMEM, "out of memory");
	p->needs = grown;
	p->needs[p->needs_n].owner = cmd->owner;
	ax_rrset_builder_init(&p->needs[p->needs_n].set, cmd->type, covered);
	return ax_rrset_builder_add(&p->needs[p->needs_n++].set, 0, cmd->rdata);
}

static enum ax_err hold_needs(struct reader *r, unsigned line)
{
	enum ax_err e = AX_OK;
	for (size_t k = 0; k < r->a->n; k++) {
		struct apply_part *p = r->a->parts[k];
		for (size_t i = 0; !e && i < p->needs_n; i++) {
			struct ax_nsupdate_command cmd = { .line = line,
							   .owner = p->needs[i].owner,
							   .type = p->needs[i].set.type };
			bool is;
			e = ax_update_equals(&is, &p->update, &p->needs[i].owner, &p->needs[i].set);
			if (!e && !is)
				e = not_so(r, &cmd, "is not as it says");
		}
		drop_needs(p);
	}
	return e;
}

static enum ax_err do_delete(struct ax_update *u, const struct ax_nsupdate_command *cmd)
{
	if (cmd->has_rdata)
		return ax_update_delete_record(u, &cmd->owner, cmd->type, cmd->rdata);
	return cmd->type == AX_TYPE_ANY ? ax_update_delete_name(u, &cmd->owner)
					: ax_update_delete_rrset(u, &cmd->owner, cmd->type);
}

static enum ax_err do_command(struct reader *r, const struct ax_nsupdate_command *cmd)
{
	struct ax_update *u = &r->part->update;
	enum ax_err e = AX_OK;
	switch (cmd->verb) {
	case AX_NSUPDATE_NXDOMAIN:
		return demand(r, cmd, false);
	case AX_NSUPDATE_YXDOMAIN:
		return demand(r, cmd, true);
	case AX_NSUPDATE_NXRRSET:
		return demand(r, cmd, false);
	case AX_NSUPDATE_YXRRSET:
		return cmd->has_rdata ? demand_record(r->part, cmd) : demand(r, cmd, true);
	case AX_NSUPDATE_ADD:
		e = hold_needs(r, cmd->line);
		return e ? e : ax_update_add(u, &cmd->owner, cmd->type, cmd->ttl_s, cmd->rdata);
	default:
		e = hold_needs(r, cmd->line);
		return e ? e : do_delete(u, cmd);
	}
}

static enum ax_err on_command(void *ctx, const struct ax_nsupdate_command *cmd)
{
	struct reader *r = ctx;
	struct ax_buf text = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	if (cmd->verb == AX_NSUPDATE_SEND)
		return hold_needs(r, cmd->line);
	if (cmd->verb == AX_NSUPDATE_ZONE) {
		if (!(e = text_of(&text, &cmd->owner)))
			e = apply_part(&r->part, r->a, ax_buf_cstr(&text));
		r->told = true;
		ax_buf_fini(&text);
		return at_line(e, r, cmd->line);
	}
	e = aim(r, cmd);
	if (!e)
		e = do_command(r, cmd);
	return at_line(e, r, cmd->line);
}

enum ax_err apply_nsupdate(struct apply *a, struct ax_slice text, const char *file)
{
	struct reader r = { .a = a, .file = file };
	enum ax_err e = ax_nsupdate_read(text, file, on_command, &r);
	return e ? e : hold_needs(&r, 0);
}

enum ax_err apply_read(struct apply *a, struct ax_slice text, const char *file)
{
	size_t i = 0;
	while (i < text.n && strchr(" \t\r\n", text.p[i]))
		i++;
	if (i < text.n && (text.p[i] == '{' || text.p[i] == '['))
		return apply_json(a, text, file);
	return apply_nsupdate(a, text, file);
}
