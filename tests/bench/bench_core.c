/* bench_core [N] - the store and the tree beside raw LMDB holding the same N pairs (default 1,000,000). */
#include "core/diff.h"
#include "core/node.h"
#include "tests/bench/raw.h"

enum { ROUNDS = 5, COMMITS = 300, GROWTH_COMMITS = 2000, LOOKUPS = 100000 };

/* -- ours -------------------------------------------------------------------------------------------------- */

struct ours {
	struct ax_store *store;
	struct ax_root root;
	char data[160];
	uint64_t serial;
};

static void ours_open(struct ours *o, const char *name)
{
	char dir[128];
	snprintf(dir, sizeof dir, "%s/%s", bench_dir, name);
	MUST(ax_store_create(dir, false, 0));
	MUST(ax_store_open(&o->store, dir, false));
	snprintf(o->data, sizeof o->data, "%s/store/data.mdb", dir);
	o->root = ax_tree_empty();
	o->serial = 0;
}

/* What a commit writes: its text, the tree, the index by hash, the ref, the log. */
static void ours_commit_in(struct ours *o, struct ax_txn *t, const struct ax_edit *e, size_t n)
{
	char text[512], tree[AX_ID_HEX + 1];
	uint64_t id, seq;
	int len = snprintf(text, sizeof text, "tree %064d\nparent %064d\nzone example.\nserial %010llu\n", 0, 0,
			   (unsigned long long)++o->serial);
	len += snprintf(text + len, sizeof text - (size_t)len,
			"author A <a@example> 1700000000.000000000 +0000\ncommitter A <a@example> "
			"1700000000.000000000 +0000\nvia cli\n\napi A: 1.2.3.4 -> 9.9.9.9\n");
	MUST(ax_txn_next_id(&id, t));
	struct ax_slice canonical = ax_slice(text, (size_t)len), side = ax_slice("0123456789abcdef", 16);
	MUST(ax_object_write_at(t, id, AX_KIND_COMMIT, canonical, side));
	MUST(ax_tree_edit(&o->root, NULL, t, &o->root, e, n, id));
	ax_id_hex(tree, &o->root.id);
	memcpy(text + 5, tree, AX_ID_HEX);
	MUST(ax_object_write_at(t, id, AX_KIND_COMMIT, canonical, side));
	struct ax_id hash = ax_hash_object(AX_KIND_COMMIT, canonical);
	MUST(ax_object_index(t, id, &hash));
	MUST(ax_txn_put(t, AX_TABLE_MAIN, ax_slice_str("rheads/main"), ax_slice(hash.b, sizeof hash.b)));
	MUST(ax_txn_log_append(&seq, t, ax_slice(text, 100)));
}

static void ours_commit(struct ours *o, const struct ax_edit *e, size_t n)
{
	struct ax_txn *t;
	MUST(ax_txn_write(&t, o->store, false));
	ours_commit_in(o, t, e, n);
	MUST(ax_txn_commit(t));
}

static void ours_fill(struct ours *o, const struct data *d)
{
	struct ax_txn *t;
	MUST(ax_txn_write(&t, o->store, true));
	ours_commit_in(o, t, d->at, d->n);
	MUST(ax_txn_commit(t));
}

/* -- edits as STORE.md has them: 60 % of equal size, 20 % of another size, 10 % new names, 10 % deletions ------- */

static struct ax_edit random_edit(const struct data *d, struct rng *r)
{
	static uint8_t key[256], value[512];
	struct ax_edit e = d->at[rng_below(r, d->n)];
	uint64_t kind = rng_below(r, 10);
	if (kind < 6) {
		memcpy(value, e.value.p, e.value.n);
		uint64_t noise = rng_next(r);
		memcpy(value + e.value.n - 4, &noise, 4);
		e.value = ax_slice(value, e.value.n);
	} else if (kind < 9) {
		uint16_t type = data_type(r);
		e.value = ax_slice(value, data_value(value, type, r));
		if (kind == 8)
			e.key = ax_slice(key, data_key(key, type, r));
	} else
		e.value.n = 0;
	return e;
}

