/* add_zones REPO - makes a repository of many zones: of each line of standard input, `ZONE FILE`. */
#include "core/repo.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOT = 1000, TEXT_MAX = 65536 };

static const struct ax_actor who = {
	.author = { "Bench", "bench@example.org", { 1790000000, 0, 0 } },
	.committer = { "Bench", "bench@example.org", { 1790000000, 0, 0 } },
	.via = "cli",
};
static struct ax_repo *repo;

/* What is committed together. */
static struct ax_change changes[LOT];
static struct ax_batch batches[LOT];
static struct ax_published out[LOT];
static size_t lot;

static void must(enum ax_err e, const char *what)
{
	if (e)
		errx(1, "%s: %s", what, ax_err_text(e));
}

static void commit(void)
{
	char plan[AX_ID_SHORT + 1];
	if (lot)
		must(ax_repo_commit(out, repo, changes, lot, &who, NULL, plan), "commit");
	for (; lot; lot--)
		ax_batch_fini(&batches[lot - 1]);
}

static void open_repo(const char *dir, const struct ax_name *first)
{
	must(ax_repo_init(dir, false, 0, first, &who), dir);
	must(ax_repo_open(&repo, dir, false), dir);
}

static void add(const char *dir, const char *name, const char *path)
{
	static char text[TEXT_MAX];
	struct ax_name apex;
	uint32_t id = 1;
	FILE *f = fopen(path, "r");
	if (!f)
		err(1, "%s", path);
	size_t n = fread(text, 1, sizeof text, f);
	fclose(f);
	must(ax_name_parse(&apex, name, strlen(name), NULL), name);
	if (repo)
		must(ax_repo_zone_add(&id, repo, &apex, &who), name);
	else
		open_repo(dir, &apex);
	ax_batch_init(&batches[lot], &apex);
	must(ax_batch_read_zone(&batches[lot], ax_slice(text, n), path, NULL, NULL, NULL), path);
	changes[lot] = (struct ax_change){ .zone = id,
					   .branch = "main",
					   .batch = &batches[lot],
					   .replace = true,
					   .serial_from = AX_SERIAL_FROM_FILE };
	if (++lot == LOT)
		commit();
}

int main(int argc, char **argv)
{
	char name[256], path[4096];
	if (argc != 2)
		errx(2, "usage: add_zones REPO");
	must(ax_hash_init(), "hash");
	while (scanf("%255s %4095s", name, path) == 2)
		add(argv[1], name, path);
	commit();
	ax_repo_close(repo);
	return 0;
}
