#include "core/update.h"
#include "tests/core/repo_fixture.h"

static const char zone[] = "$TTL 300\n@ SOA ns1 root 7 3600 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n"
			   "www A 1.1.1.1\nwww A 1.1.1.2\nwww TXT a\nalias CNAME www\nbelow.www A 2.2.2.2\n";

struct told {
	struct fixture f;
	struct ax_update u;
};

static void open_told(struct told *t)
{
	fixture_open(&t->f, "example.");
	OK(import(&t->f, zone));
	struct ax_commit_info tip = tip_of(&t->f, "main");
	ax_update_init(&t->u, t->f.txn, &t->f.apex, &tip.root);
}

static void close_told(struct told *t)
{
	ax_update_fini(&t->u);
	fixture_close(&t->f);
}

static struct ax_slice rdata(struct ax_buf *b, const struct told *t, uint16_t type, const char *text)
{
	ax_buf_clear(b);
	OK(ax_rdata_parse(b, type, text, strlen(text), &t->f.apex));
	return ax_buf_view(b);
}

static void add_record(struct told *t, const char *owner, uint16_t type, uint32_t ttl_s, const char *text)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_name n = owner_of(&t->f, owner);
	OK(ax_update_add(&t->u, &n, type, ttl_s, rdata(&b, t, type, text)));
	ax_buf_fini(&b);
}

static void delete_record(struct told *t, const char *owner, uint16_t type, const char *text)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_name n = owner_of(&t->f, owner);
	OK(ax_update_delete_record(&t->u, &n, type, rdata(&b, t, type, text)));
	ax_buf_fini(&b);
}

static bool has(struct told *t, const char *owner, uint16_t type)
{
	struct ax_name n = owner_of(&t->f, owner);
	bool out;
	OK(ax_update_has(&out, &t->u, &n, type));
	return out;
}

static bool equals(struct told *t, const char *owner, uint16_t type, const char *one, const char *two)
{
	struct ax_rrset_builder b;
	struct ax_buf bytes = AX_BUF_INIT;
	struct ax_name n = owner_of(&t->f, owner);
	bool out;
	ax_rrset_builder_init(&b, type, 0);
	OK(ax_rrset_builder_add(&b, 0, rdata(&bytes, t, type, one)));
	if (two)
		OK(ax_rrset_builder_add(&b, 0, rdata(&bytes, t, type, two)));
	OK(ax_update_equals(&out, &t->u, &n, &b));
	ax_rrset_builder_fini(&b);
	ax_buf_fini(&bytes);
	return out;
}

/* Commit what was told; the number of RRsets there are then. */
static uint64_t publish(struct told *t)
{
	struct ax_batch b;
	ax_batch_init(&b, &t->f.apex);
	OK(ax_update_finish(&t->u, &b));
	OK(commit_batch(&t->f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL));
	ax_batch_fini(&b);
	return tip_of(&t->f, "main").root.count;
}

START_TEST(update__records_are_added_and_taken_away)
{
	struct told t;
	open_told(&t);
	add_record(&t, "www", AX_TYPE_A, 60, "1.1.1.3");
	delete_record(&t, "www", AX_TYPE_A, "1.1.1.1");
	delete_record(&t, "www", AX_TYPE_A, "9.9.9.9");
	ck_assert(equals(&t, "www", AX_TYPE_A, "1.1.1.3", "1.1.1.2"));
	ck_assert(!equals(&t, "www", AX_TYPE_A, "1.1.1.3", NULL));
	ck_assert_uint_eq(publish(&t), 7);
	ck_assert_str_eq(t.f.out.subject, "www A: 1.1.1.1, 1.1.1.2 -> 1.1.1.2, 1.1.1.3");
	close_told(&t);
}
END_TEST

START_TEST(update__the_last_record_takes_the_rrset_with_it)
{
	struct told t;
	open_told(&t);
	delete_record(&t, "www", AX_TYPE_TXT, "a");
	ck_assert(!has(&t, "www", AX_TYPE_TXT) && has(&t, "www", AX_TYPE_ANY));
	ck_assert_uint_eq(publish(&t), 6);
	close_told(&t);
}
END_TEST

START_TEST(update__a_second_cname_takes_the_place_of_the_first)
{
	struct told t;
	open_told(&t);
	add_record(&t, "alias", AX_TYPE_CNAME, 300, "ns1");
	ck_assert(equals(&t, "alias", AX_TYPE_CNAME, "ns1", NULL));
	ck_assert_uint_eq(publish(&t), 7);
	close_told(&t);
}
END_TEST

