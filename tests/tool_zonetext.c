/* tool_zonetext APEX FILE [INCLUDE_ROOT]: FILE as we read it, written as we write it, one record at a time in file
 * order, so that another server can judge it. */
#include <stdio.h>
#include <string.h>

#include "core/zonetext.h"

static enum ax_err print_record(void *ctx, const struct ax_name *owner, uint16_t type, uint32_t ttl_s,
				struct ax_slice rdata, unsigned line)
{
	struct ax_buf value = AX_BUF_INIT, text = AX_BUF_INIT;
	struct ax_rrset_builder b;
	struct ax_rrset rrset;
	uint16_t covered = type == AX_TYPE_RRSIG ? ax_rrsig_covered(rdata) : 0;
	uint32_t serial = type == AX_TYPE_SOA ? ax_be32(rdata.p + ax_soa_serial_at(rdata)) : 0;
	(void)ctx, (void)line;
	ax_rrset_builder_init(&b, type, covered);
	enum ax_err e = ax_rrset_builder_add(&b, ttl_s, rdata);
	if (!e)
		e = ax_rrset_builder_finish(&value, &b);
	if (!e)
		e = ax_rrset_view(&rrset, type, covered, ax_buf_view(&value));
	if (!e)
		e = ax_zonetext_write(&text, owner, &rrset, serial);
	if (!e)
		fwrite(text.p, 1, text.n, stdout);
	ax_rrset_builder_fini(&b);
	ax_buf_fini(&value);
	ax_buf_fini(&text);
	return e;
}

static void print_warning(void *ctx, unsigned line, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%u: warning: %s\n", line, text);
}

static bool read_whole(struct ax_buf *b, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n = 1;
	while (f && n && ax_buf_reserve(b, 65536))
		b->n += n = fread(b->p + b->n, 1, 65536, f);
	if (f)
		fclose(f);
	return f;
}

int main(int argc, char **argv)
{
	struct ax_buf text = AX_BUF_INIT;
	struct ax_name apex;
	if (argc < 3 || ax_name_parse(&apex, argv[1], strlen(argv[1]), NULL) || !read_whole(&text, argv[2])) {
		fprintf(stderr, "usage: tool_zonetext APEX FILE [INCLUDE_ROOT]\n");
		return 2;
	}
	struct ax_zonetext_options o = { .file = argv[2],
					 .apex = &apex,
					 .record = print_record,
					 .warn = print_warning,
					 .include_root = argc > 3 ? argv[3] : NULL };
	enum ax_err e = ax_zonetext_read(ax_buf_view(&text), &o);
	if (e)
		fprintf(stderr, "%s\n", ax_err_text(e));
	ax_buf_fini(&text);
	return ax_err_status(e);
}
