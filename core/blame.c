#include "core/blame.h"

#include <string.h>

/* `gone`: first 8 bytes of BLAKE2b-256 over zone u32 and key or owner prefix, then ~commit: the newest comes first.
 * No key is an owner prefix too: the one ends in a type after 00 00, the other in the 00 of a label. */
enum { GONE_HASH = 8, GONE_KEY = 16 };

static enum ax_err gone_key(uint8_t out[GONE_KEY], uint32_t zone, struct ax_slice what, uint64_t commit)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_u32(&b, zone);
	ax_buf_slice(&b, what);
	enum ax_err e = ax_buf_check(&b);
	if (!e) {
		struct ax_id id = ax_hash_bytes(ax_buf_view(&b));
		memcpy(out, id.b, GONE_HASH);
		ax_be32_put(out + 8, (uint32_t)(~commit >> 32));
		ax_be32_put(out + 12, (uint32_t)~commit);
	}
	ax_buf_fini(&b);
	return e;
}

static enum ax_err note(struct ax_txn *t, uint32_t zone, struct ax_slice what, uint64_t commit)
{
	uint8_t k[GONE_KEY];
	enum ax_err e = gone_key(k, zone, what, commit);
	return e ? e : ax_txn_put(t, AX_TABLE_GONE, ax_slice(k, sizeof k), ax_slice(NULL, 0));
}

enum ax_err ax_blame_note_gone(struct ax_txn *t, uint32_t zone, struct ax_slice key, struct ax_slice before,
			       uint64_t commit)
{
	size_t shared = 0;
	enum ax_err e = note(t, zone, key, commit);
	if (!e && !before.n)
		e = note(t, zone, ax_slice(NULL, 0), commit);
	while (shared < key.n && shared < before.n && key.p[shared] == before.p[shared])
		shared++;
	/* An owner prefix ends behind each 00, up to the 00 that closes the owner part: that one follows another 00
	 * or stands at the very front. */
	for (size_t n = 1; !e && n < key.n && key.p[0]; n++) {
		if (key.p[n - 1])
			continue;
		if (n > shared)
			e = note(t, zone, ax_slice(key.p, n), commit);
		if (!key.p[n])
			break;
	}
	return e;
}

enum ax_err ax_blame_gone(uint64_t *commit, struct ax_txn *t, uint32_t zone, struct ax_slice key_or_prefix,
			  uint64_t tip)
{
	uint8_t k[GONE_KEY];
	struct ax_slice found, value;
	*commit = 0;
	enum ax_err e = gone_key(k, zone, key_or_prefix, tip);
	for (bool after = false; !e; after = true) {
		bool is;
		if ((e = ax_txn_seek(&found, &value, t, AX_TABLE_GONE, ax_slice(k, GONE_HASH), ax_slice(k, GONE_KEY),
				     after)))
			return e;
		if (found.n != GONE_KEY)
			return ax_fail(AX_ECORRUPT, "a note of a deletion is damaged");
		memcpy(k, found.p, GONE_KEY);
		uint64_t at = ~((uint64_t)ax_be32(k + 8) << 32 | ax_be32(k + 12));
		if ((e = ax_graph_is_first_parent(&is, t, at, tip)))
			return e;
		if (is) {
			*commit = at;
			return AX_OK;
		}
	}
	return e;
}

enum ax_err ax_blame_subtree(struct ax_tree_range *out, struct ax_txn *t, uint32_t zone,
			     const struct ax_commit_info *tip, struct ax_slice prefix)
{
	uint64_t gone;
	enum ax_err e = ax_tree_measure(out, t, &tip->root, prefix);
	if (e)
		return e;
	e = ax_blame_gone(&gone, t, zone, prefix, tip->local);
	if (e && e != AX_ENOENT)
		return e;
	/* On one line of first parents the younger has the higher id. */
	if (gone > out->changed)
		out->changed = gone;
	return AX_OK;
}

/* Who made it what it is at `from`, on its first-parent line. */
static enum ax_err step(uint64_t *commit, struct ax_entry *became, bool *absent, struct ax_txn *t, uint32_t zone,
			const struct ax_commit_info *from, struct ax_slice key)
{
	*commit = 0;
	*absent = false;
	enum ax_err e = ax_tree_find(became, t, &from->root, key);
	if (!e) {
		*commit = became->changed;
		return AX_OK;
	}
	if (e != AX_ENOENT)
		return e;
	*absent = true;
	return ax_blame_gone(commit, t, zone, key, from->local);
}

/* The parent that a merge took it from: the first of the further ones where it is the same. AX_ENOENT if none. */
static enum ax_err taken_from(struct ax_commit_info *parent, struct ax_txn *t, uint64_t commit,
			      const struct ax_entry *became, bool absent, struct ax_slice key)
{
	struct ax_commit_info merge;
	struct ax_entry there;
	enum ax_err e = ax_commit_info(&merge, t, commit);
	for (unsigned i = 1; !e && i < merge.parents; i++) {
		if ((e = ax_commit_info(parent, t, merge.parent[i])))
			return e;
		e = ax_tree_find(&there, t, &parent->root, key);
		if (e && e != AX_ENOENT)
			return e;
		if (e ? absent : !absent && ax_slice_eq(there.value, became->value))
			return AX_OK;
		e = AX_OK;
	}
	return e ? e : AX_ENOENT;
}

enum ax_err ax_blame_step(uint64_t *commit, struct ax_entry *became, bool *absent, struct ax_txn *t, uint32_t zone,
			  const struct ax_commit_info *from, struct ax_slice key)
{
	struct ax_commit_info parent;
	struct ax_entry entry;
	uint64_t older;
	enum ax_err e = step(commit, became, absent, t, zone, from, key);
	while (!e && !(e = taken_from(&parent, t, *commit, became, *absent, key))) {
		bool still;
		if ((e = step(&older, &entry, &still, t, zone, &parent, key)))
			break; /* it never was there on that line: it is the merge's doing */
		*commit = older;
		*became = entry;
	}
	return e == AX_ENOENT && *commit ? AX_OK : e;
}
