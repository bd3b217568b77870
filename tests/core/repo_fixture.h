/* repo_fixture.h - a repository in a scratch folder and short words to change it: for the tests of history. */
#ifndef AX_TESTS_REPO_FIXTURE_H
#define AX_TESTS_REPO_FIXTURE_H

#include "core/repo.h"
#include "tests/core/scratch.h"

#define FAILS(error, call)                                                                            \
	do {                                                                                          \
		enum ax_err fails_e = (call);                                                         \
		ck_assert_msg(fails_e == (error), "%s: %s (%s), not %s", #call, ax_err_name(fails_e), \
			      ax_err_text(fails_e), #error);                                          \
	} while (0)

#define SAYS(error, text) \
	ck_assert_msg(strstr(ax_err_text(error), text), "\"%s\" does not say \"%s\"", ax_err_text(error), text)

struct fixture {
	char dir[64];
	struct ax_repo *repo;
	struct ax_txn *txn; /* for reading; NULL between */
	struct ax_name apex;
	uint32_t zone;
	struct ax_actor who;
	struct ax_published out;
	char plan[AX_ID_SHORT + 1];
	struct ax_buf warnings;
	bool alone; /* compare nothing: commit with any tip */
};

static inline struct ax_name name_of(const char *text)
{
	struct ax_name n;
	OK(ax_name_parse(&n, text, strlen(text), NULL));
	return n;
}

static inline struct ax_name owner_of(const struct fixture *f, const char *text)
{
	struct ax_name n;
	OK(ax_name_parse(&n, text, strlen(text), &f->apex));
	return n;
}

static inline struct ax_slice key_of(struct ax_buf *b, const struct fixture *f, const char *owner, uint16_t type)
{
	struct ax_name n = owner_of(f, owner);
	ax_buf_clear(b);
	OK(ax_key_make(b, &n, &f->apex, type, 0));
	return ax_buf_view(b);
}

static inline void fixture_open(struct fixture *f, const char *apex)
{
	const char *tmp = getenv("TMPDIR");
	*f = (struct fixture){ 0 };
	snprintf(f->dir, sizeof f->dir, "%s/apextest.XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(f->dir));
	f->apex = name_of(apex);
	f->who = (struct ax_actor){ .author = { "Ann Author", "ann@example.org", { 1790000000, 0, 120 } },
				    .committer = { "Ann Author", "ann@example.org", { 1790000000, 0, 120 } },
				    .via = "cli" };
	OK(ax_repo_init(f->dir, false, 0, &f->apex, &f->who));
	OK(ax_repo_open(&f->repo, f->dir, false));
	f->zone = 1;
}

static inline void fixture_close(struct fixture *f)
{
	ax_txn_abort(f->txn);
	ax_repo_close(f->repo);
	ax_buf_fini(&f->warnings);
	scratch_remove(f->dir);
}

static inline void pass_time(struct fixture *f, int64_t seconds)
{
	f->who.committer.when.s += seconds;
	f->who.author.when.s = f->who.committer.when.s;
}

/* The newest state, for reading. */
static inline struct ax_txn *look(struct fixture *f)
{
	ax_txn_abort(f->txn);
	f->txn = NULL;
	OK(ax_txn_read(&f->txn, ax_repo_store(f->repo)));
	return f->txn;
}

static inline void keep_warning(void *ctx, const char *text)
{
	struct fixture *f = ctx;
	ax_buf_printf(&f->warnings, "%s\n", text);
}

static inline enum ax_err commit_batch(struct fixture *f, struct ax_batch *b, const char *branch, bool replace,
				       enum ax_serial_source from, const char *message)
{
	struct ax_change change = { .zone = f->zone,
				    .branch = branch,
				    .batch = b,
				    .replace = replace,
				    .serial_from = from,
				    .message = message };
	struct ax_listener listener = { keep_warning, f };
	ax_txn_abort(f->txn);
	f->txn = NULL;
	ax_buf_clear(&f->warnings);
	return ax_repo_commit(&f->out, f->repo, &change, 1, &f->who, &listener, f->plan);
}

/* Put zone-file lines into a batch: "api 300 A 1.2.3.4". */
static inline void put_text(struct fixture *f, struct ax_batch *b, const char *text)
{
	OK(ax_batch_read_zone(b, ax_slice_str(text), "test", NULL, keep_warning, f));
}

/* Save what the lines say, as the mount would. */
static inline enum ax_err save_on(struct fixture *f, const char *branch, const char *text)
{
	struct ax_batch b;
	ax_batch_init(&b, &f->apex);
	put_text(f, &b, text);
	enum ax_err e = commit_batch(f, &b, branch, false, AX_SERIAL_FROM_EDIT, NULL);
	ax_batch_fini(&b);
	return e;
}

static inline enum ax_err save(struct fixture *f, const char *text)
{
	return save_on(f, "main", text);
}

static inline enum ax_err import_on(struct fixture *f, const char *branch, const char *text,
				    enum ax_serial_source from)
{
	struct ax_batch b;
	ax_batch_init(&b, &f->apex);
	put_text(f, &b, text);
	enum ax_err e = commit_batch(f, &b, branch, true, from, NULL);
	ax_batch_fini(&b);
	return e;
}

static inline enum ax_err import(struct fixture *f, const char *text)
{
	return import_on(f, "main", text, AX_SERIAL_FROM_FILE);
}

static inline enum ax_err erase(struct fixture *f, const char *owner, uint16_t type)
{
	struct ax_batch b;
	struct ax_name n = owner_of(f, owner);
	ax_batch_init(&b, &f->apex);
	OK(ax_batch_delete(&b, &n, type, 0));
	enum ax_err e = commit_batch(f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL);
	ax_batch_fini(&b);
	return e;
}

/* A zone of the usual kind, its serial first. */
static inline const char *zone_text(struct ax_buf *b, unsigned long serial, unsigned hosts)
{
	ax_buf_clear(b);
	ax_buf_printf(b, "$TTL 300\n@ SOA ns1 hostmaster %lu 3600 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n",
		      serial);
	for (unsigned i = 0; i < hosts; i++)
		ax_buf_printf(b, "h%u A 198.51.%u.%u\n", i, i / 250 % 250, i % 250);
	return ax_buf_cstr(b);
}

static inline void begin_zone(struct fixture *f, unsigned long serial, unsigned hosts)
{
	struct ax_buf b = AX_BUF_INIT;
	OK(import(f, zone_text(&b, serial, hosts)));
	ck_assert(f->out.born);
	ax_buf_fini(&b);
}

static inline struct ax_commit_info tip_of(struct fixture *f, const char *branch)
{
	char path[AX_REF_PATH_MAX + 1];
	struct ax_ref ref;
	struct ax_commit_info info;
	snprintf(path, sizeof path, "heads/%s", branch);
	OK(ax_ref_get(&ref, look(f), f->zone, path));
	OK(ax_commit_info(&info, f->txn, ref.commit));
	return info;
}

#endif
