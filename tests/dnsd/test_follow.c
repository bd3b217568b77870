#include "dnsd/follow.h"
#include "dnsd/publish.h"
#include "tests/dnsd/wire.h"

#include "dnsd/plain.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static struct fixture f;
static struct builder *builder;
static struct follow *follow;
static struct packet m;
static uint8_t buffer[PACKET_MAX];
static struct stats answered;
static unsigned logged;
static char last_line[2000];
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static void take_log(const char *text)
{
	pthread_mutex_lock(&log_lock);
	logged++;
	snprintf(last_line, sizeof last_line, "%s", text);
	pthread_mutex_unlock(&log_lock);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum ax_err start(const char *branch, const char *at, const struct ax_name *zones, size_t n)
{
	struct follow_options o = { .branch = branch, .at = at, .zones = zones, .nzones = n, .log = take_log };
	o.now = f.who.committer.when;
	o.builder = builder;
	return follow_start(&follow, f.repo, &o);
}

static void begin(unsigned long serial, unsigned hosts)
{
	fixture_open(&f, "example.");
	if (serial)
		begin_zone(&f, serial, hosts);
	OK(builder_start(&builder, ax_repo_store(f.repo), 2));
	packet_init(&m, buffer);
	memset(&answered, 0, sizeof answered);
	logged = 0;
}

static void end(void)
{
	follow_stop(follow);
	follow = NULL;
	builder_stop(builder);
	fixture_close(&f);
}

/* The answer as text, from whatever is published. from_image (may be NULL): did an image give it? */
static const char *ask(struct ax_buf *out, const char *name, uint16_t type, bool *from_image)
{
	struct ax_name n = name_of(name);
	struct wire_query w = wire_question(&n, type);
	struct query q;
	publish_register();
	publish_online();
	enum respond r = respond(&m, &q, wire_bytes(&w), publish_current(0), false, &answered);
	publish_offline();
	publish_unregister();
	if (r == RESPOND_PLAIN) {
		struct ax_txn *t;
		OK(ax_txn_read(&t, ax_repo_store(f.repo)));
		plain_answer(&m, &q, t, false, &answered);
		ax_txn_abort(t);
	}
	if (from_image)
		*from_image = r == RESPOND_SEND;
	return wire_text(out, ax_slice(m.p, m.n));
}

/* Ask until the answer has the text; how many seconds it took. */
static double until(const char *name, uint16_t type, const char *text, bool by_image)
{
	struct ax_buf b = AX_BUF_INIT;
	double start_s = now();
	for (;;) {
		bool image;
		bool good = strstr(ask(&b, name, type, &image), text) != NULL;
		if (good && (image || !by_image))
			break;
		ck_assert_msg(now() - start_s < 20, "%s: %s does not come, but %s; log: %s", name, text,
			      ax_buf_cstr(&b), last_line);
		usleep(100);
	}
	ax_buf_fini(&b);
	return now() - start_s;
}

static const struct stats *stats(void)
{
	static struct stats s;
	memset(&s, 0, sizeof s);
	follow_stats(follow, &s);
	return &s;
}

START_TEST(follow__the_first_answer_comes_at_once_and_an_image_after)
{
	struct ax_buf b = AX_BUF_INIT;
	begin(7, 20000);
	OK(start("main", NULL, NULL, 0));
	ck_assert_ptr_nonnull(strstr(ask(&b, "h5.example.", AX_TYPE_A, NULL), "an h5.example. 300 A 198.51.0.5"));
	until("h5.example.", AX_TYPE_A, "an h5.example. 300 A 198.51.0.5", true);
	ck_assert_uint_eq(stats()->built, 1);
	ck_assert_uint_eq(stats()->zones, 1);
	end();
	ax_buf_fini(&b);
}
END_TEST

START_TEST(follow__a_moved_tip_is_answered_soon_by_a_diff)
{
	double worst = 0, sum = 0;
	begin(7, 2000);
	OK(start("main", NULL, NULL, 0));
	until("h5.example.", AX_TYPE_A, "198.51.0.5", true);
	for (unsigned i = 0; i < 100; i++) {
		char text[64], wanted[64];
		snprintf(text, sizeof text, "$TTL 300\nh%u A 203.0.113.%u\n", i, i);
		snprintf(wanted, sizeof wanted, "A 203.0.113.%u\n", i);
		OK(save(&f, text));
		snprintf(text, sizeof text, "h%u.example.", i);
		double took = until(text, AX_TYPE_A, wanted, true);
		sum += took;
		if (took > worst)
			worst = took;
	}
	printf("commit to answer: %.2f ms, worst %.2f ms\n", sum * 10, worst * 1000);
	ck_assert_uint_eq(stats()->built, 1);
	ck_assert_uint_ge(stats()->updated, 1);
	ck_assert_uint_le(stats()->copied_last, 100);
	/* 50 ms is promised; a machine that does much else may stretch one of a hundred, not their mean. */
	ck_assert_double_lt(sum / 100, 0.05);
	end();
}
END_TEST

START_TEST(follow__zones_come_and_go_while_it_runs)
{
	struct ax_name other = name_of("other.org.");
	uint32_t id;
	begin(7, 1);
	OK(start("main", NULL, NULL, 0));
	until("www.other.org.", AX_TYPE_A, "rcode 5", false);
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	until("www.other.org.", AX_TYPE_A, "rcode 2", false); /* unborn */
	struct ax_batch b;
	ax_batch_init(&b, &other);
	put_text(&f, &b, "$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.2\n");
	f.zone = id;
	OK(commit_batch(&f, &b, "main", true, AX_SERIAL_FROM_FILE, NULL));
	ax_batch_fini(&b);
	until("www.other.org.", AX_TYPE_A, "192.0.2.2", true);
	OK(ax_repo_zone_remove(f.repo, &other, &f.who));
	until("www.other.org.", AX_TYPE_A, "rcode 5", false);
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who)); /* it comes back with its history */
	until("www.other.org.", AX_TYPE_A, "192.0.2.2", true);
	end();
}
END_TEST

