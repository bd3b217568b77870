#include "core/zonefile.h"
#include "core/zonetext.h"
#include "tools/editor.h"
#include "tools/pick.h"
#include "tools/save.h"
#include "tools/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *resume;

static const struct option options[] = {
	SAVE_OPTIONS,
	{ "resume", 0, "FILE", "go on with a text that was kept", &resume, NULL, NULL },
	{ 0 },
};

struct edit {
	struct cli *c;
	const char *of_name; /* as it was typed; NULL: the zone */
	bool quit;           /* somebody said so, and is not asked again */
	bool dropped;        /* the text says something that reading it warned of and passed over */
	struct ax_name owner;
	struct ax_id base; /* the commit it began at; zeroes: none */
	struct editor editor;
	struct ax_buf first, text; /* as it was given to the editor, as it came back */
};

/* -- the text --------------------------------------------------------------------------------------------- */

static enum ax_err put_records(struct edit *x, const struct ax_commit_info *at, struct ax_slice key,
			       struct ax_slice value)
{
	struct ax_name owner;
	struct ax_rrset set;
	uint16_t type, covered;
	enum ax_err e = ax_key_parse(&owner, &type, &covered, NULL, key, &x->c->zone.apex);
	if (!e)
		e = ax_rrset_view(&set, type, covered, value);
	return e ? e : ax_zonetext_write(&x->first, &owner, &set, at->serial);
}

struct one_name {
	struct edit *x;
	const struct ax_commit_info *at;
};

static enum ax_err put_entry(void *ctx, uint16_t type, uint16_t covered, const struct ax_entry *entry)
{
	struct one_name *n = ctx;
	(void)type, (void)covered;
	return put_records(n->x, n->at, entry->key, entry->value);
}

static enum ax_err put_text(struct edit *x)
{
	struct cli_commit tip = { .zone = x->c->zone, .info = { .root = ax_tree_empty() } };
	struct one_name n = { x, &tip.info };
	enum ax_err e = x->c->tip.commit ? cli_revision(&tip, x->c, NULL) : cli_may_begin(x->c);
	if (e)
		return e;
	x->base = x->c->tip.id;
	ax_zonefile_head(&x->first, &x->base);
	if (!x->of_name)
		e = ax_zonefile_write(&x->first, x->c->txn, &x->c->zone.apex, &tip.info);
	else if ((e = pick(x->c, &tip, &x->owner, AX_TYPE_ANY, put_entry, &n)) == AX_ENOENT)
		e = AX_OK;
	return e ? e : ax_buf_check(&x->first);
}

/* -- one round -------------------------------------------------------------------------------------------- */

static enum ax_err other_name(void)
{
	return ax_fail(AX_EINVAL, "the text has records of another name than the one that is edited");
}

static enum ax_err check_owner(struct edit *x, struct ax_batch *b)
{
	const struct ax_edit *edits;
	size_t n;
	enum ax_err e = ax_batch_edits(&edits, &n, b);
	for (size_t i = 0; !e && i < n && x->of_name; i++) {
		struct ax_name owner;
		uint16_t type, covered;
		e = ax_key_parse(&owner, &type, &covered, NULL, edits[i].key, &b->apex);
		if (!e && !ax_name_eq(&owner, &x->owner))
			e = other_name();
	}
	if (!e && !n && !x->of_name)
		e = ax_fail(AX_EINVAL, "the text is empty: nothing is done");
	return e;
}

static enum ax_err parse(struct edit *x, struct ax_batch *b)
{
	size_t before = x->c->warned;
	ax_buf_clear(&x->text);
	enum ax_err e = cli_read_file(&x->text, x->editor.path);
	if (!e)
		e = ax_batch_read_zone(b, ax_buf_view(&x->text), x->editor.path, NULL, cli_warn, x->c);
	x->dropped = x->c->warned > before;
	return e ? e : check_owner(x, b);
}

static enum ax_err join(struct ax_three *three, struct edit *x, struct ax_batch *stated)
{
	struct ax_buf scope = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	if (x->of_name) {
		e = ax_key_owner(&scope, &x->owner, &x->c->zone.apex);
		ax_buf_u8(&scope, 0); /* the name itself, nothing below */
	}
	(void)ax_zonefile_base(&x->base, ax_buf_view(&x->text));
	if (!e)
		e = ax_txn_read(&x->c->txn, ax_repo_store(x->c->repo));
	if (!e)
		e = ax_three_join(three, x->c->txn, &x->c->zone, x->c->branch, &x->base, stated, ax_buf_view(&scope));
	cli_end_read(x->c);
	ax_buf_fini(&scope);
	return e;
}

/* Show what would be done; without anybody to ask it is done. */
static char show(struct edit *x, const struct ax_three *three)
{
	if (!editor_can_ask() || !three->diff.n)
		return 'y';
	cli_tell_warnings(x->c);
	fwrite(three->diff.p, 1, three->diff.n, stderr);
	return editor_ask("Commit this? [y]es, [e]dit again, [q]uit:", "yeq");
}

