#include "core/object.h"
#include "tests/core/scratch.h"

static struct ax_slice none;

START_TEST(object__record_bytes_are_frozen)
{
	struct scratch s;
	struct ax_slice record;
	uint64_t id;
	scratch_open(&s, 0);
	scratch_begin(&s);
	OK(ax_object_write(&id, s.txn, AX_KIND_LEAF, ax_slice("abc", 3), ax_slice("side", 4)));
	OK(ax_txn_get_object(&record, s.txn, id));
	ck_assert(ax_slice_eq(record, ax_slice("\0\1\3abcside", 10)));
	scratch_close(&s);
}
END_TEST

START_TEST(object__what_is_written_is_read)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 2022, 4000, 4096, 5000, 1 << 20 };
	struct scratch s;
	uint64_t id[9];
	uint8_t *bytes = calloc(1, 1 << 20);
	scratch_open(&s, 0);
	scratch_begin(&s);
	for (int i = 0; i < 9; i++) {
		bytes[0] = (uint8_t)i;
		OK(ax_object_write(&id[i], s.txn, AX_KIND_BLOB, ax_slice(bytes, sizes[i]), ax_slice("x", 1)));
	}
	scratch_commit(&s);
	OK(ax_txn_read(&s.txn, s.store));
	for (int i = 0; i < 9; i++) {
		struct ax_object o;
		bytes[0] = (uint8_t)i;
		OK(ax_object_read(&o, s.txn, id[i], AX_KIND_BLOB));
		ck_assert(ax_slice_eq(o.canonical, ax_slice(bytes, sizes[i])));
		ck_assert(ax_slice_eq(o.sidecar, ax_slice("x", 1)));
		struct ax_id hash = ax_hash_object(AX_KIND_BLOB, o.canonical);
		OK(ax_object_verify(s.txn, id[i], AX_KIND_BLOB, &hash));
		hash.b[31] ^= 1;
		ck_assert_int_eq(ax_object_verify(s.txn, id[i], AX_KIND_BLOB, &hash), AX_ECORRUPT);
		ck_assert_int_eq(ax_object_read(&o, s.txn, id[i], AX_KIND_TAG), AX_ECORRUPT);
	}
	free(bytes);
	scratch_close(&s);
}
END_TEST

START_TEST(object__malformed_records_are_corrupt)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = { { "", 0 },
		    { "\0", 1 },
		    { "\0\1", 2 },
		    { "\0\1\4abc", 6 },
		    { "\1\1\3abc", 6 },
		    { "\2\1\3abc", 6 },
		    { "\0\0\3abc", 6 },
		    { "\0\6\3abc", 6 },
		    { "\0\1\x83\0abc", 7 } /* a length not in its shortest form */ };
	struct scratch s;
	struct ax_object o;
	scratch_open(&s, 0);
	scratch_begin(&s);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint64_t id;
		OK(ax_txn_next_id(&id, s.txn));
		OK(ax_txn_put_object(s.txn, id, ax_slice(bad[i].bytes, bad[i].n)));
		ck_assert_int_eq(ax_object_read(&o, s.txn, id, 0), AX_ECORRUPT);
	}
	ck_assert_int_eq(ax_object_read(&o, s.txn, 12345, 0), AX_ECORRUPT);
	ck_assert_int_eq(ax_object_read(&o, s.txn, 0, 0), AX_ECORRUPT);
	scratch_close(&s);
}
END_TEST

/* A commit whose placeholder is put first and overwritten when its tree is known. */
START_TEST(object__a_reserved_record_is_overwritten_in_place)
{
	struct scratch s;
	struct ax_object o;
	uint64_t commit, other;
	scratch_open(&s, 0);
	scratch_begin(&s);
	OK(ax_txn_next_id(&commit, s.txn));
	OK(ax_object_write_at(s.txn, commit, AX_KIND_COMMIT, ax_slice_str("tree ?"), none));
	for (int i = 0; i < 500; i++)
		OK(ax_object_write(&other, s.txn, AX_KIND_LEAF, ax_slice_str("leaf"), none));
	OK(ax_object_write_at(s.txn, commit, AX_KIND_COMMIT, ax_slice_str("tree 1"), none));
	ck_assert_int_eq(ax_object_write_at(s.txn, commit, AX_KIND_COMMIT, ax_slice_str("longer than that"), none),
			 AX_EINTERNAL);
	OK(ax_object_write(&other, s.txn, AX_KIND_LEAF, ax_slice_str("leaf"), none));
	ck_assert_uint_eq(other, commit + 501);
	scratch_commit(&s);
	scratch_begin(&s);
	OK(ax_object_read(&o, s.txn, commit, AX_KIND_COMMIT));
	ck_assert(ax_slice_eq(o.canonical, ax_slice_str("tree 1")));
	/* what was committed stays */
	ck_assert_int_eq(ax_object_write_at(s.txn, commit, AX_KIND_COMMIT, ax_slice_str("tree 2"), none),
			 AX_EINTERNAL);
	scratch_close(&s);
}
END_TEST

enum { COMMITS = 3000 };

