#include "core/check.h"
#include "tests/core/repo_fixture.h"

static void refused(struct fixture *f, const char *text, const char *why)
{
	enum ax_err e = save(f, text);
	ck_assert_msg(e == AX_ECHECK, "%s: %s (%s)", text, ax_err_name(e), ax_err_text(e));
	SAYS(AX_ECHECK, why);
}

static void warned(struct fixture *f, const char *text, const char *what)
{
	OK(save(f, text));
	const char *w = ax_buf_cstr(&f->warnings);
	if (what)
		ck_assert_msg(strcmp(w, what) == 0, "%swarns: %snot: %s", text, w, what);
	else
		ck_assert_msg(!*w, "%swarns: %s", text, w);
}

static void start(struct fixture *f)
{
	fixture_open(f, "example.");
	begin_zone(f, 1, 30);
	pass_time(f, 3600);
}

START_TEST(check__cname_stands_beside_nothing_but_rrsig_nsec_and_key)
{
	struct fixture f;
	start(&f);
	refused(&f, "h1 300 CNAME h2\n",
		"h1.example. CNAME: it can't stand beside A, only beside RRSIG, NSEC and KEY (RFC 4035 2.5)");
	refused(&f, "new 300 CNAME h2\nnew 300 TXT x\n", "new.example. CNAME: it can't stand beside TXT");
	refused(&f, "new 300 CNAME h2\nnew 300 CNAME h3\n", "new.example. CNAME: a name has at most one");
	refused(&f, "@ 300 CNAME h2\n", "example. CNAME: it can't stand beside");
	OK(save(&f, "new 300 CNAME h2\n"));
	refused(&f, "new 300 A 1.2.3.4\n", "new.example. CNAME: it can't stand beside A");
	OK(save(&f, "new 300 RRSIG CNAME 13 2 300 20300101000000 20200101000000 1 example. AAAA\n"));
	OK(save(&f, "new 300 NSEC z.example. CNAME RRSIG NSEC\n"));
	OK(save(&f, "new 300 KEY 256 3 13 AAAA\n"));
	OK(save(&f, "below.new 300 A 1.2.3.4\n"));
	fixture_close(&f);
}
END_TEST

