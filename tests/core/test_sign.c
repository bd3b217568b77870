#include "core/sign.h"
#include "core/idset.h"
#include "core/tag.h"
#include "tests/core/repo_fixture.h"

static struct ax_secret_key secret_of(uint8_t n)
{
	struct ax_secret_key key;
	memset(key.seed, n, sizeof key.seed);
	return key;
}

static void trust(struct ax_keys *keys, uint8_t n, const char *name)
{
	struct ax_secret_key secret = secret_of(n);
	struct ax_public_key public;
	struct ax_buf b = AX_BUF_INIT;
	ax_secret_public(&public, &secret);
	snprintf(public.name, sizeof public.name, "%s", name);
	ax_public_text(&b, &public);
	OK(ax_keys_parse(keys, ax_buf_view(&b)));
	ax_buf_fini(&b);
}

static void sign_commit(struct fixture *f, uint64_t commit, uint8_t n)
{
	struct ax_secret_key secret = secret_of(n);
	struct ax_id id;
	struct ax_txn *t;
	ax_txn_abort(f->txn);
	f->txn = NULL;
	OK(ax_txn_write(&t, ax_repo_store(f->repo), false));
	OK(ax_commit_id(&id, t, commit));
	OK(ax_sign(t, AX_KIND_COMMIT, &id, &secret));
	OK(ax_txn_commit(t));
}

static enum ax_err verify(struct fixture *f, uint64_t commit, const struct ax_keys *keys, struct ax_public_key *by)
{
	struct ax_idset seen = { 0 };
	struct ax_id id;
	OK(ax_commit_id(&id, look(f), commit));
	enum ax_err e = ax_sign_verify(by, f->txn, commit, &id, keys, &seen);
	ax_idset_fini(&seen);
	return e;
}

/* RFC 8032 7.1, test 1: the seed and its public key. */
START_TEST(sign__keys_are_those_of_rfc_8032)
{
	static const char secret_text[] = "ed25519-secret "
					  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n",
			  public_text[] = "ed25519 "
					  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n";
	struct ax_secret_key secret;
	struct ax_public_key public;
	struct ax_buf b = AX_BUF_INIT;
	OK(ax_secret_parse(&secret, ax_slice_str(secret_text)));
	ax_secret_public(&public, &secret);
	ax_public_text(&b, &public);
	ck_assert_str_eq(ax_buf_cstr(&b), public_text);
	ax_buf_clear(&b);
	ax_secret_text(&b, &secret);
	ck_assert_str_eq(ax_buf_cstr(&b), secret_text);
	ax_buf_fini(&b);
}
END_TEST

START_TEST(sign__what_is_no_key_is_refused)
{
	static const char *const bad[] = {
		"",
		"# only a comment\n",
		"ed25519 00\n",
		"ed25519-secret 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n",
		"ed25519 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60x name\n",
		"ed25519 zz61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60 name\n"
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ax_keys keys = { 0 };
		FAILS(AX_EINVAL, ax_keys_parse(&keys, ax_slice_str(bad[i])));
		ax_keys_fini(&keys);
	}
	struct ax_secret_key secret;
	FAILS(AX_EINVAL, ax_secret_parse(&secret, ax_slice_str("ed25519-secret 9d61\n")));
	FAILS(AX_EINVAL, ax_secret_parse(&secret, ax_slice_str("")));
	struct ax_keys keys = { 0 };
	OK(ax_keys_parse(&keys, ax_slice_str("# ours\n\n  ed25519 "
					     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a "
					     "Ann Author # since 2026\r\n")));
	ck_assert_uint_eq(keys.n, 1);
	ck_assert_str_eq(keys.v[0].name, "Ann Author");
	ax_keys_fini(&keys);
}
END_TEST

START_TEST(sign__a_commit_is_good_by_whom_it_was_signed)
{
	struct fixture f;
	struct ax_keys ann = { 0 }, bob = { 0 };
	struct ax_public_key by;
	struct ax_id before, after;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	uint64_t commit = f.out.commit;
	trust(&ann, 1, "Ann");
	trust(&bob, 2, "Bob");
	FAILS(AX_ECHECK, verify(&f, commit, &ann, &by));
	SAYS(AX_ECHECK, "unsigned");
	OK(ax_commit_id(&before, f.txn, commit));
	sign_commit(&f, commit, 1);
	OK(verify(&f, commit, &ann, &by));
	ck_assert_str_eq(by.name, "Ann");
	FAILS(AX_ECHECK, verify(&f, commit, &bob, &by));
	SAYS(AX_ECHECK, "by no key that is trusted");
	sign_commit(&f, commit, 2); /* several keys may sign one commit */
	OK(verify(&f, commit, &bob, &by));
	OK(verify(&f, commit, &ann, &by));
	OK(ax_commit_id(&after, f.txn, commit));
	ck_assert(ax_id_eq(&before, &after));
	ax_keys_fini(&ann);
	ax_keys_fini(&bob);
	fixture_close(&f);
}
END_TEST

