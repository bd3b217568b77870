#include "dnsd/answer.h"
#include "tests/dnsd/both.h"
#include "tests/dnsd/nasty.h"
#include "tests/dnsd/wire.h"

#include <dlfcn.h>
#include <pthread.h>

/* -- what an answer must not do ---------------------------------------------------------------------------- */

static unsigned long allocations, locks;

#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__ && !defined __clang__
#define COUNTED
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	allocations++;
	return __libc_realloc(p, n);
}

int pthread_mutex_lock(pthread_mutex_t *lock)
{
	static int (*next)(pthread_mutex_t *);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	locks++;
	return next(lock);
}
#endif

/* -- fixture ----------------------------------------------------------------------------------------------- */

static struct fixture f;
static struct both *both;

static void open_zone(const char *apex, const char *text)
{
	fixture_open(&f, apex);
	OK(import(&f, text));
	struct ax_commit_info c = tip_of(&f, "main");
	both = calloc(1, sizeof *both);
	ck_assert_ptr_nonnull(both);
	OK(both_open(both, f.txn, f.zone, &f.apex, &c));
}

static void close_zone(void)
{
	both_close(both);
	free(both);
	fixture_close(&f);
}

static const char *ask_sized(struct ax_buf *out, const char *name, uint16_t type, unsigned size, bool tcp)
{
	struct ax_name n = owner_of(&f, name);
	struct wire_query q = wire_question(&n, type);
	if (size)
		wire_opt(&q, size, 0, false);
	ck_assert(both_ask(both, wire_bytes(&q), tcp));
	ck_assert(both->answered_a);
	return wire_text(out, ax_slice(both->a.p, both->a.n));
}

static void says(const char *name, uint16_t type, const char *wanted)
{
	struct ax_buf b = AX_BUF_INIT;
	ck_assert_str_eq(ask_sized(&b, name, type, 0, false), wanted);
	ax_buf_fini(&b);
}

static const char base[] = "$TTL 300\n@ SOA ns1 host 7 3600 900 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n";

#define SOA "au example. 60 SOA ns1.example. host.example. 7 3600 900 86400 60\n"

START_TEST(answer__every_shape_of_answer)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_printf(&b,
		      "%swww CNAME web\nweb A 192.0.2.4\n*.w TXT wild\nsub NS ns.sub\nns.sub A 192.0.2.6\nd DNAME w\n"
		      "sub DS 1 13 2 AA\n",
		      base);
	open_zone("example.", ax_buf_cstr(&b));
	says("web", AX_TYPE_A, "rcode 0 aa rd\nan web.example. 300 A 192.0.2.4\n");
	says("www", AX_TYPE_A,
	     "rcode 0 aa rd\nan www.example. 300 CNAME web.example.\nan web.example. 300 A 192.0.2.4\n");
	says("web", AX_TYPE_TXT, "rcode 0 aa rd\n" SOA);
	says("w", AX_TYPE_TXT, "rcode 0 aa rd\n" SOA);
	says("nope", AX_TYPE_A, "rcode 3 aa rd\n" SOA);
	says("x.w", AX_TYPE_TXT, "rcode 0 aa rd\nan x.w.example. 300 TXT \"wild\"\n");
	says("x.d", AX_TYPE_TXT,
	     "rcode 0 aa rd\nan d.example. 300 DNAME w.example.\nan x.d.example. 300 CNAME x.w.example.\n"
	     "an x.w.example. 300 TXT \"wild\"\n");
	says("x.sub", AX_TYPE_A,
	     "rcode 0 rd\nau sub.example. 300 NS ns.sub.example.\nad ns.sub.example. 300 A 192.0.2.6\n");
	says("sub", AX_TYPE_DS, "rcode 0 aa rd\nan sub.example. 300 DS 1 13 2 AA\n");
	says("@", AX_TYPE_SOA, "rcode 0 aa rd\nan example. 300 SOA ns1.example. host.example. 7 3600 900 86400 60\n");
	ck_assert_uint_eq(both->stats_a.from_image, 10);
	ck_assert_uint_eq(both->stats_b.from_store, 10);
	ck_assert_uint_eq(both->stats_a.nxdomain, 1);
	ck_assert_uint_eq(both->stats_a.noerror, 9);
	close_zone();
	ax_buf_fini(&b);
}
END_TEST

