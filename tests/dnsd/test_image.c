#include "core/object.h"
#include "dnsd/find.h"
#include "dnsd/image_internal.h"
#include "tests/core/repo_fixture.h"
#include "tests/dnsd/nasty.h"

#include <fcntl.h>
#include <unistd.h>

static struct fixture f;

static struct image *build(void)
{
	struct ax_commit_info c = tip_of(&f, "main");
	struct image *im;
	OK(image_build(&im, f.txn, f.zone, &f.apex, &c, NULL, NULL));
	ck_assert_int_eq(im->state, IMAGE_READY);
	return im;
}

static struct image *update(const struct image *old)
{
	struct ax_commit_info c = tip_of(&f, "main");
	struct image *im;
	OK(image_update(&im, old, f.txn, &c, 1 << 20));
	return im;
}

static const struct image_name *node(const struct image *im, const char *text)
{
	struct ax_name n = owner_of(&f, text);
	struct dname d;
	dname_take(&d, n.wire, n.n);
	return find_exact(im, &d, d.labels);
}

/* Everything but who holds it. */
static bool in_other(void *ctx, uint32_t item)
{
	const struct image *other = ctx;
	const struct image_name *a = slab_at(item), *b;
	struct dname d;
	uint8_t wire[AX_NAME_MAX];
	memcpy(wire, a->name, a->n);
	memcpy(wire + a->n, other->apex, other->apex_n);
	dname_take(&d, wire, a->n + (size_t)other->apex_n);
	b = find_exact(other, &d, d.labels);
	if (!b || a->flags != b->flags || image_name_size(a) != image_name_size(b))
		return false;
	size_t head = offsetof(struct image_name, flags);
	return memcmp((const uint8_t *)a + head, (const uint8_t *)b + head, image_name_size(a) - head) == 0;
}

/* An order found from its end: each before the key of the one after it. */
static unsigned walk_order(uint32_t root, struct ax_buf *keys)
{
	uint8_t buffer[AX_KEY_MAX];
	unsigned n = 0;
	for (uint32_t item = order_last(root); item; n++) {
		struct ax_slice key = image_key(buffer, slab_at(item));
		ax_buf_leb(keys, key.n);
		ax_buf_slice(keys, key);
		if (!key.n)
			return n + 1;
		/* the key just before: less its last octet, which is 0 */
		item = order_find(root, &image_order_kind, ax_slice(key.p, key.n - 1));
	}
	return n;
}

static bool same_order(uint32_t a, uint32_t b)
{
	struct ax_buf one = AX_BUF_INIT, other = AX_BUF_INIT;
	bool same =
		walk_order(a, &one) == walk_order(b, &other) && ax_slice_eq(ax_buf_view(&one), ax_buf_view(&other));
	ax_buf_fini(&one);
	ax_buf_fini(&other);
	return same;
}

static void check_equal(const struct image *a, const struct image *b)
{
	ck_assert(index_walk(a->names, in_other, (void *)b));
	ck_assert(index_walk(b->names, in_other, (void *)a));
	ck_assert(ax_id_eq(&a->tree.id, &b->tree.id));
	ck_assert_uint_eq(a->serial, b->serial);
	for (unsigned i = 0; i < IMAGE_ORDERS; i++)
		ck_assert(same_order(a->order[i], b->order[i]));
}

static void open_zone(const char *text)
{
	fixture_open(&f, "example.");
	OK(import(&f, text));
}

static const char base[] = "$TTL 300\n@ SOA ns1 host 7 3600 900 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n";

