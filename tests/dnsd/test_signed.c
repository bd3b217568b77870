/* Signed zones as they come: what DO brings beside the data, the same from the image and from the store. The
 * signatures are made up: who checks them is tests/interop. */
#include "tests/dnsd/both.h"
#include "tests/dnsd/wire.h"

static struct fixture f;
static struct both *both;

static void open_zone(const char *text)
{
	fixture_open(&f, "example.");
	OK(import(&f, text));
	struct ax_commit_info c = tip_of(&f, "main");
	both = calloc(1, sizeof *both);
	ck_assert_ptr_nonnull(both);
	OK(both_open(both, f.txn, f.zone, &f.apex, &c));
}

static void close_zone(void)
{
	both_close(both);
	free(both);
	fixture_close(&f);
}

/* Owner, TTL, type and, of RRSIGs, the type covered: a line each, without what is too long to read. */
static void shorten(struct ax_buf *out, const char *text)
{
	char section[3], owner[300], ttl[12], type[16], first[300];
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, "opt ", 4) == 0)
			continue;
		if (*line == 'r' || sscanf(line, "%2s %299s %11s %15s %299s", section, owner, ttl, type, first) < 5)
			ax_buf_put(out, line, (size_t)(strchr(line, '\n') - line));
		else if (strcmp(type, "RRSIG") == 0)
			ax_buf_printf(out, "%s %s %s RRSIG(%s)", section, owner, ttl, first);
		else
			ax_buf_printf(out, "%s %s %s %s", section, owner, ttl, type);
		ax_buf_u8(out, '\n');
	}
}

static void says(const char *name, uint16_t type, const char *wanted)
{
	struct ax_buf text = AX_BUF_INIT, got = AX_BUF_INIT;
	struct ax_name n = owner_of(&f, name);
	struct wire_query q = wire_question(&n, type);
	wire_opt(&q, 1232, 0, true);
	ck_assert(both_ask(both, wire_bytes(&q), false));
	ck_assert(both->answered_a);
	shorten(&got, wire_text(&text, ax_slice(both->a.p, both->a.n)));
	ck_assert_str_eq(ax_buf_cstr(&got), wanted);
	ax_buf_fini(&text);
	ax_buf_fini(&got);
}

#define SIG(owner, type) owner " RRSIG " type " 13 2 300 20300101000000 20260101000000 1 @ AA==\n"
static const char base[] = "$TTL 300\n@ SOA ns1 host 7 3600 900 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n" //
	SIG("@", "SOA") SIG("@", "NS") SIG("ns1", "A");

#define SOA "au example. 60 SOA\nau example. 60 RRSIG(SOA)\n"

START_TEST(signed__signatures_stand_beside_what_they_cover)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_printf(&b, "%s%s", base,
		      "www CNAME web\n" SIG("www", "CNAME") "web A 192.0.2.4\n" SIG("web", "A") //
		      "*.w MX 1 web\n" SIG("*.w", "MX") "d DNAME w\n" SIG("d", "DNAME")         //
		      "sub NS ns.sub\nns.sub A 192.0.2.6\nsub DS 1 13 2 AA\n" SIG("sub", "DS"));
	open_zone(ax_buf_cstr(&b));
	says("www", AX_TYPE_A,
	     "rcode 0 aa rd\nan www.example. 300 CNAME\nan www.example. 300 RRSIG(CNAME)\n"
	     "an web.example. 300 A\nan web.example. 300 RRSIG(A)\n");
	says("@", AX_TYPE_SOA, "rcode 0 aa rd\nan example. 300 SOA\nan example. 300 RRSIG(SOA)\n");
	says("x.d", AX_TYPE_MX,
	     "rcode 0 aa rd\nan d.example. 300 DNAME\nan d.example. 300 RRSIG(DNAME)\nan x.d.example. 300 CNAME\n"
	     "an x.w.example. 300 MX\nan x.w.example. 300 RRSIG(MX)\n"
	     "ad web.example. 300 A\nad web.example. 300 RRSIG(A)\n");
	says("x.sub", AX_TYPE_A,
	     "rcode 0 rd\nau sub.example. 300 NS\nau sub.example. 300 DS\nau sub.example. 300 RRSIG(DS)\n"
	     "ad ns.sub.example. 300 A\n");
	says("sub", AX_TYPE_DS, "rcode 0 aa rd\nan sub.example. 300 DS\nan sub.example. 300 RRSIG(DS)\n");
	says("web", AX_TYPE_TXT, "rcode 0 aa rd\n" SOA);
	says("web", AX_TYPE_RRSIG, "rcode 0 aa rd\nan web.example. 300 RRSIG(A)\n");
	close_zone();
	ax_buf_fini(&b);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, signed__signatures_stand_beside_what_they_cover);
}

int main(void)
{
	return check_main("signed", add);
}
