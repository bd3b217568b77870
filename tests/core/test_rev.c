#include "core/rev.h"
#include "core/when.h"
#include "tests/core/repo_fixture.h"

enum { COMMITS = 6 };

/* main: c0 .. c5, ten minutes apart; dev at c3 with one more; tags v1 at c2 and abcd at c1. */
struct history {
	struct fixture f;
	uint64_t c[COMMITS], dev;
	int64_t began;
	struct ax_rev_context context;
};

static void history_open(struct history *h)
{
	fixture_open(&h->f, "example.");
	h->began = h->f.who.committer.when.s;
	begin_zone(&h->f, 100, 3);
	h->c[0] = h->f.out.commit;
	for (int i = 1; i < COMMITS; i++) {
		char text[40];
		snprintf(text, sizeof text, "a 300 A 1.2.3.%d\n", i);
		pass_time(&h->f, 600);
		OK(save(&h->f, text));
		h->c[i] = h->f.out.commit;
		if (i == 3)
			OK(ax_repo_branch_create(h->f.repo, 1, "dev", h->c[3], &h->f.who));
	}
	OK(ax_repo_tag(h->f.repo, 1, "v1", h->c[2], &h->f.who));
	OK(ax_repo_tag(h->f.repo, 1, "abcd", h->c[1], &h->f.who));
	pass_time(&h->f, 600);
	OK(save_on(&h->f, "dev", "b 300 A 1.2.3.4\n"));
	h->dev = h->f.out.commit;
	h->context = (struct ax_rev_context){ .zone = 1, .head = "main", .now = { h->began + 7 * 86400, 0, 0 } };
	look(&h->f);
}

static void means(struct history *h, const char *text, uint64_t commit)
{
	struct ax_rev r;
	enum ax_err e = ax_rev_parse(&r, h->f.txn, &h->context, text);
	ck_assert_msg(!e, "%s: %s", text, ax_err_text(e));
	ck_assert_msg(r.commit == commit, "%s: %llu, not %llu", text, (unsigned long long)r.commit,
		      (unsigned long long)commit);
	ck_assert_uint_eq(r.zone, 1);
}

static void refused(struct history *h, const char *text, enum ax_err want)
{
	struct ax_rev r;
	enum ax_err e = ax_rev_parse(&r, h->f.txn, &h->context, text);
	ck_assert_msg(e == want, "%s: %s (%s), not %s", text, ax_err_name(e), ax_err_text(e), ax_err_name(want));
	ck_assert_msg(strlen(ax_err_text(e)) > 10, "%s: no reason", text);
	ck_assert_uint_eq(r.commit, 0);
}