START_TEST(sign__an_altered_signature_is_bad)
{
	struct fixture f;
	struct ax_keys keys = { 0 };
	struct ax_public_key by;
	struct ax_slice key, value;
	struct ax_txn *t;
	uint8_t k[65], v[65];
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	uint64_t commit = f.out.commit;
	trust(&keys, 1, "Ann");
	sign_commit(&f, commit, 1);
	OK(ax_txn_write(&t, ax_repo_store(f.repo), false));
	OK(ax_txn_seek(&key, &value, t, AX_TABLE_MAIN, ax_slice("g", 1), ax_slice("g", 1), false));
	memcpy(k, key.p, sizeof k);
	memcpy(v, value.p, sizeof v);
	v[10] ^= 1;
	OK(ax_txn_put(t, AX_TABLE_MAIN, ax_slice(k, sizeof k), ax_slice(v, sizeof v)));
	OK(ax_txn_commit(t));
	FAILS(AX_ECHECK, verify(&f, commit, &keys, &by));
	SAYS(AX_ECHECK, "not valid");
	ax_keys_fini(&keys);
	fixture_close(&f);
}
END_TEST

START_TEST(sign__another_id_than_the_stored_commits_is_altered)
{
	struct fixture f;
	struct ax_keys keys = { 0 };
	struct ax_public_key by;
	struct ax_idset seen = { 0 };
	struct ax_id id;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	trust(&keys, 1, "Ann");
	sign_commit(&f, f.out.commit, 1);
	OK(ax_commit_id(&id, look(&f), f.out.commit));
	id.b[0] ^= 1;
	FAILS(AX_ECHECK, ax_sign_verify(&by, f.txn, f.out.commit, &id, &keys, &seen));
	SAYS(AX_ECHECK, "altered");
	ax_idset_fini(&seen);
	ax_keys_fini(&keys);
	fixture_close(&f);
}
END_TEST

START_TEST(sign__a_chain_is_as_good_as_its_worst_commit)
{
	struct fixture f;
	struct ax_keys keys = { 0 };
	struct ax_id tip, third;
	uint64_t commit[5], n;
	char hex[AX_ID_HEX + 1];
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	trust(&keys, 1, "Ann");
	for (int i = 0; i < 5; i++) {
		char line[40];
		snprintf(line, sizeof line, "new%d 300 A 1.1.1.1\n", i);
		OK(save(&f, line));
		commit[i] = f.out.commit;
		if (i != 2)
			sign_commit(&f, commit[i], 1);
	}
	OK(ax_commit_id(&tip, look(&f), commit[4]));
	OK(ax_commit_id(&third, f.txn, commit[2]));
	FAILS(AX_ECHECK, ax_sign_verify_chain(&n, f.txn, commit[4], &tip, 0, &keys));
	ax_id_hex(hex, &third);
	SAYS(AX_ECHECK, hex);
	SAYS(AX_ECHECK, "unsigned");
	OK(ax_sign_verify_chain(&n, f.txn, commit[4], &tip, commit[2], &keys));
	ck_assert_uint_eq(n, 2);
	ax_keys_fini(&keys);
	fixture_close(&f);
}
END_TEST

START_TEST(sign__a_tag_is_no_commit)
{
	struct fixture f;
	struct ax_keys keys = { 0 };
	struct ax_secret_key secret = secret_of(1);
	struct ax_public_key by;
	enum ax_signed state;
	struct ax_id id;
	struct ax_txn *t;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	trust(&keys, 1, "Ann");
	OK(ax_repo_tag_object(&id, f.repo, f.zone, "v1", f.out.commit, "first\n", &f.who));
	OK(ax_txn_write(&t, ax_repo_store(f.repo), false));
	OK(ax_sign(t, AX_KIND_TAG, &id, &secret));
	OK(ax_txn_commit(t));
	OK(ax_sign_check(&state, &by, look(&f), AX_KIND_TAG, &id, &keys));
	ck_assert_int_eq(state, AX_SIGNED_GOOD);
	OK(ax_sign_check(&state, &by, f.txn, AX_KIND_COMMIT, &id, &keys));
	ck_assert_int_eq(state, AX_SIGNED_BAD);
	ax_keys_fini(&keys);
	fixture_close(&f);
}
END_TEST

