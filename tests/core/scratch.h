/* scratch.h - a store in a scratch folder, a seeded generator, and a plain model of a tree: for the tests of the
 * store and of the tree. */
#ifndef AX_TESTS_SCRATCH_H
#define AX_TESTS_SCRATCH_H

#include "core/edit.h"
#include "core/node.h"
#include "core/store_internal.h"
#include "tests/check.h"

#include <ftw.h>
#include <string.h>
#include <unistd.h>

/* What must not fail in a test. */
#define OK(call)                                                                                         \
	do {                                                                                             \
		enum ax_err ok_e = (call);                                                               \
		ck_assert_msg(ok_e == AX_OK, "%s: %s: %s", #call, ax_err_name(ok_e), ax_err_text(ok_e)); \
	} while (0)

struct scratch {
	char dir[64];
	struct ax_store *store;
	struct ax_txn *txn;
};

static inline int scratch_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void scratch_remove(const char *dir)
{
	nftw(dir, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new store, opened. map_size 0: the usual. */
static inline void scratch_open(struct scratch *s, size_t map_size)
{
	const char *tmp = getenv("TMPDIR");
	*s = (struct scratch){ 0 };
	snprintf(s->dir, sizeof s->dir, "%s/apextest.XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(s->dir));
	OK(ax_store_create(s->dir, false, 0));
	if (map_size)
		OK(ax_store_open_sized(&s->store, s->dir, false, map_size));
	else
		OK(ax_store_open(&s->store, s->dir, false));
}

static inline void scratch_close(struct scratch *s)
{
	ax_txn_abort(s->txn);
	ax_store_close(s->store);
	scratch_remove(s->dir);
}

/* A write transaction that is not flushed: tests of trees need no disk. */
static inline void scratch_begin(struct scratch *s)
{
	OK(ax_txn_write(&s->txn, s->store, true));
}

static inline void scratch_commit(struct scratch *s)
{
	struct ax_txn *t = s->txn;
	s->txn = NULL;
	OK(ax_txn_commit(t));
}

/* -- random ----------------------------------------------------------------------------------------------- */

struct rng {
	uint64_t s;
};

static inline uint64_t rng_next(struct rng *r)
{
	/* splitmix64 */
	uint64_t z = (r->s += 0x9e3779b97f4a7c15u);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return rng_next(r) % n;
}

static inline struct rng rng_seeded(void)
{
	return (struct rng){ check_seed() };
}

static inline bool full_run(void)
{
	return getenv("APEX_TEST_FULL") != NULL;
}

/* -- model: a sorted array of what a tree should hold ------------------------------------------------------ */

struct model_entry {
	uint8_t *key, *value;
	size_t key_len, value_len;
	uint64_t changed;
};

struct model {
	struct model_entry *at;
	size_t n, cap;
};

static inline struct ax_slice model_key(const struct model *m, size_t i)
{
	return ax_slice(m->at[i].key, m->at[i].key_len);
}

static inline struct ax_slice model_value(const struct model *m, size_t i)
{
	return ax_slice(m->at[i].value, m->at[i].value_len);
}

/* The position of the first entry whose key is >= key. */
static inline size_t model_lower_bound(const struct model *m, struct ax_slice key)
{
	size_t lo = 0, hi = m->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (ax_slice_cmp(model_key(m, mid), key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static inline bool model_has(const struct model *m, size_t i, struct ax_slice key)
{
	return i < m->n && ax_slice_eq(model_key(m, i), key);
}

static inline uint8_t *model_dup(struct ax_slice s)
{
	uint8_t *p = malloc(s.n + 1);
	ck_assert_ptr_nonnull(p);
	memcpy(p, s.p, s.n);
	return p;
}

/* As one edit does: an empty value deletes, an equal one does nothing. */
static inline void model_edit(struct model *m, const struct ax_edit *e, uint64_t commit)
{
	size_t i = model_lower_bound(m, e->key);
	bool there = model_has(m, i, e->key);
	if (there && ax_slice_eq(model_value(m, i), e->value))
		return;
	if (there) {
		free(m->at[i].value);
		m->at[i].value = NULL;
	}
	if (e->value.n == 0) {
		if (there) {
			free(m->at[i].key);
			memmove(m->at + i, m->at + i + 1, (--m->n - i) * sizeof *m->at);
		}
		return;
	}
	if (!there) {
		if (m->n == m->cap) {
			m->cap = m->cap ? 2 * m->cap : 64;
			m->at = realloc(m->at, m->cap * sizeof *m->at);
			ck_assert_ptr_nonnull(m->at);
		}
		memmove(m->at + i + 1, m->at + i, (m->n++ - i) * sizeof *m->at);
		m->at[i].key = model_dup(e->key);
		m->at[i].key_len = e->key.n;
	}
	m->at[i].value = model_dup(e->value);
	m->at[i].value_len = e->value.n;
	m->at[i].changed = commit;
}

static inline void model_fini(struct model *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->at[i].key);
		free(m->at[i].value);
	}
	free(m->at);
	*m = (struct model){ 0 };
}

/* The tree that a fresh build of the model's content gives. */
static inline void model_build(struct ax_root *out, const struct model *m, struct ax_txn *t)
{
	struct ax_root empty = ax_tree_empty();
	struct ax_edit *edits = calloc(m->n + 1, sizeof *edits);
	ck_assert_ptr_nonnull(edits);
	for (size_t i = 0; i < m->n; i++)
		edits[i] = (struct ax_edit){ model_key(m, i), model_value(m, i) };
	OK(ax_tree_edit(out, NULL, t, &empty, edits, m->n, 1));
	free(edits);
}

/* -- random names and values ------------------------------------------------------------------------------ */

/* A key as name.h makes them: one or two labels, a type. `space` names in all. */
static inline size_t random_key(uint8_t *out, struct rng *r, uint64_t space)
{
	static const uint16_t types[] = { 1, 2, 16, 28 };
	uint64_t name = rng_below(r, space);
	int n = name % 10 == 0
			? snprintf((char *)out, 64, "sub%llu%cn%llu", (unsigned long long)(name / 10 % 97), 0,
				   (unsigned long long)name)
			: snprintf((char *)out, 64, "host%llu", (unsigned long long)(name * 2654435761u % 100003));
	uint16_t type = types[rng_below(r, 4)];
	const uint8_t end[] = { 0, 0, (uint8_t)(type >> 8), (uint8_t)type };
	memcpy(out + n, end, sizeof end);
	return (size_t)n + sizeof end;
}

/* Values as RRsets are: mostly small, some long, a few beyond the inline limit. */
static inline size_t random_value(uint8_t *out, struct rng *r)
{
	uint64_t kind = rng_below(r, 100);
	size_t n = kind < 70   ? 11 + rng_below(r, 20)
		   : kind < 96 ? 40 + rng_below(r, 180)
		   : kind < 98 ? 505 + rng_below(r, 12)
			       : 600 + rng_below(r, 1500);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)rng_next(r);
	return n;
}

/* n random edits with keys unique and sorted; bytes are kept in `bytes`. Returns how many there are. */
static inline int edit_order(const void *a, const void *b)
{
	const struct ax_edit *x = a, *y = b;
	return ax_slice_cmp(x->key, y->key);
}

static inline size_t random_edits(struct ax_edit *edits, uint8_t *bytes, size_t n, struct rng *r, uint64_t space,
				  unsigned percent_delete)
{
	uint8_t *p = bytes;
	for (size_t i = 0; i < n; i++) {
		edits[i].key = ax_slice(p, random_key(p, r, space));
		p += edits[i].key.n;
		edits[i].value = ax_slice(p, rng_below(r, 100) < percent_delete ? 0 : random_value(p, r));
		p += edits[i].value.n;
	}
	qsort(edits, n, sizeof *edits, edit_order);
	size_t unique = 0;
	for (size_t i = 0; i < n; i++)
		if (unique == 0 || !ax_slice_eq(edits[unique - 1].key, edits[i].key))
			edits[unique++] = edits[i];
	return unique;
}

enum { RANDOM_EDIT_MAX = 64 + 2200 };

#endif