START_TEST(image__empty_non_terminals_are_names_too)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_printf(&b, "%sa.b.c A 192.0.2.2\nd.b.c A 192.0.2.3\n*.w TXT x\n", base);
	open_zone(ax_buf_cstr(&b));
	struct image *im = build();
	ck_assert_uint_eq(node(im, "c")->rrsets, 0);
	ck_assert(node(im, "c")->flags & IMAGE_PARENT);
	ck_assert(node(im, "b.c")->flags & IMAGE_PARENT);
	ck_assert(!(node(im, "a.b.c")->flags & IMAGE_PARENT));
	ck_assert(node(im, "w")->flags & IMAGE_WILDCARD);
	ck_assert(!(node(im, "b.c")->flags & IMAGE_WILDCARD));
	ck_assert(im->top->flags & IMAGE_PARENT);
	ck_assert_ptr_null(node(im, "x.c"));
	image_unref(im);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(image__a_name_removed_takes_the_empty_ones_above_with_it)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_printf(&b, "%sa.b.c A 192.0.2.2\n*.b.c A 192.0.2.3\nx A 192.0.2.4\ny A 192.0.2.5\n", base);
	open_zone(ax_buf_cstr(&b));
	struct image *first = build();
	OK(erase(&f, "*.b.c", AX_TYPE_A));
	struct image *second = update(first);
	ck_assert(!(node(second, "b.c")->flags & IMAGE_WILDCARD));
	ck_assert(node(second, "b.c")->flags & IMAGE_PARENT);
	OK(erase(&f, "a.b.c", AX_TYPE_A));
	struct image *third = update(second);
	ck_assert_ptr_null(node(third, "a.b.c"));
	ck_assert_ptr_null(node(third, "b.c"));
	ck_assert_ptr_null(node(third, "c"));
	ck_assert(third->top->flags & IMAGE_PARENT);
	/* The image before is what it was. */
	ck_assert(node(first, "b.c")->flags & IMAGE_WILDCARD);
	ck_assert(node(first, "b.c")->flags & IMAGE_PARENT);
	struct image *fresh = build();
	check_equal(third, fresh);
	image_unref(first);
	image_unref(second);
	check_equal(third, fresh);
	image_unref(third);
	image_unref(fresh);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(image__a_commit_that_only_raises_the_serial_shares_everything)
{
	struct ax_buf b = AX_BUF_INIT;
	open_zone(base);
	struct image *a = build();
	ax_buf_str(&b, base);
	ax_buf_str(&b, "");
	memcpy(strstr((char *)b.p, " 7 "), " 9 ", 3);
	OK(save(&f, ax_buf_cstr(&b)));
	struct image *c = update(a);
	ck_assert_uint_eq(c->serial, 9);
	ck_assert_uint_eq(c->names, a->names);
	ck_assert_uint_eq(c->copied, 0);
	image_unref(a);
	image_unref(c);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(image__too_much_of_a_difference_is_told)
{
	struct ax_buf b = AX_BUF_INIT;
	struct image *im;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 0);
	struct image *old = build();
	OK(import(&f, zone_text(&b, 2, 50)));
	struct ax_commit_info c = tip_of(&f, "main");
	FAILS(AX_ELIMIT, image_update(&im, old, f.txn, &c, 49));
	ck_assert_ptr_null(im);
	OK(image_update(&im, old, f.txn, &c, 50));
	image_unref(im);
	image_unref(old);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

/* From one random zone to another and back, by diffs: always what a fresh build gives. */
START_TEST(image__updated_equals_built_on_random_zones)
{
	uint64_t seed = check_seed();
	struct nasty *z = calloc(1, sizeof *z);
	struct ax_buf b = AX_BUF_INIT;
	ck_assert_ptr_nonnull(z);
	nasty_zone(&b, z, seed);
	nasty_sign(&b, z, (unsigned)_i, "example.");
	open_zone(ax_buf_cstr(&b));
	struct image *im = build();
	for (unsigned i = 1; i < (full_run() ? 400 : 40); i++) {
		nasty_zone(&b, z, seed + i / 2 % 5 * 7919 + i % 2 * 31);
		nasty_sign(&b, z, (unsigned)_i, "example.");
		enum ax_err e = import_on(&f, "main", ax_buf_cstr(&b), AX_SERIAL_FROM_TRANSFER);
		ck_assert_msg(e == AX_OK || e == AX_ENOCHANGE, "%s", ax_err_text(e));
		struct image *next = update(im), *fresh = build();
		check_equal(next, fresh);
		image_unref(im);
		image_unref(fresh);
		im = next;
	}
	image_unref(im);
	ax_buf_fini(&b);
	free(z);
	fixture_close(&f);
}
END_TEST

START_TEST(image__one_change_in_a_big_zone_copies_few_nodes)
{
	struct ax_buf b = AX_BUF_INIT;
	unsigned n = full_run() ? 1000000 : 100000;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, n);
	struct image *im = build();
	uint64_t most = 0;
	for (unsigned i = 0; i < 200; i++) {
		ax_buf_clear(&b);
		if (i % 3 == 2)
			ax_buf_printf(&b, "$TTL 300\nnew%u.below.h%u A 203.0.113.%u\n", i, i * 401 % n, i);
		else
			ax_buf_printf(&b, "$TTL 300\nh%u A 203.0.113.%u\n", i * 4001 % n, i);
		if (i % 3 == 2 && _i)
			ax_buf_printf(&b, "new%u.below.h%u NSEC @ A\n", i, i * 401 % n);
		OK(save(&f, ax_buf_cstr(&b)));
		struct image *next = update(im);
		if (next->copied > most)
			most = next->copied;
		image_unref(im);
		im = next;
	}
	printf("%u RRsets, at most %" PRIu64 " nodes copied by a change\n", n, most);
	ck_assert_uint_gt(most, 0);
	ck_assert_uint_le(most, 100);
	image_unref(im);
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

static bool renew(void *ctx, struct ax_txn *t, bool *stop)
{
	unsigned *calls = ctx;
	*stop = *calls == 99;
	++*calls;
	OK(ax_txn_renew(t));
	return true;
}

START_TEST(image__a_build_survives_its_transaction_being_renewed)
{
	unsigned calls = 0, stop_at_once = 99;
	struct image *im, *fresh;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 40000);
	struct ax_commit_info c = tip_of(&f, "main");
	OK(image_build(&im, f.txn, f.zone, &f.apex, &c, renew, &calls));
	ck_assert_uint_gt(calls, 1);
	fresh = build();
	check_equal(im, fresh);
	image_unref(im);
	image_unref(fresh);
	FAILS(AX_ELOST, image_build(&im, f.txn, f.zone, &f.apex, &c, renew, &stop_at_once));
	ck_assert_ptr_null(im);
	fixture_close(&f);
}
END_TEST