START_TEST(update__a_deleted_name_leaves_those_below)
{
	struct told t;
	struct ax_name n;
	open_told(&t);
	n = owner_of(&t.f, "www");
	add_record(&t, "www", AX_TYPE_MX, 300, "10 ns1");
	OK(ax_update_delete_name(&t.u, &n));
	ck_assert(!has(&t, "www", AX_TYPE_ANY) && has(&t, "below.www", AX_TYPE_A));
	add_record(&t, "www", AX_TYPE_AAAA, 300, "::1");
	ck_assert_uint_eq(publish(&t), 6);
	close_told(&t);
}
END_TEST

START_TEST(update__a_deleted_apex_keeps_soa_and_ns)
{
	struct told t;
	struct ax_name n;
	open_told(&t);
	n = t.f.apex;
	add_record(&t, "@", AX_TYPE_MX, 300, "10 ns1");
	OK(ax_update_delete_name(&t.u, &n));
	ck_assert(has(&t, "@", AX_TYPE_SOA) && has(&t, "@", AX_TYPE_NS) && !has(&t, "@", AX_TYPE_MX));
	close_told(&t);
}
END_TEST

START_TEST(update__what_is_only_asked_changes_nothing)
{
	struct told t;
	struct ax_batch b;
	open_told(&t);
	ck_assert(has(&t, "www", AX_TYPE_ANY) && !has(&t, "nope", AX_TYPE_ANY));
	ck_assert(!equals(&t, "nope", AX_TYPE_A, "1.1.1.1", NULL));
	delete_record(&t, "www", AX_TYPE_A, "9.9.9.9");
	ax_batch_init(&b, &t.f.apex);
	OK(ax_update_finish(&t.u, &b));
	ck_assert_uint_eq(b.n, 0);
	ax_batch_fini(&b);
	close_told(&t);
}
END_TEST

START_TEST(update__names_outside_and_bad_rdata_are_refused)
{
	struct told t;
	struct ax_name outside = name_of("www.example.org.");
	open_told(&t);
	struct ax_name www = owner_of(&t.f, "www");
	ck_assert_int_eq(ax_update_add(&t.u, &outside, AX_TYPE_A, 1, ax_slice("\1\1\1\1", 4)), AX_EINVAL);
	ck_assert_int_eq(ax_update_add(&t.u, &www, AX_TYPE_A, 1, ax_slice("\1\1\1", 3)), AX_EINVAL);
	ck_assert_int_eq(ax_update_delete_record(&t.u, &www, AX_TYPE_A, ax_slice("\1\1\1", 3)), AX_EINVAL);
	close_told(&t);
}
END_TEST

/* Thousands of records told in random order give what a model of plain flags says. */
START_TEST(update__random_records_against_a_model)
{
	enum { HOSTS = 40, RECORDS = 8, STEPS = 4000 };
	static bool model[HOSTS][RECORDS];
	struct rng r = rng_seeded();
	struct told t;
	open_told(&t);
	for (int i = 0; i < STEPS; i++) {
		unsigned h = (unsigned)rng_below(&r, HOSTS), k = (unsigned)rng_below(&r, RECORDS);
		char owner[16], text[16];
		snprintf(owner, sizeof owner, "h%u", h);
		snprintf(text, sizeof text, "10.0.0.%u", k);
		model[h][k] = rng_below(&r, 2);
		if (model[h][k])
			add_record(&t, owner, AX_TYPE_A, 300, text);
		else
			delete_record(&t, owner, AX_TYPE_A, text);
	}
	uint64_t sets = 7;
	publish(&t);
	struct ax_commit_info tip = tip_of(&t.f, "main");
	for (unsigned h = 0; h < HOSTS; h++) {
		struct ax_buf key = AX_BUF_INIT;
		struct ax_entry e = { 0 };
		struct ax_rrset set = { 0 };
		char owner[16];
		unsigned count = 0;
		snprintf(owner, sizeof owner, "h%u", h);
		for (unsigned k = 0; k < RECORDS; k++)
			count += model[h][k];
		if (!ax_tree_find(&e, t.f.txn, &tip.root, key_of(&key, &t.f, owner, AX_TYPE_A)))
			OK(ax_rrset_view(&set, AX_TYPE_A, 0, e.value));
		ck_assert_uint_eq(set.count, count);
		sets += count > 0;
		ax_buf_fini(&key);
	}
	ck_assert_uint_eq(tip.root.count, sets);
	close_told(&t);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, update__records_are_added_and_taken_away);
	tcase_add_test(tc, update__the_last_record_takes_the_rrset_with_it);
	tcase_add_test(tc, update__a_second_cname_takes_the_place_of_the_first);
	tcase_add_test(tc, update__a_deleted_name_leaves_those_below);
	tcase_add_test(tc, update__a_deleted_apex_keeps_soa_and_ns);
	tcase_add_test(tc, update__what_is_only_asked_changes_nothing);
	tcase_add_test(tc, update__names_outside_and_bad_rdata_are_refused);
	tcase_add_test(tc, update__random_records_against_a_model);
}

int main(void)
{
	return check_main("update", add);
}
