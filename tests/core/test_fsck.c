#include "core/fsck.h"
#include "core/object.h"
#include "tests/core/repo_fixture.h"

#include <fcntl.h>

/* A repository with something of every kind: two zones, branches, a tag, a blob, several levels, deletions. */
static void build(struct fixture *f)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_name other = name_of("other.");
	uint32_t id;
	fixture_open(f, "example.");
	begin_zone(f, 1, 400);
	OK(ax_repo_branch_create(f->repo, 1, "dev", f->out.commit, &f->who));
	for (int i = 0; i < 20; i++) {
		pass_time(f, 100);
		ax_buf_clear(&b);
		ax_buf_printf(&b, "n%d 300 A 1.2.3.4\nh%d 60 A 9.9.9.9\n", i, i * 7);
		OK(save_on(f, i % 3 ? "main" : "dev", ax_buf_cstr(&b)));
	}
	ax_buf_clear(&b);
	for (int i = 0; i < 60; i++)
		ax_buf_printf(&b, "big 300 TXT \"%040d\"\n", i);
	OK(save(f, ax_buf_cstr(&b)));
	OK(erase(f, "h300", AX_TYPE_A));
	OK(ax_repo_tag(f->repo, 1, "v1", f->out.commit, &f->who));
	OK(ax_repo_zone_add(&id, f->repo, &other, &f->who));
	struct fixture g = *f;
	g.apex = other;
	g.zone = id;
	g.txn = NULL;
	begin_zone(&g, 9, 2);
	ax_buf_fini(&f->warnings);
	f->warnings = g.warnings;
	OK(ax_repo_zone_remove(f->repo, &other, &f->who)); /* its history stays */
	ax_buf_fini(&b);
}

static void keep(void *ctx, const char *text)
{
	ax_buf_printf(ctx, "%s\n", text);
}

static enum ax_err check(struct fixture *f, struct ax_fsck *sum, struct ax_buf *problems)
{
	ax_buf_clear(problems);
	struct ax_fsck_listener listener = { .problem = keep, .ctx = problems };
	return ax_fsck(sum, f->repo, &listener);
}

START_TEST(fsck__a_sound_repository_has_no_problem)
{
	struct fixture f;
	struct ax_fsck sum;
	struct ax_buf problems = AX_BUF_INIT;
	build(&f);
	enum ax_err e = check(&f, &sum, &problems);
	ck_assert_msg(!e, "%s", ax_buf_cstr(&problems));
	ck_assert_uint_eq(sum.zones, 2);
	ck_assert_uint_eq(sum.refs, 4);
	ck_assert_uint_eq(sum.commits, 24);
	ck_assert_uint_eq(sum.log_entries, 24 + 2 + 3);
	ck_assert_uint_gt(sum.nodes, 50);
	ck_assert_uint_eq(sum.problems, 0);
	ax_buf_fini(&problems);
	fixture_close(&f);
}
END_TEST

/* -- damaged objects: bytes flipped in the file itself ----------------------------------------------------- */

struct bytes {
	uint8_t *p;
	size_t n;
};

static struct bytes load(const char *path)
{
	struct bytes b = { 0 };
	FILE *file = fopen(path, "rb");
	ck_assert_ptr_nonnull(file);
	fseek(file, 0, SEEK_END);
	b.n = (size_t)ftell(file);
	rewind(file);
	b.p = malloc(b.n);
	ck_assert_ptr_nonnull(b.p);
	ck_assert_uint_eq(fread(b.p, 1, b.n, file), b.n);
	fclose(file);
	return b;
}

/* Flip one bit at `at` of what equals `what`, wherever the file has it; old pages have copies. */
static void flip(const char *path, struct bytes file, struct bytes what, size_t at)
{
	int fd = open(path, O_WRONLY);
	unsigned found = 0;
	ck_assert_int_ge(fd, 0);
	for (uint8_t *p = file.p; (p = memmem(p, file.n - (size_t)(p - file.p), what.p, what.n)); p++) {
		uint8_t c = p[at] ^ 1;
		ck_assert_int_eq(pwrite(fd, &c, 1, (off_t)(p - file.p) + (off_t)at), 1);
		found++;
	}
	close(fd);
	ck_assert_uint_gt(found, 0);
}

static void restore(const char *path, struct bytes file)
{
	int fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, file.p, file.n, 0), (ssize_t)file.n);
	close(fd);
}

struct wanted {
	struct ax_txn *t;
	struct bytes node[3]; /* leaf, inner: canonical bytes of one of each */
};

