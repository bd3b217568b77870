#include "core/refusal.h"
#include "core/setting.h"
#include "tests/core/repo_fixture.h"

static enum ax_err set(struct fixture *f, const char *name, const char *text)
{
	ax_txn_abort(f->txn);
	f->txn = NULL;
	return ax_repo_set(f->repo, f->zone, name, text, &f->who);
}

static void is(struct fixture *f, const char *name, const char *wanted)
{
	struct ax_zone zone;
	struct ax_buf b = AX_BUF_INIT;
	const struct ax_setting *s;
	OK(ax_setting_find(&s, name));
	OK(ax_zone_get(&zone, look(f), f->zone));
	OK(ax_setting_get(&b, NULL, f->txn, &zone, s));
	ck_assert_str_eq(ax_buf_cstr(&b), wanted);
	ax_buf_fini(&b);
}

START_TEST(setting__every_default_is_a_value_it_takes)
{
	struct fixture f;
	const struct ax_setting *s;
	fixture_open(&f, "example.");
	for (size_t i = 0; (s = ax_setting_at(i)); i++) {
		is(&f, s->name, s->fallback);
		FAILS(AX_ENOCHANGE, set(&f, s->name, s->fallback));
	}
	fixture_close(&f);
}
END_TEST

START_TEST(setting__equal_settings_are_equal_bytes)
{
	struct fixture f;
	fixture_open(&f, "example.");
	OK(set(&f, "guard.ttl", "1D"));
	FAILS(AX_ENOCHANGE, set(&f, "GUARD.TTL", "086400"));
	OK(set(&f, "guard.names", "A.Example. b/aaaa"));
	FAILS(AX_ENOCHANGE, set(&f, "guard.names", " a,b/AAAA "));
	is(&f, "guard.names", "a b/AAAA");
	OK(set(&f, "guard.names", NULL));
	is(&f, "guard.names", "none");
	fixture_close(&f);
}
END_TEST

START_TEST(setting__is_a_zones_own_and_logged)
{
	struct fixture f;
	struct ax_name other = name_of("other.");
	struct ax_log_entry entry;
	uint32_t id;
	uint64_t last;
	fixture_open(&f, "example.");
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	OK(set(&f, "ttl.default", "90"));
	OK(ax_log_last(&last, look(&f)));
	OK(ax_log_get(&entry, f.txn, last));
	ck_assert_int_eq(entry.kind, AX_LOG_SETTING);
	ck_assert_str_eq(entry.ref, "config/ttl.default");
	is(&f, "ttl.default", "90");
	f.zone = id;
	is(&f, "ttl.default", "none");
	fixture_close(&f);
}
END_TEST

START_TEST(refusal__the_newest_thousand_are_kept)
{
	struct fixture f;
	struct ax_refusal r = { .zone = 1, .branch = "main", .author = "a <b>", .via = "cli", .why = "because" };
	struct ax_txn *t;
	fixture_open(&f, "example.");
	OK(ax_txn_write(&t, ax_repo_store(f.repo), true));
	FAILS(AX_ENOENT, ax_refusal_next(&r, t, 0));
	r = (struct ax_refusal){ .zone = 1, .branch = "main", .author = "a <b>", .via = "cli", .why = "because" };
	for (int i = 0; i < AX_REFUSALS_MAX + 5; i++)
		OK(ax_refusal_put(t, &r));
	uint64_t n = 0;
	struct ax_refusal got = { 0 };
	while (ax_refusal_next(&got, t, got.number) == AX_OK) {
		ck_assert_str_eq(got.why, "because");
		ck_assert_uint_eq(got.number, AX_REFUSALS_MAX + 5 - n);
		n++;
	}
	ck_assert_uint_eq(n, AX_REFUSALS_MAX);
	OK(ax_txn_commit(t));
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, setting__every_default_is_a_value_it_takes);
	tcase_add_test(tc, setting__equal_settings_are_equal_bytes);
	tcase_add_test(tc, setting__is_a_zones_own_and_logged);
	tcase_add_test(tc, refusal__the_newest_thousand_are_kept);
}

int main(void)
{
	return check_main("setting", add);
}