/* -- tables ------------------------------------------------------------------------------------------------ */

struct cost {
	double wall[ROUNDS], cpu[ROUNDS], bytes[ROUNDS];
};

/* One round: the median wall time, the mean CPU and bytes of an operation. */
struct meter {
	double wall[COMMITS], cpu, bytes;
	size_t n;
};

static void meter_end(struct cost *c, int round, struct meter *m, size_t ops)
{
	c->wall[round] = median(m->wall, m->n);
	c->cpu[round] = (cpu_us() - m->cpu) / (double)ops;
	c->bytes[round] = (written_bytes() - m->bytes) / (double)ops;
}

static struct meter meter_begin(void)
{
	return (struct meter){ .bytes = written_bytes(), .cpu = cpu_us() };
}

static void round_raw(struct cost *c, int round, struct raw *raw, const struct data *d, struct rng *r)
{
	struct meter m = meter_begin();
	for (m.n = 0; m.n < COMMITS; m.n++) {
		struct ax_edit e = d->at[rng_below(r, d->n)];
		uint8_t value[512];
		memcpy(value, e.value.p, e.value.n);
		value[e.value.n - 1] = (uint8_t)rng_next(r);
		e.value.p = value;
		double t = wall_us();
		raw_update(raw, &e);
		m.wall[m.n] = wall_us() - t;
	}
	meter_end(c, round, &m, COMMITS);
}

static void round_ours(struct cost *c, int round, struct ours *o, const struct data *d, struct rng *r)
{
	struct meter m = meter_begin();
	for (m.n = 0; m.n < COMMITS; m.n++) {
		struct ax_edit e = random_edit(d, r);
		double t = wall_us();
		ours_commit(o, &e, 1);
		m.wall[m.n] = wall_us() - t;
	}
	meter_end(c, round, &m, COMMITS);
}

static void round_group(struct cost *c, int round, struct ours *o, const struct data *d, struct rng *r)
{
	struct meter m = meter_begin();
	for (m.n = 0; m.n < 5; m.n++) {
		struct ax_txn *t;
		double start = wall_us();
		MUST(ax_txn_write(&t, o->store, false));
		for (int i = 0; i < 100; i++) {
			struct ax_edit e = random_edit(d, r);
			ours_commit_in(o, t, &e, 1);
		}
		MUST(ax_txn_commit(t));
		m.wall[m.n] = (wall_us() - start) / 100;
	}
	meter_end(c, round, &m, 500);
}

static void bench_commits(struct ours *o, struct ours *grouped, struct raw *raw, const struct data *d, struct rng *r)
{
	struct cost base, one, group;
	for (int i = 0; i < ROUNDS; i++) {
		round_raw(&base, i, raw, d, r);
		round_ours(&one, i, o, d, r);
		round_group(&group, i, grouped, d, r);
	}
	double cpu = median(base.cpu, ROUNDS);
	table_head("durable commit of one record / raw LMDB update and commit");
	row("wall, median", median(one.wall, ROUNDS) / median(base.wall, ROUNDS), 1.6);
	row("CPU", median(one.cpu, ROUNDS) / cpu, 2.0);
	row("bytes passed to write()", median(one.bytes, ROUNDS) / median(base.bytes, ROUNDS), 2.0);
	row("CPU of one of 100 commits in a transaction", median(group.cpu, ROUNDS) / cpu, 0.5);
}

static double growth(struct ours *o, const struct data *d, struct rng *r)
{
	double before = disk_bytes(o->data);
	for (int i = 0; i < GROWTH_COMMITS; i++) {
		struct ax_edit e = random_edit(d, r);
		ours_commit(o, &e, 1);
	}
	return (disk_bytes(o->data) - before) / GROWTH_COMMITS;
}

