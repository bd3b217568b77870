#include "core/history.h"
#include "tests/core/repo_fixture.h"

/* A set of small records, as bits, and a TTL: what the tests speak of instead of bytes. */
struct set {
	unsigned members;
	uint32_t ttl_s;
};

static struct ax_slice value_of(struct ax_buf *b, uint16_t type, struct set s)
{
	struct ax_rrset_builder set;
	ax_buf_clear(b);
	if (!s.members)
		return ax_slice(NULL, 0);
	ax_rrset_builder_init(&set, type, 0);
	for (unsigned i = 0; i < 8; i++)
		if (s.members >> i & 1) {
			uint8_t a[4] = { 192, 0, 2, (uint8_t)i }, text[3] = { 2, 'x', (uint8_t)('a' + i) },
				name[3] = { 1, (uint8_t)('a' + i), 0 };
			const uint8_t *rdata = type == AX_TYPE_A ? a : type == AX_TYPE_TXT ? text : name;
			OK(ax_rrset_builder_add(&set, s.ttl_s, ax_slice(rdata, type == AX_TYPE_A ? 4 : 3)));
		}
	OK(ax_rrset_builder_finish(b, &set));
	ax_rrset_builder_fini(&set);
	return ax_buf_view(b);
}

/* -1: a conflict; else the members of the merge. */
static int merged(uint16_t type, struct set base, struct set ours, struct set theirs, uint32_t *ttl_s)
{
	struct ax_buf b[4] = { 0 };
	struct ax_slice out;
	int members = 0;
	struct ax_slice v[3] = { value_of(&b[0], type, base), value_of(&b[1], type, ours),
				 value_of(&b[2], type, theirs) };
	bool clean = ax_merge_rrset(&out, &b[3], type, v[0], v[1], v[2], false);
	if (clean && out.n) {
		struct ax_rrset set;
		struct ax_rr rr;
		size_t pos = 0;
		OK(ax_rrset_view(&set, type, 0, out));
		while (ax_rrset_next(&rr, &set, &pos))
			members |= 1 << (type == AX_TYPE_A     ? rr.rdata.p[3]
					 : type == AX_TYPE_TXT ? rr.rdata.p[2] - 'a'
							       : rr.rdata.p[1] - 'a');
		*ttl_s = set.ttl_s;
	}
	for (int i = 0; i < 4; i++)
		ax_buf_fini(&b[i]);
	return clean ? members : -1;
}

static int members(uint16_t type, unsigned base, unsigned ours, unsigned theirs)
{
	uint32_t ttl_s;
	return merged(type, (struct set){ base, 300 }, (struct set){ ours, 300 }, (struct set){ theirs, 300 },
		      &ttl_s);
}

START_TEST(merge__one_side_alone_wins)
{
	ck_assert_int_eq(members(AX_TYPE_A, 1, 1, 2), 2);
	ck_assert_int_eq(members(AX_TYPE_A, 1, 2, 1), 2);
	ck_assert_int_eq(members(AX_TYPE_A, 1, 1, 0), 0);
	ck_assert_int_eq(members(AX_TYPE_A, 1, 0, 1), 0);
	ck_assert_int_eq(members(AX_TYPE_A, 0, 0, 3), 3);
	ck_assert_int_eq(members(AX_TYPE_CNAME, 1, 1, 2), 2);
}
END_TEST

START_TEST(merge__both_sides_add_same_record_is_clean)
{
	ck_assert_int_eq(members(AX_TYPE_A, 0, 1, 1), 1);
	ck_assert_int_eq(members(AX_TYPE_A, 1, 3, 3), 3);
	ck_assert_int_eq(members(AX_TYPE_A, 1, 0, 0), 0);
	ck_assert_int_eq(members(AX_TYPE_CNAME, 1, 2, 2), 2);
}
END_TEST

START_TEST(merge__each_side_adding_another_record_is_clean)
{
	ck_assert_int_eq(members(AX_TYPE_A, 1, 3, 5), 7);
	ck_assert_int_eq(members(AX_TYPE_TXT, 1, 3, 13), 15);
}
END_TEST

START_TEST(merge__each_side_removing_another_record_is_clean)
{
	ck_assert_int_eq(members(AX_TYPE_A, 7, 3, 5), 1);
	ck_assert_int_eq(members(AX_TYPE_A, 3, 1, 2), -1); /* nothing would be left, which neither side said */
}
END_TEST

START_TEST(merge__adding_and_removing_is_a_conflict)
{
	ck_assert_int_eq(members(AX_TYPE_A, 1, 2, 4), -1); /* each replaced it */
	ck_assert_int_eq(members(AX_TYPE_A, 3, 7, 1), -1);
	ck_assert_int_eq(members(AX_TYPE_A, 1, 0, 3), -1);
	ck_assert_int_eq(members(AX_TYPE_A, 0, 1, 2), -1); /* a set that two made is no set that two added to */
}
END_TEST

