#include "core/watch.h"
#include "tests/core/scratch.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static double now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void commit_one(struct ax_store *store)
{
	struct ax_txn *t;
	uint64_t seq;
	OK(ax_txn_write(&t, store, false));
	OK(ax_txn_log_append(&seq, t, ax_slice_str("entry")));
	OK(ax_txn_commit(t));
}

START_TEST(watch__own_commit_is_seen)
{
	struct scratch s;
	struct ax_watch w;
	scratch_open(&s, 0);
	OK(ax_watch_open(&w, s.store));
	uint64_t seen = ax_store_last_txn(s.store);
	ck_assert(!ax_watch_wait(&w, s.store, seen, 0, -1));
	commit_one(s.store);
	struct pollfd p = { .fd = w.fd, .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, 0), 1);
	ck_assert(ax_watch_wait(&w, s.store, seen, 0, -1));
	ck_assert(ax_watch_wait(&w, s.store, seen, -1, -1)); /* still newer than seen */
	seen = ax_store_last_txn(s.store);
	ax_watch_drain(&w);
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	double start = now_ms();
	ck_assert(!ax_watch_wait(&w, s.store, seen, 60, -1));
	ck_assert(now_ms() - start >= 55);
	ax_watch_close(&w);
	ck_assert_int_eq(w.fd, -1);
	scratch_close(&s);
}
END_TEST

START_TEST(watch__reading_wakes_nobody)
{
	struct scratch s;
	struct ax_watch w;
	struct ax_txn *t;
	scratch_open(&s, 0);
	OK(ax_watch_open(&w, s.store));
	for (int i = 0; i < 10; i++) {
		OK(ax_txn_read(&t, s.store));
		ax_txn_abort(t);
		OK(ax_txn_write(&t, s.store, false));
		ax_txn_abort(t);
	}
	struct pollfd p = { .fd = w.fd, .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	ax_watch_close(&w);
	scratch_close(&s);
}
END_TEST

START_TEST(watch__another_descriptor_ends_the_wait)
{
	struct scratch s;
	struct ax_watch w;
	int fd[2];
	scratch_open(&s, 0);
	OK(ax_watch_open(&w, s.store));
	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(write(fd[1], "x", 1), 1);
	ck_assert(!ax_watch_wait(&w, s.store, ax_store_last_txn(s.store), -1, fd[0]));
	close(fd[0]);
	close(fd[1]);
	ax_watch_close(&w);
	scratch_close(&s);
}
END_TEST

/* A child commits each time it is told to; every commit must wake us, at once. */
START_TEST(watch__another_process_wakes_within_50_ms)
{
	enum { ROUNDS = 20 };
	struct scratch s;
	struct ax_watch w;
	int go[2], done[2], late = 0;
	char c;
	scratch_open(&s, 0);
	ax_store_close(s.store); /* not across fork */
	ck_assert_int_eq(pipe(go), 0);
	ck_assert_int_eq(pipe(done), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct ax_store *store;
		close(go[1]); /* it ends when the parent does */
		close(done[0]);
		if (ax_store_open(&store, s.dir, false))
			_exit(1);
		while (read(go[0], &c, 1) == 1 && c == 'g') {
			commit_one(store);
			double when = now_ms();
			if (write(done[1], &when, sizeof when) != sizeof when)
				_exit(1);
		}
		_exit(0);
	}
	OK(ax_store_open(&s.store, s.dir, true));
	OK(ax_watch_open(&w, s.store));
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t seen = ax_store_last_txn(s.store);
		ck_assert_int_eq(write(go[1], "g", 1), 1);
		ck_assert(ax_watch_wait(&w, s.store, seen, 10000, -1));
		double woken = now_ms(), committed;
		ck_assert_int_eq(read(done[0], &committed, sizeof committed), sizeof committed);
		late += woken > committed + 50;
		ck_assert_uint_gt(ax_store_last_txn(s.store), seen);
		/* the child may say so a moment before the next reader sees it; never for long */
		struct ax_txn *t;
		OK(ax_txn_read(&t, s.store));
		ck_assert_uint_gt(ax_txn_id(t), seen);
		ax_txn_abort(t);
	}
	ck_assert_int_le(late, 1); /* a busy machine may hold us up once */
	ck_assert_int_eq(write(go[1], "q", 1), 1);
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(done[i]);
	}
	ax_watch_close(&w);
	scratch_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, watch__own_commit_is_seen);
	tcase_add_test(tc, watch__reading_wakes_nobody);
	tcase_add_test(tc, watch__another_descriptor_ends_the_wait);
	tcase_add_test(tc, watch__another_process_wakes_within_50_ms);
}

int main(void)
{
	return check_main("watch", add);
}
