/* Record files: two octets of type, then text. What is taken is shown as text that reads back to the same. A prefix
 * of lines that is refused early is never the beginning of a file that is taken. */
#include <assert.h>
#include <string.h>

#include "core/zonetext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint16_t type;
	struct ax_buf text;
};

static enum ax_err show(void *ctx, uint16_t covered, struct ax_slice value)
{
	struct seen *s = ctx;
	struct ax_rrset rrset;
	enum ax_err e = ax_rrset_view(&rrset, s->type, covered, value);
	assert(!e);
	e = ax_record_text(&s->text, &rrset, 1);
	assert(!e);
	return AX_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ax_record_defaults defaults = { .zone_ttl_s = 60 };
	struct ax_name apex, owner;
	if (size < 2 || ax_name_parse(&apex, "example.", 8, NULL) || ax_name_parse(&owner, "api", 3, &apex))
		return 0;
	uint16_t type = (uint16_t)(data[0] & 0x80 ? ax_be16(data) : ax_be16(data) % 264);
	if (!ax_type_storable(type))
		return 0;
	struct seen first = { .type = type }, second = { .type = type };
	struct ax_slice text = ax_slice(data + 2, size - 2);
	enum ax_err e = ax_record_read(text, &owner, &apex, type, &defaults, show, &first);
	assert(e == AX_OK || e == AX_ENOENT || e == AX_EINVAL || e == AX_ELIMIT);
	const uint8_t *nl = text.n ? memchr(text.p, '\n', text.n) : NULL;
	size_t lines = nl ? (size_t)(nl + 1 - text.p) : 0;
	enum ax_err early = ax_record_line_check(ax_slice(text.p, lines), &owner, &apex, type);
	if (e == AX_OK || e == AX_ENOENT)
		assert(!early);
	if (!e) {
		e = ax_record_read(ax_buf_view(&first.text), &owner, &apex, type, &defaults, show, &second);
		/* Two SOAs may differ by the serial alone, which is not theirs but the commit's. */
		assert(!e &&
		       (type == AX_TYPE_SOA || ax_slice_eq(ax_buf_view(&first.text), ax_buf_view(&second.text))));
	}
	ax_buf_fini(&first.text);
	ax_buf_fini(&second.text);
	return 0;
}