START_TEST(check__cname_may_take_the_place_of_what_goes_in_the_same_commit)
{
	struct fixture f;
	struct ax_batch b;
	start(&f);
	struct ax_name h1 = owner_of(&f, "h1");
	ax_batch_init(&b, &f.apex);
	OK(ax_batch_delete(&b, &h1, AX_TYPE_A, 0));
	put_text(&f, &b, "h1 300 CNAME h2\n");
	OK(commit_batch(&f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL));
	ax_batch_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(check__dname_has_nothing_below)
{
	struct fixture f;
	start(&f);
	OK(save(&f, "a.sub 300 A 1.2.3.4\n"));
	refused(&f, "sub 300 DNAME example.net.\n", "sub.example. DNAME: there are records below it");
	OK(save(&f, "d 300 DNAME example.net.\n"));
	refused(&f, "x.d 300 A 1.2.3.4\n", "x.d.example.: it lies below a DNAME");
	refused(&f, "y.x.d 300 A 1.2.3.4\nz 300 A 1.1.1.1\n", "y.x.d.example.: it lies below a DNAME");
	refused(&f, "d 300 DNAME example.net.\nd 300 DNAME example.org.\n",
		"d.example. DNAME: a name has at most one");
	refused(&f, "d 300 CNAME ns1\n", "d.example. CNAME: it can't stand beside DNAME");
	OK(save(&f, "d 300 A 1.2.3.4\n"));
	OK(save(&f, "dd 300 A 1.2.3.4\nd-d 300 A 1.2.3.4\n")); /* beside, not below */
	refused(&f, "@ 300 DNAME example.net.\n", "example. DNAME: there are records below it");
	warned(&f, "dd 300 DNAME example.net.\ndd 300 NS ns.example.net.\n",
	       "dd.example. DNAME: the zone cut at its name hides it (RFC 6672 2.3)\n");
	fixture_close(&f);
}
END_TEST

START_TEST(check__apex_dname_of_a_signed_zone_has_nsec3_below)
{
	struct fixture f;
	fixture_open(&f, "example.");
	OK(import(&f,
		  "@ 300 SOA a.net. b 1 2 3 4 5\n@ 300 NS a.net.\n@ 300 DNAME net.\n"
		  "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom 300 NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS\n"
		  "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom 300 RRSIG NSEC3 13 2 300 20300101000000 20200101000000 1 "
		  "example. AAAA\n"));
	refused(&f, "x 300 A 1.2.3.4\n", "x.example.: it lies below a DNAME");
	fixture_close(&f);
}
END_TEST

START_TEST(check__apex_needs_soa_and_ns)
{
	struct fixture f;
	start(&f);
	FAILS(AX_ECHECK, import(&f, "@ 300 NS ns1\n"));
	SAYS(AX_ECHECK, "example. SOA: a zone has one");
	FAILS(AX_ECHECK, import(&f, "@ 300 SOA a b 1 2 3 4 5\n"));
	SAYS(AX_ECHECK, "example. NS: a zone has at least one");
	fixture_close(&f);
}
END_TEST

START_TEST(check__soa_below_the_apex_is_refused)
{
	struct fixture f;
	struct ax_batch b;
	start(&f);
	struct ax_name h1 = owner_of(&f, "h1");
	static const uint8_t soa[] = { 0, 0, 1, 44, 0, 1, 22, 0, 0, 0, 0, 0, 1, 0, 0,
				       0, 2, 0, 0,  0, 3, 0,  0, 0, 4, 0, 0, 0, 5 };
	ax_batch_init(&b, &f.apex);
	OK(ax_batch_put(&b, &h1, AX_TYPE_SOA, 0, ax_slice(soa, sizeof soa)));
	FAILS(AX_ECHECK, commit_batch(&f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL));
	SAYS(AX_ECHECK, "h1.example. SOA: only the apex has one");
	ax_batch_fini(&b);
	fixture_close(&f);
}
END_TEST

START_TEST(check__targets_are_warned_of)
{
	struct fixture f;
	start(&f);
	OK(save(&f, "alias 300 CNAME h1\ntext 300 TXT x\n*.wild 300 A 1.1.1.1\n*.wildalias 300 CNAME h1\nd 300 DNAME "
		    "net.\n"));
	warned(&f, "m 300 MX 10 h1\n", NULL);
	warned(&f, "m 300 MX 10 alias\n", "m.example. MX: alias.example. is an alias (RFC 2181 10.3)\n");
	warned(&f, "m 300 MX 10 nowhere\n", "m.example. MX: nowhere.example. has no address\n");
	warned(&f, "m 300 MX 10 text\n", "m.example. MX: text.example. has no address\n");
	warned(&f, "m 300 MX 10 x.wild\n", NULL);
	warned(&f, "m 300 MX 10 x.y.wild\n", NULL);
	warned(&f, "m 300 MX 10 x.wildalias\n", "m.example. MX: x.wildalias.example. is an alias (RFC 2181 10.3)\n");
	warned(&f, "m 300 MX 10 x.d\n", "m.example. MX: x.d.example. is an alias (RFC 2181 10.3)\n");
	warned(&f, "m 300 MX 10 mail.example.net.\n", NULL);
	warned(&f, "m 300 MX 0 .\n", NULL);
	warned(&f, "_s._tcp 300 SRV 0 0 80 nowhere\n", "_s._tcp.example. SRV: nowhere.example. has no address\n");
	warned(&f, "_s._tcp 300 SRV 0 0 80 .\n", NULL);
	fixture_close(&f);
}
END_TEST

START_TEST(check__missing_glue_is_warned_of)
{
	struct fixture f;
	start(&f);
	warned(&f, "sub 300 NS ns.sub\n",
	       "sub.example. NS: ns.sub.example. has no glue: an A or AAAA record is missing\n");
	warned(&f, "ns.sub 300 AAAA 2001:db8::1\n", NULL);
	warned(&f, "sub 300 NS ns.sub\nsub 300 NS h1\n", NULL);
	/* a host below another cut is that zone's affair */
	warned(&f, "sub2 300 NS other.sub\n", NULL);
	/* the name server is the cut itself */
	warned(&f, "sub3 300 NS sub3\n",
	       "sub3.example. NS: sub3.example. has no glue: an A or AAAA record is missing\n");
	warned(&f, "*.w 300 NS h1\n",
	       "*.w.example. NS: at a wildcard answers in ways that differ between servers (RFC 4592 4)\n");
	fixture_close(&f);
}
END_TEST

START_TEST(check__warnings_are_bounded)
{
	struct fixture f;
	struct ax_buf b = AX_BUF_INIT;
	start(&f);
	for (int i = 0; i < 250; i++)
		ax_buf_printf(&b, "m%03d 300 MX 10 nowhere\n", i);
	OK(save(&f, ax_buf_cstr(&b)));
	size_t lines = 0;
	for (const char *p = ax_buf_cstr(&f.warnings); (p = strchr(p, '\n')); p++)
		lines++;
	ck_assert_uint_eq(lines, 101);
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&f.warnings), "\nand 150 more warnings\n"));
	ax_buf_fini(&b);
	fixture_close(&f);
}
END_TEST

