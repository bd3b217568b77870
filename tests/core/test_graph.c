#include "core/graph.h"
#include "core/ref.h"
#include "tests/core/scratch.h"

/* A random history: commit i + 1 of `dag` has the parents drawn, written as publish.c does. */
enum { N = 240 };

struct dag {
	struct scratch s;
	size_t n;
	uint64_t local[N];
	unsigned parents[N];
	size_t parent[N][AX_PARENTS_MAX];
	struct ax_time time[N];
};

static void add_commit(struct dag *d, struct rng *r, int merges_percent, int64_t skew)
{
	size_t i = d->n;
	struct ax_commit c = {
		.tree = ax_tree_empty().id, .zone = { .n = 1 }, .serial = (uint32_t)i, .via = "test", .message = "m"
	};
	struct ax_commit_info info = { .root = ax_tree_empty(), .serial = (uint32_t)i };
	d->time[i] = (struct ax_time){ 1000 + (int64_t)i * 10 - (int64_t)rng_below(r, (uint64_t)skew + 1), 0, 0 };
	d->parents[i] = i && rng_below(r, 100) ? 1 : 0;
	if (d->parents[i] && rng_below(r, 100) < (uint64_t)merges_percent)
		d->parents[i] += 1 + (unsigned)rng_below(r, 3);
	OK(ax_txn_next_id(&info.local, d->s.txn));
	for (unsigned p = 0; p < d->parents[i]; p++) {
		/* mostly long lines, and some far jumps */
		size_t back = rng_below(r, 4) ? 1 + rng_below(r, i < 3 ? i : 3) : 1 + rng_below(r, i);
		d->parent[i][p] = i - back;
		info.parent[p] = d->local[i - back];
		OK(ax_commit_id(&c.parent[p], d->s.txn, info.parent[p]));
	}
	c.parents = info.parents = d->parents[i];
	c.author = c.committer = (struct ax_person){ "T", "t@t", d->time[i] };
	info.time = d->time[i];
	OK(ax_commit_link(&info, d->s.txn));
	OK(ax_commit_put(NULL, d->s.txn, &c, &info));
	d->local[i] = info.local;
	d->n++;
}

static void dag_open(struct dag *d, struct rng *r, size_t n, int merges_percent, int64_t skew)
{
	OK(ax_hash_init());
	memset(d, 0, sizeof *d);
	scratch_open(&d->s, 0);
	scratch_begin(&d->s);
	while (d->n < n)
		add_commit(d, r, merges_percent, skew);
}

/* Brute force: marks[j] for every ancestor of i, itself included. */
static void mark_ancestors(const struct dag *d, size_t i, bool *marks)
{
	marks[i] = true;
	for (size_t j = i + 1; j-- > 0;)
		for (unsigned p = 0; marks[j] && p < d->parents[j]; p++)
			marks[d->parent[j][p]] = true;
}

static size_t index_of(const struct dag *d, uint64_t local)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->local[i] == local)
			return i;
	ck_abort_msg("no commit %llu", (unsigned long long)local);
	return 0;
}

START_TEST(graph__first_parent_ancestors_are_those_of_a_plain_walk)
{
	struct rng r = rng_seeded();
	struct dag d;
	dag_open(&d, &r, N, 20, 0);
	for (size_t i = 0; i < d.n; i++) {
		size_t at = i;
		uint64_t n = 0, found;
		for (;; n++) {
			OK(ax_graph_ancestor(&found, d.s.txn, d.local[i], n));
			ck_assert_uint_eq(found, d.local[at]);
			if (!d.parents[at])
				break;
			at = d.parent[at][0];
		}
		ck_assert_int_eq(ax_graph_ancestor(&found, d.s.txn, d.local[i], n + 1), AX_ENOENT);
	}
	scratch_close(&d.s);
}
END_TEST

