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

#define NSEC(owner, next) owner " NSEC " next " A RRSIG NSEC\n" SIG(owner, "NSEC")
#define NSEC_AU(owner) "au " owner " 300 NSEC\nau " owner " 300 RRSIG(NSEC)\n"

START_TEST(signed__nsec_proves_what_is_not_there)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_printf(&b, "%s%s", base,
		      NSEC("@", "a.ent") "a.ent A 192.0.2.2\n" SIG("a.ent", "A") NSEC("a.ent", "ns1") //
		      NSEC("ns1", "sub") "sub NS ns.sub\nns.sub A 192.0.2.6\n" NSEC("sub", "*.w")     //
		      "*.w A 192.0.2.7\n" SIG("*.w", "A") NSEC("*.w", "z.w") "z.w A 192.0.2.8\n" NSEC("z.w", "@"));
	open_zone(ax_buf_cstr(&b));
	says("ns1", AX_TYPE_MX, "rcode 0 aa rd\n" SOA NSEC_AU("ns1.example."));
	says("ent", AX_TYPE_MX, "rcode 0 aa rd\n" SOA NSEC_AU("example."));
	says("nope", AX_TYPE_MX, "rcode 3 aa rd\n" SOA NSEC_AU("a.ent.example.") NSEC_AU("example."));
	says("b.ent", AX_TYPE_MX, "rcode 3 aa rd\n" SOA NSEC_AU("a.ent.example.") NSEC_AU("example."));
	says("x.sub", AX_TYPE_A,
	     "rcode 0 rd\nau sub.example. 300 NS\n" NSEC_AU("sub.example.") "ad ns.sub.example. 300 A\n");
	says("sub", AX_TYPE_DS, "rcode 0 aa rd\n" SOA NSEC_AU("sub.example."));
	says("x.w", AX_TYPE_A,
	     "rcode 0 aa rd\nan x.w.example. 300 A\nan x.w.example. 300 RRSIG(A)\n" NSEC_AU("*.w.example."));
	says("zz.w", AX_TYPE_MX, "rcode 0 aa rd\n" SOA NSEC_AU("z.w.example.") NSEC_AU("*.w.example."));
	close_zone();
	ax_buf_fini(&b);
}
END_TEST

/* RFC 5155 appendix A: its zone's names, salt AABBCCDD, 12 iterations, opt-out, and the hashes it prints. */
#define N3(hash) hash " NSEC3 1 1 12 AABBCCDD " hash " A\n" SIG(hash, "NSEC3")
#define N3_AU(hash) "au " hash ".example. 300 NSEC3\nau " hash ".example. 300 RRSIG(NSEC3)\n"
#define H_APEX "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"
#define H_NS1 "2t7b4g4vsa5smi47k61mv5bv1a22bojr"
#define H_Y_W "ji6neoaepv8b5o6k4ev33abha8ht9fgc"
#define H_X_W "b4um86eghhds6nea196smvmlo4ors995"
#define H_W "k8udemvp1j2f7eg6jebps17vp3n8i58h"
#define H_XX "t644ebqk9bibcna874givr6joj62mlhv"
#define H_AI "gjeqe526plbf1g8mklp59enfd789njgi"
#define H_A "35mthgpgcu1qg68fab165klnsnk3dpvl"
#define H_NS2 "q04jkcevqvmu85r014c7dkba38o0ji5r"
#define H_STAR_W "r53bq7cc2uvmubfu5ocmm6pers9tk9en"

START_TEST(signed__nsec3_proves_as_the_appendix_of_rfc_5155)
{
	struct ax_buf b = AX_BUF_INIT;
	ax_buf_printf(
		&b, "%s%s%s", base, "@ NSEC3PARAM 1 0 12 AABBCCDD\n",
		N3(H_APEX) N3(H_NS1) N3(H_Y_W) N3(H_X_W) N3(H_W) N3(H_XX) N3(H_AI) N3(H_A) N3(H_NS2) N3(H_STAR_W) //
		"a NS ns1.a\na DS 1 13 2 AA\n" SIG(
			"a", "DS") "ns1.a A 192.0.2.5\nai A 192.0.2.9\n"                                            //
				   "c NS ns1.c\nns1.c A 192.0.2.7\nns2 A 192.0.2.2\n*.w MX 1 ai\n" SIG("*.w", "MX") //
		"x.w MX 1 xx\nx.y.w MX 1 xx\nxx A 192.0.2.10\n");
	open_zone(ax_buf_cstr(&b));
	/* B.1: the closest encloser, the next closer name, the wildcard; here the example's encloser is x.w's parent.
	 */
	says("a.c.x.w", AX_TYPE_A, "rcode 3 aa rd\n" SOA N3_AU(H_X_W) N3_AU(H_APEX) N3_AU(H_A));
	says("ns1", AX_TYPE_MX, "rcode 0 aa rd\n" SOA N3_AU(H_NS1));
	says("y.w", AX_TYPE_A, "rcode 0 aa rd\n" SOA N3_AU(H_Y_W)); /* B.2.1 */
	/* B.3: an opted-out delegation; B.5: wildcard NODATA */
	says("mc.c", AX_TYPE_MX,
	     "rcode 0 rd\nau c.example. 300 NS\n" N3_AU(H_APEX) N3_AU(H_A) "ad ns1.c.example. 300 A\n");
	says("a.z.w", AX_TYPE_MX,
	     "rcode 0 aa rd\nan a.z.w.example. 300 MX\nan a.z.w.example. 300 RRSIG(MX)\n" N3_AU(
		     H_NS2) "ad ai.example. 300 A\n");
	says("a.z.w", AX_TYPE_AAAA, "rcode 0 aa rd\n" SOA N3_AU(H_W) N3_AU(H_NS2) N3_AU(H_STAR_W));
	says("mc.a", AX_TYPE_MX,
	     "rcode 0 rd\nau a.example. 300 NS\nau a.example. 300 DS\nau a.example. 300 RRSIG(DS)\n"
	     "ad ns1.a.example. 300 A\n");
	/* The owner of an NSEC3 RRset is no name (7.2.8). */
	says(H_XX, AX_TYPE_NSEC3, "rcode 3 aa rd\n" SOA N3_AU(H_APEX) N3_AU(H_W) N3_AU(H_AI));
	close_zone();
	ax_buf_fini(&b);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, signed__signatures_stand_beside_what_they_cover);
	tcase_add_test(tc, signed__nsec_proves_what_is_not_there);
	tcase_add_test(tc, signed__nsec3_proves_as_the_appendix_of_rfc_5155);
}

int main(void)
{
	return check_main("signed", add);
}