/* Flip the last bit of what the file has wherever it has it: here an address at the end of a leaf. */
static void flip_end(const char *path, const uint8_t *what, size_t n)
{
	static uint8_t file[1 << 20];
	int fd = open(path, O_RDWR);
	ssize_t size = read(fd, file, sizeof file);
	unsigned found = 0;
	for (uint8_t *p = file; (p = memmem(p, (size_t)(file + size - p), what, n)); p++) {
		uint8_t c = p[n - 1] ^ 1;
		ck_assert_int_eq(pwrite(fd, &c, 1, p - file + (off_t)n - 1), 1);
		found++;
	}
	close(fd);
	ck_assert_uint_gt(found, 0);
}

START_TEST(image__is_not_built_of_damaged_nodes)
{
	struct ax_object o;
	struct image *im;
	char path[100];
	uint8_t leaf[4096];
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 3);
	struct ax_commit_info c = tip_of(&f, "main");
	OK(ax_object_read(&o, f.txn, c.root.node, AX_KIND_LEAF));
	ck_assert_uint_le(o.canonical.n, sizeof leaf);
	memcpy(leaf, o.canonical.p, o.canonical.n);
	size_t n = o.canonical.n;
	ax_txn_abort(f.txn);
	f.txn = NULL;
	ax_repo_close(f.repo);
	snprintf(path, sizeof path, "%s/store/data.mdb", f.dir);
	flip_end(path, leaf, n);
	OK(ax_repo_open(&f.repo, f.dir, false));
	FAILS(AX_ECORRUPT, image_build(&im, look(&f), f.zone, &f.apex, &c, NULL, NULL));
	ck_assert_ptr_null(im);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, image__empty_non_terminals_are_names_too);
	tcase_add_test(tc, image__a_name_removed_takes_the_empty_ones_above_with_it);
	tcase_add_test(tc, image__a_commit_that_only_raises_the_serial_shares_everything);
	tcase_add_test(tc, image__too_much_of_a_difference_is_told);
	tcase_add_loop_test(tc, image__updated_equals_built_on_random_zones, 0, 3);
	tcase_add_test(tc, image__one_change_in_a_big_zone_copies_few_nodes);
	tcase_add_test(tc, image__a_build_survives_its_transaction_being_renewed);
	tcase_add_test(tc, image__is_not_built_of_damaged_nodes);
}

int main(void)
{
	return check_main("image", add);
}
