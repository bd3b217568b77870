#include "core/tag.h"
#include "core/commit_text.h"
#include "core/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- text --------------------------------------------------------------------------------------------------- */

static enum ax_err check_message(const char *message)
{
	size_t n = message ? strlen(message) : 0;
	if (!n || n > AX_MESSAGE_MAX)
		return ax_fail(AX_EINVAL, "the message is missing or over %d bytes", AX_MESSAGE_MAX);
	if (ax_has_control(message, "\n\t"))
		return ax_fail(AX_EINVAL, "the message has control bytes");
	return message[n - 1] == '\n' ? ax_fail(AX_EINVAL, "the message ends in an empty line") : AX_OK;
}

enum ax_err ax_tag_encode(struct ax_buf *out, const struct ax_tag *tag)
{
	char hex[AX_ID_HEX + 1];
	struct ax_name zone = tag->zone;
	enum ax_err e;
	if ((e = ax_ref_check_name(tag->name)) || (e = ax_person_check("tagger", &tag->tagger)) ||
	    (e = check_message(tag->message)))
		return e;
	ax_name_lower(&zone);
	ax_id_hex(hex, &tag->object);
	ax_buf_printf(out, "object %s\nzone ", hex);
	ax_name_text(out, &zone);
	ax_buf_printf(out, "\ntag %s\n", tag->name);
	ax_person_put(out, "tagger", &tag->tagger);
	ax_buf_printf(out, "\n%s\n", tag->message);
	return ax_buf_check(out);
}

static bool take_all(struct ax_tag *tag, char *p, size_t n)
{
	char *end = p + n, *v;
	if (memchr(p, 0, n) || !(v = ax_header_take(&p, "object")) || ax_id_parse(&tag->object, v) != AX_OK)
		return false;
	if (!(v = ax_header_take(&p, "zone")) || ax_name_parse(&tag->zone, v, strlen(v), NULL) != AX_OK)
		return false;
	if (!(tag->name = ax_header_take(&p, "tag")) || !ax_person_take(&tag->tagger, &p, "tagger"))
		return false;
	if (end - p < 3 || *p != '\n' || end[-1] != '\n')
		return false;
	end[-1] = 0;
	tag->message = p + 1;
	return true;
}

enum ax_err ax_tag_decode(struct ax_tag *out, struct ax_slice canonical)
{
	struct ax_buf again = AX_BUF_INIT;
	*out = (struct ax_tag){ 0 };
	out->memory = malloc(canonical.n + 1);
	if (!out->memory)
		return ax_fail(AX_ENOMEM, "out of memory");
	if (canonical.n)
		memcpy(out->memory, canonical.p, canonical.n);
	out->memory[canonical.n] = 0;
	enum ax_err e = take_all(out, out->memory, canonical.n) ? ax_tag_encode(&again, out) : AX_EINVAL;
	/* One content has one form. */
	if (e == AX_EINVAL || (!e && !ax_slice_eq(ax_buf_view(&again), canonical)))
		e = ax_fail(AX_ECORRUPT, "malformed tag");
	out->id = ax_hash_object(AX_KIND_TAG, canonical);
	ax_buf_fini(&again);
	if (e)
		ax_tag_fini(out);
	return e;
}

void ax_tag_fini(struct ax_tag *tag)
{
	free(tag->memory);
	*tag = (struct ax_tag){ 0 };
}

/* -- stored ------------------------------------------------------------------------------------------------- */

enum { TAG_KEY_MAX = 5 + AX_REF_NAME_MAX };

static struct ax_slice tag_key(uint8_t k[TAG_KEY_MAX], uint32_t zone, const char *name)
{
	size_t n = strnlen(name, AX_REF_NAME_MAX);
	k[0] = AX_MAIN_TAG_OBJECT;
	ax_be32_put(k + 1, zone);
	memcpy(k + 5, name, n);
	return ax_slice(k, 5 + n);
}

enum ax_err ax_tag_read(struct ax_tag *out, struct ax_txn *t, uint64_t local)
{
	struct ax_object o;
	*out = (struct ax_tag){ 0 };
	enum ax_err e = ax_object_read(&o, t, local, AX_KIND_TAG);
	return e ? e : ax_tag_decode(out, o.canonical);
}

enum ax_err ax_tag_find(uint64_t *local, struct ax_txn *t, uint32_t zone, const char *name)
{
	uint8_t k[TAG_KEY_MAX];
	struct ax_slice v;
	*local = 0;
	enum ax_err e = ax_txn_get(&v, t, AX_TABLE_MAIN, tag_key(k, zone, name));
	if (e)
		return e;
	struct ax_reader r = ax_reader(v);
	*local = ax_get_u64(&r);
	return r.bad || ax_reader_left(&r) ? ax_fail(AX_ECORRUPT, "the note of tag %s is damaged", name) : AX_OK;
}