static enum ax_err pick(void *ctx, const struct ax_node_visit *v)
{
	struct wanted *w = ctx;
	struct ax_object o;
	unsigned which = v->level ? 1 : 0;
	if (w->node[which].p)
		return AX_OK;
	OK(ax_object_read(&o, w->t, v->id, 0));
	w->node[which] = (struct bytes){ malloc(o.canonical.n), o.canonical.n };
	memcpy(w->node[which].p, o.canonical.p, o.canonical.n);
	return AX_OK;
}

static struct bytes object_bytes(struct ax_txn *t, uint64_t id, bool sidecar)
{
	struct ax_object o;
	OK(ax_object_read(&o, t, id, 0));
	struct bytes b = { NULL, sidecar ? o.sidecar.n : o.canonical.n };
	b.p = malloc(b.n);
	ck_assert_ptr_nonnull(b.p);
	memcpy(b.p, sidecar ? o.sidecar.p : o.canonical.p, b.n);
	return b;
}

/* Local ids are given without gaps but for log entries, which are no objects. */
static struct bytes find_blob(struct ax_txn *t, uint64_t below)
{
	struct ax_object o;
	for (uint64_t id = 1; id < below; id++)
		if (ax_object_read(&o, t, id, AX_KIND_BLOB) == AX_OK)
			return object_bytes(t, id, false);
	ck_abort_msg("no blob");
	return (struct bytes){ 0 };
}

static enum ax_err read_all(struct ax_txn *t, const struct ax_root *root)
{
	struct ax_cursor c;
	OK(ax_cursor_init(&c, t, root));
	c.verify = true;
	enum ax_err e = ax_cursor_seek(&c, ax_slice(NULL, 0));
	while (!e && c.valid)
		e = ax_cursor_next(&c);
	ax_cursor_fini(&c);
	return e;
}

START_TEST(fsck__a_flipped_bit_is_found_in_every_kind_of_object)
{
	struct rng r = rng_seeded();
	struct fixture f;
	struct ax_fsck sum;
	struct ax_buf problems = AX_BUF_INIT;
	char path[128];
	build(&f);
	struct ax_commit_info tip = tip_of(&f, "main");
	struct wanted w = { .t = f.txn };
	OK(ax_tree_visit(f.txn, &tip.root, pick, &w));
	enum { COMMIT = 3 };
	struct bytes kinds[] = { w.node[0], w.node[1], find_blob(f.txn, tip.local + 100),
				 object_bytes(f.txn, tip.local, false), object_bytes(f.txn, tip.local, true) };
	snprintf(path, sizeof path, "%s/store/data.mdb", f.dir);
	ax_txn_abort(f.txn);
	f.txn = NULL;
	ax_repo_close(f.repo);
	struct bytes file = load(path);
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (int round = 0; round < 12; round++) {
			size_t at = rng_below(&r, kinds[k].n);
			flip(path, file, kinds[k], at);
			OK(ax_repo_open(&f.repo, f.dir, false));
			enum ax_err e = check(&f, &sum, &problems);
			ck_assert_msg(e == AX_ECORRUPT && sum.problems, "kind %zu, octet %zu of %zu: %s", k, at,
				      kinds[k].n, ax_err_name(e));
			/* whoever reads the commit or the whole tree sees that, too */
			struct ax_commit c;
			if (k == COMMIT)
				FAILS(AX_ECORRUPT, ax_commit_read(&c, look(&f), tip.local));
			if (k < COMMIT)
				FAILS(AX_ECORRUPT, read_all(look(&f), &tip.root));
			ax_txn_abort(f.txn);
			f.txn = NULL;
			ax_repo_close(f.repo);
			restore(path, file);
		}
	OK(ax_repo_open(&f.repo, f.dir, false));
	OK(check(&f, &sum, &problems));
	OK(read_all(look(&f), &tip.root));
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		free(kinds[k].p);
	free(file.p);
	ax_buf_fini(&problems);
	fixture_close(&f);
}
END_TEST

/* -- damaged tables ---------------------------------------------------------------------------------------- */