START_TEST(merge__lone_types_never_merge_by_member)
{
	static const uint16_t lone[] = { AX_TYPE_CNAME, AX_TYPE_DNAME };
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(members(lone[i], 1, 3, 5), -1);
		ck_assert_int_eq(members(lone[i], 7, 3, 5), -1);
	}
}
END_TEST

START_TEST(merge__ttl_goes_its_own_way)
{
	uint32_t ttl_s = 0;
	ck_assert_int_eq(
		merged(AX_TYPE_A, (struct set){ 1, 300 }, (struct set){ 1, 60 }, (struct set){ 3, 300 }, &ttl_s), 3);
	ck_assert_uint_eq(ttl_s, 60);
	ck_assert_int_eq(
		merged(AX_TYPE_A, (struct set){ 1, 300 }, (struct set){ 3, 300 }, (struct set){ 5, 60 }, &ttl_s), 7);
	ck_assert_uint_eq(ttl_s, 60);
	ck_assert_int_eq(
		merged(AX_TYPE_A, (struct set){ 1, 300 }, (struct set){ 1, 60 }, (struct set){ 1, 30 }, &ttl_s), -1);
}
END_TEST

/* -- whole histories against a brute force ------------------------------------------------------------------ */

enum { KEYS = 6, NODES = 60, BRANCHES = 4 };

/* A commit as the model has it: its content, and all its ancestors as bits. */
struct node {
	uint64_t commit, above; /* local id; ancestors, itself included */
	struct set key[KEYS];
};

struct history {
	struct fixture f;
	struct node node[NODES];
	size_t n;
	size_t tip[BRANCHES];
	unsigned merges, crossed, conflicts;
};

static uint16_t type_of(unsigned key)
{
	return key < 4 ? AX_TYPE_A : key == 4 ? AX_TYPE_TXT : AX_TYPE_CNAME;
}

static bool same_set(struct set a, struct set b)
{
	return a.members == b.members && (!a.members || a.ttl_s == b.ttl_s);
}

/* The rule, said in bits. False: a conflict. */
static bool model_set(struct set *out, uint16_t type, struct set b, struct set o, struct set t)
{
	*out = o;
	if (same_set(o, t) || same_set(b, t))
		return true;
	*out = t;
	if (same_set(b, o))
		return true;
	if (type == AX_TYPE_CNAME || !b.members || !o.members || !t.members)
		return false;
	unsigned added = (o.members | t.members) & ~b.members, kept = b.members & o.members & t.members;
	bool ttl = o.ttl_s == b.ttl_s || t.ttl_s == b.ttl_s || o.ttl_s == t.ttl_s;
	*out = (struct set){ kept | added, o.ttl_s == b.ttl_s ? t.ttl_s : o.ttl_s };
	return ttl && out->members && !(added && kept != b.members);
}

/* Common ancestors that are above no other common ancestor. */
static size_t model_bases(size_t *base, const struct history *h, size_t a, size_t b)
{
	uint64_t common = h->node[a].above & h->node[b].above, best = common;
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++)
		if (common >> i & 1)
			best &= ~(h->node[i].above & ~((uint64_t)1 << i));
	for (size_t i = 0; i < h->n; i++)
		if (best >> i & 1)
			base[n++] = i;
	return n;
}

/* What several bases come to when they are merged themselves; false if they disagree. */
static bool model_above(struct set *out, const struct history *h, const size_t *base, size_t n, unsigned k, int depth)
{
	size_t above[NODES];
	struct set root;
	*out = n ? h->node[base[0]].key[k] : (struct set){ 0 };
	if (n <= 1)
		return depth > 0 && n == 1;
	struct set a = h->node[base[0]].key[k], b = h->node[base[1]].key[k];
	if (depth <= 0 || n > 2)
		return false;
	if (same_set(a, b))
		return true;
	return model_above(&root, h, above, model_bases(above, h, base[0], base[1]), k, depth - 1) &&
	       model_set(out, type_of(k), root, a, b);
}