enum ax_err ax_tag_put(struct ax_id *id, struct ax_txn *t, uint32_t zone, const struct ax_tag *tag)
{
	uint8_t k[TAG_KEY_MAX];
	struct ax_buf text = AX_BUF_INIT, value = AX_BUF_INIT;
	uint64_t local;
	enum ax_err e = ax_tag_encode(&text, tag);
	if (!e)
		e = ax_object_write(&local, t, AX_KIND_TAG, ax_buf_view(&text), ax_slice(NULL, 0));
	if (e)
		goto out;
	*id = ax_hash_object(AX_KIND_TAG, ax_buf_view(&text));
	ax_buf_u64(&value, local);
	if (!(e = ax_buf_check(&value)) && !(e = ax_object_index(t, local, id)))
		e = ax_txn_put(t, AX_TABLE_MAIN, tag_key(k, zone, tag->name), ax_buf_view(&value));
out:
	ax_buf_fini(&text);
	ax_buf_fini(&value);
	return e;
}

/* -- doors -------------------------------------------------------------------------------------------------- */

static enum ax_err describe(struct ax_tag *tag, struct ax_txn *t, uint32_t zone, uint64_t commit)
{
	struct ax_zone z;
	struct ax_commit c;
	enum ax_err e = ax_zone_get(&z, t, zone);
	if (!e && z.removed)
		e = ax_fail(AX_ENOENT, "the zone was removed");
	if (e || (e = ax_commit_read(&c, t, commit)))
		return e;
	tag->zone = z.apex;
	tag->object = c.id;
	bool same = ax_name_eq(&c.zone, &z.apex);
	ax_commit_fini(&c);
	return same ? AX_OK : ax_fail(AX_EINVAL, "the commit is another zone's");
}

/* The message as it was written, less the blank lines at its end. */
static char *trimmed(const char *message)
{
	char *copy = strdup(message);
	for (size_t n = copy ? strlen(copy) : 0; n && strchr(" \t\n", copy[n - 1]); n--)
		copy[n - 1] = 0;
	return copy;
}

enum ax_err ax_repo_tag_object(struct ax_id *id, struct ax_repo *r, uint32_t zone, const char *name, uint64_t commit,
			       const char *message, const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1], *text = trimmed(message);
	struct ax_tag tag = { .name = name, .tagger = who->author, .message = text };
	struct ax_ref ref;
	struct ax_txn *t;
	*id = (struct ax_id){ 0 };
	enum ax_err e = text ? ax_ref_check_name(name) : ax_fail(AX_ENOMEM, "out of memory");
	if (e || (e = ax_repo_begin(&t, r))) {
		free(text);
		return e;
	}
	snprintf(path, sizeof path, "tags/%s", name);
	if (!(e = ax_ref_get(&ref, t, zone, path)))
		e = ax_fail(AX_EEXIST, "%s is already there", path);
	else if (e == AX_ENOENT && !(e = describe(&tag, t, zone, commit)) && !(e = ax_tag_put(id, t, zone, &tag)))
		e = ax_ref_move(t, zone, path, 0, commit, who->via, who->committer.when);
	free(text);
	return ax_repo_end(t, e);
}

enum ax_err ax_repo_tag_delete(struct ax_id *was, struct ax_repo *r, uint32_t zone, const char *name,
			       const struct ax_actor *who)
{
	char path[AX_REF_PATH_MAX + 1];
	uint8_t k[TAG_KEY_MAX];
	struct ax_ref ref;
	struct ax_txn *t;
	enum ax_err e = ax_ref_check_name(name);
	if (e || (e = ax_repo_begin(&t, r)))
		return e;
	snprintf(path, sizeof path, "tags/%s", name);
	if ((e = ax_ref_get(&ref, t, zone, path)) == AX_ENOENT)
		ax_fail(e, "there is no tag %s", name);
	if (!e && was)
		*was = ref.id;
	if (!e && !(e = ax_ref_move(t, zone, path, ref.commit, 0, who->via, who->committer.when)) &&
	    (e = ax_txn_del(t, AX_TABLE_MAIN, tag_key(k, zone, name))) == AX_ENOENT)
		e = AX_OK; /* it was a name only */
	return ax_repo_end(t, e);
}

enum ax_err ax_repo_sign(struct ax_repo *r, uint32_t zone, enum ax_kind kind, const struct ax_id *id,
			 const struct ax_secret_key *key, const struct ax_actor *who)
{
	struct ax_log_entry entry = { .kind = AX_LOG_SETTING, .zone = zone, .when = who->committer.when };
	struct ax_object o;
	struct ax_txn *t;
	uint64_t local;
	enum ax_err e = ax_repo_begin(&t, r);
	if (e)
		return e;
	snprintf(entry.ref, sizeof entry.ref, "signed");
	snprintf(entry.door, sizeof entry.door, "%s", who->via);
	if (!(e = ax_object_find(&local, t, id)) && !(e = ax_object_read(&o, t, local, kind)) &&
	    !(e = ax_sign(t, kind, id, key)))
		e = ax_log_note(t, &entry);
	return ax_repo_end(t, e);
}