static void index_commits(struct scratch *s, struct ax_id *hash, uint64_t *id)
{
	scratch_begin(s);
	for (int i = 0; i < COMMITS; i++) {
		char text[32];
		struct ax_slice c = ax_slice(text, (size_t)sprintf(text, "commit %d", i));
		OK(ax_object_write(&id[i], s->txn, i % 7 ? AX_KIND_COMMIT : AX_KIND_TAG, c, none));
		hash[i] = ax_hash_object(i % 7 ? AX_KIND_COMMIT : AX_KIND_TAG, c);
		OK(ax_object_index(s->txn, id[i], &hash[i]));
	}
	scratch_commit(s);
	OK(ax_txn_read(&s->txn, s->store));
}

START_TEST(object__index_finds_commits_by_hash_and_prefix)
{
	struct scratch s;
	static struct ax_id hash[COMMITS];
	static uint64_t id[COMMITS];
	struct ax_id full, other;
	uint64_t got;
	scratch_open(&s, 0);
	index_commits(&s, hash, id);
	for (int i = 0; i < COMMITS; i += 7) {
		char hex[AX_ID_HEX + 1];
		OK(ax_object_find(&got, s.txn, &hash[i]));
		ck_assert_uint_eq(got, id[i]);
		other = hash[i];
		other.b[31] ^= 1; /* the same index entry, another object */
		ck_assert_int_eq(ax_object_find(&got, s.txn, &other), AX_ENOENT);
		ax_id_hex(hex, &hash[i]);
		for (size_t n = 4; n <= AX_ID_HEX; n++) {
			char prefix[AX_ID_HEX + 1];
			int matches = 0;
			snprintf(prefix, sizeof prefix, "%.*s", (int)n, hex);
			for (int k = 0; k < COMMITS && n < 9; k++) {
				char each[AX_ID_HEX + 1];
				ax_id_hex(each, &hash[k]);
				matches += strncmp(each, prefix, n) == 0;
			}
			enum ax_err e = ax_object_find_prefix(&got, &full, s.txn, prefix);
			ck_assert_int_eq(e, matches > 1 ? AX_EAMBIGUOUS : AX_OK);
			if (!e) {
				ck_assert_uint_eq(got, id[i]);
				ck_assert(ax_id_eq(&full, &hash[i]));
			}
			if (n > 16 && n < 60)
				n += 10;
		}
	}
	scratch_close(&s);
}
END_TEST

START_TEST(object__prefix_must_be_4_to_64_hex_digits)
{
	struct scratch s;
	uint64_t got;
	static const char *const bad[] = { "", "abc", "xyzw", "abcg",
					   "00000000000000000000000000000000000000000000000000000000000000000" };
	scratch_open(&s, 0);
	OK(ax_txn_read(&s.txn, s.store));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(ax_object_find_prefix(&got, NULL, s.txn, bad[i]), AX_EINVAL);
	ck_assert_int_eq(ax_object_find_prefix(&got, NULL, s.txn, "ABCD"), AX_ENOENT);
	scratch_close(&s);
}
END_TEST

/* Two objects under one key of the index: only a list tells them apart. */
START_TEST(object__equal_first_bytes_are_kept_apart)
{
	struct scratch s;
	uint64_t a, b, got;
	char hex[AX_ID_HEX + 1];
	scratch_open(&s, 0);
	scratch_begin(&s);
	OK(ax_object_write(&a, s.txn, AX_KIND_COMMIT, ax_slice_str("one"), none));
	OK(ax_object_write(&b, s.txn, AX_KIND_COMMIT, ax_slice_str("two"), none));
	struct ax_id one = ax_hash_object(AX_KIND_COMMIT, ax_slice_str("one"));
	/* as if both began with the bytes of the first */
	OK(ax_object_index(s.txn, b, &one));
	OK(ax_object_index(s.txn, a, &one));
	OK(ax_object_find(&got, s.txn, &one));
	ck_assert_uint_eq(got, a);
	ax_id_hex(hex, &one);
	hex[16] = 0;
	OK(ax_object_find_prefix(&got, NULL, s.txn, hex));
	ck_assert_uint_eq(got, a);
	scratch_close(&s);
}
END_TEST

START_TEST(object__index_is_walked_whole)
{
	struct scratch s;
	static struct ax_id hash[COMMITS];
	static uint64_t id[COMMITS];
	static bool seen[COMMITS];
	struct ax_buf pos = AX_BUF_INIT;
	uint64_t got;
	size_t n = 0;
	enum ax_err e;
	scratch_open(&s, 0);
	index_commits(&s, hash, id);
	while (!(e = ax_object_index_next(&got, s.txn, &pos))) {
		ck_assert_uint_ge(got, id[0]);
		ck_assert_uint_lt(got - id[0], COMMITS);
		ck_assert(!seen[got - id[0]]);
		seen[got - id[0]] = true;
		n++;
	}
	ck_assert_int_eq(e, AX_ENOENT);
	ck_assert_uint_eq(n, COMMITS);
	ax_buf_fini(&pos);
	scratch_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, object__record_bytes_are_frozen);
	tcase_add_test(tc, object__what_is_written_is_read);
	tcase_add_test(tc, object__malformed_records_are_corrupt);
	tcase_add_test(tc, object__a_reserved_record_is_overwritten_in_place);
	tcase_add_test(tc, object__index_finds_commits_by_hash_and_prefix);
	tcase_add_test(tc, object__prefix_must_be_4_to_64_hex_digits);
	tcase_add_test(tc, object__equal_first_bytes_are_kept_apart);
	tcase_add_test(tc, object__index_is_walked_whole);
}

int main(void)
{
	return check_main("object", add);
}