/* Where there is a conflict, `side` decides; false if there was one. */
static bool model_merge(struct node *out, const struct history *h, size_t a, size_t b, enum ax_side side,
			size_t *bases)
{
	size_t base[NODES], n = model_bases(base, h, a, b);
	bool all_clean = true;
	*bases = n;
	for (unsigned k = 0; k < KEYS; k++) {
		bool clean = true;
		for (size_t i = 0; i < n; i++) {
			struct set one;
			clean = model_set(&one, type_of(k), h->node[base[i]].key[k], h->node[a].key[k],
					  h->node[b].key[k]) &&
				clean && (!i || same_set(one, out->key[k]));
			out->key[k] = one;
		}
		struct set above;
		if (!clean && n == 2)
			clean = model_above(&above, h, base, n, k, 8) &&
				model_set(&out->key[k], type_of(k), above, h->node[a].key[k], h->node[b].key[k]);
		if (!clean)
			out->key[k] = h->node[side == AX_SIDE_OURS ? a : b].key[k];
		all_clean = all_clean && clean;
	}
	return all_clean;
}

static const char *branch_name(unsigned branch)
{
	static const char *const names[BRANCHES] = { "main", "one", "two", "three" };
	return names[branch];
}

static void random_edit(struct history *h, struct rng *r, unsigned branch)
{
	struct ax_batch batch;
	struct ax_buf b = AX_BUF_INIT;
	struct node now = h->node[h->tip[branch]];
	ax_batch_init(&batch, &h->f.apex);
	for (unsigned i = 0, n = 1 + (unsigned)rng_below(r, 2); i < n; i++) {
		char owner[8];
		unsigned k = (unsigned)rng_below(r, KEYS), bit = 1u << rng_below(r, 5);
		struct set *set = &now.key[k];
		*set = type_of(k) == AX_TYPE_CNAME
			       ? (struct set){ rng_below(r, 4) ? bit : 0, 300 }
			       : (struct set){ set->members ^ bit, rng_below(r, 6) || !set->ttl_s ? 300 : 60 };
		snprintf(owner, sizeof owner, "k%u", k);
		struct ax_name name = owner_of(&h->f, owner);
		struct ax_slice value = value_of(&b, type_of(k), *set);
		if (value.n)
			OK(ax_batch_put(&batch, &name, type_of(k), 0, value));
		else
			OK(ax_batch_delete(&batch, &name, type_of(k), 0));
	}
	pass_time(&h->f, 100);
	OK(commit_batch(&h->f, &batch, branch_name(branch), false, AX_SERIAL_FROM_EDIT, NULL));
	if (h->f.out.changed) {
		now.commit = h->f.out.commit;
		now.above = h->node[h->tip[branch]].above | (uint64_t)1 << h->n;
		h->node[h->n] = now;
		h->tip[branch] = h->n++;
	}
	ax_batch_fini(&batch);
	ax_buf_fini(&b);
}

/* The tree of this content, made at one go in another repository. */
static struct ax_id fresh_root(const struct node *node)
{
	struct fixture f;
	struct ax_batch batch;
	struct ax_buf b = AX_BUF_INIT;
	fixture_open(&f, "example.");
	ax_batch_init(&batch, &f.apex);
	put_text(&f, &batch, zone_text(&b, 7, 40));
	for (unsigned k = KEYS; k-- > 0;) {
		char owner[16];
		snprintf(owner, sizeof owner, "k%u", k);
		struct ax_name name = owner_of(&f, owner);
		if (node->key[k].members)
			OK(ax_batch_put(&batch, &name, type_of(k), 0, value_of(&b, type_of(k), node->key[k])));
	}
	OK(commit_batch(&f, &batch, "main", true, AX_SERIAL_FROM_FILE, NULL));
	struct ax_id id = tip_of(&f, "main").root.id;
	ax_batch_fini(&batch);
	ax_buf_fini(&b);
	fixture_close(&f);
	return id;
}

static void check_bases(struct history *h, size_t a, size_t b)
{
	size_t base[NODES], n = model_bases(base, h, a, b);
	struct ax_bases found;
	OK(ax_graph_bases(&found, look(&h->f), h->node[a].commit, h->node[b].commit));
	ck_assert_uint_eq(found.n, n);
	for (size_t i = 0; i < n; i++) {
		bool is = false;
		for (size_t k = 0; k < n; k++)
			is = is || found.commit[k] == h->node[base[i]].commit;
		ck_assert_msg(is, "commit %zu is a merge base", base[i]);
	}
	ax_txn_abort(h->f.txn);
	h->f.txn = NULL;
}

static enum ax_err do_merge(struct history *h, struct ax_job *job, unsigned into, uint64_t theirs,
			    const struct ax_merge_rules *rules)
{
	struct ax_zone z;
	OK(ax_zone_get(&z, look(&h->f), h->f.zone));
	ax_txn_abort(h->f.txn);
	h->f.txn = NULL;
	ax_job_init(job, &z, branch_name(into));
	ax_merge_change(job, theirs, "merge", false);
	job->rules = rules;
	pass_time(&h->f, 100);
	return ax_repo_commit(&h->f.out, h->f.repo, &job->change, 1, &h->f.who, NULL, h->f.plan);
}