START_TEST(answer__other_names_and_classes_are_refused)
{
	struct ax_buf b = AX_BUF_INIT;
	open_zone("example.", base);
	struct ax_name other = name_of("www.example.org.");
	struct wire_query q = wire_question(&other, AX_TYPE_A);
	ck_assert(both_ask(both, wire_bytes(&q), false));
	ck_assert_str_eq(wire_text(&b, ax_slice(both->a.p, both->a.n)), "rcode 5 rd\n");
	q = wire_question(&f.apex, AX_TYPE_SOA);
	q.p[q.n - 1] = 3; /* CHAOS */
	ck_assert(both_ask(both, wire_bytes(&q), false));
	ck_assert_str_eq(wire_text(&b, ax_slice(both->a.p, both->a.n)), "rcode 5 rd\n");
	ck_assert_uint_eq(both->stats_a.refused, 2);
	close_zone();
	ax_buf_fini(&b);
}
END_TEST

START_TEST(answer__too_big_it_is_cut_short_with_nothing_half_said)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_str(&b, base);
	for (unsigned i = 0; i < 40; i++)
		ax_buf_printf(&b, "big TXT \"%u a string of some length to fill the answer\"\n", i);
	ax_buf_str(&b, "alias CNAME big\n");
	open_zone("example.", ax_buf_cstr(&b));
	ck_assert_str_eq(ask_sized(&b, "big", AX_TYPE_TXT, 0, false), "rcode 0 aa tc rd\n");
	ck_assert_str_eq(ask_sized(&b, "big", AX_TYPE_TXT, 4096, false),
			 "rcode 0 aa tc rd\nopt size 1232 version 0 rcode 0\n");
	ck_assert_str_eq(ask_sized(&b, "alias", AX_TYPE_TXT, 0, false), "rcode 0 aa tc rd\n");
	ask_sized(&b, "big", AX_TYPE_TXT, 4096, true);
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&b), "\"39 a string"));
	ck_assert_uint_eq(both->stats_a.truncated, 3);
	close_zone();
	ax_buf_fini(&b);
}
END_TEST

START_TEST(answer__a_referral_without_room_for_its_glue_is_cut_short)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_str(&b, base);
	for (unsigned i = 0; i < 11; i++)
		ax_buf_printf(&b, "sub NS server%u.sub\nserver%u.sub AAAA 2001:db8::%u\nsib NS server%u.sub\n", i, i,
			      i, i);
	open_zone("example.", ax_buf_cstr(&b));
	ck_assert_str_eq(ask_sized(&b, "x.sub", AX_TYPE_A, 0, false), "rcode 0 tc rd\n");
	/* Glue of a sibling is said as it fits (RFC 9471 3.2). */
	ask_sized(&b, "x.sib", AX_TYPE_A, 0, false);
	ck_assert_ptr_null(strstr(ax_buf_cstr(&b), " tc"));
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&b), "ad server0.sub.example. "));
	ck_assert_ptr_null(strstr(ax_buf_cstr(&b), "ad server9.sub.example. "));
	ask_sized(&b, "x.sub", AX_TYPE_A, 1232, false);
	ck_assert_ptr_nonnull(strstr(ax_buf_cstr(&b), "ad server9.sub.example. "));
	close_zone();
	ax_buf_fini(&b);
}
END_TEST

/* A cut's NS RRset and glue are kept as a referral has them: whatever the question adds in front, and in whatever
 * letter case, they must come out as if they were written for it. */
START_TEST(answer__referrals_to_any_question_below_a_cut)
{
	static const char *const cuts[] = {
		"sub NS ns1.sub\nsub NS ns2.sub\nns1.sub A 192.0.2.1\nns2.sub A 192.0.2.2\nns2.sub AAAA "
		"2001:db8::2\n",
		"sub NS NS1.sub\nns1.sub A 192.0.2.1\n",
		"sub NS sub\nsub A 192.0.2.1\nsub NS a.b.sub\na.b.sub A 192.0.2.2\nsub NS b.sub\nb.sub AAAA "
		"2001:db8::1\n",
		"sub NS ns1.sub\nns1.sub A 192.0.2.1\nsub NS ns.example.org.\nsub NS b.example.org.\n",
		"sub NS ns1.sub\nns1.sub A 192.0.2.1\nsub NS ns1\n",
		"sub NS ns1.sub\nsub NS ns2.sub\n*.sub A 192.0.2.1\n",
		"sub NS x.\nsub NS ns.x.\nsub DS 1 13 2 AA\nsub RRSIG DS 13 2 300 20300101000000 20260101000000 1 @ "
		"AA==\n",
	};
	static const char *const names[] = { "sub",       "x.sub",   "ns1.sub",   "y.ns1.sub", "NS1.sub",
					     "q.NS1.SUB", "a.b.sub", "z.a.b.sub", "b.sub",     "SUB" };
	struct ax_buf b = AX_BUF_INIT;
	for (unsigned i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		ax_buf_clear(&b);
		ax_buf_printf(&b, "%s%s", base, cuts[i]);
		open_zone("example.", ax_buf_cstr(&b));
		for (unsigned k = 0; k < sizeof names / sizeof *names; k++) {
			struct ax_name name;
			OK(ax_name_parse(&name, names[k], strlen(names[k]), &f.apex));
			for (unsigned dnssec = 0; dnssec < 2; dnssec++) {
				struct wire_query q = wire_question(&name, AX_TYPE_A);
				if (dnssec)
					wire_opt(&q, 1232, 0, true);
				ck_assert_msg(both_ask(both, wire_bytes(&q), false), "zone %u, %s", i, names[k]);
				wire_text(&b, ax_slice(both->a.p, both->a.n));
			}
		}
		close_zone();
	}
	ax_buf_fini(&b);
}
END_TEST

