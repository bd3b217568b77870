/* A store that is read without locks, under a slot that another process holds, while a third one writes. */
#include "tests/core/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

enum { KEYS = 120, VALUE = 3000, SLOTS = 64 };

struct question {
	char verb; /* 't' take, 'r' release, 'n' how many are held */
};
struct answer {
	enum ax_err e;
	uint64_t n;
};

static struct {
	int fd;
	pid_t keeper, writer;
	bool idle; /* the slot is said to be held and is not */
	unsigned takes, releases;
	struct ax_store *store;
	char dir[64];
} f;

/* -- the other processes ---------------------------------------------------------------------------------- */

_Noreturn static void keep(int fd)
{
	struct ax_store *store;
	struct ax_txn *slot[SLOTS];
	uint64_t n = 0;
	struct question q;
	if (ax_store_open(&store, f.dir, true))
		_exit(1);
	while (recv(fd, &q, sizeof q, 0) == sizeof q) {
		struct answer a = { AX_OK, n };
		if (q.verb == 't' &&
		    n == SLOTS) /* the newest makes room: an older one is enough, of one environment */
			ax_txn_abort(slot[--n]);
		if (q.verb == 't' && !(a.e = ax_txn_read(&slot[n], store)))
			a.n = ax_txn_id(slot[n++]);
		while (q.verb == 'r' && n > 1) {
			ax_txn_abort(slot[0]);
			memmove(slot, slot + 1, --n * sizeof slot[0]);
		}
		if (f.idle)
			while (n)
				ax_txn_abort(slot[--n]);
		if (send(fd, &a, sizeof a, 0) != sizeof a)
			break;
	}
	_exit(0);
}

/* All values of a state are of one generation. */
static enum ax_err write_generation(struct ax_store *store, uint64_t generation)
{
	static uint8_t value[VALUE];
	struct ax_txn *t;
	enum ax_err e = ax_txn_write(&t, store, true);
	if (e)
		return e;
	memset(value, (int)(generation & 255), sizeof value);
	memcpy(value, &generation, sizeof generation);
	for (uint8_t i = 0; !e && i < KEYS; i++) {
		uint8_t key[2] = { AX_MAIN_SETTING, i };
		e = ax_txn_put(t, AX_TABLE_MAIN, ax_slice(key, 2),
			       ax_slice(value, VALUE - (generation + i) % 7 * 200));
	}
	if (!e)
		return ax_txn_commit(t);
	ax_txn_abort(t);
	return e;
}

_Noreturn static void storm(uint64_t generations, bool repack)
{
	struct ax_store *store;
	if (ax_store_open(&store, f.dir, false))
		_exit(1);
	for (uint64_t g = 2; g < generations; g++) {
		if (write_generation(store, g))
			_exit(2);
		if (repack && g % 40 == 0 && ax_store_repack(store, NULL, NULL))
			_exit(3);
	}
	_exit(0);
}

/* -- the slot --------------------------------------------------------------------------------------------- */

static uint64_t ask(char verb, enum ax_err *e)
{
	struct question q = { verb };
	struct answer a;
	ck_assert_int_eq(send(f.fd, &q, sizeof q, 0), sizeof q);
	ck_assert_int_eq(recv(f.fd, &a, sizeof a, 0), sizeof a);
	*e = a.e;
	return a.n;
}

static enum ax_err take(void *ctx, uint64_t *id, uint64_t seen)
{
	enum ax_err e;
	(void)ctx, (void)seen;
	f.takes++;
	*id = ask('t', &e);
	return e;
}

static enum ax_err release(void *ctx)
{
	enum ax_err e;
	(void)ctx;
	f.releases++;
	(void)ask('r', &e);
	return e;
}

static void begin(bool idle)
{
	struct scratch s;
	int pair[2];
	scratch_open(&s, 0);
	memset(&f, 0, sizeof f);
	f.idle = idle;
	memcpy(f.dir, s.dir, sizeof f.dir);
	OK(write_generation(s.store, 1));
	ax_store_close(s.store);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	f.keeper = fork();
	if (f.keeper == 0) {
		close(pair[0]);
		keep(pair[1]);
	}
	close(pair[1]);
	f.fd = pair[0];
	OK(ax_store_open_lockless(&f.store, f.dir, &(struct ax_slot){ take, release, NULL }));
}

