#include "core/ref.h"
#include "core/protect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ENTRY_VERSION = 1, REF_KEY_MAX = 5 + AX_REF_PATH_MAX };

/* -- names ------------------------------------------------------------------------------------------------- */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

enum ax_err ax_ref_check_name(const char *name)
{
	if (!*name)
		return ax_fail(AX_EINVAL, "an empty name can't be a branch or tag");
	if (strlen(name) > AX_REF_NAME_MAX)
		return ax_fail(AX_EINVAL, "%.40s...: a name of a branch or tag has at most %d bytes", name,
			       AX_REF_NAME_MAX);
	if (!is_alnum(name[0]))
		return ax_fail(AX_EINVAL, "%s: a name of a branch or tag begins with a letter or digit", name);
	for (const char *p = name; *p; p++)
		if (!is_alnum(*p) && !strchr("._-", *p))
			return ax_fail(AX_EINVAL,
				       "%s: a name of a branch or tag has letters, digits, '.', '_' and '-'", name);
	if (strstr(name, ".."))
		return ax_fail(AX_EINVAL, "%s: a name of a branch or tag has no \"..\"", name);
	if (strcmp(name, "HEAD") == 0)
		return ax_fail(AX_EINVAL, "HEAD can't be the name of a branch or tag");
	return AX_OK;
}

static enum ax_err check_path(const char *path)
{
	static const char *const kinds[] = { "heads/", "tags/", "proposals/" };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(path, kinds[i], strlen(kinds[i])) == 0)
			return ax_ref_check_name(path + strlen(kinds[i]));
	const char *uid = strncmp(path, "stage/", 6) == 0 ? path + 6 : "";
	size_t digits = strspn(uid, "0123456789");
	if (digits < 1 || digits > 10 || uid[digits] != '/')
		return ax_fail(AX_EINVAL, "%.80s: not the path of a ref", path);
	return ax_ref_check_name(uid + digits + 1);
}

/* -- refs: 't' zone path -> commit u64, hash, log u64 ------------------------------------------------------ */

static struct ax_slice ref_key(uint8_t k[REF_KEY_MAX], uint32_t zone, const char *path)
{
	size_t n = strlen(path);
	if (n > AX_REF_PATH_MAX)
		n = AX_REF_PATH_MAX; /* no such ref is ever written */
	k[0] = AX_MAIN_REF;
	ax_be32_put(k + 1, zone);
	memcpy(k + 5, path, n);
	return ax_slice(k, 5 + n);
}

static enum ax_err decode_ref(struct ax_ref *out, struct ax_slice v, const char *path)
{
	struct ax_reader r = ax_reader(v);
	out->commit = ax_get_u64(&r);
	struct ax_slice id = ax_get_bytes(&r, AX_ID_SIZE);
	out->log = ax_get_u64(&r);
	if (!r.bad && !ax_reader_left(&r) && out->commit) {
		memcpy(out->id.b, id.p, AX_ID_SIZE);
		return AX_OK;
	}
	*out = (struct ax_ref){ 0 };
	return ax_fail(AX_ECORRUPT, "ref %s is damaged", path);
}

enum ax_err ax_ref_get(struct ax_ref *out, struct ax_txn *t, uint32_t zone, const char *path)
{
	uint8_t k[REF_KEY_MAX];
	struct ax_slice v;
	*out = (struct ax_ref){ 0 };
	enum ax_err e = ax_txn_get(&v, t, AX_TABLE_MAIN, ref_key(k, zone, path));
	return e ? e : decode_ref(out, v, path);
}