START_TEST(follow__what_one_transaction_moved_is_published_together)
{
	struct ax_name other = name_of("other.org.");
	uint32_t id;
	begin(7, 1);
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	for (unsigned i = 0; i < 30; i++) {
		struct ax_batch b[2];
		struct ax_buf text = AX_BUF_INIT;
		struct ax_change c[2] = { { .zone = 1, .branch = "main", .batch = &b[0] },
					  { .zone = id, .branch = "main", .batch = &b[1] } };
		struct ax_published out[2];
		char plan[AX_ID_SHORT + 1];
		ax_buf_printf(&text,
			      "$TTL 300\n@ SOA ns h %u 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nboth TXT \"round %u\"\n",
			      i + 100, i);
		ax_batch_init(&b[0], &f.apex);
		ax_batch_init(&b[1], &other);
		put_text(&f, &b[0], ax_buf_cstr(&text));
		put_text(&f, &b[1], ax_buf_cstr(&text));
		OK(ax_repo_commit(out, f.repo, c, 2, &f.who, NULL, plan));
		ax_batch_fini(&b[0]);
		ax_batch_fini(&b[1]);
		ax_buf_fini(&text);
		if (i == 0) {
			OK(start("main", NULL, NULL, 0));
			until("both.example.", AX_TYPE_TXT, "round 0", true);
			until("both.other.org.", AX_TYPE_TXT, "round 0", true);
			continue;
		}
		/* Whenever one is seen, one look later the other must not be older. */
		char round[16];
		struct ax_buf answer = AX_BUF_INIT;
		snprintf(round, sizeof round, "round %u\"", i);
		until("both.example.", AX_TYPE_TXT, round, true);
		ck_assert_ptr_nonnull(strstr(ask(&answer, "both.other.org.", AX_TYPE_TXT, NULL), round));
		ax_buf_fini(&answer);
	}
	end();
}
END_TEST

START_TEST(follow__a_big_change_is_built_aside)
{
	struct ax_buf b = AX_BUF_INIT;
	begin(7, 10);
	OK(start("main", NULL, NULL, 0));
	until("h5.example.", AX_TYPE_A, "198.51.0.5", true);
	OK(import(&f, zone_text(&b, 8, 30000)));
	until("h29999.example.", AX_TYPE_A, "A 198.51", true);
	ck_assert_uint_eq(stats()->built, 2);
	/* And the next small one is a diff again. */
	OK(save(&f, "$TTL 300\nh5 A 203.0.113.5\n"));
	until("h5.example.", AX_TYPE_A, "203.0.113.5", true);
	ck_assert_uint_eq(stats()->built, 2);
	end();
	ax_buf_fini(&b);
}
END_TEST

START_TEST(follow__another_branch_is_followed_alone)
{
	begin(7, 10);
	struct ax_commit_info tip = tip_of(&f, "main");
	OK(ax_repo_branch_create(f.repo, f.zone, "canary", tip.local, &f.who));
	OK(start("canary", NULL, NULL, 0));
	until("h5.example.", AX_TYPE_A, "198.51.0.5", true);
	OK(save(&f, "$TTL 300\nh5 A 203.0.113.5\n"));
	OK(save_on(&f, "canary", "$TTL 300\nh6 A 203.0.113.6\n"));
	until("h6.example.", AX_TYPE_A, "203.0.113.6", true);
	until("h5.example.", AX_TYPE_A, "198.51.0.5", true);
	OK(ax_repo_branch_delete(f.repo, f.zone, "canary", true, &f.who));
	until("h5.example.", AX_TYPE_A, "rcode 2", false);
	OK(ax_repo_branch_create(f.repo, f.zone, "canary", tip.local, &f.who));
	until("h6.example.", AX_TYPE_A, "198.51.0.6", true);
	end();
}
END_TEST

