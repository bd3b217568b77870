#include "core/commit.h"
#include "tests/core/repo_fixture.h"

static struct ax_commit sample(void)
{
	struct ax_commit c = { .zone = name_of("example."),
			       .serial = 2026080101,
			       .via = "fs uid=1000 comm=vim",
			       .message = "subject\n\nbody" };
	memset(&c.tree, 0x11, sizeof c.tree);
	c.parents = 2;
	memset(&c.parent[0], 0x22, sizeof c.tree);
	memset(&c.parent[1], 0x33, sizeof c.tree);
	c.author = (struct ax_person){ "J\xc3\xb6rg A.", "j@example.org", { 1790000000, 5, 120 } };
	c.committer = (struct ax_person){ "Bot", "", { 1790000001, 123456789, -570 } };
	return c;
}

#define HEX8(d) d d d d d d d d
#define HEX64(d) HEX8(HEX8(d))

static const char *const sample_text = "tree " HEX64("1") "\nparent " HEX64("2") "\nparent " HEX64(
	"3") "\n"
	     "zone example.\n"
	     "serial 2026080101\n"
	     "author J\xc3\xb6rg A. <j@example.org> 1790000000.000000005 +0200\n"
	     "committer Bot <> 1790000001.123456789 -0930\n"
	     "via fs uid=1000 comm=vim\n"
	     "\n"
	     "subject\n\nbody\n";

START_TEST(commit__text_is_that_of_the_format)
{
	struct ax_commit c = sample();
	struct ax_buf b = AX_BUF_INIT;
	OK(ax_commit_encode(&b, &c));
	ck_assert_str_eq(ax_buf_cstr(&b), sample_text);
	struct ax_id id = ax_hash_object(AX_KIND_COMMIT, ax_buf_view(&b));
	char hex[AX_ID_HEX + 1];
	ax_id_hex(hex, &id);
	/* frozen: another value is another format */
	ck_assert_str_eq(hex, "00073964407234ab3bbc6961fae5c4df12498ce19d0e823b9d334e44f54eb9f3");
	ax_buf_fini(&b);
}
END_TEST

START_TEST(commit__decoding_is_the_reverse)
{
	struct ax_commit c, want = sample();
	OK(ax_commit_decode(&c, ax_slice_str(sample_text)));
	ck_assert(ax_id_eq(&c.tree, &want.tree));
	ck_assert_uint_eq(c.parents, 2);
	ck_assert(ax_id_eq(&c.parent[1], &want.parent[1]));
	ck_assert(ax_name_eq(&c.zone, &want.zone));
	ck_assert_uint_eq(c.serial, want.serial);
	ck_assert_str_eq(c.author.name, want.author.name);
	ck_assert_str_eq(c.author.mail, want.author.mail);
	ck_assert_str_eq(c.committer.mail, "");
	ck_assert_int_eq(c.committer.when.tz_min, -570);
	ck_assert_uint_eq(c.committer.when.ns, 123456789);
	ck_assert_str_eq(c.via, want.via);
	ck_assert_str_eq(c.message, want.message);
	ck_assert_uint_eq(c.extra.n, 0);
	ax_commit_fini(&c);
}
END_TEST

/* A sample text with one piece replaced. */
static enum ax_err decode_with(const char *from, const char *to)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_commit c;
	const char *at = strstr(sample_text, from);
	ck_assert_ptr_nonnull(at);
	ax_buf_put(&b, sample_text, (size_t)(at - sample_text));
	ax_buf_str(&b, to);
	ax_buf_str(&b, at + strlen(from));
	enum ax_err e = ax_commit_decode(&c, ax_buf_view(&b));
	if (!e) {
		struct ax_buf again = AX_BUF_INIT;
		OK(ax_commit_encode(&again, &c));
		ck_assert(ax_slice_eq(ax_buf_view(&again), ax_buf_view(&b)));
		ax_buf_fini(&again);
		ax_commit_fini(&c);
	}
	ax_buf_fini(&b);
	return e;
}

START_TEST(commit__unknown_headers_survive)
{
	OK(decode_with("comm=vim\n", "comm=vim\nsigned-off by somebody\n two lines\nx1 y\n"));
	FAILS(AX_ECORRUPT, decode_with("comm=vim\n", "comm=vim\n two lines\n"));
	FAILS(AX_ECORRUPT, decode_with("comm=vim\n", "comm=vim\nnovalue\n"));
	FAILS(AX_ECORRUPT, decode_with("comm=vim\n", "comm=vim\nUpper case\n"));
	FAILS(AX_ECORRUPT, decode_with("comm=vim\n", "comm=vim\nserial 5\n"));
}
END_TEST

