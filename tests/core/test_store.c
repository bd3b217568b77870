#include "tests/core/scratch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

static struct ax_slice none;

static void put_record(struct ax_txn *t, size_t size)
{
	static uint8_t bytes[1 << 16];
	uint64_t id;
	OK(ax_txn_next_id(&id, t));
	OK(ax_txn_put_object(t, id, ax_slice(bytes, size)));
}

static void commit_record(struct scratch *s, size_t size)
{
	OK(ax_txn_write(&s->txn, s->store, false));
	put_record(s->txn, size);
	scratch_commit(s);
}

/* The number of records in the store, by the next id that a write transaction would give. */
static uint64_t records(struct ax_store *store)
{
	struct ax_txn *t;
	uint64_t id;
	OK(ax_txn_write(&t, store, false));
	OK(ax_txn_next_id(&id, t));
	ax_txn_abort(t);
	return id - 1;
}

/* -- making and opening ----------------------------------------------------------------------------------- */

static unsigned mode_of(const char *dir, const char *name)
{
	char path[128];
	struct stat st;
	snprintf(path, sizeof path, "%s%s", dir, name);
	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(store__is_private_unless_shared)
{
	struct scratch s;
	char dir[128];
	mode_t mask = umask(0077);
	scratch_open(&s, 0);
	ck_assert_uint_eq(mode_of(s.dir, "/store"), 0700);
	ck_assert_uint_eq(mode_of(s.dir, "/store/data.mdb"), 0600);
	ck_assert_uint_eq(mode_of(s.dir, "/store/lock.mdb"), 0600);
	snprintf(dir, sizeof dir, "%s/shared", s.dir);
	OK(ax_store_create(dir, true, getgid()));
	umask(mask);
	ck_assert_uint_eq(mode_of(dir, ""), 02770);
	ck_assert_uint_eq(mode_of(dir, "/store"), 02770);
	ck_assert_uint_eq(mode_of(dir, "/store/data.mdb"), 0660);
	ck_assert_uint_eq(mode_of(dir, "/store/lock.mdb"), 0660);
	scratch_close(&s);
}
END_TEST

START_TEST(store__is_made_once)
{
	struct scratch s;
	char dir[128];
	scratch_open(&s, 0);
	commit_record(&s, 10);
	ck_assert_int_eq(ax_store_create(s.dir, false, 0), AX_EEXIST);
	ck_assert_uint_eq(records(s.store), 1);
	snprintf(dir, sizeof dir, "%s/no/such", s.dir);
	ck_assert_int_eq(ax_store_create(dir, false, 0), AX_ENOENT);
	scratch_close(&s);
}
END_TEST

START_TEST(store__opening_makes_nothing)
{
	struct scratch s;
	struct ax_store *store;
	char path[160];
	struct stat st;
	scratch_open(&s, 0);
	ck_assert_int_eq(ax_store_open(&store, "/nonexistent", false), AX_ENOREPO);
	ck_assert_ptr_null(store);
	snprintf(path, sizeof path, "%s/empty", s.dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(ax_store_open(&store, path, false), AX_ENOREPO);
	strcat(path, "/store");
	ck_assert_int_eq(stat(path, &st), -1);
	scratch_close(&s);
}
END_TEST

/* Write over the format record, which no door can. */
static void write_format(struct scratch *s, const char *value)
{
	OK(ax_txn_write(&s->txn, s->store, false));
	OK(ax_txn_put(s->txn, AX_TABLE_MAIN, ax_slice_str("format"), ax_slice_str(value)));
	scratch_commit(s);
	ax_store_close(s->store);
	s->store = NULL;
}

START_TEST(store__newer_or_missing_format_is_told)
{
	struct scratch s;
	scratch_open(&s, 0);
	write_format(&s, "apexfs 3");
	ck_assert_int_eq(ax_store_open(&s.store, s.dir, false), AX_EVERSION);
	ck_assert_ptr_nonnull(strstr(ax_err_text(AX_EVERSION), "apexfs 3"));
	ck_assert_ptr_null(s.store);
	scratch_close(&s);

	scratch_open(&s, 0);
	OK(ax_txn_write(&s.txn, s.store, false));
	OK(ax_txn_del(s.txn, AX_TABLE_MAIN, ax_slice_str("format")));
	scratch_commit(&s);
	ax_store_close(s.store);
	ck_assert_int_eq(ax_store_open(&s.store, s.dir, false), AX_ENOREPO);
	scratch_close(&s);
}
END_TEST

START_TEST(store__garbage_is_no_store)
{
	struct scratch s;
	char path[128];
	scratch_open(&s, 0);
	ax_store_close(s.store);
	snprintf(path, sizeof path, "%s/store/data.mdb", s.dir);
	FILE *f = fopen(path, "r+");
	for (int i = 0; i < 16384; i++)
		fputc('x', f);
	fclose(f);
	enum ax_err e = ax_store_open(&s.store, s.dir, false);
	ck_assert_int_eq(e, AX_ECORRUPT);
	scratch_close(&s);
}
END_TEST

START_TEST(store__read_only_opener_reads)
{
	struct scratch s;
	struct ax_txn *t;
	struct ax_slice record;
	scratch_open(&s, 0);
	commit_record(&s, 10);
	ax_store_close(s.store);
	OK(ax_store_open(&s.store, s.dir, true));
	ck_assert_int_eq(ax_txn_write(&t, s.store, false), AX_EPERM);
	ck_assert_ptr_null(t);
	OK(ax_txn_read(&t, s.store));
	OK(ax_txn_get_object(&record, t, 1));
	ck_assert_uint_eq(record.n, 10);
	ax_txn_abort(t);
	scratch_close(&s);
}
END_TEST

START_TEST(store__small_address_space_gets_a_small_map)
{
	struct scratch s;
	scratch_open(&s, 0);
	ax_store_close(s.store);
	s.store = NULL;
#ifndef SANITIZED /* a sanitizer needs its terabytes */
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit limit = { (rlim_t)40 << 30, (rlim_t)40 << 30 };
		uint64_t used, size;
		struct ax_store *store;
		if (setrlimit(RLIMIT_AS, &limit) || ax_store_open(&store, s.dir, false))
			_exit(1);
		ax_store_usage(store, &used, &size);
		_exit(size < (uint64_t)40 << 30 && size >= (uint64_t)16 << 30 ? 0 : 2);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
#endif
	scratch_close(&s);
}
END_TEST

/* -- transactions ----------------------------------------------------------------------------------------- */

START_TEST(store__ids_grow_and_survive)
{
	struct scratch s;
	uint64_t id;
	scratch_open(&s, 0);
	for (uint64_t round = 0; round < 3; round++) {
		scratch_begin(&s);
		for (uint64_t i = 1; i <= 5; i++) {
			OK(ax_txn_next_id(&id, s.txn));
			ck_assert_uint_eq(id, 5 * round + i);
			OK(ax_txn_put_object(s.txn, id, ax_slice(&id, sizeof id)));
		}
		scratch_commit(&s);
		scratch_begin(&s); /* what is aborted gives its ids back */
		put_record(s.txn, 10);
		ax_txn_abort(s.txn);
		s.txn = NULL;
	}
	OK(ax_txn_read(&s.txn, s.store));
	for (id = 1; id <= 15; id++) {
		struct ax_slice got;
		OK(ax_txn_get_object(&got, s.txn, id));
		ck_assert(ax_slice_eq(got, ax_slice(&id, sizeof id)));
	}
	scratch_close(&s);
}
END_TEST

START_TEST(store__records_go_where_they_were_reserved)
{
	struct scratch s;
	uint64_t a, b;
	scratch_open(&s, 0);
	scratch_begin(&s);
	OK(ax_txn_next_id(&a, s.txn));
	OK(ax_txn_next_id(&b, s.txn));
	ck_assert_int_eq(ax_txn_put_object(s.txn, b + 1, none), AX_EINTERNAL);
	ck_assert_int_eq(ax_txn_put_object(s.txn, 0, none), AX_EINTERNAL);
	OK(ax_txn_put_object(s.txn, b, ax_slice_str("b")));
	ck_assert_int_eq(ax_txn_put_object(s.txn, a, ax_slice_str("a")), AX_EINTERNAL); /* passed */
	OK(ax_txn_put_object(s.txn, b, ax_slice_str("c")));
	scratch_close(&s);
}
END_TEST

START_TEST(store__readers_see_a_snapshot_until_renewed)
{
	struct scratch s;
	struct ax_txn *t;
	struct ax_slice got;
	scratch_open(&s, 0);
	OK(ax_txn_read(&t, s.store));
	uint64_t before = ax_txn_id(t), last = ax_store_last_txn(s.store);
	ck_assert_uint_eq(before, last);
	commit_record(&s, 10);
	ck_assert_uint_eq(ax_store_last_txn(s.store), last + 1);
	ck_assert_int_eq(ax_txn_get_object(&got, t, 1), AX_ECORRUPT);
	OK(ax_txn_renew(t));
	ck_assert_uint_eq(ax_txn_id(t), before + 1);
	OK(ax_txn_get_object(&got, t, 1));
	ax_txn_reset(t);
	ax_txn_reset(t);
	commit_record(&s, 10);
	OK(ax_txn_renew(t));
	OK(ax_txn_get_object(&got, t, 2));
	ck_assert_ptr_eq(ax_txn_store(t), s.store);
	ax_txn_abort(t);
	ax_txn_abort(NULL);
	scratch_close(&s);
}
END_TEST

/* The pages that commits free are used again, unless a reader still sees them: why none may be parked. */
START_TEST(store__a_parked_reader_makes_the_file_grow)
{
	struct scratch s;
	struct ax_txn *t;
	uint64_t used[4], size;
	enum { COMMITS = 300 };
	scratch_open(&s, 0);
	for (int i = 0; i < COMMITS; i++)
		commit_record(&s, 10);
	ax_store_usage(s.store, &used[0], &size);
	for (int i = 0; i < COMMITS; i++)
		commit_record(&s, 10);
	ax_store_usage(s.store, &used[1], &size);
	OK(ax_txn_read(&t, s.store));
	for (int i = 0; i < COMMITS; i++)
		commit_record(&s, 10);
	ax_store_usage(s.store, &used[2], &size);
	OK(ax_txn_renew(t));
	for (int i = 0; i < COMMITS; i++) {
		commit_record(&s, 10);
		OK(ax_txn_renew(t));
	}
	ax_store_usage(s.store, &used[3], &size);
	ax_txn_abort(t);
	ck_assert_uint_lt(used[1] - used[0], 100000);
	ck_assert_uint_gt(used[2] - used[1], 1000000);
	ck_assert_uint_lt(used[3] - used[2], 100000);
	scratch_close(&s);
}
END_TEST

START_TEST(store__a_full_map_is_told_and_nothing_is_lost)
{
	struct scratch s;
	enum ax_err e = AX_OK;
	uint64_t n = 0;
	scratch_open(&s, 1 << 20);
	while (!e) {
		struct ax_txn *t;
		static uint8_t bytes[5000];
		uint64_t id;
		OK(ax_txn_write(&t, s.store, true));
		OK(ax_txn_next_id(&id, t));
		e = ax_txn_put_object(t, id, ax_slice(bytes, sizeof bytes));
		if (e)
			ax_txn_abort(t);
		else
			e = ax_txn_commit(t);
		n += !e;
		ck_assert_uint_lt(n, 1000);
	}
	ck_assert_int_eq(e, AX_ENOSPC);
	ck_assert_uint_gt(n, 50);
	ax_store_close(s.store);
	OK(ax_store_open(&s.store, s.dir, false));
	ck_assert_uint_eq(records(s.store), n);
	commit_record(&s, 5000); /* with room it goes on */
	scratch_close(&s);
}
END_TEST

/* -- tables ----------------------------------------------------------------------------------------------- */

START_TEST(store__tables_keep_put_find_and_delete)
{
	struct scratch s;
	struct ax_slice got;
	uint8_t key[512] = { 'k' };
	scratch_open(&s, 0);
	scratch_begin(&s);
	for (int table = AX_TABLE_MAIN; table <= AX_TABLE_CID; table++) {
		enum ax_table tb = (enum ax_table)table;
		ck_assert_int_eq(ax_txn_get(&got, s.txn, tb, ax_slice_str("a")), AX_ENOENT);
		OK(ax_txn_put(s.txn, tb, ax_slice_str("a"), ax_slice_str("1")));
		OK(ax_txn_put(s.txn, tb, ax_slice_str("a"), ax_slice_str("22")));
		OK(ax_txn_put(s.txn, tb, ax_slice(key, 511), none));
		OK(ax_txn_get(&got, s.txn, tb, ax_slice_str("a")));
		ck_assert(ax_slice_eq(got, ax_slice_str("22")));
		OK(ax_txn_get(&got, s.txn, tb, ax_slice(key, 511)));
		ck_assert_uint_eq(got.n, 0);
		OK(ax_txn_del(s.txn, tb, ax_slice_str("a")));
		ck_assert_int_eq(ax_txn_del(s.txn, tb, ax_slice_str("a")), AX_ENOENT);
		ck_assert_int_eq(ax_txn_get(&got, s.txn, tb, ax_slice_str("a")), AX_ENOENT);
		ck_assert_int_eq(ax_txn_put(s.txn, tb, ax_slice(key, 512), none), AX_EINTERNAL);
		ck_assert_int_eq(ax_txn_put(s.txn, tb, none, none), AX_EINTERNAL);
		ck_assert_int_eq(ax_txn_get(&got, s.txn, tb, ax_slice(key, 512)), AX_ENOENT);
		ck_assert_int_eq(ax_txn_get(&got, s.txn, tb, none), AX_ENOENT);
	}
	/* the store's own keys are out of reach */
	ck_assert_int_eq(ax_txn_get(&got, s.txn, AX_TABLE_MAIN, ax_slice_str("~obj")), AX_ENOENT);
	ck_assert_int_eq(ax_txn_put(s.txn, AX_TABLE_MAIN, ax_slice_str("~log"), none), AX_EINTERNAL);
	scratch_close(&s);
}
END_TEST

/* Not even the transaction's number moves: no page was touched. */
START_TEST(store__putting_what_is_there_writes_nothing)
{
	struct scratch s;
	scratch_open(&s, 0);
	for (int i = 0; i < 3; i++) {
		uint64_t last = ax_store_last_txn(s.store);
		scratch_begin(&s);
		OK(ax_txn_put(s.txn, AX_TABLE_MAIN, ax_slice_str("k"), ax_slice_str(i < 2 ? "v" : "w")));
		scratch_commit(&s);
		ck_assert_uint_eq(ax_store_last_txn(s.store), last + (i != 1));
	}
	scratch_close(&s);
}
END_TEST

static void check_seek(struct ax_txn *t, const char *prefix, const char *key, bool after, const char *want)
{
	struct ax_slice k, v;
	enum ax_err e = ax_txn_seek(&k, &v, t, AX_TABLE_MAIN, ax_slice_str(prefix), ax_slice_str(key), after);
	ck_assert_int_eq(e, want ? AX_OK : AX_ENOENT);
	if (want) {
		ck_assert_msg(ax_slice_eq(k, ax_slice_str(want)), "%s %s: got %.*s", prefix, key, (int)k.n, k.p);
		ck_assert(ax_slice_eq(v, k));
	}
}

START_TEST(store__seek_stays_within_the_prefix)
{
	static const char *const keys[] = { "r/a", "r/b", "r/c", "s/a", "\x7fz" };
	struct scratch s;
	scratch_open(&s, 0);
	scratch_begin(&s);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		OK(ax_txn_put(s.txn, AX_TABLE_MAIN, ax_slice_str(keys[i]), ax_slice_str(keys[i])));
	check_seek(s.txn, "r/", "", false, "r/a");
	check_seek(s.txn, "r/", "", true, "r/a");
	check_seek(s.txn, "r/", "r/a", false, "r/a");
	check_seek(s.txn, "r/", "r/a", true, "r/b");
	check_seek(s.txn, "r/", "r/aa", true, "r/b");
	check_seek(s.txn, "r/", "r/c", true, NULL);
	check_seek(s.txn, "r/", "s", false, NULL);
	check_seek(s.txn, "r/", "a", false, "r/a");
	check_seek(s.txn, "q", "", false, NULL);
	check_seek(s.txn, "", "t", false, "\x7fz"); /* over the store's own keys */
	check_seek(s.txn, "~", "", false, NULL);
	scratch_close(&s);
}
END_TEST

START_TEST(store__log_is_numbered_and_read_in_any_order)
{
	enum { N = 3000 };
	struct rng r = rng_seeded();
	struct scratch s;
	struct ax_slice got;
	uint64_t seq;
	scratch_open(&s, 0);
	for (int i = 1; i <= N; i++) {
		char text[32];
		if (!s.txn)
			scratch_begin(&s);
		OK(ax_txn_log_append(&seq, s.txn, ax_slice(text, (size_t)sprintf(text, "entry %d", i))));
		ck_assert_uint_eq(seq, i);
		OK(ax_txn_log_last(&seq, s.txn));
		ck_assert_uint_eq(seq, i);
		put_record(s.txn, 30);
		if (i % 7 == 0)
			scratch_commit(&s);
	}
	if (s.txn)
		scratch_commit(&s);
	OK(ax_txn_read(&s.txn, s.store));
	for (int i = 0; i < 3 * N; i++) {
		char text[32];
		/* forward, backward, anywhere */
		uint64_t want = i < N ? 1 + (uint64_t)i : i < 2 * N ? (uint64_t)(2 * N - i) : 1 + rng_below(&r, N);
		uint64_t before = ax_store_reads();
		OK(ax_txn_log_get(&got, s.txn, want));
		ck_assert_uint_le(ax_store_reads() - before, i >= N && i < 2 * N ? 2 + 3 * 12 * (i == N) : 3 * 12);
		ck_assert(ax_slice_eq(got,
				      ax_slice(text, (size_t)sprintf(text, "entry %llu", (unsigned long long)want))));
	}
	ck_assert_int_eq(ax_txn_log_get(&got, s.txn, 0), AX_ENOENT);
	ck_assert_int_eq(ax_txn_log_get(&got, s.txn, N + 1), AX_ENOENT);
	scratch_close(&s);
}
END_TEST

/* -- several processes ------------------------------------------------------------------------------------ */

/* Run in a child that opens the store itself; its return is the exit status. */
static pid_t child(struct scratch *s, int (*run)(struct ax_store *, void *), void *ctx)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct ax_store *store; /* the parent holds none open: LMDB must not be taken across fork */
		_exit(ax_store_open(&store, s->dir, false) ? 99 : run(store, ctx));
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void joined(pid_t pid)
{
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "child ended with %x", status);
}

enum { WRITES = 300 };

/* WRITES commits, each of one record and of a counter that all writers share. */
static int write_many(struct ax_store *store, void *ctx)
{
	(void)ctx;
	for (int i = 0; i < WRITES; i++) {
		struct ax_txn *t;
		struct ax_slice old;
		uint64_t id, n = 0;
		if (ax_txn_write(&t, store, false))
			return 1;
		if (ax_txn_get(&old, t, AX_TABLE_MAIN, ax_slice_str("n")) == AX_OK)
			memcpy(&n, old.p, sizeof n);
		n++;
		if (ax_txn_next_id(&id, t) || ax_txn_put_object(t, id, ax_slice(&n, sizeof n)) || id != n ||
		    ax_txn_put(t, AX_TABLE_MAIN, ax_slice_str("n"), ax_slice(&n, sizeof n)) || ax_txn_commit(t))
			return 2;
	}
	return 0;
}

START_TEST(store__two_writers_take_turns)
{
	struct scratch s;
	scratch_open(&s, 0);
	ax_store_close(s.store);
	pid_t a = child(&s, write_many, NULL), b = child(&s, write_many, NULL);
	joined(a);
	joined(b);
	OK(ax_store_open(&s.store, s.dir, false));
	ck_assert_uint_eq(records(s.store), 2 * WRITES);
	scratch_close(&s);
}
END_TEST

static int write_a_megabyte(struct ax_store *store, void *ctx)
{
	struct ax_txn *t;
	(void)ctx;
	if (ax_txn_write(&t, store, true))
		return 1;
	for (int i = 0; i < 20; i++)
		put_record(t, 50000);
	return ax_txn_commit(t) ? 2 : 0;
}

/* The map of this process is smaller than what another one wrote: it is grown for readers, writers, renewals. */
START_TEST(store__a_map_outgrown_by_another_process_is_grown)
{
	struct scratch s;
	struct ax_txn *t;
	uint64_t used, size;
	struct ax_slice got;
	scratch_open(&s, 0);
	ax_store_close(s.store);
	for (int round = 0; round < 3; round++) {
		/* fork first: an open store must not be taken along; so a pipe tells the child when */
		int go[2];
		ck_assert_int_eq(pipe(go), 0);
		fflush(NULL);
		pid_t pid = fork();
		if (pid == 0) {
			char c;
			struct ax_store *store;
			close(go[1]);
			_exit(read(go[0], &c, 1) == 1 && !ax_store_open(&store, s.dir, false)
				      ? write_a_megabyte(store, NULL)
				      : 99);
		}
		OK(ax_store_open_sized(&s.store, s.dir, false, 65536)); /* what is used, no more */
		OK(ax_txn_read(&t, s.store));
		ax_txn_reset(t);
		ck_assert_int_eq(write(go[1], "x", 1), 1);
		joined(pid);
		close(go[0]);
		close(go[1]);
		ax_store_usage(s.store, &used, &size);
		if (round == 0) {
			ck_assert_int_eq(ax_txn_renew(t), AX_OK);
			OK(ax_txn_get_object(&got, t, 20));
			ck_assert_uint_eq(got.n, 50000);
		} else if (round == 1)
			commit_record(&s, 50000);
		else {
			ax_txn_abort(t);
			OK(ax_txn_read(&t, s.store));
		}
		ax_txn_abort(t);
		ax_store_usage(s.store, &used, &size);
		ck_assert_uint_ge(size, used);
		ax_store_close(s.store);
	}
	OK(ax_store_open(&s.store, s.dir, false));
	ck_assert_uint_eq(records(s.store), 61);
	scratch_close(&s);
}
END_TEST

struct reader {
	struct ax_store *store;
	atomic_bool *stop;
	int failures;
	uint64_t rounds;
};

/* Look at every state as it comes, by new and by renewed transactions. */
static void *read_on(void *ctx)
{
	struct reader *r = ctx;
	struct ax_txn *kept = NULL;
	while (!atomic_load(r->stop)) {
		struct ax_txn *t;
		struct ax_slice got;
		uint64_t last = ax_store_last_txn(r->store);
		enum ax_err e = ax_txn_read(&t, r->store);
		if (!e && ax_txn_id(t) + 1 < last)
			r->failures++;
		if (!e && ax_txn_get(&got, t, AX_TABLE_MAIN, ax_slice_str("format")))
			r->failures++;
		if (!e)
			ax_txn_abort(t);
		r->failures += e != AX_OK;
		e = kept ? ax_txn_renew(kept) : ax_txn_read(&kept, r->store);
		r->failures += e != AX_OK;
		if (!e)
			ax_txn_reset(kept);
		r->rounds++;
	}
	ax_txn_abort(kept);
	return NULL;
}

/* Threads read while another process makes the store outgrow their map again and again. */
START_TEST(store__threads_read_on_while_the_map_is_grown)
{
	enum { THREADS = 4, MEGABYTES = 12 };
	struct scratch s;
	atomic_bool stop = false;
	struct reader r[THREADS];
	pthread_t thread[THREADS];
	int go[2];
	scratch_open(&s, 0);
	ax_store_close(s.store);
	ck_assert_int_eq(pipe(go), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		char c;
		struct ax_store *store;
		close(go[1]);
		int rc = read(go[0], &c, 1) == 1 && !ax_store_open(&store, s.dir, false) ? 0 : 99;
		for (int i = 0; i < MEGABYTES && !rc; i++)
			rc = write_a_megabyte(store, NULL);
		_exit(rc);
	}
	OK(ax_store_open_sized(&s.store, s.dir, false, 65536));
	for (int i = 0; i < THREADS; i++) {
		r[i] = (struct reader){ .store = s.store, .stop = &stop };
		ck_assert_int_eq(pthread_create(&thread[i], NULL, read_on, &r[i]), 0);
	}
	ck_assert_int_eq(write(go[1], "x", 1), 1);
	joined(pid);
	for (int i = 0; i < 20; i++)
		commit_record(&s, 5000); /* from this process too */
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		ck_assert_int_eq(r[i].failures, 0);
		ck_assert_uint_gt(r[i].rounds, 0);
	}
	close(go[0]);
	close(go[1]);
	ck_assert_uint_eq(records(s.store), MEGABYTES * 20 + 20);
	scratch_close(&s);
}
END_TEST