/* Change one octet of the value of the first key with this prefix, look, and put it back. */
static void damage(struct fixture *f, const char *prefix, size_t prefix_n, size_t at, const char *says)
{
	struct ax_slice key, value;
	struct ax_buf k = AX_BUF_INIT, v = AX_BUF_INIT, problems = AX_BUF_INIT;
	struct ax_fsck sum;
	struct ax_txn *t;
	for (int back = 0; back < 2; back++) {
		OK(ax_txn_write(&t, ax_repo_store(f->repo), true));
		if (!back) {
			OK(ax_txn_seek(&key, &value, t, AX_TABLE_MAIN, ax_slice(prefix, prefix_n),
				       ax_slice(prefix, prefix_n), false));
			ax_buf_slice(&k, key);
			ax_buf_slice(&v, value);
			ck_assert_uint_lt(at, v.n);
		}
		v.p[at] ^= 1;
		OK(ax_txn_put(t, AX_TABLE_MAIN, ax_buf_view(&k), ax_buf_view(&v)));
		OK(ax_txn_commit(t));
		enum ax_err e = check(f, &sum, &problems);
		if (back) {
			ck_assert_msg(!e, "%s", ax_buf_cstr(&problems));
			continue;
		}
		ck_assert_msg(e == AX_ECORRUPT, "%s at %zu: %s", prefix, at, ax_err_name(e));
		ck_assert_msg(strstr(ax_buf_cstr(&problems), says), "%s does not say %s", ax_buf_cstr(&problems),
			      says);
	}
	ax_buf_fini(&k);
	ax_buf_fini(&v);
	ax_buf_fini(&problems);
}

START_TEST(fsck__damaged_tables_are_found)
{
	struct fixture f;
	build(&f);
	damage(&f, "t\0\0\0\1heads/dev", 14, 7, "heads/dev");    /* the commit */
	damage(&f, "t\0\0\0\1heads/dev", 14, 20, "heads/dev");   /* its hash */
	damage(&f, "t\0\0\0\1heads/main", 15, 47, "heads/main"); /* its log entry */
	damage(&f, "s\0\0\0\1", 5, 7, "serial 1");
	damage(&f, "z\0\0\0\1", 5, 0, "zone number 1");  /* the version */
	damage(&f, "z\0\0\0\2", 5, 13, "zone number 2"); /* a letter of the name */
	fixture_close(&f);
}
END_TEST

START_TEST(fsck__a_missing_ref_target_is_found)
{
	struct fixture f;
	struct ax_txn *t;
	struct ax_fsck sum;
	struct ax_buf problems = AX_BUF_INIT, v = AX_BUF_INIT;
	build(&f);
	OK(ax_txn_write(&t, ax_repo_store(f.repo), true));
	ax_buf_u64(&v, 999999);
	for (int i = 0; i < AX_ID_SIZE; i++)
		ax_buf_u8(&v, 7);
	ax_buf_u64(&v, 1);
	OK(ax_txn_put(t, AX_TABLE_MAIN, ax_slice("t\0\0\0\1tags/v9", 12), ax_buf_view(&v)));
	OK(ax_txn_commit(t));
	FAILS(AX_ECORRUPT, check(&f, &sum, &problems));
	ck_assert_uint_eq(sum.problems, 1);
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&problems), "tags/v9: "));
	ax_buf_fini(&problems);
	ax_buf_fini(&v);
	fixture_close(&f);
}
END_TEST

/* -- whatever happens ----------------------------------------------------------------------------------------- */

static void random_change(struct fixture *f, struct rng *r, const char *branch)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_published out[1];
	size_t n;
	uint64_t kind = rng_below(r, 10);
	enum ax_err e;
	if (kind == 0) { /* a file, perhaps one that a guard minds */
		zone_text(&b, rng_below(r, 300), (unsigned)(10 + rng_below(r, 80)));
		e = import_on(f, branch, ax_buf_cstr(&b), AX_SERIAL_FROM_FILE);
		if (e == AX_EGUARD && rng_below(r, 2)) {
			OK(ax_repo_force(out, 1, &n, f->repo, f->plan, &f->who, NULL));
			e = AX_OK;
		}
		ck_assert_msg(!e || e == AX_EGUARD, "%s", ax_err_text(e));
	} else if (kind < 4) {
		ax_buf_printf(&b, "h%u", (unsigned)rng_below(r, 90));
		e = erase(f, ax_buf_cstr(&b), AX_TYPE_A);
		ck_assert_msg(!e || e == AX_EGUARD, "%s", ax_err_text(e));
	} else {
		for (uint64_t k = 1 + rng_below(r, 20); k; k--)
			ax_buf_printf(&b, "h%u 300 A 10.0.0.%u\n", (unsigned)rng_below(r, 90),
				      (unsigned)rng_below(r, 4));
		OK(save_on(f, branch, ax_buf_cstr(&b)));
	}
	ax_buf_fini(&b);
}