START_TEST(rev__names_and_steps)
{
	struct history h;
	history_open(&h);
	const struct {
		const char *text;
		uint64_t commit;
	} table[] = {
		{ "main", h.c[5] },
		{ "HEAD", h.c[5] },
		{ "@", h.c[5] },
		{ "@~2", h.c[3] },
		{ "@^", h.c[4] },
		{ "example:@", h.c[5] },
		{ "heads/main", h.c[5] },
		{ "dev", h.dev },
		{ "v1", h.c[2] },
		{ "tags/v1", h.c[2] },
		{ "main~", h.c[4] },
		{ "main~0", h.c[5] },
		{ "main~3", h.c[2] },
		{ "main~~~", h.c[2] },
		{ "main^", h.c[4] },
		{ "main^1", h.c[4] },
		{ "main^^~1", h.c[2] },
		{ "main^0", h.c[5] },
		{ "dev~1", h.c[3] },
		{ "dev~2", h.c[2] },
		{ "abcd", h.c[1] },
		{ "serial:100", h.c[0] },
		{ "serial:105", h.c[5] },
		{ "serial:106", h.dev },
		{ "serial:105~2", h.c[3] },
		{ "example.:main", h.c[5] },
		{ "EXAMPLE:dev", h.dev },
		{ "example:serial:101", h.c[1] },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		means(&h, table[i].text, table[i].commit);
	fixture_close(&h.f);
}
END_TEST

START_TEST(rev__ids_full_and_short)
{
	struct history h;
	struct ax_id id;
	char hex[AX_ID_HEX + 1];
	history_open(&h);
	for (int i = 0; i < COMMITS; i++) {
		OK(ax_commit_id(&id, h.f.txn, h.c[i]));
		ax_id_hex(hex, &id);
		means(&h, hex, h.c[i]);
		hex[AX_ID_SHORT] = 0;
		means(&h, hex, h.c[i]);
		strcat(hex, "~0");
		means(&h, hex, h.c[i]);
	}
	fixture_close(&h.f);
}
END_TEST

START_TEST(rev__log_by_number)
{
	struct history h;
	history_open(&h);
	means(&h, "main@{0}", h.c[5]);
	means(&h, "main@{1}", h.c[4]);
	means(&h, "main@{5}", h.c[0]);
	means(&h, "@{2}", h.c[3]);
	means(&h, "@@{2}", h.c[3]);
	means(&h, "dev@{1}", h.c[3]);
	means(&h, "main@{1}~2", h.c[2]);
	refused(&h, "main@{6}", AX_ENOENT);
	refused(&h, "dev@{2}", AX_ENOENT);
	fixture_close(&h.f);
}
END_TEST

START_TEST(rev__log_by_time)
{
	struct history h;
	char text[80];
	history_open(&h);
	h.context.now.s = h.began + 4000;
	snprintf(text, sizeof text, "main@{%d seconds ago}", 4000 - 1200);
	means(&h, text, h.c[2]);
	snprintf(text, sizeof text, "main@{%d seconds ago}", 4000 - 1199);
	means(&h, text, h.c[1]);
	means(&h, "@{1 second ago}", h.c[5]);
	means(&h, "main@{now}", h.c[5]);
	means(&h, "main@{1.hour.ago}", h.c[0]);
	refused(&h, "main@{yesterday}", AX_ENOENT);
	/* before dev's own log: by commit times */
	means(&h, "dev@{30 minutes ago}", h.c[3]);
	means(&h, "dev@{50 minutes ago}", h.c[1]);
	/* 1790000000 is 2026-09-21 14:13:20 UTC */
	means(&h, "main@{2026-09-21 14:13:20}", h.c[0]);
	refused(&h, "main@{2026-09-21 14:13:19}", AX_ENOENT);
	means(&h, "main@{2026-09-21 14:33}", h.c[1]);
	means(&h, "main@{2026-09-21T14:33:20Z}", h.c[2]);
	means(&h, "main@{2026-09-22}", h.c[5]);
	refused(&h, "main@{2026-09-21}", AX_ENOENT);
	fixture_close(&h.f);
}
END_TEST

START_TEST(rev__what_is_wrong_is_said)
{
	struct history h;
	history_open(&h);
	static const char *const invalid[] = {
		"",          "main~1@{1}", "main@",     "main@{",           "main@{soon}",       "main}",
		"main@{-1}", "example.:",  "serial:",   "serial:x",         "serial:4294967296", "abcd@{0}x",
		"main~x",    ":main",      "a..b:main", "main@{2026-02-31}"
	};
	static const char *const absent[] = {
		"nothing",          "main~6",      "main^2",   "serial:99", "0000",
		"main~99999999999", "other.:main", "deadbeef", "tags/v2",   "heads/v1"
	};
	for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
		refused(&h, invalid[i], AX_EINVAL);
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		refused(&h, absent[i], AX_ENOENT);
	h.context.head = "unborn";
	refused(&h, "HEAD", AX_ENOENT);
	SAYS(AX_ENOENT, "branch unborn has no commit yet");
	fixture_close(&h.f);
}
END_TEST

START_TEST(rev__another_zone_by_its_name)
{
	struct history h;
	struct ax_rev r;
	struct ax_name other = name_of("sub.other.");
	uint32_t id;
	history_open(&h);
	OK(ax_repo_zone_add(&id, h.f.repo, &other, &h.f.who));
	struct fixture g = h.f;
	g.txn = NULL;
	g.apex = other;
	g.zone = id;
	begin_zone(&g, 9, 2);
	h.context.head = "dev";
	OK(ax_rev_parse(&r, look(&h.f), &h.context, "sub.other.:main"));
	ck_assert_uint_eq(r.zone, id);
	ck_assert_uint_eq(r.commit, g.out.commit);
	ck_assert_str_eq(r.branch, "main");
	/* HEAD of another zone is its main */
	OK(ax_rev_parse(&r, h.f.txn, &h.context, "sub.other:HEAD"));
	ck_assert_uint_eq(r.commit, g.out.commit);
	/* the root's name in refs and files is @ */
	OK(ax_repo_zone_add(&id, h.f.repo, &ax_name_root, &h.f.who));
	struct fixture root = h.f;
	root.txn = NULL;
	root.apex = ax_name_root;
	root.zone = id;
	begin_zone(&root, 9, 2);
	OK(ax_rev_parse(&r, look(&h.f), &h.context, "@:main"));
	ck_assert_uint_eq(r.commit, root.out.commit);
	OK(ax_rev_parse(&r, h.f.txn, &h.context, ".:main~0"));
	ck_assert_uint_eq(r.zone, id);
	ax_buf_fini(&root.warnings);
	/* an id belongs to its zone */
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, &g.out.id);
	refused(&h, hex, AX_ENOENT);
	SAYS(AX_ENOENT, "a commit of the zone sub.other.");
	ax_buf_fini(&g.warnings);
	fixture_close(&h.f);
}
END_TEST