/* A reader killed with its transaction open leaves a slot; it is taken back. */
static int read_for_ever(struct ax_store *store, void *ctx)
{
	struct ax_txn *t;
	if (ax_txn_read(&t, store) || write(*(int *)ctx, "x", 1) != 1)
		return 1;
	pause();
	return 2;
}

START_TEST(store__a_killed_reader_does_not_hold_pages)
{
	struct scratch s;
	int up[2], status;
	char c;
	uint64_t used[2], size;
	scratch_open(&s, 0);
	for (int i = 0; i < 50; i++)
		commit_record(&s, 10);
	ax_store_close(s.store);
	ck_assert_int_eq(pipe(up), 0);
	pid_t pid = child(&s, read_for_ever, &up[1]);
	ck_assert_int_eq(read(up[0], &c, 1), 1);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	OK(ax_store_open(&s.store, s.dir, false)); /* clears it */
	OK(ax_store_clear_stale(s.store));
	ax_store_usage(s.store, &used[0], &size);
	for (int i = 0; i < 200; i++)
		commit_record(&s, 10);
	ax_store_usage(s.store, &used[1], &size);
	ck_assert_uint_lt(used[1] - used[0], 100000);
	close(up[0]);
	close(up[1]);
	scratch_close(&s);
}
END_TEST