static enum ax_err commit(struct edit *x, struct ax_three *three)
{
	enum ax_err e = ax_txn_read(&x->c->txn, ax_repo_store(x->c->repo));
	struct save s = { .batch = &three->batch,
			  .serial_from = AX_SERIAL_FROM_EDIT,
			  .message = save_message,
			  .force = save_force,
			  .expect = &three->tip };
	if (!e && !editor_can_ask())
		ax_buf_slice(&x->c->out, ax_buf_view(&three->diff));
	if (!e)
		e = save_batch(x->c, &s);
	cli_end_read(x->c);
	if (e)
		ax_buf_clear(&x->c->out);
	return e;
}

enum { RACES_MAX = 20 };

/* Text to commit; *again: somebody wants to edit more. */
static enum ax_err take(struct edit *x, bool *again)
{
	struct ax_batch stated;
	enum ax_err e = AX_ELOST;
	*again = false;
	ax_batch_init(&stated, &x->c->zone.apex);
	enum ax_err parsed = parse(x, &stated);
	for (int i = 0; !parsed && e == AX_ELOST && i < RACES_MAX; i++) {
		struct ax_three three;
		ax_three_init(&three, &x->c->zone.apex);
		e = join(&three, x, &stated);
		char answer = e ? 'y' : show(x, &three);
		*again = answer == 'e';
		if (!e && answer == 'y')
			e = commit(x, &three);
		x->quit = !e && answer == 'q';
		if (x->quit)
			e = ax_fail(AX_EINVAL, "nothing was committed");
		ax_three_fini(&three);
	}
	ax_batch_fini(&stated);
	return parsed ? parsed : e;
}

static bool can_be_mended(enum ax_err e)
{
	return e == AX_EINVAL || e == AX_ECHECK || e == AX_EGUARD || e == AX_ECONFLICT || e == AX_ENOENT;
}

static bool wants_more(struct edit *x, enum ax_err e)
{
	if (x->quit || !can_be_mended(e) || !editor_can_ask())
		return false;
	fprintf(stderr, "apex: %s\n", ax_err_text(e));
	cli_tell_warnings(x->c);
	return editor_ask("[e]dit again, or [q]uit (the text is kept):", "eq") == 'e';
}

static enum ax_err rounds(struct edit *x)
{
	for (;;) {
		bool again = false;
		enum ax_err e = editor_run(&x->editor);
		if (!e)
			e = take(x, &again);
		if (!e && !again)
			return AX_OK;
		if (e && !wants_more(x, e))
			return e;
		ax_buf_clear(&x->c->warnings);
		x->c->warned = 0;
	}
}

/* -- all -------------------------------------------------------------------------------------------------- */

static enum ax_err begin(struct edit *x)
{
	struct ax_buf name = AX_BUF_INIT;
	if (resume) {
		enum ax_err e = editor_use(&x->editor, resume);
		if (!e)
			e = cli_read_file(&x->text, resume);
		if (!e && !ax_zonefile_base(&x->base, ax_buf_view(&x->text)))
			e = ax_fail(AX_EINVAL, "%s: does not begin with `; commit ID`", resume);
		return e;
	}
	enum ax_err e = put_text(x);
	ax_zone_to_file(&name, x->of_name ? &x->owner : &x->c->zone.apex);
	ax_buf_str(&name, ".zone");
	if (!e)
		e = ax_buf_check(&name);
	if (!e)
		e = editor_make(&x->editor, ax_buf_cstr(&name), ax_buf_view(&x->first));
	ax_buf_fini(&name);
	return e;
}

/* What was committed whole, or not touched, need not be kept. */
static void finish(struct edit *x, bool all_done)
{
	if (all_done || (x->text.n && ax_slice_eq(ax_buf_view(&x->text), ax_buf_view(&x->first))))
		editor_done(&x->editor);
	else if (!access(x->editor.path, F_OK))
		fprintf(stderr, "apex: the text is kept: apex edit --resume %s%s%s\n", x->editor.path,
			x->of_name ? " " : "", x->of_name ? x->of_name : "");
}

static enum ax_err edit(struct edit *x)
{
	enum ax_err e = begin(x);
	cli_end_read(x->c); /* a person takes their time */
	if (e)
		return e;
	e = rounds(x);
	finish(x, !e && !x->dropped);
	return e;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct edit x = { .c = c, .of_name = w->n ? w->v[0] : NULL };
	enum ax_err e = save_begin(c);
	if (!e)
		e = cli_begin(c, false);
	if (!e && x.of_name)
		e = cli_name(&x.owner, c, &c->zone, w->v[0]);
	if (!e)
		e = edit(&x);
	ax_buf_fini(&x.first);
	ax_buf_fini(&x.text);
	return e;
}

const struct verb verb_edit = {
	.name = "edit",
	.synopsis = "[NAME] [-m TEXT] [--author 'NAME <MAIL>'] [--force HASH] [--resume FILE]",
	.summary = "edit the zone, or one name of it, in $EDITOR and commit what changed",
	.details =
		"On a terminal the difference is shown before it is committed, and a text that is refused can be "
		"edited\n"
		"again; elsewhere the text is kept for --resume. What others committed meanwhile is merged: an RRset "
		"that\n"
		"both changed is a conflict (status 5).",
	.example = "EDITOR=nano apex edit www",
	.options = options,
	.completes = "n",
	.min_words = 0,
	.max_words = 1,
	.changes_zone = true,
	.run = run,
};