START_TEST(tag__object_is_read_back_and_goes_with_its_name)
{
	struct fixture f;
	struct ax_tag tag;
	struct ax_id id, was;
	struct ax_ref ref;
	uint64_t local;
	fixture_open(&f, "example.");
	begin_zone(&f, 7, 20);
	uint64_t commit = f.out.commit;
	OK(ax_repo_tag_object(&id, f.repo, f.zone, "v1", commit, "first\n\nof many\n", &f.who));
	FAILS(AX_EEXIST, ax_repo_tag_object(&was, f.repo, f.zone, "v1", commit, "again", &f.who));
	FAILS(AX_EINVAL, ax_repo_tag_object(&was, f.repo, f.zone, "v2", commit, "\n", &f.who));
	OK(ax_tag_find(&local, look(&f), f.zone, "v1"));
	OK(ax_tag_read(&tag, f.txn, local));
	ck_assert(ax_id_eq(&tag.id, &id));
	ck_assert_str_eq(tag.name, "v1");
	ck_assert_str_eq(tag.message, "first\n\nof many");
	ck_assert_str_eq(tag.tagger.name, "Ann Author");
	OK(ax_ref_get(&ref, f.txn, f.zone, "tags/v1"));
	ck_assert_uint_eq(ref.commit, commit); /* whoever follows refs need not know */
	ck_assert(ax_id_eq(&ref.id, &tag.object));
	ax_tag_fini(&tag);
	ax_txn_abort(f.txn);
	f.txn = NULL;
	OK(ax_repo_tag_delete(&was, f.repo, f.zone, "v1", &f.who));
	ck_assert(ax_id_eq(&was, &ref.id));
	FAILS(AX_ENOENT, ax_tag_find(&local, look(&f), f.zone, "v1"));
	FAILS(AX_ENOENT, ax_ref_get(&ref, f.txn, f.zone, "tags/v1"));
	ax_txn_abort(f.txn);
	f.txn = NULL;
	FAILS(AX_ENOENT, ax_repo_tag_delete(&was, f.repo, f.zone, "v1", &f.who));
	OK(ax_repo_tag(f.repo, f.zone, "light", commit, &f.who));
	OK(ax_repo_tag_delete(&was, f.repo, f.zone, "light", &f.who));
	fixture_close(&f);
}
END_TEST

START_TEST(tag__malformed_text_is_no_tag)
{
	static const char good[] = "object 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n"
				   "zone example.\ntag v1\ntagger Ann <a@b> 17.000000000 +0000\n\nhello\n";
	struct ax_tag tag;
	OK(ax_tag_decode(&tag, ax_slice_str(good)));
	ax_tag_fini(&tag);
	for (size_t n = 0; n < strlen(good); n++)
		FAILS(AX_ECORRUPT, ax_tag_decode(&tag, ax_slice(good, n)));
	for (size_t i = 0; i < strlen(good) - 7; i++) {
		char bad[sizeof good];
		memcpy(bad, good, sizeof bad);
		bad[i] = '\n';
		if (good[i] != '\n')
			FAILS(AX_ECORRUPT, ax_tag_decode(&tag, ax_slice_str(bad)));
	}
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, sign__keys_are_those_of_rfc_8032);
	tcase_add_test(tc, sign__what_is_no_key_is_refused);
	tcase_add_test(tc, sign__a_commit_is_good_by_whom_it_was_signed);
	tcase_add_test(tc, sign__an_altered_signature_is_bad);
	tcase_add_test(tc, sign__another_id_than_the_stored_commits_is_altered);
	tcase_add_test(tc, sign__a_chain_is_as_good_as_its_worst_commit);
	tcase_add_test(tc, sign__a_tag_is_no_commit);
	tcase_add_test(tc, tag__object_is_read_back_and_goes_with_its_name);
	tcase_add_test(tc, tag__malformed_text_is_no_tag);
}

int main(void)
{
	if (ax_hash_init())
		return 1;
	return check_main("sign", add);
}
