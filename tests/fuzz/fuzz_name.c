/* Names: text, wire, keys and file names of any bytes are refused or come back as they were. */
#include <assert.h>
#include <string.h>

#include "core/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_text(const struct ax_name *name)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_name back;
	ax_name_text(&b, name);
	assert(b.n <= AX_NAME_TEXT_MAX);
	enum ax_err e = ax_name_parse(&back, (const char *)b.p, b.n, NULL);
	assert(!e && back.n == name->n && memcmp(back.wire, name->wire, back.n) == 0);
	ax_buf_fini(&b);
}

static void same_key(const struct ax_name *name, const struct ax_name *apex)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_name back;
	uint16_t type, covered;
	if (ax_key_make(&b, name, apex, 46, 1) == AX_OK) {
		assert(b.n <= AX_KEY_MAX);
		enum ax_err e = ax_key_parse(&back, &type, &covered, NULL, ax_buf_view(&b), apex);
		assert(!e && type == 46 && covered == 1 && ax_name_eq(&back, name));
	}
	ax_buf_fini(&b);
}

static void any_key(struct ax_slice key)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_name name;
	uint16_t type, covered;
	if (ax_key_parse(&name, &type, &covered, NULL, key, &ax_name_root) == AX_OK) {
		enum ax_err e = ax_key_make(&b, &name, &ax_name_root, type, covered);
		assert(!e && ax_slice_eq(ax_buf_view(&b), key));
	}
	ax_buf_fini(&b);
}

static void any_file(const char *file)
{
	struct ax_buf b = AX_BUF_INIT;
	uint8_t label[AX_LABEL_MAX];
	struct ax_name zone;
	size_t n;
	if (ax_label_from_file(label, &n, file) == AX_OK) {
		ax_label_to_file(&b, ax_slice(label, n));
		assert(strcmp(ax_buf_cstr(&b), file) == 0);
	}
	ax_buf_clear(&b);
	if (ax_zone_from_file(&zone, file) == AX_OK) {
		ax_zone_to_file(&b, &zone);
		assert(strcmp(ax_buf_cstr(&b), file) == 0);
	}
	ax_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_name a, b, apex;
	size_t used;
	bool text = ax_name_parse(&a, (const char *)data, size, &ax_name_root) == AX_OK;
	bool wire = ax_name_from_wire(&b, ax_slice(data, size), &used) == AX_OK;
	if (text) {
		same_text(&a);
		apex = a;
		ax_name_parent(&apex);
		same_key(&a, &apex);
	}
	if (wire) {
		assert(used <= size);
		same_text(&b);
		same_key(&b, &ax_name_root);
	}
	if (text && wire)
		assert(ax_name_cmp(&a, &b) == -ax_name_cmp(&b, &a));
	any_key(ax_slice(data, size));
	char file[600];
	size_t n = size < sizeof file - 1 ? size : sizeof file - 1;
	memcpy(file, data, n);
	file[n] = 0;
	any_file(file);
	return 0;
}