START_TEST(graph__ancestry_is_that_of_brute_force)
{
	struct rng r = rng_seeded();
	struct dag d;
	dag_open(&d, &r, N, 30, 0);
	for (size_t b = 0; b < d.n; b++) {
		bool marks[N] = { false }, is;
		mark_ancestors(&d, b, marks);
		for (size_t a = 0; a < d.n; a += 1 + rng_below(&r, 5)) {
			OK(ax_graph_is_ancestor(&is, d.s.txn, d.local[a], d.local[b]));
			ck_assert_msg(is == marks[a], "%zu of %zu", a, b);
		}
	}
	scratch_close(&d.s);
}
END_TEST

/* Those that both have and that no other such descends from. */
static size_t brute_bases(bool best[N], const struct dag *d, size_t a, size_t b)
{
	bool of_a[N] = { false }, of_b[N] = { false };
	size_t n = 0;
	mark_ancestors(d, a, of_a);
	mark_ancestors(d, b, of_b);
	for (size_t i = 0; i < N; i++)
		best[i] = of_a[i] && of_b[i];
	for (size_t i = N; i-- > 0;) {
		bool below[N] = { false };
		if (!best[i])
			continue;
		mark_ancestors(d, i, below);
		for (size_t j = 0; j < i; j++)
			best[j] = best[j] && !below[j];
	}
	for (size_t i = 0; i < N; i++)
		n += best[i];
	return n;
}

static void check_bases(struct dag *d, size_t a, size_t b)
{
	bool best[N];
	struct ax_bases found;
	size_t n = brute_bases(best, d, a, b);
	enum ax_err e = ax_graph_bases(&found, d->s.txn, d->local[a], d->local[b]);
	if (n > AX_BASES_MAX) {
		ck_assert_int_eq(e, AX_ELIMIT);
		return;
	}
	ck_assert_int_eq(e, AX_OK);
	ck_assert_msg(found.n == n, "%zu and %zu: %zu bases, not %zu", a, b, found.n, n);
	for (size_t i = 0; i < found.n; i++)
		ck_assert_msg(best[index_of(d, found.commit[i])], "%zu and %zu", a, b);
}

START_TEST(graph__bases_are_those_of_brute_force)
{
	struct rng r = rng_seeded();
	static const int merges[] = { 0, 2, 5, 20, 60 };
	for (size_t round = 0; round < 4 * sizeof merges / sizeof *merges; round++) {
		struct dag d;
		dag_open(&d, &r, N, merges[round % 5], 0);
		for (int i = 0; i < 400; i++)
			check_bases(&d, rng_below(&r, N), rng_below(&r, N));
		scratch_close(&d.s);
	}
}
END_TEST

static uint64_t put_linked(struct scratch *s, const uint64_t *parent, unsigned n)
{
	struct ax_commit c = { .tree = ax_tree_empty().id, .zone = { .n = 1 }, .via = "test", .message = "m" };
	struct ax_commit_info info = { .root = ax_tree_empty(), .parents = n };
	c.author = c.committer = (struct ax_person){ "T", "t@t", { 1000, 0, 0 } };
	OK(ax_txn_next_id(&info.local, s->txn));
	c.serial = info.serial = (uint32_t)info.local;
	info.time = c.committer.when;
	c.parents = n;
	for (unsigned i = 0; i < n; i++) {
		info.parent[i] = parent[i];
		OK(ax_commit_id(&c.parent[i], s->txn, parent[i]));
	}
	OK(ax_commit_link(&info, s->txn));
	OK(ax_commit_put(NULL, s->txn, &c, &info));
	return info.local;
}

