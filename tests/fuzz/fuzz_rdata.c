/* RDATA: two octets of type, then wire and text. Good wire is shown and reads back; good text is a fixed point. */
#include <assert.h>

#include "core/rrset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void reads_back(uint16_t type, struct ax_slice wire)
{
	struct ax_buf text = AX_BUF_INIT, back = AX_BUF_INIT;
	enum ax_err e = ax_rdata_text(&text, type, wire);
	assert(!e);
	e = ax_rdata_parse(&back, type, (const char *)text.p, text.n, &ax_name_root);
	assert(!e && ax_slice_eq(ax_buf_view(&back), wire));
	ax_buf_fini(&text);
	ax_buf_fini(&back);
}

static void walk(uint16_t type, struct ax_slice wire)
{
	struct ax_buf canon = AX_BUF_INIT;
	struct ax_slice name;
	bool compress;
	for (unsigned n = 0; ax_rdata_name(&name, &compress, type, wire, n); n++) {
		struct ax_name parsed;
		size_t used;
		enum ax_err e = ax_name_from_wire(&parsed, name, &used);
		assert(!e && used == name.n);
	}
	ax_rdata_canonical(&canon, type, wire);
	assert(canon.n == wire.n && ax_rdata_cmp(type, wire, ax_buf_view(&canon)) == 0);
	ax_buf_fini(&canon);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_buf wire = AX_BUF_INIT;
	if (size < 2)
		return 0;
	/* The types with a layout lie below 264; one bit chooses among the others. */
	uint16_t type = (uint16_t)(data[0] & 0x80 ? ax_be16(data) : ax_be16(data) % 264);
	struct ax_slice rest = ax_slice(data + 2, size - 2);
	walk(type, rest);
	if (ax_rdata_check(type, rest) == AX_OK)
		reads_back(type, rest);
	if (ax_rdata_parse(&wire, type, (const char *)rest.p, rest.n, &ax_name_root) == AX_OK) {
		enum ax_err e = ax_rdata_check(type, ax_buf_view(&wire));
		assert(!e);
		reads_back(type, ax_buf_view(&wire));
	}
	ax_buf_fini(&wire);
	return 0;
}