struct told {
	struct ax_buf failed, warned;
};

static void failed(void *ctx, const char *text)
{
	struct told *t = ctx;
	ax_buf_printf(&t->failed, "%s\n", text);
}

static void warning(void *ctx, const char *text)
{
	struct told *t = ctx;
	ax_buf_printf(&t->warned, "%s\n", text);
}

/* A tree as no door would let it in. */
static struct ax_root tree_of(struct fixture *f, struct ax_txn *t, const char *text)
{
	struct ax_batch b;
	const struct ax_edit *edits;
	struct ax_root root, empty = ax_tree_empty();
	size_t n;
	ax_batch_init(&b, &f->apex);
	put_text(f, &b, text);
	OK(ax_batch_edits(&edits, &n, &b));
	OK(ax_tree_edit(&root, NULL, t, &empty, edits, n, 1));
	ax_batch_fini(&b);
	return root;
}

START_TEST(check__whole_zone_tells_all)
{
	struct fixture f;
	struct told told = { 0 };
	struct ax_txn *t;
	fixture_open(&f, "example.");
	OK(ax_txn_write(&t, ax_repo_store(f.repo), true));
	struct ax_root root = tree_of(&f, t,
				      "@ 300 SOA a b 1 2 3 4 5\nc 300 CNAME d\nc 300 A 1.1.1.1\nd 300 DNAME net.\n"
				      "x.d 300 A 1.1.1.1\ne 300 A 1.1.1.1\nm 300 MX 1 e\nn 300 MX 1 f\n");
	FAILS(AX_ECHECK, ax_check_zone(t, &f.apex, &root, failed, warning, &told));
	ck_assert_str_eq(ax_buf_cstr(&told.failed),
			 "example. NS: a zone has at least one at its apex: put the new one before the old one goes\n"
			 "c.example. CNAME: it can't stand beside A, only beside RRSIG, NSEC and KEY (RFC 4035 2.5)\n"
			 "d.example. DNAME: there are records below it (RFC 6672 2.4)\n"
			 "x.d.example.: it lies below a DNAME (RFC 6672 2.4)\n");
	ck_assert_str_eq(ax_buf_cstr(&told.warned), "n.example. MX: f.example. has no address\n");
	ax_buf_fini(&told.failed);
	ax_buf_fini(&told.warned);
	ax_txn_abort(t);
	fixture_close(&f);
}
END_TEST

