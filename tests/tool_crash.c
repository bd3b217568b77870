/* tool_crash DIR KILLS - two processes commit to one store; one of them is killed with SIGKILL at a random moment and
 * started again, KILLS times. After each: what was acknowledged is there, the tree verifies and holds exactly what
 * the commits up to its head say. DIR: a scratch folder that holds no repository yet. */
#include "core/edit.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 700, EDITS_MAX = 300, VALUE_MAX = 900 };

static void must(enum ax_err e, const char *what)
{
	if (e)
		errx(1, "%s: %s", what, ax_err_text(e));
}

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* -- what commit n does: a function of n and of the writer -------------------------------------------------- */

struct change {
	unsigned slot;
	size_t len; /* 0: deleted */
	uint64_t n;
};

static int by_slot(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	return (x->slot > y->slot) - (x->slot < y->slot);
}

/* Mostly a few changes, now and then many; values small, big, and beyond the inline limit. Never nothing at all. */
static size_t changes_of(struct change *out, uint64_t n)
{
	bool used[SLOTS] = { false };
	size_t want = n % 7 == 0 ? EDITS_MAX : 1 + n % 5, k = 0;
	for (size_t j = 0; j < want; j++) {
		uint64_t h = mix(n * 1000 + j);
		unsigned slot = h % SLOTS;
		if (!used[slot])
			out[k++] =
				(struct change){ slot, j && h >> 32 & 1 && n % 3 == 0 ? 0 : 20 + (h >> 40) % 800, n };
		used[slot] = true;
	}
	qsort(out, k, sizeof *out, by_slot);
	return k;
}

static struct ax_slice key_of(char *buf, unsigned slot)
{
	return ax_slice(buf, (size_t)sprintf(buf, "slot%05u", slot));
}

static struct ax_slice value_of(uint8_t *buf, const struct change *c)
{
	memset(buf, (int)(c->n & 255), c->len);
	if (c->len)
		memcpy(buf, &c->n, sizeof c->n);
	return ax_slice(buf, c->len);
}

/* -- the head of a writer: n and the root, in main ---------------------------------------------------------- */

struct head {
	uint64_t n;
	struct ax_root root;
};

static struct ax_slice head_key(char *buf, int writer)
{
	return ax_slice(buf, (size_t)sprintf(buf, "head%d", writer));
}

static struct head head_get(struct ax_txn *t, int writer)
{
	char buf[32];
	struct ax_slice v;
	struct head h = { 0, ax_tree_empty() };
	enum ax_err e = ax_txn_get(&v, t, AX_TABLE_MAIN, head_key(buf, writer));
	if (!e && v.n == sizeof h)
		memcpy(&h, v.p, sizeof h);
	else if (e != AX_ENOENT)
		errx(1, "the head is damaged");
	return h;
}

/* -- a writer ----------------------------------------------------------------------------------------------- */

static void commit_next(struct ax_store *s, int writer, int ack)
{
	static uint8_t values[EDITS_MAX][VALUE_MAX];
	static char keys[EDITS_MAX][32];
	struct change c[EDITS_MAX];
	struct ax_edit edits[EDITS_MAX];
	struct ax_txn *t;
	uint64_t id, seq;
	char buf[32], text[64];
	must(ax_txn_write(&t, s, false), "begin");
	struct head h = head_get(t, writer);
	h.n++;
	size_t n = changes_of(c, h.n);
	for (size_t i = 0; i < n; i++)
		edits[i] = (struct ax_edit){ key_of(keys[i], c[i].slot), value_of(values[i], &c[i]) };
	must(ax_txn_next_id(&id, t), "id");
	struct ax_slice record =
		ax_slice(text, (size_t)sprintf(text, "commit %d %016llu", writer, (unsigned long long)h.n));
	struct ax_id hash = ax_hash_object(AX_KIND_COMMIT, record);
	must(ax_object_write_at(t, id, AX_KIND_COMMIT, record, ax_slice(NULL, 0)), "placeholder");
	must(ax_tree_edit(&h.root, NULL, t, &h.root, edits, n, id), "edit");
	must(ax_object_write_at(t, id, AX_KIND_COMMIT, record, ax_slice(NULL, 0)), "commit");
	must(ax_object_index(t, id, &hash), "index");
	must(ax_txn_put(t, AX_TABLE_MAIN, head_key(buf, writer), ax_slice(&h, sizeof h)), "head");
	must(ax_txn_log_append(&seq, t, record), "log");
	must(ax_txn_commit(t), "commit");
	if (write(ack, &h.n, sizeof h.n) != sizeof h.n)
		_exit(1);
}

static pid_t start_writer(const char *dir, int writer, int *acks)
{
	int fd[2];
	if (pipe(fd))
		err(1, "pipe");
	pid_t pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		struct ax_store *s;
		close(fd[0]);
		must(ax_store_open(&s, dir, false), "open");
		for (;;)
			commit_next(s, writer, fd[1]);
	}
	close(fd[1]);
	*acks = fd[0];
	return pid;
}