enum ax_err ax_ref_next(struct ax_ref *out, char name[AX_REF_PATH_MAX + 1], struct ax_txn *t, uint32_t zone,
			const char *prefix, const char *after)
{
	uint8_t p[REF_KEY_MAX], k[REF_KEY_MAX];
	struct ax_slice key, v, from = ref_key(p, zone, prefix);
	char path[AX_REF_PATH_MAX + 1];
	*out = (struct ax_ref){ 0 };
	/* name may be what `after` points at */
	snprintf(path, sizeof path, "%s", after);
	name[0] = 0;
	enum ax_err e = ax_txn_seek(&key, &v, t, AX_TABLE_MAIN, from, *path ? ref_key(k, zone, path) : from, *path);
	if (e)
		return e;
	if (key.n < 5 || key.n > 5 + AX_REF_PATH_MAX || memchr(key.p + 5, 0, key.n - 5))
		return ax_fail(AX_ECORRUPT, "the name of a ref is damaged");
	memcpy(name, key.p + 5, key.n - 5);
	name[key.n - 5] = 0;
	return decode_ref(out, v, name);
}

static enum ax_err write_ref(struct ax_txn *t, uint32_t zone, const char *path, const struct ax_ref *ref)
{
	uint8_t k[REF_KEY_MAX];
	struct ax_buf b = AX_BUF_INIT;
	if (!ref->commit)
		return ax_txn_del(t, AX_TABLE_MAIN, ref_key(k, zone, path));
	ax_buf_u64(&b, ref->commit);
	ax_buf_put(&b, ref->id.b, AX_ID_SIZE);
	ax_buf_u64(&b, ref->log);
	enum ax_err e = ax_buf_check(&b);
	if (!e)
		e = ax_txn_put(t, AX_TABLE_MAIN, ref_key(k, zone, path), ax_buf_view(&b));
	ax_buf_fini(&b);
	return e;
}

/* -- the log ----------------------------------------------------------------------------------------------- */

static void put_text(struct ax_buf *b, const char *s)
{
	ax_buf_leb(b, strlen(s));
	ax_buf_str(b, s);
}

static bool get_text(char *out, size_t max, struct ax_reader *r)
{
	uint64_t n = ax_get_leb(r);
	if (r->bad || n > max)
		return false;
	struct ax_slice s = ax_get_bytes(r, (size_t)n);
	if (r->bad || (n && memchr(s.p, 0, (size_t)n)))
		return false;
	if (n)
		memcpy(out, s.p, (size_t)n);
	out[n] = 0;
	return true;
}

static enum ax_err append(uint64_t *seq, struct ax_txn *t, const struct ax_log_entry *e)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_u8(&b, ENTRY_VERSION);
	ax_buf_u8(&b, (uint8_t)e->kind);
	ax_buf_u32(&b, e->zone);
	ax_buf_u64(&b, e->old_commit);
	ax_buf_u64(&b, e->new_commit);
	ax_buf_u32(&b, e->serial);
	ax_buf_u64(&b, e->prev);
	ax_buf_u64(&b, (uint64_t)e->when.s);
	ax_buf_u32(&b, e->when.ns);
	ax_buf_u16(&b, (uint16_t)e->when.tz_min);
	put_text(&b, e->ref);
	put_text(&b, e->door);
	enum ax_err err = ax_buf_check(&b);
	if (!err)
		err = ax_txn_log_append(seq, t, ax_buf_view(&b));
	ax_buf_fini(&b);
	return err;
}

static bool decode_entry(struct ax_log_entry *out, struct ax_slice v)
{
	struct ax_reader r = ax_reader(v);
	uint8_t version = ax_get_u8(&r);
	out->kind = (enum ax_log_kind)ax_get_u8(&r);
	out->zone = ax_get_u32(&r);
	out->old_commit = ax_get_u64(&r);
	out->new_commit = ax_get_u64(&r);
	out->serial = ax_get_u32(&r);
	out->prev = ax_get_u64(&r);
	out->when.s = (int64_t)ax_get_u64(&r);
	out->when.ns = ax_get_u32(&r);
	out->when.tz_min = (int16_t)ax_get_u16(&r);
	return version == ENTRY_VERSION && get_text(out->ref, AX_REF_PATH_MAX, &r) &&
	       get_text(out->door, AX_VIA_MAX, &r) && !ax_reader_left(&r);
}