/* A writer killed in its transaction holds a lock that the next one gets, and leaves nothing behind. */
static int write_for_ever(struct ax_store *store, void *ctx)
{
	struct ax_txn *t;
	if (ax_txn_write(&t, store, false))
		return 1;
	for (int i = 0; i < 100; i++)
		put_record(t, 1000);
	if (write(*(int *)ctx, "x", 1) != 1)
		return 1;
	pause();
	return 2;
}

START_TEST(store__a_killed_writer_leaves_nothing)
{
	struct scratch s;
	int up[2], status;
	char c;
	scratch_open(&s, 0);
	commit_record(&s, 10);
	ax_store_close(s.store);
	ck_assert_int_eq(pipe(up), 0);
	pid_t pid = child(&s, write_for_ever, &up[1]);
	ck_assert_int_eq(read(up[0], &c, 1), 1);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	OK(ax_store_open(&s.store, s.dir, false));
	ck_assert_uint_eq(records(s.store), 1);
	commit_record(&s, 10);
	close(up[0]);
	close(up[1]);
	scratch_close(&s);
}
END_TEST

START_TEST(store__all_readers_places_taken_is_told)
{
	enum { MORE = 1100 };
	struct scratch s;
	static struct ax_txn *t[MORE];
	enum ax_err e = AX_OK;
	int n = 0;
	scratch_open(&s, 0);
	while (!e && n < MORE) {
		e = ax_txn_read(&t[n], s.store);
		n += !e;
	}
	ck_assert_int_eq(e, AX_ELIMIT);
	ck_assert_int_ge(n, 1000);
	while (n > 0)
		ax_txn_abort(t[--n]);
	OK(ax_txn_read(&s.txn, s.store));
	scratch_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, store__is_private_unless_shared);
	tcase_add_test(tc, store__is_made_once);
	tcase_add_test(tc, store__opening_makes_nothing);
	tcase_add_test(tc, store__newer_or_missing_format_is_told);
	tcase_add_test(tc, store__garbage_is_no_store);
	tcase_add_test(tc, store__read_only_opener_reads);
	tcase_add_test(tc, store__small_address_space_gets_a_small_map);
	tcase_add_test(tc, store__ids_grow_and_survive);
	tcase_add_test(tc, store__records_go_where_they_were_reserved);
	tcase_add_test(tc, store__readers_see_a_snapshot_until_renewed);
	tcase_add_test(tc, store__a_parked_reader_makes_the_file_grow);
	tcase_add_test(tc, store__a_full_map_is_told_and_nothing_is_lost);
	tcase_add_test(tc, store__tables_keep_put_find_and_delete);
	tcase_add_test(tc, store__putting_what_is_there_writes_nothing);
	tcase_add_test(tc, store__seek_stays_within_the_prefix);
	tcase_add_test(tc, store__log_is_numbered_and_read_in_any_order);
	tcase_add_test(tc, store__two_writers_take_turns);
	tcase_add_test(tc, store__a_map_outgrown_by_another_process_is_grown);
	tcase_add_test(tc, store__threads_read_on_while_the_map_is_grown);
	tcase_add_test(tc, store__a_killed_reader_does_not_hold_pages);
	tcase_add_test(tc, store__a_killed_writer_leaves_nothing);
	tcase_add_test(tc, store__all_readers_places_taken_is_told);
}

int main(void)
{
	return check_main("store", add);
}
