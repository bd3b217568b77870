/* record.h - one RRset of a view as a file: its text, size and time.
 * Sits on core's tree, zonetext and blame; a pure reader: no locks, and no state but which nodes hash as they should.
 */
#ifndef FS_RECORD_H
#define FS_RECORD_H

#include "core/blame.h"
#include "core/zonetext.h"

struct record_info {
	uint64_t version; /* another number when the text is another; 0: there is no such RRset */
	uint64_t base;    /* the same without the SOA's serial: what an edit started from */
	uint64_t size;    /* of the text, when text was asked for */
	uint64_t changed; /* the commit that last changed it; an SOA's is the tip */
	uint32_t ttl_s;
	uint32_t entries;      /* RRsets in the tree: an RRSIG file has one a type covered */
	struct ax_entry entry; /* the (first) entry; borrows from the transaction */
};

/* The key of owner/type, without an RRSIG's covered type: then it is a prefix. */
AX_MUST enum ax_err record_key(struct ax_buf *key, const struct ax_name *owner, const struct ax_name *apex,
			       uint16_t type);

/* Look at what stands at key in tip. Without such an RRset AX_OK and version 0. text (may be NULL) gets the file's
 * text, appended; without it version, size excepted, are cheap for all types but RRSIG. */
AX_MUST enum ax_err record_look(struct record_info *out, struct ax_buf *text, struct ax_txn *t,
				const struct ax_commit_info *tip, struct ax_slice key);
/* The same with the size, but for the text of the version whose size is known (0: of none). */
AX_MUST enum ax_err record_measure(struct record_info *out, struct ax_txn *t, const struct ax_commit_info *tip,
				   struct ax_slice key, uint64_t known);
/* The time of a commit by its local id. */
AX_MUST enum ax_err record_time(struct ax_time *out, struct ax_txn *t, uint64_t commit);

#endif