static void bench_growth(struct ours *o, const struct data *d, struct rng *r)
{
	struct data small;
	struct ours s;
	data_make(&small, 1000, r);
	ours_open(&s, "small");
	ours_fill(&s, &small);
	double big = growth(o, d, r), little = growth(&s, &small, r);
	table_head("growth of the file per commit, 4096-byte pages");
	row("pages, of a commit of one record", big / 4096, 6500 / 4096.0);
	row("this zone / a zone of 1,000", big / little, 2.6);
	ax_store_close(s.store);
	data_fini(&small);
}

/* Three of each; two of ours are kept: the pages that a transaction of 100 commits frees would be on the bill of the
 * single commits after it. */
static void bench_build(struct ours *o, struct ours *grouped, struct raw *raw, const struct data *d)
{
	double ours_cpu[3], raw_cpu[3], size = 0, raw_size = 0;
	for (int i = 0; i < 3; i++) {
		char name[16], path[128];
		struct ours a;
		struct raw b;
		snprintf(name, sizeof name, "ours%d", i);
		ours_open(&a, name);
		double t = cpu_us();
		ours_fill(&a, d);
		ours_cpu[i] = cpu_us() - t;
		size = disk_bytes(a.data);
		snprintf(name, sizeof name, "raw%d", i);
		raw_open(&b, name);
		t = cpu_us();
		raw_fill(&b, d);
		raw_cpu[i] = cpu_us() - t;
		snprintf(path, sizeof path, "%s/%s/data.mdb", bench_dir, name);
		raw_size = disk_bytes(path);
		if (i == 2) {
			*o = a;
			*raw = b;
			MUST(ax_store_sync(a.store));
			lm(mdb_env_sync(b.env, 1), "sync");
			continue;
		}
		mdb_env_close(b.env);
		if (i == 1)
			*grouped = a;
		else
			ax_store_close(a.store);
	}
	table_head("bulk build / MDB_APPEND of the same pairs");
	row("CPU", median(ours_cpu, 3) / median(raw_cpu, 3), 2.0);
	row("size of the file", size / raw_size, 1.0);
}

static double lookup_raw(struct raw *raw, const struct data *d, struct rng *r)
{
	MDB_txn *t;
	uint64_t sum = 0;
	lm(mdb_txn_begin(raw->env, NULL, MDB_RDONLY, &t), "begin");
	double start = cpu_us();
	for (int i = 0; i < LOOKUPS; i++) {
		MDB_val k = val(d->at[rng_below(r, d->n)].key), v;
		if (mdb_get(t, raw->dbi, &k, &v) == 0)
			sum += *(uint8_t *)v.mv_data;
	}
	double us = (cpu_us() - start) / LOOKUPS;
	mdb_txn_abort(t);
	return sum == UINT64_MAX ? 0 : us;
}

static double lookup_ours(struct ours *o, const struct data *d, struct rng *r, bool blame)
{
	struct ax_txn *t;
	struct ax_entry found;
	uint64_t sum = 0;
	MUST(ax_txn_read(&t, o->store));
	double start = cpu_us();
	for (int i = 0; i < LOOKUPS; i++)
		if (ax_tree_find(&found, t, &o->root, d->at[rng_below(r, d->n)].key) == AX_OK)
			sum += blame ? found.changed : found.value.p[0];
	double us = (cpu_us() - start) / LOOKUPS;
	ax_txn_abort(t);
	return sum == UINT64_MAX ? 0 : us;
}

static double scan_raw(struct raw *raw)
{
	MDB_txn *t;
	MDB_cursor *c;
	MDB_val k, v;
	size_t n = 0;
	lm(mdb_txn_begin(raw->env, NULL, MDB_RDONLY, &t), "begin");
	lm(mdb_cursor_open(t, raw->dbi, &c), "cursor");
	double start = cpu_us();
	while (mdb_cursor_get(c, &k, &v, n ? MDB_NEXT : MDB_FIRST) == 0)
		n++;
	double us = (cpu_us() - start) / (double)n;
	mdb_cursor_close(c);
	mdb_txn_abort(t);
	return us;
}

