/* Which serial a commit gets: DESIGN section 2, word for word. */
#include "core/publish.h"

#include <inttypes.h>

/* "Kept if newer than its branch's": on an unborn branch the zone's own counter is what it is held against, and the
 * very first serial of a zone is kept as it is. */
static bool newer(const struct ax_work *w)
{
	if (w->tip.commit)
		return ax_serial_newer(w->given, w->tip_info.serial);
	return !w->zone.has_serial || ax_serial_newer(w->given, w->zone.serial);
}

bool ax_serial_asks(const struct ax_work *w)
{
	return w->tip.commit && w->has_serial && newer(w);
}

static enum ax_err shown_otherwise(bool *out, const struct ax_work *w, struct ax_txn *t)
{
	struct ax_id tree;
	*out = false;
	enum ax_err e = ax_serial_tree(&tree, t, w->zone.id, w->given);
	if (e)
		return e == AX_ENOENT ? AX_OK : e;
	*out = !ax_id_eq(&tree, &w->next.root.id);
	return AX_OK;
}

static enum ax_err not_newer(const struct ax_work *w)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_name_text(&b, &w->zone.apex);
	const char *apex = ax_buf_cstr(&b);
	ax_fail(AX_ECHECK,
		"%s SOA: the zone is signed (RRSIG of the SOA, or ZONEMD, at its apex) and differs, but its serial "
		"%" PRIu32 " is not newer than %" PRIu32 ": its signer must raise it",
		apex ? apex : "?", w->given, w->tip_info.serial);
	ax_buf_fini(&b);
	return AX_ECHECK;
}

/* "A merge whose tree equals a parent's keeps that parent's serial if newer than the branch's." */
static enum ax_err from_parent(bool *found, struct ax_work *w, struct ax_txn *t)
{
	struct ax_commit_info parent;
	enum ax_err e = AX_OK;
	*found = false;
	for (unsigned i = 0; !e && !*found && i < w->joins; i++) {
		e = ax_commit_info(&parent, t, w->join[i]);
		*found = !e && ax_id_eq(&parent.root.id, &w->next.root.id) &&
			 (!w->tip.commit || ax_serial_newer(parent.serial, w->tip_info.serial));
		w->serial = *found ? parent.serial : 0;
	}
	return e;
}

enum ax_err ax_serial_choose(struct ax_work *w, struct ax_txn *t, struct ax_time now)
{
	bool verbatim, found, sealed, other = true;
	enum ax_err e = ax_check_sealed(&sealed, t, &w->next.root);
	if (e || (e = from_parent(&found, w, t)) || found)
		return e;
	/* The signature covers the serial: another one would make the zone bogus. */
	verbatim = sealed && w->has_serial && w->change->serial_from != AX_SERIAL_FROM_EDIT;
	w->unseals = sealed && !verbatim;
	if (verbatim && !newer(w))
		return not_newer(w);
	if (!verbatim && w->has_serial && newer(w) && (e = shown_otherwise(&other, w, t)))
		return e;
	w->serial = verbatim || (w->has_serial && newer(w) && !other) ? w->given : ax_serial_next(&w->zone, now);
	return AX_OK;
}