static void end_process(pid_t pid)
{
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void end(void)
{
	ax_store_close(f.store);
	close(f.fd);
	end_process(f.keeper);
	scratch_remove(f.dir);
}

static void start_storm(uint64_t generations, bool repack)
{
	f.writer = fork();
	if (f.writer == 0)
		storm(generations, repack);
}

static bool storm_is_over(void)
{
	int status;
	if (waitpid(f.writer, &status, WNOHANG) != f.writer)
		return false;
	ck_assert_int_eq(status, 0);
	return true;
}

/* -- reading ---------------------------------------------------------------------------------------------- */

/* The generation that all values are of; 0: they are not of one. */
static uint64_t generation_of(struct ax_txn *t)
{
	uint64_t first = 0, g;
	for (uint8_t i = 0; i < KEYS; i++) {
		uint8_t key[2] = { AX_MAIN_SETTING, i };
		struct ax_slice v;
		if (ax_txn_get(&v, t, AX_TABLE_MAIN, ax_slice(key, 2)) || v.n < VALUE - 1200)
			return 0;
		memcpy(&g, v.p, sizeof g);
		first = i ? first : g;
		if (g != first || v.n != VALUE - (g + i) % 7 * 200 || v.p[v.n - 1] != (uint8_t)g)
			return 0;
	}
	return first;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Look at a state now and a moment later, again and again, while the storm goes on. Returns how often it was no
 * longer whole; *seen: how many states. */
static unsigned read_through(unsigned *seen)
{
	unsigned torn = 0;
	uint64_t last = 0;
	struct ax_txn *t = NULL;
	*seen = 0;
	do {
		enum ax_err e = t ? ax_txn_renew(t) : ax_txn_read(&t, f.store);
		if (e && f.idle)
			return torn + 1;
		OK(e);
		uint64_t g = generation_of(t);
		pause_ms(3);
		torn += g == 0 || generation_of(t) != g;
		ck_assert(f.idle || g >= last);
		*seen += g != last;
		last = g;
		ax_txn_reset(t);
		OK(ax_store_keep_up(f.store));
		/* from time to time the slot may follow only later */
		if (*seen % 3 == 0)
			OK(ax_store_keep_up(f.store));
	} while (!storm_is_over() && !(f.idle && torn));
	ax_txn_abort(t);
	return torn;
}

START_TEST(slot__what_is_read_stays_whole_under_a_storm)
{
	unsigned seen;
	begin(false);
	start_storm(1500, false);
	ck_assert_uint_eq(read_through(&seen), 0);
	ck_assert_uint_gt(seen, 10);
	end();
}
END_TEST

START_TEST(slot__without_it_the_storm_would_be_seen)
{
	unsigned seen;
	begin(true);
	start_storm(100000, false);
	ck_assert_uint_gt(read_through(&seen), 0);
	kill(f.writer, SIGKILL);
	waitpid(f.writer, NULL, 0);
	end();
}
END_TEST

START_TEST(slot__follows_from_one_environment_to_the_next)
{
	unsigned seen;
	begin(false);
	start_storm(400, true);
	ck_assert_uint_eq(read_through(&seen), 0);
	ck_assert_uint_gt(ax_store_epoch(f.store), 3);
	end();
}
END_TEST

START_TEST(slot__moves_only_when_nobody_reads_what_is_older)
{
	struct ax_txn *old, *fresh;
	enum ax_err e;
	begin(false);
	OK(ax_txn_read(&old, f.store));
	start_storm(10, false);
	while (!storm_is_over())
		pause_ms(1);
	unsigned releases = f.releases;
	for (unsigned i = 0; i < 5; i++)
		OK(ax_store_keep_up(f.store));
	ck_assert_uint_eq(f.releases, releases);
	ck_assert_uint_eq(generation_of(old), 1);
	OK(ax_txn_read(&fresh, f.store));
	ck_assert_uint_eq(generation_of(fresh), 9);
	ax_txn_abort(old);
	OK(ax_store_keep_up(f.store));
	ck_assert_uint_eq(f.releases, releases + 1);
	ck_assert_uint_eq(ask('n', &e), 1);
	/* nothing new: nothing is asked */
	unsigned takes = f.takes;
	OK(ax_store_keep_up(f.store));
	ck_assert_uint_eq(f.takes, takes);
	ax_txn_abort(fresh);
	end();
}
END_TEST

START_TEST(slot__neither_writes_nor_locks)
{
	struct ax_txn *t;
	char path[200], target[200];
	begin(false);
	ck_assert_int_eq(ax_txn_write(&t, f.store, false), AX_EPERM);
	for (int fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof target - 1);
		target[n > 0 ? n : 0] = 0;
		ck_assert_msg(!strstr(target, "lock.mdb"), "%s", target);
		if (strstr(target, "data.mdb"))
			ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	}
	end();
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, slot__what_is_read_stays_whole_under_a_storm);
	tcase_add_test(tc, slot__without_it_the_storm_would_be_seen);
	tcase_add_test(tc, slot__follows_from_one_environment_to_the_next);
	tcase_add_test(tc, slot__moves_only_when_nobody_reads_what_is_older);
	tcase_add_test(tc, slot__neither_writes_nor_locks);
}

int main(void)
{
	return check_main("slot", add);
}