START_TEST(answer__sizes_are_respected)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_str(&b, base);
	for (unsigned i = 1; i < 120; i++)
		for (unsigned k = 0; k < i; k++)
			ax_buf_printf(&b, "n%u A 192.0.2.%u\n", i, k);
	open_zone("example.", ax_buf_cstr(&b));
	for (unsigned i = 1; i < 120; i++) {
		char name[8];
		static const unsigned sizes[] = { 0, 1, 511, 512, 513, 1000, 1231, 1232, 1233, 4096, 65535 };
		snprintf(name, sizeof name, "n%u", i);
		for (unsigned s = 0; s < 11; s++) {
			unsigned most = sizes[s] < 512 ? 512 : sizes[s] < 1232 ? sizes[s] : 1232;
			unsigned whole = 12 + 13 + (i > 9) + (i > 99) + 3 + 16 * i + (sizes[s] ? 11 : 0);
			ask_sized(&b, name, AX_TYPE_A, sizes[s], false);
			ck_assert_uint_le(both->a.n, most);
			if (whole <= most)
				ck_assert_uint_eq(both->a.n, whole);
			ck_assert_int_eq(strstr(ax_buf_cstr(&b), " tc") != NULL, whole > most);
		}
	}
	close_zone();
	ax_buf_fini(&b);
}
END_TEST

START_TEST(answer__from_the_deepest_zone_but_ds_from_the_one_above)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_printf(&b, "%ssub NS ns.sub\nns.sub A 192.0.2.6\nsub DS 1 13 2 AA\n", base);
	open_zone("example.", ax_buf_cstr(&b));
	struct ax_name child = name_of("sub.example.");
	struct ax_batch batch;
	uint32_t id;
	OK(ax_repo_zone_add(&id, f.repo, &child, &f.who));
	ax_batch_init(&batch, &child);
	put_text(&f, &batch, "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.66\n");
	uint32_t parent = f.zone;
	f.zone = id;
	OK(commit_batch(&f, &batch, "main", true, AX_SERIAL_FROM_FILE, NULL));
	ax_batch_fini(&batch);
	struct ax_commit_info c = tip_of(&f, "main");
	f.zone = parent;
	struct image *im, *bare;
	OK(image_build(&im, f.txn, id, &child, &c, NULL, NULL));
	OK(view_put(both->image, im));
	OK(image_bare(&bare, id, &child, &c));
	OK(view_put(both->bare, bare));
	both->txn = f.txn;
	says("ns.sub", AX_TYPE_A, "rcode 0 aa rd\nan ns.sub.example. 60 A 192.0.2.66\n");
	says("sub", AX_TYPE_DS, "rcode 0 aa rd\nan sub.example. 300 DS 1 13 2 AA\n");
	says("sub", AX_TYPE_NS,
	     "rcode 0 aa rd\nan sub.example. 60 NS ns.sub.example.\nad ns.sub.example. 60 A 192.0.2.66\n");
	says("@", AX_TYPE_DS, "rcode 0 aa rd\n" SOA); /* nobody above us is here */
	close_zone();
	ax_buf_fini(&b);
}
END_TEST

