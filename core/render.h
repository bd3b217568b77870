/* render.h - history as people read it: one change, a line of a diff, a commit of the log, a line of blame.
 * The command line and the mount (log/, diff/) print the same bytes, because both take them from here. Plain text,
 * no colour; whoever has a terminal paints whole lines.
 *
 *     ~ api A 300 1.2.3.4 -> 9.9.9.9            changed; several RDATAs are joined by ", "
 *     ~ api A 300 1.2.3.4 -> 60 9.9.9.9         changed, and its TTL too
 *     + new A 300 5.6.7.8                       added
 *     - old A 300 1.2.3.4                       removed
 *     T api A 300 -> 60                         only its TTL moved
 *
 * Ownership: everything is appended to the caller's buffer. Threads: no state. Cost: the length of the text. */
#ifndef AX_RENDER_H
#define AX_RENDER_H

#include "core/ref.h"
#include "core/rrset.h"

/* An RRset's value on one side of a change; n == 0: it is not there. An SOA shows this side's serial. */
struct ax_render_side {
	struct ax_slice value;
	uint32_t serial;
};

/* Append one line of a diff, with its LF. key is the RRset's key in the zone of apex. */
AX_MUST enum ax_err ax_render_diff_line(struct ax_buf *out, const struct ax_name *apex, struct ax_slice key,
					const struct ax_render_side *old_side, const struct ax_render_side *new_side);
/* Append the same as a message says it, without LF: `api A: 1.2.3.4 -> 9.9.9.9`, `api A: TTL 300 -> 60`,
 * `new A: added 5.6.7.8`, `old A: deleted`. */
AX_MUST enum ax_err ax_render_change(struct ax_buf *out, const struct ax_name *apex, struct ax_slice key,
				     const struct ax_render_side *old_side, const struct ax_render_side *new_side);
/* Append `NAME TYPE` of a key, the name relative to apex ("@ SOA"). */
AX_MUST enum ax_err ax_render_key(struct ax_buf *out, const struct ax_name *apex, struct ax_slice key);

/* Append one record's RDATA as text; an SOA with this serial. */
AX_MUST enum ax_err ax_render_rdata(struct ax_buf *out, uint16_t type, struct ax_slice rdata, uint32_t serial);

/* Append the lines of ax_tree_diff between two commits' trees (either may be NULL: nothing). *lines (may be NULL)
 * counts them. */
AX_MUST enum ax_err ax_render_diff(struct ax_buf *out, uint64_t *lines, struct ax_txn *t, const struct ax_name *apex,
				   const struct ax_commit_info *a, const struct ax_commit_info *b);

/* Append "2026-11-21 10:00:00 +0000", and as git's log writes it: "Sat Nov 21 10:00:00 2026 +0000". */
void ax_render_time(struct ax_buf *out, struct ax_time when);
void ax_render_date(struct ax_buf *out, struct ax_time when);
/* The first line of a message, borrowed. */
struct ax_slice ax_render_subject(const char *message);

/* Append a commit as git's log prints it, with lines Serial and Via; refs ("HEAD -> main, tag: v1"; may be NULL) are
 * shown beside the id. */
AX_MUST enum ax_err ax_render_log(struct ax_buf *out, const struct ax_commit *c, const char *refs);
/* Append `4f1c2a9d03be (HEAD -> main) subject` with its LF. */
void ax_render_oneline(struct ax_buf *out, const struct ax_commit *c, const char *refs);
/* Append `4f1c2a9d03be (Name 2026-11-21 10:00:00 +0000) subject` with its LF. */
void ax_render_blame(struct ax_buf *out, const struct ax_commit *c);

/* Which refs name which commit: one read of the zone's branches and tags. Owns its memory. */
struct ax_render_refs {
	struct ax_render_ref *refs;
	size_t n;
	struct ax_buf names;
};

/* head is the branch that HEAD means; NULL: none is marked. */
AX_MUST enum ax_err ax_render_refs_init(struct ax_render_refs *out, struct ax_txn *t, uint32_t zone,
					const char *head);
void ax_render_refs_fini(struct ax_render_refs *r);
/* "HEAD -> main, tag: v1" of a commit (local id), NULL if no ref names it. Borrowed. O(log refs). */
const char *ax_render_refs_find(const struct ax_render_refs *r, uint64_t commit);

#endif