static struct follow *follow_second(void)
{
	struct follow_options o = { .branch = "canary", .log = take_log, .builder = builder, .slot = 1 };
	struct follow *second;
	OK(follow_start(&second, f.repo, &o));
	return second;
}

/* Octets of all images, once the second follower has its own, which ends then. */
static size_t size_with_second(struct follow *second)
{
	struct stats s;
	double start_s = now();
	do {
		memset(&s, 0, sizeof s);
		follow_stats(second, &s);
		ck_assert_double_lt(now() - start_s, 20);
		usleep(1000);
	} while (!s.built);
	until("h6.example.", AX_TYPE_A, "198.51.0.6", true);
	size_t all = slab_use().blocks;
	follow_stop(second);
	return all;
}

/* One that remembers no image. */
static void new_builder(unsigned threads)
{
	follow_stop(follow);
	follow = NULL;
	builder_stop(builder);
	OK(builder_start(&builder, ax_repo_store(f.repo), threads));
}

START_TEST(follow__branches_share_what_is_equal)
{
	begin(7, 20000);
	struct ax_commit_info tip = tip_of(&f, "main");
	OK(ax_repo_branch_create(f.repo, f.zone, "canary", tip.local, &f.who));
	OK(save_on(&f, "canary", "$TTL 300\nh5 A 203.0.113.5\n"));
	OK(start("main", NULL, NULL, 0));
	until("h6.example.", AX_TYPE_A, "198.51.0.6", true);
	size_t most = slab_use().blocks / 20 * 21;

	new_builder(2);
	OK(start("main", NULL, NULL, 0)); /* both have everything to build */
	ck_assert_uint_lt(size_with_second(follow_second()), most);

	sleep(3); /* the builder remembers none any more, but the first one's is published */
	ck_assert_uint_lt(size_with_second(follow_second()), most);
	end();
}
END_TEST

/* The builder's only thread is at the first zone while the others are asked for. False: it was done too soon. */
static bool build_four(uint32_t order[4], const struct ax_name apex[4], struct image *const bare[4])
{
	struct builder_client c;
	struct build_job *job;
	int fd = eventfd(0, 0);
	uint64_t count;
	builder_join(&c, builder, fd);
	for (unsigned i = 0; i < 4; i++)
		OK(builder_ask(&c, &apex[i], bare[i], bare[i]->commit));
	bool good = !(job = builder_take(&c));
	for (unsigned n = 0; n < 4; job = builder_take(&c)) {
		if (job) {
			OK(job->e);
			order[n++] = job->zone;
			builder_free(job);
		} else {
			ck_assert_int_eq(read(fd, &count, sizeof count), sizeof count);
		}
	}
	builder_leave(&c);
	close(fd);
	return good;
}

START_TEST(follow__the_most_wanted_zone_is_built_first)
{
	struct ax_name apex[4];
	struct image *bare[4];
	uint32_t order[4];
	begin(7, 20000);
	new_builder(1);
	for (unsigned i = 0; i < 4; i++) {
		if (i) {
			char text[40];
			snprintf(text, sizeof text, "z%u.org.", i);
			f.apex = name_of(text);
			OK(ax_repo_zone_add(&f.zone, f.repo, &f.apex, &f.who));
			OK(import(&f, "$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns.example.\n"));
		}
		apex[i] = f.apex;
		struct ax_commit_info tip = tip_of(&f, "main");
		OK(image_bare(&bare[i], f.zone, &apex[i], &tip));
	}
	for (unsigned i = 0; i < 5; i++) {
		image_want(bare[0]); /* first, whenever the thread wakes */
		if (i)
			image_want(bare[2]);
	}
	image_want(bare[3]);
	while (!build_four(order, apex, bare))
		;
	ck_assert_uint_eq(order[0], bare[0]->zone);
	ck_assert_uint_eq(order[1], bare[2]->zone);
	ck_assert_uint_eq(order[2], bare[3]->zone);
	ck_assert_uint_eq(order[3], bare[1]->zone);
	for (unsigned i = 0; i < 4; i++)
		image_unref(bare[i]);
	end();
}
END_TEST

