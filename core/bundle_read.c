#include "core/bundle.h"
#include "core/bundle_format.h"

#include <string.h>

enum { END_SIZE = 1 + 1 + AX_ID_SIZE };

static enum ax_err torn(const char *what)
{
	return ax_fail(AX_EINVAL, "the bundle is damaged: %s", what);
}

bool ax_bundle_edit(struct ax_slice *key, struct ax_slice *value, bool *bad, struct ax_reader *edits)
{
	if (!ax_reader_left(edits))
		return false;
	*key = ax_get_bytes(edits, ax_get_leb(edits));
	*value = ax_get_bytes(edits, ax_get_leb(edits));
	*bad = *bad || edits->bad || !key->n;
	return !*bad;
}

static void get_id(struct ax_id *out, struct ax_reader *r)
{
	struct ax_slice s = ax_get_bytes(r, AX_ID_SIZE);
	if (s.n == AX_ID_SIZE)
		memcpy(out->b, s.p, AX_ID_SIZE);
}

static bool get_apex(struct ax_bundle_record *out, struct ax_reader *r)
{
	size_t used = 0, n = ax_reader_left(r);
	struct ax_name lower;
	if (ax_name_from_wire(&out->apex, ax_get_bytes(r, n), &used) || used != n)
		return false;
	lower = out->apex;
	ax_name_lower(&lower);
	return !memcmp(lower.wire, out->apex.wire, lower.n);
}

static bool get_ref(struct ax_bundle_record *out, struct ax_reader *r)
{
	get_id(&out->id, r);
	size_t n = ax_reader_left(r);
	struct ax_slice path = ax_get_bytes(r, n);
	if (r->bad || n > AX_REF_PATH_MAX || (n && memchr(path.p, 0, n)))
		return false;
	memcpy(out->path, path.p, n);
	const char *slash = strchr(out->path, '/');
	bool known = !strncmp(out->path, "heads/", 6) || !strncmp(out->path, "tags/", 5);
	return known && !ax_ref_check_name(slash + 1);
}

/* As many edits as it says, none torn, and nothing behind them. */
static bool get_commit(struct ax_bundle_record *out, struct ax_reader *r)
{
	struct ax_slice key, value;
	bool bad = false;
	uint64_t n = 0;
	out->flags = ax_get_u8(r);
	out->canonical = ax_get_bytes(r, ax_get_leb(r));
	out->edits_n = ax_get_leb(r);
	size_t left = ax_reader_left(r);
	out->edits = ax_get_bytes(r, left);
	if (r->bad || out->flags & ~(AX_BUNDLE_FULL | AX_BUNDLE_TREELESS | AX_BUNDLE_CUT))
		return false;
	struct ax_reader edits = ax_reader(out->edits);
	while (ax_bundle_edit(&key, &value, &bad, &edits))
		n++;
	out->id = ax_hash_object(AX_KIND_COMMIT, out->canonical);
	return !bad && n == out->edits_n && !(n && out->flags & AX_BUNDLE_TREELESS);
}

static bool get_signature(struct ax_bundle_record *out, struct ax_reader *r)
{
	out->kind = ax_get_u8(r);
	get_id(&out->id, r);
	struct ax_slice key = ax_get_bytes(r, AX_KEY_SIZE), signature = ax_get_bytes(r, AX_SIGNATURE_SIZE);
	if (r->bad || (out->kind != AX_KIND_COMMIT && out->kind != AX_KIND_TAG))
		return false;
	memcpy(out->key.b, key.p, AX_KEY_SIZE);
	memcpy(out->signature, signature.p, AX_SIGNATURE_SIZE);
	return true;
}

static bool get_payload(struct ax_bundle_record *out, struct ax_reader *r)
{
	switch (out->type) {
	case 'Z':
		return get_apex(out, r);
	case 'R':
		return get_ref(out, r);
	case 'B':
		get_id(&out->id, r);
		return true;
	case 'C':
		return get_commit(out, r);
	case 'T':
		out->canonical = ax_get_bytes(r, ax_reader_left(r));
		out->id = ax_hash_object(AX_KIND_TAG, out->canonical);
		return true;
	case 'G':
		return get_signature(out, r);
	default:
		return false;
	}
}

static enum ax_err check_end(struct ax_slice *records, struct ax_slice bundle)
{
	size_t magic = strlen(AX_BUNDLE_MAGIC);
	*records = ax_slice(NULL, 0);
	if (bundle.n < magic || memcmp(bundle.p, AX_BUNDLE_MAGIC, magic) != 0)
		return ax_fail(AX_EINVAL, "this is no bundle of apexfs, or a newer program's");
	if (bundle.n < magic + END_SIZE)
		return torn("it ends too early");
	const uint8_t *end = bundle.p + bundle.n - END_SIZE;
	struct ax_id hash = ax_hash_bytes(ax_slice(bundle.p, bundle.n - END_SIZE));
	if (end[0] != 'E' || end[1] != AX_ID_SIZE || memcmp(end + 2, hash.b, AX_ID_SIZE) != 0)
		return torn("its end does not match what it holds");
	*records = ax_slice(bundle.p + magic, bundle.n - END_SIZE - magic);
	return AX_OK;
}

enum ax_err ax_bundle_read(struct ax_slice bundle, enum ax_err (*each)(void *ctx, const struct ax_bundle_record *r),
			   void *ctx)
{
	struct ax_slice records;
	enum ax_err e = check_end(&records, bundle);
	struct ax_reader r = ax_reader(records);
	for (bool first = true; !e && ax_reader_left(&r); first = false) {
		struct ax_bundle_record record = { .type = (char)ax_get_u8(&r) };
		struct ax_reader payload = ax_reader(ax_get_bytes(&r, ax_get_leb(&r)));
		if (r.bad || (record.type == 'Z') != first)
			return torn("a record is torn, or out of its place");
		if (!get_payload(&record, &payload) || payload.bad || ax_reader_left(&payload))
			return torn("a record is malformed");
		e = each(ctx, &record);
	}
	return e;
}