/* After any edit, looking only at what it touched finds a failure if and only if looking at all does. */
START_TEST(check__of_edits_agrees_with_that_of_the_zone)
{
	struct rng r = rng_seeded();
	struct fixture f;
	unsigned bad = 0;
	fixture_open(&f, "example.");
	begin_zone(&f, 1, 40);
	for (int round = 0; round < 400; round++) {
		static const char *const names[] = { "a", "b", "b.a", "c.b.a", "a.b", "c", "x.c", "@" };
		static const char *const records[] = {
			"A 1.1.1.1", "CNAME h1",          "DNAME example.net.", "NS h1",
			"TXT x",     "NSEC a.example. A", "KEY 256 3 13 AAAA"
		};
		static const uint16_t types[] = { 1, 5, 39, 2, 16, 47, 25 };
		struct ax_batch b;
		struct told told = { 0 };
		struct ax_txn *t;
		struct ax_root root;
		const struct ax_edit *edits;
		size_t n;
		struct ax_commit_info tip = tip_of(&f, "main");
		ax_txn_abort(f.txn);
		f.txn = NULL;
		ax_batch_init(&b, &f.apex);
		for (uint64_t k = 1 + rng_below(&r, 3); k; k--) {
			const char *name = names[rng_below(&r, 8)];
			size_t which = rng_below(&r, 7);
			char line[80];
			struct ax_name owner = owner_of(&f, name);
			snprintf(line, sizeof line, "%s 300 %s\n", name, records[which]);
			if (rng_below(&r, 3) == 0)
				OK(ax_batch_delete(&b, &owner, types[which], 0));
			else
				put_text(&f, &b, line);
		}
		OK(ax_batch_edits(&edits, &n, &b));
		OK(ax_txn_write(&t, ax_repo_store(f.repo), true));
		OK(ax_tree_edit(&root, NULL, t, &tip.root, edits, n, tip.local));
		enum ax_err part = ax_check_edits(t, &f.apex, &root, edits, n, NULL, NULL);
		char why[200];
		snprintf(why, sizeof why, "%s", ax_err_text(part));
		enum ax_err whole = ax_check_zone(t, &f.apex, &root, failed, NULL, &told);
		const char *all = ax_buf_cstr(&told.failed);
		ck_assert_msg(part == whole, "round %d: edits: %s; zone: %s", round, part ? why : "fine", all);
		if (part)
			ck_assert_msg(strstr(all, why) != NULL, "%s is not in %s", why, all);
		bad += part != AX_OK;
		ax_txn_abort(t);
		ax_buf_fini(&told.failed);
		enum ax_err e = commit_batch(&f, &b, "main", false, AX_SERIAL_FROM_EDIT, NULL);
		ck_assert_msg(e == part, "%s", ax_err_text(e));
		ax_batch_fini(&b);
		pass_time(&f, 100);
	}
	ck_assert_uint_gt(bad, 20);
	ck_assert_uint_lt(bad, 380);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, check__cname_stands_beside_nothing_but_rrsig_nsec_and_key);
	tcase_add_test(tc, check__cname_may_take_the_place_of_what_goes_in_the_same_commit);
	tcase_add_test(tc, check__dname_has_nothing_below);
	tcase_add_test(tc, check__apex_dname_of_a_signed_zone_has_nsec3_below);
	tcase_add_test(tc, check__apex_needs_soa_and_ns);
	tcase_add_test(tc, check__soa_below_the_apex_is_refused);
	tcase_add_test(tc, check__targets_are_warned_of);
	tcase_add_test(tc, check__missing_glue_is_warned_of);
	tcase_add_test(tc, check__warnings_are_bounded);
	tcase_add_test(tc, check__whole_zone_tells_all);
	tcase_add_test(tc, check__of_edits_agrees_with_that_of_the_zone);
}

int main(void)
{
	return check_main("check", add);
}