START_TEST(fsck__a_random_history_is_sound)
{
	struct rng r = rng_seeded();
	struct fixture f;
	struct ax_fsck sum;
	struct ax_buf problems = AX_BUF_INIT;
	static const char *const branches[] = { "main", "b1", "b2", "b3" };
	unsigned n = 1;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 60);
	for (int i = 0; i < 300; i++) {
		pass_time(&f, (int64_t)rng_below(&r, 40) - 5); /* clocks go back too */
		random_change(&f, &r, branches[rng_below(&r, n)]);
		if (n < 4 && rng_below(&r, 40) == 0) {
			uint64_t from = tip_of(&f, branches[rng_below(&r, n)]).local;
			OK(ax_repo_branch_create(f.repo, 1, branches[n++], from, &f.who));
		}
		if (n == 4 && rng_below(&r, 40) == 0) {
			OK(ax_repo_branch_delete(f.repo, 1, branches[--n], true, &f.who));
			OK(ax_repo_zone_remove(f.repo, &f.apex, &f.who));
			OK(ax_repo_zone_add(&f.zone, f.repo, &f.apex, &f.who));
		}
	}
	enum ax_err e = check(&f, &sum, &problems);
	ck_assert_msg(!e, "%s", ax_buf_cstr(&problems));
	ck_assert_uint_gt(sum.commits, 200);
	ax_buf_fini(&problems);
	fixture_close(&f);
}
END_TEST

/* -- the index made anew ------------------------------------------------------------------------------------ */

/* Drop entries of the index and of the serial map, and put in what leads nowhere or astray. */
static void spoil_index(struct fixture *f)
{
	static const uint8_t nowhere[8] = { 0xff, 0xff }, astray[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct ax_slice key, value, from = { NULL, 0 };
	struct ax_buf at = AX_BUF_INIT;
	struct ax_txn *t;
	ax_txn_abort(f->txn);
	f->txn = NULL;
	OK(ax_txn_write(&t, ax_repo_store(f->repo), true));
	for (int i = 0; i < 5; i++) {
		OK(ax_txn_seek(&key, &value, t, AX_TABLE_CID, ax_slice(NULL, 0), from, from.n));
		ax_buf_clear(&at);
		ax_buf_slice(&at, key);
		from = ax_buf_view(&at);
		if (i == 4)
			OK(ax_txn_put(t, AX_TABLE_CID, from, ax_slice(nowhere, 8)));
		else if (i % 2)
			OK(ax_txn_del(t, AX_TABLE_CID, from));
	}
	OK(ax_txn_put(t, AX_TABLE_CID, ax_slice(astray, 8), ax_slice(nowhere, 8)));
	OK(ax_txn_seek(&key, &value, t, AX_TABLE_MAIN, ax_slice("s", 1), ax_slice("s", 1), true));
	ax_buf_clear(&at);
	ax_buf_slice(&at, key);
	OK(ax_txn_del(t, AX_TABLE_MAIN, ax_buf_view(&at)));
	OK(ax_txn_commit(t));
	ax_buf_fini(&at);
}

START_TEST(fsck__an_index_is_made_anew)
{
	struct fixture f;
	struct ax_fsck sum;
	struct ax_buf problems = AX_BUF_INIT;
	uint64_t n;
	build(&f);
	OK(ax_fsck_repair_index(&n, f.repo));
	ck_assert_uint_eq(n, 0);
	spoil_index(&f);
	FAILS(AX_ECORRUPT, check(&f, &sum, &problems));
	OK(ax_fsck_repair_index(&n, f.repo));
	ck_assert_uint_eq(n, 2 + 2 + 1 + 1); /* dropped, made good or thrown away, its own put back, the serial */
	enum ax_err e = check(&f, &sum, &problems);
	ck_assert_msg(!e, "%s", ax_buf_cstr(&problems));
	ax_buf_fini(&problems);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, fsck__a_sound_repository_has_no_problem);
	tcase_add_test(tc, fsck__an_index_is_made_anew);
	tcase_add_test(tc, fsck__a_flipped_bit_is_found_in_every_kind_of_object);
	tcase_add_test(tc, fsck__damaged_tables_are_found);
	tcase_add_test(tc, fsck__a_missing_ref_target_is_found);
	tcase_add_test(tc, fsck__a_random_history_is_sound);
}

int main(void)
{
	return check_main("fsck", add);
}