START_TEST(commit__one_content_has_one_form)
{
	static const char *const bad[][2] = {
		{ "serial 2026080101", "serial 02026080101" },
		{ "serial 2026080101", "serial 4294967296" },
		{ "serial 2026080101", "serial -1" },
		{ "serial 2026080101", "serial " },
		{ "zone example.", "zone Example." },
		{ "zone example.", "zone example" },
		{ "zone example.", "zone a..b." },
		{ "+0200", "+200" },
		{ "+0200", "-0000" },
		{ "+0200", "+0260" },
		{ "+0200", "+0200 " },
		{ ".000000005", ".5" },
		{ "1790000000.", "-1." },
		{ "1790000000.", "99999999999999999999." },
		{ "J\xc3\xb6rg A. <", " <" },
		{ "<j@", "<<j@" },
		{ "author ", "autor " },
		{ "tree 1", "tree A" },
		{ "tree 11", "tree 1" },
		{ "via fs uid=1000 comm=vim\n", "" },
		{ "body\n", "body" },
		{ "body\n", "body\n\n" },
		{ "body", "bo\033dy" },
		{ "parent 2222", "parent 222" },
		{ "\n\nsubject", "\nsubject" },
		{ "via ", "via  " },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (strcmp(bad[i][1], "via  ") == 0)
			continue; /* a blank may begin what via says */
		enum ax_err e = decode_with(bad[i][0], bad[i][1]);
		ck_assert_msg(e == AX_ECORRUPT, "`%s` for `%s`: %s", bad[i][1], bad[i][0], ax_err_name(e));
	}
}
END_TEST

START_TEST(commit__bad_names_and_texts_are_refused)
{
	struct ax_buf b = AX_BUF_INIT;
	static const char *const names[] = { "", " a", "a ", "a\nb", "a<b", "a>b", "a\x7f" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct ax_commit c = sample();
		c.author.name = names[i];
		FAILS(AX_EINVAL, ax_commit_encode(&b, &c));
		SAYS(AX_EINVAL, "author");
	}
	struct ax_commit c = sample();
	c.committer.mail = "a>b";
	FAILS(AX_EINVAL, ax_commit_encode(&b, &c));
	c = sample();
	c.via = "two\nlines";
	FAILS(AX_EINVAL, ax_commit_encode(&b, &c));
	c = sample();
	c.via = NULL;
	FAILS(AX_EINVAL, ax_commit_encode(&b, &c));
	c = sample();
	c.message = "ends in a line\n";
	FAILS(AX_EINVAL, ax_commit_encode(&b, &c));
	c = sample();
	c.author.when.ns = 1000000000;
	FAILS(AX_EINVAL, ax_commit_encode(&b, &c));
	ax_buf_fini(&b);
}
END_TEST

START_TEST(commit__truncated_text_is_never_a_commit)
{
	struct ax_commit c;
	size_t n = strlen(sample_text);
	for (size_t i = 0; i < n; i++) {
		/* what ends in an LF of the message is a shorter message */
		enum ax_err e = ax_commit_decode(&c, ax_slice(sample_text, i));
		if (!e)
			ck_assert(i > n - 8 && sample_text[i - 1] == '\n');
		ax_commit_fini(&c);
	}
}
END_TEST

START_TEST(commit__random_damage_is_refused_or_another_commit)
{
	struct rng r = rng_seeded();
	size_t n = strlen(sample_text);
	for (int round = 0; round < 20000; round++) {
		char *text = strdup(sample_text);
		struct ax_commit c;
		for (uint64_t k = 1 + rng_below(&r, 3); k; k--)
			text[rng_below(&r, n)] = (char)rng_next(&r);
		if (ax_commit_decode(&c, ax_slice(text, n)) == AX_OK) {
			struct ax_buf again = AX_BUF_INIT;
			OK(ax_commit_encode(&again, &c));
			ck_assert(ax_slice_eq(ax_buf_view(&again), ax_slice(text, n)));
			ax_buf_fini(&again);
		}
		ax_commit_fini(&c);
		free(text);
	}
}
END_TEST

/* The record is reserved before the serial is known: whatever the serial, and around the size where the length of the
 * length changes, it keeps its size. */
START_TEST(commit__record_keeps_its_size_whatever_the_serial)
{
	static const uint32_t serials[] = { 0, 9, 10, 123456, 999999999, 1000000000, UINT32_MAX };
	struct scratch s;
	OK(ax_hash_init());
	scratch_open(&s, 0);
	scratch_begin(&s);
	char *message = malloc(17000);
	for (size_t n = 15900; n < 16300; n += 7) {
		struct ax_commit c = sample();
		struct ax_commit_info info = { .root = ax_tree_empty() }, back;
		memset(message, 'x', n);
		message[n] = 0;
		c.parents = 0;
		c.message = message;
		info.time = c.committer.when;
		OK(ax_txn_next_id(&info.local, s.txn));
		OK(ax_commit_link(&info, s.txn));
		for (size_t i = 0; i < sizeof serials / sizeof *serials; i++) {
			struct ax_id id, stored;
			c.serial = info.serial = serials[i];
			OK(ax_commit_put(&id, s.txn, &c, &info));
			OK(ax_commit_info(&back, s.txn, info.local));
			ck_assert_uint_eq(back.serial, serials[i]);
			OK(ax_commit_id(&stored, s.txn, info.local));
			ck_assert(ax_id_eq(&id, &stored));
		}
	}
	free(message);
	scratch_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, commit__text_is_that_of_the_format);
	tcase_add_test(tc, commit__decoding_is_the_reverse);
	tcase_add_test(tc, commit__unknown_headers_survive);
	tcase_add_test(tc, commit__one_content_has_one_form);
	tcase_add_test(tc, commit__bad_names_and_texts_are_refused);
	tcase_add_test(tc, commit__truncated_text_is_never_a_commit);
	tcase_add_test(tc, commit__random_damage_is_refused_or_another_commit);
	tcase_add_test(tc, commit__record_keeps_its_size_whatever_the_serial);
}

int main(void)
{
	return check_main("commit", add);
}
