/* Any text as a revision and as a range, in a small repository: never more than an error with a sentence. */
#include "core/repo.h"
#include "core/rev.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/apexfuzz.XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void clean(void)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void must(enum ax_err e)
{
	if (e) {
		fprintf(stderr, "%s\n", ax_err_text(e));
		abort();
	}
}

static void save(struct ax_repo *r, const struct ax_name *apex, const struct ax_actor *who, const char *text)
{
	struct ax_batch b;
	struct ax_published out;
	ax_batch_init(&b, apex);
	must(ax_batch_read_zone(&b, ax_slice_str(text), "seed", NULL, NULL, NULL));
	struct ax_change c = { .zone = 1, .branch = "main", .batch = &b };
	must(ax_repo_commit(&out, r, &c, 1, who, NULL, NULL));
	ax_batch_fini(&b);
}

static struct ax_repo *make(void)
{
	struct ax_person ann = { "Ann", "ann@example.org", { 1790000000, 0, 0 } };
	struct ax_actor who = { .author = ann, .committer = ann, .via = "fuzz" };
	struct ax_name apex;
	struct ax_repo *r;
	if (!mkdtemp(dir))
		abort();
	atexit(clean);
	must(ax_name_parse(&apex, "example.", 8, NULL));
	must(ax_repo_init(dir, false, 0, &apex, &who));
	must(ax_repo_open(&r, dir, false));
	save(r, &apex, &who, "@ 300 SOA ns1.example.net. h 1 2 3 4 5\n@ 300 NS ns1.example.net.\n");
	save(r, &apex, &who, "a 300 A 1.2.3.4\n");
	save(r, &apex, &who, "a 300 A 1.2.3.5\n");
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ax_repo *repo;
	static struct ax_txn *txn;
	struct ax_rev_context context = { .zone = 1, .head = "main", .now = { 1790000500, 0, 0 } };
	struct ax_rev a, b;
	if (!repo) {
		repo = make();
		must(ax_txn_read(&txn, ax_repo_store(repo)));
	}
	char *text = malloc(size + 1);
	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	if (ax_rev_parse(&a, txn, &context, text) == AX_OK && !a.commit)
		abort();
	if (ax_rev_range(&a, &b, txn, &context, text) == AX_OK && !b.commit)
		abort();
	free(text);
	return 0;
}