static void ask_at_random(struct nasty *z, unsigned questions)
{
	static const unsigned sizes[] = { 0, 0, 512, 700, 1232, 4096 };
	struct ax_buf b = AX_BUF_INIT;
	for (unsigned i = 0; i < questions; i++) {
		struct ax_name name;
		uint16_t type;
		nasty_question(z, &name, &type, &f.apex);
		struct wire_query q = wire_question(&name, type);
		unsigned size = sizes[nasty_random(z, 6)];
		if (size)
			wire_opt(&q, size, 0, nasty_random(z, 2));
		if (!both_ask(both, wire_bytes(&q), nasty_random(z, 4) == 0)) {
			struct ax_buf a = AX_BUF_INIT;
			ax_name_text(&a, &name);
			printf("%s %u\nimage: %s", ax_buf_cstr(&a), type,
			       wire_text(&b, ax_slice(both->a.p, both->a.n)));
			printf("store: %s", wire_text(&b, ax_slice(both->b.p, both->b.n)));
			ck_abort_msg("the two ways differ");
		}
		wire_text(&b, ax_slice(both->a.p, both->a.n));
	}
	ax_buf_fini(&b);
}

START_TEST(answer__equals_the_plain_lookup_on_random_zones)
{
	uint64_t seed = check_seed();
	struct nasty *z = calloc(1, sizeof *z);
	struct ax_buf b = AX_BUF_INIT;
	ck_assert_ptr_nonnull(z);
	uint64_t answers[3] = { 0 };
	for (unsigned i = 0; i < (full_run() ? 500 : 15); i++) {
		nasty_zone(&b, z, seed + i);
		const char *apex = i % 5 ? "example." : i % 2 ? "." : "a.deeper.zone.example.";
		nasty_sign(&b, z, i % 3, apex);
		open_zone(apex, ax_buf_cstr(&b));
		ask_at_random(z, 1500);
		answers[0] += both->stats_a.noerror;
		answers[1] += both->stats_a.nxdomain;
		answers[2] += both->stats_a.truncated;
		close_zone();
	}
	/* A test of nothing but one kind would prove little. */
	ck_assert_uint_gt(answers[0], 1000);
	ck_assert_uint_gt(answers[1], 1000);
	ck_assert_uint_gt(answers[2], 20);
	ax_buf_fini(&b);
	free(z);
}
END_TEST

START_TEST(answer__from_an_image_allocates_locks_and_reads_nothing)
{
	struct nasty *z = calloc(1, sizeof *z);
	struct ax_buf b = AX_BUF_INIT;
	ck_assert_ptr_nonnull(z);
	nasty_zone(&b, z, check_seed());
	nasty_sign(&b, z, 2, "example.");
	open_zone("example.", ax_buf_cstr(&b));
	struct wire_query *queries = calloc(2000, sizeof *queries);
	ck_assert_ptr_nonnull(queries);
	for (unsigned i = 0; i < 2000; i++) {
		struct ax_name name;
		uint16_t type;
		nasty_question(z, &name, &type, &f.apex);
		queries[i] = wire_question(&name, type);
		wire_opt(&queries[i], 1232, 0, true);
	}
	unsigned long allocated = allocations, locked = locks;
	uint64_t reads = ax_store_reads();
	for (unsigned i = 0; i < 2000; i++) {
		struct query q;
		(void)respond(&both->a, &q, wire_bytes(&queries[i]), both->image, i % 2, &both->stats_a);
	}
	allocated = allocations - allocated;
	locked = locks - locked; /* before Check locks something of its own */
	ck_assert_uint_eq(allocated, 0);
	ck_assert_uint_eq(locked, 0);
	ck_assert_uint_eq(ax_store_reads(), reads);
	ck_assert_uint_eq(both->stats_a.from_image, 2000);
#ifdef COUNTED
	ck_assert_uint_gt(allocations, 100); /* the counters do count */
	ck_assert_uint_gt(locks, 0);
#endif
	free(queries);
	close_zone();
	ax_buf_fini(&b);
	free(z);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, answer__every_shape_of_answer);
	tcase_add_test(tc, answer__other_names_and_classes_are_refused);
	tcase_add_test(tc, answer__too_big_it_is_cut_short_with_nothing_half_said);
	tcase_add_test(tc, answer__a_referral_without_room_for_its_glue_is_cut_short);
	tcase_add_test(tc, answer__referrals_to_any_question_below_a_cut);
	tcase_add_test(tc, answer__sizes_are_respected);
	tcase_add_test(tc, answer__from_the_deepest_zone_but_ds_from_the_one_above);
	tcase_add_test(tc, answer__equals_the_plain_lookup_on_random_zones);
	tcase_add_test(tc, answer__from_an_image_allocates_locks_and_reads_nothing);
}

int main(void)
{
	return check_main("answer", add);
}
