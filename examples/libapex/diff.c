/* diff - what differs between two revisions of a repository's default zone, as `apex diff` prints it.
 *
 *     cc diff.c $(pkg-config --cflags --libs libapex) -o diff
 *     ./diff repo main~1 main                    ~ api A 300 1.2.3.4 -> 9.9.9.9
 */
#include <apex/render.h>
#include <apex/repo.h>
#include <apex/rev.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static int fail(enum ax_err e)
{
	fprintf(stderr, "diff: %s\n", ax_err_text(e));
	return ax_err_status(e);
}

static enum ax_err commit_of(struct ax_commit_info *out, struct ax_txn *txn, const struct ax_zone *zone,
			     const char *text)
{
	struct ax_rev_context context = { zone->id, "main", { time(NULL), 0, 0 } };
	struct ax_rev rev;
	enum ax_err e = ax_rev_parse(&rev, txn, &context, text);
	return e ? e : ax_commit_info(out, txn, rev.commit);
}

static enum ax_err diff(struct ax_buf *out, struct ax_txn *txn, const char *from, const char *to)
{
	struct ax_zone zone;
	struct ax_commit_info a, b;
	enum ax_err e = ax_zone_default(&zone, txn);
	if (!e)
		e = commit_of(&a, txn, &zone, from);
	if (!e)
		e = commit_of(&b, txn, &zone, to);
	return e ? e : ax_render_diff(out, NULL, txn, &zone.apex, &a, &b);
}

int main(int argc, char **argv)
{
	struct ax_repo *repo = NULL;
	struct ax_txn *txn = NULL;
	struct ax_buf text = AX_BUF_INIT;
	if (argc != 4) {
		fprintf(stderr, "usage: diff REPOSITORY FROM TO\n");
		return 2;
	}
	enum ax_err e = ax_repo_open(&repo, argv[1], true);
	if (!e)
		e = ax_txn_read(&txn, ax_repo_store(repo));
	if (!e)
		e = diff(&text, txn, argv[2], argv[3]);
	ax_txn_abort(txn); /* before a slow reader of what is printed: a parked snapshot makes the store grow */
	ax_repo_close(repo);
	if (e)
		return fail(e);
	fwrite(text.p, 1, text.n, stdout);
	ax_buf_fini(&text);
	return 0;
}