START_TEST(rev__ranges)
{
	struct history h;
	struct ax_rev a, b;
	history_open(&h);
	OK(ax_rev_range(&a, &b, h.f.txn, &h.context, "main~3..dev"));
	ck_assert_uint_eq(a.commit, h.c[2]);
	ck_assert_uint_eq(b.commit, h.dev);
	OK(ax_rev_range(&a, &b, h.f.txn, &h.context, "v1.."));
	ck_assert_uint_eq(a.commit, h.c[2]);
	ck_assert_uint_eq(b.commit, h.c[5]);
	OK(ax_rev_range(&a, &b, h.f.txn, &h.context, "..dev"));
	ck_assert_uint_eq(a.commit, h.c[5]);
	OK(ax_rev_range(&a, &b, h.f.txn, &h.context, "main@{1}..example.:main"));
	ck_assert_uint_eq(a.commit, h.c[4]);
	OK(ax_rev_range(&a, &b, h.f.txn, &h.context, "v1"));
	ck_assert_uint_eq(a.commit, h.c[1]);
	ck_assert_uint_eq(b.commit, h.c[2]);
	OK(ax_rev_range(&a, &b, h.f.txn, &h.context, "main~5"));
	ck_assert_uint_eq(a.commit, 0);
	FAILS(AX_EINVAL, ax_rev_range(&a, &b, h.f.txn, &h.context, "main...dev"));
	FAILS(AX_ENOENT, ax_rev_range(&a, &b, h.f.txn, &h.context, "main..nothing"));
	fixture_close(&h.f);
}
END_TEST

START_TEST(rev__times_as_people_write_them)
{
	struct ax_time now = { 1793534400, 7, 0 }, t; /* 2026-11-01 12:00:00 UTC */
	static const struct {
		const char *text;
		int64_t s;
	} good[] = {
		{ "now", 1793534400 },
		{ "yesterday", 1793448000 },
		{ "1 second ago", 1793534399 },
		{ "2 weeks ago", 1793534400 - 14 * 86400 },
		{ "1 month ago", 1790856000 }, /* 2026-10-01 12:00:00 */
		{ "1 year ago", 1761998400 },  /* 2025-11-01 12:00:00 */
		{ "2.days.ago", 1793534400 - 2 * 86400 },
		{ "1970-01-01", 0 },
		{ "2024-02-29 23:59:59", 1709251199 },
	};
	static const char *const bad[] = { "",
					   "2026",
					   "2026-13-01",
					   "2023-02-29",
					   "2026-01-01 24:00",
					   "2026-1-1",
					   "ago",
					   "2 days",
					   "days ago",
					   "2 fortnights ago",
					   "99999999999 days ago",
					   "1969-12-31",
					   "2026-01-01 10:00:00 x",
					   "two days ago",
					   "2 days ago x" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		OK(ax_when_parse(&t, good[i].text, strlen(good[i].text), now));
		ck_assert_msg(t.s == good[i].s, "%s: %lld", good[i].text, (long long)t.s);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		enum ax_err e = ax_when_parse(&t, bad[i], strlen(bad[i]), now);
		ck_assert_msg(e == AX_EINVAL, "%s: %s", bad[i], ax_err_name(e));
	}
}
END_TEST

START_TEST(rev__times_to_come)
{
	const struct ax_time now = { 1793534400, 5, 0 }; /* 2026-11-01 12:00:00 UTC */
	struct ax_time t;
	static const struct {
		const char *text;
		int64_t s;
	} good[] = {
		{ "12:01", 1793534460 },
		{ "12:00", 1793534400 + 86400 }, /* that is now: the next is meant */
		{ "6:30", 1793534400 + 86400 - 5 * 3600 - 1800 },
		{ "tomorrow", 1793534400 + 43200 },
		{ "tomorrow 12:30", 1793534400 + 86400 + 1800 },
		{ "in 2 hours", 1793534400 + 7200 },
		{ "in.1.second", 1793534401 },
		{ "1 month", 1796126400 }, /* 2026-12-01 12:00:00 */
		{ "2026-11-01 12:00:01", 1793534401 },
		{ "2026-11-01T12:30Z", 1793536200 },
	};
	static const char *const bad[] = { "",         "now",       "yesterday",   "2026-11-01", "24:00", "12:60",
					   "in hours", "0 seconds", "2 hours ago", "tomorrow x", "in",    "12:3x" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		OK(ax_when_parse_next(&t, good[i].text, strlen(good[i].text), now));
		ck_assert_msg(t.s == good[i].s && !t.ns, "%s: %lld", good[i].text, (long long)t.s);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		enum ax_err e = ax_when_parse_next(&t, bad[i], strlen(bad[i]), now);
		ck_assert_msg(e == AX_EINVAL, "%s: %s", bad[i], ax_err_name(e));
	}
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, rev__names_and_steps);
	tcase_add_test(tc, rev__ids_full_and_short);
	tcase_add_test(tc, rev__log_by_number);
	tcase_add_test(tc, rev__log_by_time);
	tcase_add_test(tc, rev__what_is_wrong_is_said);
	tcase_add_test(tc, rev__another_zone_by_its_name);
	tcase_add_test(tc, rev__ranges);
	tcase_add_test(tc, rev__times_as_people_write_them);
	tcase_add_test(tc, rev__times_to_come);
}

int main(void)
{
	return check_main("rev", add);
}