/* A fork long ago, each side a long line; then the same with the old side merged into the new one half way. */
START_TEST(graph__bases_of_an_old_fork_are_found_without_a_walk)
{
	enum { LONG = 8000 };
	struct scratch s;
	struct ax_bases found;
	OK(ax_hash_init());
	scratch_open(&s, 0);
	scratch_begin(&s);
	uint64_t root = put_linked(&s, NULL, 0), fork = put_linked(&s, &root, 1), a = fork, b = fork;
	for (int i = 0; i < LONG; i++)
		a = put_linked(&s, &a, 1);
	for (int i = 0; i < 100; i++)
		b = put_linked(&s, &b, 1);
	uint64_t before = ax_store_reads();
	OK(ax_graph_bases(&found, s.txn, a, b));
	ck_assert_uint_eq(found.n, 1);
	ck_assert_uint_eq(found.commit[0], fork);
	ck_assert_uint_le(ax_store_reads() - before, 400);

	uint64_t both[] = { a, b }, merged = b;
	a = put_linked(&s, both, 2);
	for (int i = 0; i < LONG; i++)
		a = put_linked(&s, &a, 1);
	for (int i = 0; i < 100; i++)
		b = put_linked(&s, &b, 1);
	before = ax_store_reads();
	OK(ax_graph_bases(&found, s.txn, a, b));
	ck_assert_uint_eq(found.n, 1);
	ck_assert_uint_eq(found.commit[0], merged);
	ck_assert_uint_le(ax_store_reads() - before, 800);
	scratch_close(&s);
}
END_TEST

START_TEST(graph__first_parent_line_is_that_of_brute_force)
{
	struct rng r = rng_seeded();
	struct dag d;
	dag_open(&d, &r, N, 30, 0);
	for (size_t b = 0; b < d.n; b++) {
		bool marks[N] = { false }, is;
		for (size_t at = b; marks[at] = true, d.parents[at]; at = d.parent[at][0])
			;
		for (size_t a = 0; a < d.n; a += 1 + rng_below(&r, 3)) {
			OK(ax_graph_is_first_parent(&is, d.s.txn, d.local[a], d.local[b]));
			ck_assert_msg(is == marks[a], "%zu of %zu", a, b);
		}
	}
	scratch_close(&d.s);
}
END_TEST

/* Clocks go back sometimes: the answer is that of a plain walk all the same. */
START_TEST(graph__at_time_is_that_of_a_plain_walk_whatever_the_clocks)
{
	struct rng r = rng_seeded();
	struct dag d;
	dag_open(&d, &r, N, 10, 200);
	for (int round = 0; round < 3000; round++) {
		size_t at = rng_below(&r, d.n), tip = at;
		struct ax_time when = { 700 + (int64_t)rng_below(&r, N * 10 + 400), 0, 0 };
		uint64_t found;
		while (ax_time_cmp(d.time[at], when) > 0 && d.parents[at])
			at = d.parent[at][0];
		enum ax_err e = ax_graph_at_time(&found, d.s.txn, d.local[tip], when);
		if (ax_time_cmp(d.time[at], when) > 0) {
			ck_assert_int_eq(e, AX_ENOENT);
			continue;
		}
		OK(e);
		ck_assert_uint_eq(found, d.local[at]);
	}
	scratch_close(&d.s);
}
END_TEST

START_TEST(graph__a_step_count_stays_logarithmic)
{
	struct rng r = rng_seeded();
	struct dag d;
	struct ax_commit_info c;
	dag_open(&d, &r, 1, 0, 0);
	uint64_t tip = d.local[0];
	/* a long plain line */
	for (int i = 0; i < 4096; i++) {
		struct ax_commit_info info = { .root = ax_tree_empty(), .parents = 1, .parent = { tip } };
		struct ax_commit k = {
			.tree = ax_tree_empty().id, .zone = { .n = 1 }, .via = "t", .message = "m", .parents = 1
		};
		k.author = k.committer = (struct ax_person){ "T", "t", { 0, 0, 0 } };
		OK(ax_txn_next_id(&info.local, d.s.txn));
		OK(ax_commit_link(&info, d.s.txn));
		OK(ax_commit_put(NULL, d.s.txn, &k, &info));
		tip = info.local;
	}
	OK(ax_commit_info(&c, d.s.txn, tip));
	ck_assert_uint_eq(c.depth, 4097);
	unsigned jumps = 0;
	while (c.jump) {
		OK(ax_commit_info(&c, d.s.txn, c.jump));
		jumps++;
	}
	ck_assert_uint_le(jumps, 26); /* 2 log2 4096, and some */
	scratch_close(&d.s);
}
END_TEST