enum ax_err ax_log_get(struct ax_log_entry *out, struct ax_txn *t, uint64_t seq)
{
	struct ax_slice v;
	*out = (struct ax_log_entry){ 0 };
	enum ax_err e = ax_txn_log_get(&v, t, seq);
	if (e)
		return e;
	out->seq = seq;
	/* An entry leads only to older ones: walks of a chain end, whatever the bytes say. */
	if (!decode_entry(out, v) || out->prev >= seq) {
		*out = (struct ax_log_entry){ 0 };
		return ax_fail(AX_ECORRUPT, "log entry %" PRIu64 " is damaged", seq);
	}
	return AX_OK;
}

enum ax_err ax_log_last(uint64_t *out, struct ax_txn *t)
{
	return ax_txn_log_last(out, t);
}

enum ax_err ax_log_note(struct ax_txn *t, const struct ax_log_entry *e)
{
	uint64_t seq;
	struct ax_log_entry plain = { .kind = e->kind, .zone = e->zone, .when = e->when };
	snprintf(plain.ref, sizeof plain.ref, "%s", e->ref);
	snprintf(plain.door, sizeof plain.door, "%s", e->door);
	return append(&seq, t, &plain);
}

/* -- logs of refs that were deleted: 'x' zone path -> number of the last entry ------------------------------- */

static struct ax_slice gone_key(uint8_t k[REF_KEY_MAX], uint32_t zone, const char *path)
{
	struct ax_slice s = ref_key(k, zone, path);
	k[0] = AX_MAIN_DELETED_REF;
	return s;
}

static enum ax_err get_gone(uint64_t *log, struct ax_txn *t, uint32_t zone, const char *path)
{
	uint8_t k[REF_KEY_MAX];
	struct ax_slice v;
	*log = 0;
	enum ax_err e = ax_txn_get(&v, t, AX_TABLE_MAIN, gone_key(k, zone, path));
	if (e)
		return e;
	struct ax_reader r = ax_reader(v);
	*log = ax_get_u64(&r);
	return r.bad || ax_reader_left(&r) ? ax_fail(AX_ECORRUPT, "the note of deleted ref %s is damaged", path)
					   : AX_OK;
}

static enum ax_err note_gone(struct ax_txn *t, uint32_t zone, const char *path, uint64_t log)
{
	uint8_t k[REF_KEY_MAX];
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_u64(&b, log);
	enum ax_err e = ax_buf_check(&b);
	if (!e)
		e = ax_txn_put(t, AX_TABLE_MAIN, gone_key(k, zone, path), ax_buf_view(&b));
	ax_buf_fini(&b);
	return e;
}

enum ax_err ax_ref_last_log(uint64_t *out, struct ax_txn *t, uint32_t zone, const char *path)
{
	struct ax_ref ref;
	enum ax_err e = ax_ref_get(&ref, t, zone, path);
	*out = ref.log;
	return e == AX_ENOENT ? get_gone(out, t, zone, path) : e;
}

/* -- moves ------------------------------------------------------------------------------------------------- */

static enum ax_err describe(struct ax_log_entry *entry, struct ax_ref *to, struct ax_txn *t, uint64_t new_commit)
{
	struct ax_commit_info info;
	enum ax_err e;
	*to = (struct ax_ref){ .commit = new_commit };
	if (!new_commit)
		return AX_OK;
	if ((e = ax_commit_id(&to->id, t, new_commit)) || (e = ax_commit_info(&info, t, new_commit)))
		return e;
	entry->serial = info.serial;
	return AX_OK;
}

