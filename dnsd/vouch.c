#include "dnsd/vouch.h"

#include <stdio.h>

enum { LOOK_BACK = 10000 }; /* log entries, so that a start ends */

void vouch_fini(struct vouch *v)
{
	ax_idset_fini(&v->seen);
	*v = (struct vouch){ 0 };
}

static enum ax_err verify(struct vouch *v, struct ax_txn *t, uint64_t commit, const struct ax_id *id,
			  const struct ax_keys *keys)
{
	struct ax_public_key by;
	enum ax_err e = ax_sign_verify(&by, t, commit, id, keys, &v->seen);
	if (!e)
		v->good = commit;
	/* Damage is no reason to stop serving what was good. */
	return e == AX_ECORRUPT ? ax_fail(AX_ECHECK, "altered: %s", ax_err_text(e)) : e;
}

/* What the commit must be: the ref says; of a pinned one it is what is stored. */
static enum ax_err wanted(struct ax_id *out, struct ax_txn *t, uint32_t zone, const char *path, uint64_t commit)
{
	struct ax_ref ref;
	enum ax_err e = path ? ax_ref_get(&ref, t, zone, path) : ax_commit_id(out, t, commit);
	if (path && !e)
		*out = ref.id;
	return e;
}

/* The newest commit that the branch was at and that is good. */
static enum ax_err look_back(struct vouch *v, struct ax_txn *t, uint32_t zone, const char *path,
			     const struct ax_keys *keys)
{
	struct ax_log_entry entry = { 0 };
	struct ax_id id;
	uint64_t seq;
	enum ax_err e = ax_ref_last_log(&seq, t, zone, path);
	for (int i = 0; !e && seq && i < LOOK_BACK; i++, seq = entry.prev) {
		if ((e = ax_log_get(&entry, t, seq)) || !entry.new_commit)
			break;
		bool is;
		if ((e = ax_commit_is_there(&is, t, entry.new_commit)))
			break;
		if (!is)
			continue;
		if (!(e = ax_commit_id(&id, t, entry.new_commit)))
			e = verify(v, t, entry.new_commit, &id, keys);
		if (e != AX_ECHECK)
			break;
		e = AX_OK;
	}
	return e == AX_ENOENT ? AX_OK : e;
}

enum ax_err vouch_for(uint64_t *commit, bool *news, struct vouch *v, struct ax_txn *t, uint32_t zone,
		      const char *path, const struct ax_keys *keys)
{
	struct ax_id id;
	*news = false;
	if (!*commit || *commit == v->good)
		return AX_OK;
	enum ax_err e = wanted(&id, t, zone, path, *commit);
	if (!e)
		e = verify(v, t, *commit, &id, keys);
	if (e != AX_ECHECK)
		return e;
	*news = v->refused != *commit;
	v->refused = *commit;
	char why[1024];
	snprintf(why, sizeof why, "%s", ax_err_text(e));
	e = !v->good && path ? look_back(v, t, zone, path, keys) : AX_OK;
	ax_fail(AX_ECHECK, "%s", why);
	*commit = v->good;
	return e;
}