START_TEST(follow__a_pinned_revision_stays_whatever_happens)
{
	begin(7, 10);
	OK(save(&f, "$TTL 300\nh5 A 203.0.113.5\n"));
	OK(start("main", "main~1", NULL, 0));
	until("h5.example.", AX_TYPE_A, "198.51.0.5", true);
	OK(save(&f, "$TTL 300\nh5 A 203.0.113.6\n"));
	usleep(100000);
	until("h5.example.", AX_TYPE_A, "198.51.0.5", true);
	end();
}
END_TEST

START_TEST(follow__a_revision_that_is_none_is_refused)
{
	begin(7, 10);
	FAILS(AX_ENOENT, start("main", "no-such-revision", NULL, 0));
	ck_assert_ptr_null(follow);
	end();
}
END_TEST

START_TEST(follow__a_revision_that_only_one_zone_has_serves_only_that)
{
	struct ax_name other = name_of("other.org.");
	uint32_t id;
	begin(7, 10);
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	OK(start("main", "serial:7", NULL, 0));
	until("h5.example.", AX_TYPE_A, "198.51.0.5", true);
	until("www.other.org.", AX_TYPE_A, "rcode 5", false);
	ck_assert_uint_eq(logged, 1);
	ck_assert_ptr_nonnull(strstr(last_line, "other.org."));
	end();
}
END_TEST

START_TEST(follow__only_the_zones_asked_for)
{
	struct ax_name other = name_of("other.org."), none = name_of("none.org.");
	uint32_t id;
	begin(7, 10);
	OK(ax_repo_zone_add(&id, f.repo, &other, &f.who));
	OK(start("main", NULL, &other, 1));
	until("www.other.org.", AX_TYPE_A, "rcode 2", false);
	until("h5.example.", AX_TYPE_A, "rcode 5", false);
	follow_stop(follow);
	FAILS(AX_ENOENT, start("main", NULL, &none, 1));
	end();
}
END_TEST

/* Many readers ask while a writer commits: each answer is of one commit, and nothing is used after it was freed. */
static atomic_bool stop_readers;

static void *read_on(void *arg)
{
	static _Thread_local uint8_t bytes[PACKET_MAX];
	struct packet *p = calloc(1, sizeof *p);
	struct stats *s = calloc(1, sizeof *s);
	struct ax_name names[3] = { name_of("h1.example."), name_of("nope.example."), name_of("example.") };
	uint64_t n = 0;
	packet_init(p, bytes);
	publish_register();
	while (!atomic_load(&stop_readers)) {
		struct query q;
		struct wire_query w = wire_question(&names[n % 3], n % 3 == 2 ? AX_TYPE_NS : AX_TYPE_A);
		publish_online();
		if (respond(p, &q, wire_bytes(&w), publish_current(0), false, s) == RESPOND_SEND)
			n++;
		publish_offline();
	}
	publish_unregister();
	free(p);
	free(s);
	*(uint64_t *)arg = n;
	return NULL;
}

START_TEST(follow__readers_go_on_through_a_storm_of_commits)
{
	pthread_t thread[2];
	uint64_t read_n[2] = { 0 };
	begin(7, 500);
	OK(start("main", NULL, NULL, 0));
	until("h5.example.", AX_TYPE_A, "198.51.0.5", true);
	atomic_store(&stop_readers, false);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, read_on, &read_n[i]), 0);
	for (unsigned i = 0; i < 150; i++) {
		char text[120];
		snprintf(text, sizeof text, "$TTL 300\nh1 A 203.0.113.%u\nnew%u.h%u A 203.0.113.1\n", i, i, i % 7);
		OK(save(&f, text));
	}
	until("h1.example.", AX_TYPE_A, "203.0.113.149", true);
	atomic_store(&stop_readers, true);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		ck_assert_uint_gt(read_n[i], 100);
	}
	end();
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, follow__the_first_answer_comes_at_once_and_an_image_after);
	tcase_add_test(tc, follow__a_moved_tip_is_answered_soon_by_a_diff);
	tcase_add_test(tc, follow__zones_come_and_go_while_it_runs);
	tcase_add_test(tc, follow__what_one_transaction_moved_is_published_together);
	tcase_add_test(tc, follow__a_big_change_is_built_aside);
	tcase_add_test(tc, follow__another_branch_is_followed_alone);
	tcase_add_test(tc, follow__branches_share_what_is_equal);
	tcase_add_test(tc, follow__the_most_wanted_zone_is_built_first);
	tcase_add_test(tc, follow__a_pinned_revision_stays_whatever_happens);
	tcase_add_test(tc, follow__a_revision_that_is_none_is_refused);
	tcase_add_test(tc, follow__a_revision_that_only_one_zone_has_serves_only_that);
	tcase_add_test(tc, follow__only_the_zones_asked_for);
	tcase_add_test(tc, follow__readers_go_on_through_a_storm_of_commits);
}

int main(void)
{
	return check_main("follow", add);
}