enum ax_err ax_ref_move_approved(struct ax_txn *t, uint32_t zone, const char *path, uint64_t expect,
				 uint64_t new_commit, const char *door, struct ax_time when)
{
	struct ax_ref now, to;
	enum ax_err e = check_path(path);
	if (e)
		return e;
	e = ax_ref_get(&now, t, zone, path);
	if (e && e != AX_ENOENT)
		return e;
	if (now.commit != expect)
		return ax_fail(AX_ELOST, "%s has moved", path);
	if (now.commit == new_commit)
		return AX_OK;
	struct ax_log_entry entry = { .kind = AX_LOG_REF,
				      .zone = zone,
				      .old_commit = now.commit,
				      .new_commit = new_commit,
				      .prev = now.log,
				      .when = when };
	snprintf(entry.ref, sizeof entry.ref, "%s", path);
	snprintf(entry.door, sizeof entry.door, "%s", door);
	if (!now.commit && (e = get_gone(&entry.prev, t, zone, path)) && e != AX_ENOENT)
		return e;
	if ((e = describe(&entry, &to, t, new_commit)) || (e = append(&to.log, t, &entry)))
		return e;
	if (!new_commit && (e = note_gone(t, zone, path, to.log)))
		return e;
	return write_ref(t, zone, path, &to);
}

enum ax_err ax_ref_move(struct ax_txn *t, uint32_t zone, const char *path, uint64_t expect, uint64_t new_commit,
			const char *door, struct ax_time when)
{
	enum ax_err e = AX_OK;
	if (expect != new_commit && strncmp(path, "heads/", 6) == 0)
		e = ax_protect_check(t, zone, path + 6);
	return e ? e : ax_ref_move_approved(t, zone, path, expect, new_commit, door, when);
}

/* -- HEAD: 'h' zone uid -> branch -------------------------------------------------------------------------- */

static struct ax_slice head_key(uint8_t k[9], uint32_t zone, uint32_t uid)
{
	k[0] = AX_MAIN_HEAD;
	ax_be32_put(k + 1, zone);
	ax_be32_put(k + 5, uid);
	return ax_slice(k, 9);
}

enum ax_err ax_head_get(char branch[AX_REF_NAME_MAX + 1], struct ax_txn *t, uint32_t zone, uint32_t uid)
{
	uint8_t k[9];
	struct ax_slice v;
	snprintf(branch, AX_REF_NAME_MAX + 1, "main");
	enum ax_err e = ax_txn_get(&v, t, AX_TABLE_MAIN, head_key(k, zone, uid));
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	if (!v.n || v.n > AX_REF_NAME_MAX || memchr(v.p, 0, v.n))
		return ax_fail(AX_ECORRUPT, "the HEAD of uid %" PRIu32 " is damaged", uid);
	memcpy(branch, v.p, v.n);
	branch[v.n] = 0;
	return AX_OK;
}

enum ax_err ax_head_set(struct ax_txn *t, uint32_t zone, uint32_t uid, const char *branch)
{
	uint8_t k[9];
	enum ax_err e = ax_ref_check_name(branch);
	return e ? e : ax_txn_put(t, AX_TABLE_MAIN, head_key(k, zone, uid), ax_slice_str(branch));
}

enum ax_err ax_head_follow(struct ax_txn *t, uint32_t zone, const char *from, const char *to)
{
	uint8_t k[9];
	struct ax_slice key, v;
	enum ax_err e = AX_OK;
	head_key(k, zone, 0);
	for (size_t n = 5; !e; n = sizeof k) {
		if ((e = ax_txn_seek(&key, &v, t, AX_TABLE_MAIN, ax_slice(k, 5), ax_slice(k, n), n > 5)))
			break;
		if (key.n != sizeof k)
			return ax_fail(AX_ECORRUPT, "the key of a HEAD is damaged");
		memcpy(k, key.p, sizeof k);
		if (ax_slice_eq(v, ax_slice_str(from)))
			e = ax_txn_put(t, AX_TABLE_MAIN, ax_slice(k, sizeof k), ax_slice_str(to));
	}
	return e == AX_ENOENT ? AX_OK : e;
}