static size_t walk(struct dag *d, const size_t *push, size_t pushes, const size_t *hide, size_t hides, bool *shown)
{
	struct ax_walk *w;
	struct ax_commit_info c, last = { 0 };
	size_t n = 0;
	enum ax_err e;
	OK(ax_walk_open(&w, d->s.txn));
	for (size_t i = 0; i < pushes; i++)
		OK(ax_walk_push(w, d->local[push[i]]));
	for (size_t i = 0; i < hides; i++)
		OK(ax_walk_hide(w, d->local[hide[i]]));
	memset(shown, 0, N * sizeof *shown);
	while (!(e = ax_walk_next(&c, w))) {
		size_t i = index_of(d, c.local);
		ck_assert_msg(!shown[i], "%zu is shown twice", i);
		shown[i] = true;
		if (n && pushes == 1)
			ck_assert(ax_time_cmp(c.time, last.time) <= 0);
		last = c;
		n++;
	}
	ck_assert_int_eq(e, AX_ENOENT);
	ax_walk_close(w);
	return n;
}

START_TEST(graph__walk_shows_what_is_reachable_and_not_hidden)
{
	struct rng r = rng_seeded();
	struct dag d;
	dag_open(&d, &r, N, 30, 0);
	for (int round = 0; round < 200; round++) {
		size_t push[3], hide[3], pushes = 1 + rng_below(&r, 3), hides = rng_below(&r, 4);
		bool want[N] = { false }, hidden[N] = { false }, shown[N];
		for (size_t i = 0; i < pushes; i++) {
			push[i] = rng_below(&r, d.n);
			mark_ancestors(&d, push[i], want);
		}
		for (size_t i = 0; i < hides; i++) {
			hide[i] = rng_below(&r, d.n);
			mark_ancestors(&d, hide[i], hidden);
		}
		walk(&d, push, pushes, hide, hides, shown);
		for (size_t i = 0; i < d.n; i++)
			ck_assert_msg(shown[i] == (want[i] && !hidden[i]), "round %d, commit %zu", round, i);
	}
	scratch_close(&d.s);
}
END_TEST

START_TEST(graph__walk_is_right_whatever_the_clocks)
{
	struct rng r = rng_seeded();
	struct dag d;
	dag_open(&d, &r, N, 30, 600);
	for (int round = 0; round < 100; round++) {
		size_t push[2] = { rng_below(&r, d.n), rng_below(&r, d.n) }, hide[1] = { rng_below(&r, d.n) };
		bool want[N] = { false }, hidden[N] = { false }, shown[N];
		mark_ancestors(&d, push[0], want);
		mark_ancestors(&d, push[1], want);
		mark_ancestors(&d, hide[0], hidden);
		walk(&d, push, 2, hide, 1, shown);
		for (size_t i = 0; i < d.n; i++)
			ck_assert_msg(shown[i] == (want[i] && !hidden[i]), "round %d, commit %zu", round, i);
	}
	scratch_close(&d.s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, graph__first_parent_ancestors_are_those_of_a_plain_walk);
	tcase_add_test(tc, graph__ancestry_is_that_of_brute_force);
	tcase_add_test(tc, graph__first_parent_line_is_that_of_brute_force);
	tcase_add_test(tc, graph__bases_are_those_of_brute_force);
	tcase_add_test(tc, graph__bases_of_an_old_fork_are_found_without_a_walk);
	tcase_add_test(tc, graph__at_time_is_that_of_a_plain_walk_whatever_the_clocks);
	tcase_add_test(tc, graph__a_step_count_stays_logarithmic);
	tcase_add_test(tc, graph__walk_shows_what_is_reachable_and_not_hidden);
	tcase_add_test(tc, graph__walk_is_right_whatever_the_clocks);
}

int main(void)
{
	return check_main("graph", add);
}