static void keep_merge(struct history *h, unsigned into, size_t b, struct node *now,
		       const struct ax_commit_info *before)
{
	struct ax_id fresh = fresh_root(now);
	struct ax_commit_info after = tip_of(&h->f, branch_name(into));
	ck_assert(ax_id_eq(&after.root.id, &fresh));
	ck_assert(ax_serial_newer(after.serial, before->serial));
	if (now->above == h->node[b].above && !h->f.out.adopted)
		ck_assert_uint_eq(after.parents, 1); /* a raise */
	h->tip[into] = b;
	if (h->f.out.adopted)
		return;
	now->commit = after.local;
	now->above |= (uint64_t)1 << h->n;
	h->node[h->n] = *now;
	h->tip[into] = h->n++;
}

static void random_merge(struct history *h, struct rng *r, unsigned into, unsigned from)
{
	size_t a = h->tip[into], b = h->tip[from], bases;
	struct ax_merge_rules rules = { .side = rng_below(r, 2) ? AX_SIDE_OURS : AX_SIDE_THEIRS };
	struct node now = { 0 };
	struct ax_job job;
	struct ax_commit_info before = tip_of(&h->f, branch_name(into));
	check_bases(h, a, b);
	bool clean = model_merge(&now, h, a, b, rules.side, &bases);
	now.above = h->node[a].above | h->node[b].above;
	bool behind = now.above == h->node[a].above;
	enum ax_err e = do_merge(h, &job, into, h->node[b].commit, NULL);
	h->merges++;
	h->crossed += bases > 1;
	h->conflicts += !clean && !behind;
	if (behind || !clean) {
		FAILS(behind ? AX_OK : AX_ECONFLICT, e);
		ck_assert_uint_eq(tip_of(&h->f, branch_name(into)).local, before.local);
		ck_assert(behind || job.conflicts.n);
	} else {
		OK(e);
	}
	ax_job_fini(&job);
	if (!clean && !behind) {
		OK(do_merge(h, &job, into, h->node[b].commit, &rules));
		ax_job_fini(&job);
	}
	if (!behind)
		keep_merge(h, into, b, &now, &before);
}

static void begin_history(struct history *h)
{
	struct ax_commit_info tip;
	*h = (struct history){ .n = 1 };
	fixture_open(&h->f, "example.");
	begin_zone(&h->f, 7, 40); /* more than guards look at */
	tip = tip_of(&h->f, "main");
	ax_txn_abort(h->f.txn);
	h->f.txn = NULL;
	h->node[0] = (struct node){ .commit = tip.local, .above = 1 };
	for (unsigned b = 1; b < BRANCHES; b++)
		OK(ax_repo_branch_create(h->f.repo, h->f.zone, branch_name(b), tip.local, &h->f.who));
}

START_TEST(merge__random_histories_equal_a_brute_force)
{
	struct rng r = rng_seeded();
	unsigned merges = 0, crossed = 0, conflicts = 0;
	for (int round = 0; round < (full_run() ? 200 : 8); round++) {
		struct history h;
		begin_history(&h);
		while (h.n < NODES - 1) {
			unsigned a = (unsigned)rng_below(&r, BRANCHES), b = (unsigned)rng_below(&r, BRANCHES);
			if (a != b && rng_below(&r, 2))
				random_merge(&h, &r, a, b);
			else
				random_edit(&h, &r, a);
			if (a != b && rng_below(&r, 8) == 0 && h.n < NODES - 3) {
				/* crossed: each takes the other's tip of before */
				size_t mine = h.tip[a];
				random_merge(&h, &r, a, b);
				size_t after = h.tip[a];
				h.tip[a] = mine;
				random_merge(&h, &r, b, a);
				h.tip[a] = after;
			}
		}
		merges += h.merges, crossed += h.crossed, conflicts += h.conflicts;
		fixture_close(&h.f);
	}
	if (full_run())
		printf("%u merges, %u with several bases, %u in conflict\n", merges, crossed, conflicts);
	ck_assert(merges && crossed && conflicts && conflicts < merges);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, merge__one_side_alone_wins);
	tcase_add_test(tc, merge__both_sides_add_same_record_is_clean);
	tcase_add_test(tc, merge__each_side_adding_another_record_is_clean);
	tcase_add_test(tc, merge__each_side_removing_another_record_is_clean);
	tcase_add_test(tc, merge__adding_and_removing_is_a_conflict);
	tcase_add_test(tc, merge__lone_types_never_merge_by_member);
	tcase_add_test(tc, merge__ttl_goes_its_own_way);
	tcase_add_test(tc, merge__random_histories_equal_a_brute_force);
}

int main(void)
{
	return check_main("merge", add);
}
