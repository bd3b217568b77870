#include "tools/joining.h"

#include "core/render.h"
#include "tools/save.h"

#include <stdlib.h>
#include <string.h>

bool joining_ours, joining_theirs;
struct option_list joining_takes;

/* -- who wins ----------------------------------------------------------------------------------------------- */

/* "TYPE=ours" or "TYPE=theirs". */
static bool is_side(const char *word)
{
	const char *eq = strchr(word, '=');
	return eq && eq > word && (!strcmp(eq, "=ours") || !strcmp(eq, "=theirs"));
}

/* The n-th such word among the words of the command line, taken out of them; NULL if there is none. */
static const char *take_side_word(struct words *w)
{
	for (int i = 0; i < w->n; i++)
		if (is_side(w->v[i])) {
			const char *word = w->v[i];
			memmove(&w->v[i], &w->v[i + 1], (size_t)(w->n - i - 1) * sizeof *w->v);
			w->n--;
			return word;
		}
	return NULL;
}

static enum ax_err parse_take(struct ax_take *out, struct ax_buf *key, struct cli *c, const char *text,
			      struct words *w)
{
	struct ax_name owner;
	uint16_t type;
	char name[AX_NAME_TEXT_MAX + 1], type_text[32];
	/* `--take NAME TYPE=ours`, or both in one word */
	const char *blank = strchr(text, ' '), *side = blank ? blank + 1 : take_side_word(w);
	size_t n = blank ? (size_t)(blank - text) : strlen(text);
	if (!side || !is_side(side) || n >= sizeof name || strcspn(side, "=") >= sizeof type_text)
		return ax_fail(AX_EUSAGE, "--take needs NAME TYPE=ours or NAME TYPE=theirs");
	memcpy(name, text, n);
	name[n] = 0;
	n = strcspn(side, "=");
	memcpy(type_text, side, n);
	type_text[n] = 0;
	enum ax_err e = cli_name(&owner, c, &c->zone, name);
	if (!e)
		e = cli_type(&type, type_text);
	if (!e)
		e = ax_key_make(key, &owner, &c->zone.apex, type, 0);
	out->key = ax_buf_view(key);
	out->side = strcmp(side + n, "=ours") ? AX_SIDE_THEIRS : AX_SIDE_OURS;
	return e;
}

enum ax_err joining_begin(struct joining *j, struct cli *c, struct words *w)
{
	size_t n = joining_takes.n;
	*j = (struct joining){ 0 };
	if (joining_ours && joining_theirs)
		return ax_fail(AX_EUSAGE, "--ours and --theirs: it can only be one");
	j->rules.side = joining_ours ? AX_SIDE_OURS : joining_theirs ? AX_SIDE_THEIRS : AX_SIDE_NONE;
	j->rules.takes = calloc(n + 1, sizeof *j->rules.takes);
	j->keys = calloc(n + 1, sizeof *j->keys);
	if (!j->rules.takes || !j->keys)
		return ax_fail(AX_ENOMEM, "out of memory");
	enum ax_err e = AX_OK;
	for (size_t i = 0; !e && i < n; i++, j->rules.takes_n++)
		e = parse_take(&j->rules.takes[i], &j->keys[i], c, joining_takes.v[i], w);
	return e;
}

void joining_fini(struct joining *j)
{
	for (size_t i = 0; j->keys && i < joining_takes.n; i++)
		ax_buf_fini(&j->keys[i]);
	free(j->keys);
	free(j->rules.takes);
	*j = (struct joining){ 0 };
}

/* -- telling ------------------------------------------------------------------------------------------------ */

static enum ax_err put_value(struct ax_buf *out, const char *label, uint16_t type, uint16_t covered,
			     struct ax_slice value)
{
	struct ax_rrset set;
	struct ax_rr rr;
	size_t pos = 0;
	ax_buf_printf(out, "  %-7s", label);
	if (!value.n) {
		ax_buf_str(out, " (none)\n");
		return AX_OK;
	}
	enum ax_err e = ax_rrset_view(&set, type, covered, value);
	for (bool first = true; !e && ax_rrset_next(&rr, &set, &pos); first = false) {
		if (first)
			ax_buf_printf(out, " %u ", rr.ttl_s);
		else
			ax_buf_str(out, ", ");
		e = ax_rdata_text(out, type, rr.rdata);
	}
	ax_buf_u8(out, '\n');
	return e;
}

static enum ax_err put_conflict(struct ax_buf *out, const struct ax_name *apex, const struct ax_conflict *c)
{
	struct ax_name owner;
	uint16_t type, covered;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, c->key, apex);
	if (e)
		return e;
	ax_buf_printf(out, "CONFLICT %s ", ax_conflict_name(c->kind));
	e = ax_render_key(out, apex, c->key);
	ax_buf_u8(out, '\n');
	for (unsigned i = 0; !e && i < c->bases; i++)
		e = put_value(out, "base", type, covered, c->base[i]);
	if (!e)
		e = put_value(out, "ours", type, covered, c->ours);
	return e ? e : put_value(out, "theirs", type, covered, c->theirs);
}

const char joining_sides[] = "--ours, --theirs or --take NAME TYPE=SIDE decide";

enum ax_err joining_tell(struct cli *c, const struct ax_conflicts *conflicts, enum ax_err e, const char *hint)
{
	if (e != AX_ECONFLICT || !conflicts->n)
		return e;
	for (size_t i = 0; i < conflicts->n; i++) {
		enum ax_err bad = put_conflict(&c->out, &c->zone.apex, &conflicts->v[i]);
		if (bad)
			return bad;
	}
	return ax_fail(e, "%zu RRset%s in conflict; nothing was changed (%s)", conflicts->n,
		       conflicts->n == 1 ? "" : "s", hint);
}

enum ax_err joining_run(struct cli *c, struct ax_job *job, const char *hint)
{
	enum ax_err e = save_changes(c, &job->change, 1, save_force, false);
	return joining_tell(c, &job->conflicts, e, hint);
}

enum ax_err joining_commit(struct cli_commit *out, struct cli *c, const char *text)
{
	enum ax_err e = cli_revision(out, c, text);
	if (!e && out->zone.id != c->zone.id)
		return ax_fail(AX_EUSAGE, "`%s` is a commit of another zone", text);
	return e;
}

enum ax_err joining_subject(struct ax_buf *out, struct cli *c, uint64_t commit)
{
	struct ax_commit read;
	enum ax_err e = ax_commit_read(&read, c->txn, commit);
	if (e)
		return e;
	ax_buf_slice(out, ax_render_subject(read.message));
	ax_commit_fini(&read);
	return ax_buf_check(out);
}
