/* Queries of any bytes, over UDP and TCP: the image and the store say the same, what is said is a message, and it is
 * not longer than it may be. The first octet chooses the transport; the rest is the query. */
#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/dnsd/both.h"
#include "tests/dnsd/nasty.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char dir[64] = "/tmp/apexfuzz.XXXXXX";
static struct ax_repo *repo;
static struct ax_txn *txn;
static struct both *both;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void clean_up(void)
{
	both_close(both);
	free(both);
	ax_txn_abort(txn);
	ax_repo_close(repo);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void must(enum ax_err e)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s\n", ax_err_name(e), ax_err_text(e));
	abort();
}

static void fill(const struct ax_name *apex, const struct ax_actor *who)
{
	struct ax_buf text = AX_BUF_INIT;
	struct nasty *z = calloc(1, sizeof *z);
	struct ax_batch batch;
	struct ax_published out;
	char plan[AX_ID_SHORT + 1];
	assert(z);
	nasty_zone(&text, z, 4);
	nasty_sign(&text, z, 2, "example.");
	ax_batch_init(&batch, apex);
	must(ax_batch_read_zone(&batch, ax_buf_view(&text), "nasty", NULL, NULL, NULL));
	struct ax_change change = {
		.zone = 1, .branch = "main", .batch = &batch, .replace = true, .serial_from = AX_SERIAL_FROM_FILE
	};
	must(ax_repo_commit(&out, repo, &change, 1, who, NULL, plan));
	ax_batch_fini(&batch);
	ax_buf_fini(&text);
	free(z);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct ax_name apex;
	struct ax_person person = { "Fuzz", "fuzz@example.org", { 1790000000, 0, 0 } };
	struct ax_actor who = { .author = person, .committer = person, .via = "cli" };
	struct ax_ref ref;
	struct ax_commit_info c;
	(void)argc, (void)argv;
	must(ax_hash_init());
	must(ax_name_parse(&apex, "example.", 8, NULL));
	if (!mkdtemp(dir))
		abort();
	must(ax_repo_init(dir, false, 0, &apex, &who));
	must(ax_repo_open(&repo, dir, false));
	fill(&apex, &who);
	must(ax_txn_read(&txn, ax_repo_store(repo)));
	must(ax_ref_get(&ref, txn, 1, "heads/main"));
	must(ax_commit_info(&c, txn, ref.commit));
	both = calloc(1, sizeof *both);
	assert(both);
	must(both_open(both, txn, 1, &apex, &c));
	atexit(clean_up);
	return 0;
}

/* Past a name; its pointers only lead backwards. */
static size_t skip_name(const uint8_t *p, size_t n, size_t at)
{
	size_t end = 0, octets = 0;
	for (;;) {
		assert(at < n);
		if (p[at] >= 0xc0) {
			assert(at + 1 < n);
			size_t to = (size_t)(p[at] & 0x3f) << 8 | p[at + 1];
			assert(to < at);
			end = end ? end : at + 2;
			at = to;
			continue;
		}
		assert(p[at] <= 63);
		octets += p[at] + 1u;
		assert(octets <= AX_NAME_MAX);
		if (p[at] == 0)
			return end ? end : at + 1;
		at += p[at] + 1u;
	}
}

static void check_message(const uint8_t *p, size_t n)
{
	size_t at = QUERY_HEADER;
	assert(n >= QUERY_HEADER && p[2] & 0x80);
	for (unsigned i = ax_be16(p + 4); i > 0; i--)
		at = skip_name(p, n, at) + 4;
	for (unsigned i = (unsigned)ax_be16(p + 6) + ax_be16(p + 8) + ax_be16(p + 10); i > 0; i--) {
		at = skip_name(p, n, at);
		assert(at + 10 <= n);
		at += 10u + ax_be16(p + at + 8);
	}
	assert(at == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	bool tcp = data[0] & 1, same = both_ask(both, ax_slice(data + 1, size - 1), tcp);
	assert(same);
	if (!both->answered_a)
		return 0;
	assert(tcp || both->a.n <= PACKET_UDP);
	assert(size - 1 >= QUERY_HEADER && memcmp(both->a.p, data + 1, 2) == 0);
	check_message(both->a.p, both->a.n);
	return 0;
}
