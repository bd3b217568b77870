/* commit - set one record of a repository's default zone, on main: checked, guarded, durable.
 *
 *     cc commit.c $(pkg-config --cflags --libs libapex) -o commit
 *     ./commit repo www 192.0.2.7                4f1c2a9d03be www A: added 192.0.2.7
 *
 * The library reads no clock and no environment: who commits, and when, is said here. */
#include <apex/repo.h>
#include <apex/rrset.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TTL_S = 300 };

static int fail(enum ax_err e)
{
	fprintf(stderr, "commit: %s\n", ax_err_text(e));
	return ax_err_status(e);
}

static enum ax_err put(struct ax_batch *batch, const char *owner_text, const char *address)
{
	struct ax_rrset_builder set;
	struct ax_buf rdata = AX_BUF_INIT, value = AX_BUF_INIT;
	struct ax_name owner;
	ax_rrset_builder_init(&set, AX_TYPE_A, 0);
	enum ax_err e = ax_name_parse(&owner, owner_text, strlen(owner_text), &batch->apex);
	if (!e)
		e = ax_rdata_parse(&rdata, AX_TYPE_A, address, strlen(address), &batch->apex);
	if (!e)
		e = ax_rrset_builder_add(&set, TTL_S, ax_buf_view(&rdata));
	if (!e)
		e = ax_rrset_builder_finish(&value, &set);
	if (!e)
		e = ax_batch_put(batch, &owner, AX_TYPE_A, 0, ax_buf_view(&value));
	ax_rrset_builder_fini(&set);
	ax_buf_fini(&rdata);
	ax_buf_fini(&value);
	return e;
}

static enum ax_err find_zone(struct ax_zone *out, struct ax_repo *repo)
{
	struct ax_txn *txn;
	enum ax_err e = ax_txn_read(&txn, ax_repo_store(repo));
	if (!e)
		e = ax_zone_default(out, txn);
	ax_txn_abort(txn);
	return e;
}

int main(int argc, char **argv)
{
	struct ax_repo *repo = NULL;
	struct ax_zone zone;
	struct ax_batch batch;
	struct ax_published done;
	char part[AX_ID_SHORT + 1], plan[AX_ID_SHORT + 1];
	if (argc != 4) {
		fprintf(stderr, "usage: commit REPOSITORY NAME ADDRESS\n");
		return 2;
	}
	struct ax_person me = { "Example Program", "example@localhost", { time(NULL), 0, 0 } };
	struct ax_actor who = { me, me, "example", getuid() };
	enum ax_err e = ax_repo_open(&repo, argv[1], false);
	if (!e)
		e = find_zone(&zone, repo);
	if (e) {
		ax_repo_close(repo);
		return fail(e);
	}
	ax_batch_init(&batch, &zone.apex);
	struct ax_change change = { .zone = zone.id, .branch = "main", .batch = &batch };
	e = put(&batch, argv[2], argv[3]);
	if (!e)
		e = ax_repo_commit(&done, repo, &change, 1, &who, NULL, plan);
	ax_batch_fini(&batch);
	ax_repo_close(repo);
	if (e)
		return fail(e);
	ax_id_short(part, &done.id);
	printf("%s %s\n", part, done.changed ? done.subject : "(no changes)");
	return 0;
}