/* Kill and take the last acknowledged number. */
static uint64_t end_writer(pid_t pid, int acks, uint64_t last)
{
	int status;
	uint64_t n;
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		errx(1, "a writer ended by itself");
	while (read(acks, &n, sizeof n) == sizeof n)
		last = n;
	close(acks);
	return last;
}

/* -- looking after ------------------------------------------------------------------------------------------ */

/* The tree holds what commits 1 to n say, no more and no less. */
static void check_content(struct ax_txn *t, const struct head *h)
{
	static struct change now[SLOTS];
	struct change c[EDITS_MAX];
	struct ax_entry e;
	uint64_t there = 0;
	memset(now, 0, sizeof now);
	for (uint64_t n = 1; n <= h->n; n++)
		for (size_t k = changes_of(c, n); k-- > 0;)
			now[c[k].slot] = c[k];
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		char key[32];
		uint8_t value[VALUE_MAX];
		enum ax_err err = ax_tree_find(&e, t, &h->root, key_of(key, slot));
		there += now[slot].len > 0;
		if (now[slot].len ? err || !ax_slice_eq(e.value, value_of(value, &now[slot])) : err != AX_ENOENT)
			errx(1, "slot %u is not what commit %llu made it", slot, (unsigned long long)now[slot].n);
	}
	if (there != h->root.count)
		errx(1, "the tree counts %llu, not %llu", (unsigned long long)h->root.count,
		     (unsigned long long)there);
}

/* One commit more than was told may be there: the writer died before it could say so. */
static void check_writer(struct ax_txn *t, int writer, uint64_t *told, uint64_t *sum)
{
	struct head h = head_get(t, writer);
	if (h.n < *told || h.n > *told + 1)
		errx(1, "writer %d was told of %llu, the store has %llu", writer, (unsigned long long)*told,
		     (unsigned long long)h.n);
	must(ax_tree_verify(t, &h.root), "verify");
	check_content(t, &h);
	for (uint64_t n = 1; n <= h.n; n++) {
		char text[64];
		uint64_t id;
		struct ax_slice record =
			ax_slice(text, (size_t)sprintf(text, "commit %d %016llu", writer, (unsigned long long)n));
		struct ax_id hash = ax_hash_object(AX_KIND_COMMIT, record);
		must(ax_object_find(&id, t, &hash), "a commit is not in the index");
	}
	*sum += h.n;
	*told = h.n;
}

/* writers: 1 while the second is still at it. */
static void check_store(const char *dir, uint64_t acknowledged[2], int writers)
{
	struct ax_store *s;
	struct ax_txn *t;
	uint64_t sum = 0, log;
	must(ax_store_open(&s, dir, false), "open");
	must(ax_txn_read(&t, s), "read");
	for (int writer = 0; writer < writers; writer++)
		check_writer(t, writer, &acknowledged[writer], &sum);
	must(ax_txn_log_last(&log, t), "log");
	if (writers == 2 && log != sum)
		errx(1, "the log has %llu entries for %llu commits", (unsigned long long)log,
		     (unsigned long long)sum);
	ax_txn_abort(t);
	ax_store_close(s);
}

int main(int argc, char **argv)
{
	uint64_t acknowledged[2] = { 0, 0 };
	pid_t pid[2] = { 0 };
	int acks[2] = { 0 };
	if (argc != 3)
		errx(2, "usage: tool_crash DIR KILLS");
	const char *dir = argv[1], *seed_text = getenv("APEX_SEED");
	uint64_t seed = seed_text ? strtoull(seed_text, NULL, 0) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)seed);
	must(ax_store_create(dir, false, 0), "create");
	for (int kill_no = 0, kills = atoi(argv[2]); kill_no < kills; kill_no++) {
		/* the second one stays alive over ten kills of the first */
		if (kill_no % 10 == 0)
			pid[1] = start_writer(dir, 1, &acks[1]);
		pid[0] = start_writer(dir, 0, &acks[0]);
		uint64_t us = 1000 + mix(seed + (uint64_t)kill_no) % 60000;
		nanosleep(&(struct timespec){ 0, (long)us * 1000 }, NULL);
		acknowledged[0] = end_writer(pid[0], acks[0], acknowledged[0]);
		check_store(dir, acknowledged, 1);
		if (kill_no % 10 != 9 && kill_no + 1 < kills)
			continue;
		acknowledged[1] = end_writer(pid[1], acks[1], acknowledged[1]);
		check_store(dir, acknowledged, 2);
	}
	printf("%llu and %llu commits acknowledged\n", (unsigned long long)acknowledged[0],
	       (unsigned long long)acknowledged[1]);
	return acknowledged[0] && acknowledged[1] ? 0 : 1;
}