static double scan_ours(struct ours *o)
{
	struct ax_txn *t;
	struct ax_cursor c;
	size_t n = 0;
	MUST(ax_txn_read(&t, o->store));
	MUST(ax_cursor_init(&c, t, &o->root));
	double start = cpu_us();
	MUST(ax_cursor_seek(&c, ax_slice("", 0)));
	for (; c.valid; n++)
		MUST(ax_cursor_next(&c));
	double us = (cpu_us() - start) / (double)n;
	ax_cursor_fini(&c);
	ax_txn_abort(t);
	return us;
}

static double bench_reads(struct ours *o, struct raw *raw, const struct data *d, struct rng *r)
{
	double base[ROUNDS], ours[ROUNDS], blame[ROUNDS], scan_base[ROUNDS], scan[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		base[i] = lookup_raw(raw, d, r);
		ours[i] = lookup_ours(o, d, r, false);
		blame[i] = lookup_ours(o, d, r, true);
		scan_base[i] = scan_raw(raw);
		scan[i] = scan_ours(o);
	}
	double lookup = median(ours, ROUNDS), cursor = median(scan, ROUNDS);
	table_head("reading");
	row("lookup / mdb_get, CPU", lookup / median(base, ROUNDS), 3.0);
	row("blame / lookup, CPU", median(blame, ROUNDS) / lookup, 1.3);
	row("ordered scan of an RRset / lookup of one, CPU", cursor / lookup, 60 / 2900.0);
	printf("  (a scan is %.1f times MDB_NEXT over the same pairs, %.0f ns an RRset; target 60 ns)\n",
	       cursor / median(scan_base, ROUNDS), cursor * 1000);
	return lookup;
}

static enum ax_err count_one(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	(void)key, (void)a, (void)b;
	++*(size_t *)ctx;
	return AX_OK;
}

static void bench_diff(struct ours *o, const struct data *d, struct rng *r, double lookup)
{
	enum { N = 200 };
	double cpu[N], nodes = 0;
	struct ax_node top;
	struct ax_txn *t;
	size_t n = 0;
	unsigned height = 0;
	for (int i = 0; i < N; i++) {
		struct ax_root before = o->root;
		struct ax_edit e = random_edit(d, r);
		ours_commit(o, &e, 1);
		MUST(ax_txn_read(&t, o->store));
		double start = cpu_us();
		MUST(ax_tree_diff(t, &before, &o->root, count_one, &n));
		cpu[i] = cpu_us() - start;
		nodes += (double)ax_diff_nodes_read();
		MUST(ax_node_read(&top, t, o->root.node));
		height = top.level + 1;
		ax_txn_abort(t);
	}
	table_head("diff of a commit of one record");
	row("nodes read / height of the tree", nodes / N / height, (2.0 * height + 2) / height);
	row("CPU / CPU of a lookup", median(cpu, N) / lookup, 10);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;
	struct rng r = { 20261121 };
	struct data d;
	struct ours o, grouped;
	struct raw raw;
	MUST(ax_hash_init());
	bench_scratch();
	data_make(&d, n, &r);
	printf("store and tree: %zu RRsets\n", d.n);
	bench_build(&o, &grouped, &raw, &d);
	bench_commits(&o, &grouped, &raw, &d, &r);
	double lookup = bench_reads(&o, &raw, &d, &r);
	bench_diff(&o, &d, &r, lookup);
	bench_growth(&o, &d, &r);
	ax_store_close(o.store);
	ax_store_close(grouped.store);
	mdb_env_close(raw.env);
	data_fini(&d);
	return 0;
}
