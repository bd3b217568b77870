/* tool_storm REPO COUNT [HOSTS] - COUNT commits to the zone example., one after the other, as fast as they are
 * durable: in turn to the branches main and next, if there is a next. The n-th gives the address 10.n.n.n (n in 24
 * bits) to h1 to h4, to one of HOSTS more names, and says "BRANCH n" at v. For each it prints: branch n serial id. */
#include "core/repo.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(enum ax_err e, const char *what)
{
	if (e)
		errx(1, "%s: %s", what, ax_err_text(e));
}

static void write_change(struct ax_buf *text, const char *branch, unsigned n, unsigned hosts)
{
	ax_buf_printf(text, "$TTL 300\nv TXT \"%s %u\"\n", branch, n);
	for (unsigned i = 1; i <= 4; i++)
		ax_buf_printf(text, "h%u A 10.%u.%u.%u\n", i, n >> 16 & 255, n >> 8 & 255, n & 255);
	if (hosts)
		ax_buf_printf(text, "f%u A 10.%u.%u.%u\n", n % hosts, n >> 16 & 255, n >> 8 & 255, n & 255);
}

static void commit(struct ax_repo *repo, const struct ax_name *apex, const char *branch, unsigned n, unsigned hosts)
{
	struct ax_person person = { "Storm", "storm@example.org", { 1790000000 + n, 0, 0 } };
	struct ax_actor who = { .author = person, .committer = person, .via = "cli" };
	struct ax_buf text = AX_BUF_INIT;
	struct ax_batch batch;
	struct ax_published out;
	char plan[AX_ID_SHORT + 1], hex[AX_ID_HEX + 1];
	write_change(&text, branch, n, hosts);
	ax_batch_init(&batch, apex);
	must(ax_batch_read_zone(&batch, ax_buf_view(&text), "storm", NULL, NULL, NULL), "read");
	struct ax_change c = { .zone = 1, .branch = branch, .batch = &batch };
	must(ax_repo_commit(&out, repo, &c, 1, &who, NULL, plan), "commit");
	ax_id_hex(hex, &out.id);
	printf("%s %u %u %s\n", branch, n, out.serial, hex);
	ax_batch_fini(&batch);
	ax_buf_fini(&text);
}

static bool has_next(struct ax_repo *repo)
{
	struct ax_txn *t;
	struct ax_ref ref;
	must(ax_txn_read(&t, ax_repo_store(repo)), "read");
	bool has = ax_ref_get(&ref, t, 1, "heads/next") == AX_OK;
	ax_txn_abort(t);
	return has;
}

int main(int argc, char **argv)
{
	struct ax_repo *repo;
	struct ax_name apex;
	if (argc < 3)
		errx(2, "usage: tool_storm REPO COUNT [HOSTS]");
	unsigned count = (unsigned)strtoul(argv[2], NULL, 10),
		 hosts = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	must(ax_hash_init(), "hash");
	must(ax_name_parse(&apex, "example.", 8, NULL), "apex");
	must(ax_repo_open(&repo, argv[1], false), "open");
	bool next = has_next(repo);
	for (unsigned n = 1; n <= count; n++)
		commit(repo, &apex, next && n % 2 ? "next" : "main", n, hosts);
	ax_repo_close(repo);
	return 0;
}
