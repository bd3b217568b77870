/* Zone text: whatever is taken is well-formed, inside the zone, and reads back from what we write of it. */
#include <assert.h>
#include <string.h>

#include "core/zonetext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct ax_buf text;
	unsigned records;
};

static enum ax_err collect(void *ctx, const struct ax_name *owner, uint16_t type, uint32_t ttl_s,
			   struct ax_slice rdata, unsigned line)
{
	struct seen *s = ctx;
	struct ax_rrset_builder b;
	struct ax_rrset rrset;
	struct ax_buf value = AX_BUF_INIT;
	assert(line >= 1 && ttl_s <= INT32_MAX && ax_type_storable(type));
	if (++s->records > 2000)
		return AX_ELIMIT;
	uint16_t covered = type == AX_TYPE_RRSIG ? ax_rrsig_covered(rdata) : 0;
	ax_rrset_builder_init(&b, type, covered);
	enum ax_err e = ax_rrset_builder_add(&b, ttl_s, rdata);
	assert(!e);
	e = ax_rrset_builder_finish(&value, &b);
	assert(!e);
	e = ax_rrset_view(&rrset, type, covered, ax_buf_view(&value));
	assert(!e);
	uint32_t serial = type == AX_TYPE_SOA ? ax_be32(rdata.p + ax_soa_serial_at(rdata)) : 0;
	e = ax_zonetext_write(&s->text, owner, &rrset, serial);
	assert(!e);
	ax_rrset_builder_fini(&b);
	ax_buf_fini(&value);
	return AX_OK;
}

static void ignore(void *ctx, unsigned line, const char *text)
{
	(void)ctx;
	assert(line >= 1 && text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen first = { 0 }, second = { 0 };
	struct ax_name apex;
	enum ax_err e = ax_zonetext_apex(&apex, ax_slice(data, size), "fuzz");
	if (e)
		e = ax_name_parse(&apex, "example.", 8, NULL);
	assert(!e);
	struct ax_zonetext_options o = {
		.file = "fuzz", .apex = &apex, .record = collect, .warn = ignore, .ctx = &first
	};
	e = ax_zonetext_read(ax_slice(data, size), &o);
	assert(e == AX_OK || e == AX_EINVAL || e == AX_ELIMIT);
	if (!e) {
		o.ctx = &second;
		e = ax_zonetext_read(ax_buf_view(&first.text), &o);
		assert(!e && ax_slice_eq(ax_buf_view(&first.text), ax_buf_view(&second.text)));
	}
	ax_buf_fini(&first.text);
	ax_buf_fini(&second.text);
	return 0;
}
