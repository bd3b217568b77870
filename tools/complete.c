#include "tools/complete.h"

#include "core/setting.h"
#include "tools/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_LOOKED_AT = 50000, NAMES_MAX = 200 };

struct typed {
	const char *word;            /* the beginning of the one that is typed */
	const char *before;          /* the one before it; "" */
	const struct verb *verb;     /* NULL: it is not there yet */
	int place;                   /* which of the verb's words */
	bool dashes;                 /* behind -- */
	const char *dir, *zone_text; /* as told so far */
	struct ax_repo *repo;
	struct ax_txn *txn;
	struct ax_zone zone;
	struct ax_buf out;
};

static void offer(struct typed *t, const char *text)
{
	if (!strncmp(text, t->word, strlen(t->word)))
		ax_buf_printf(&t->out, "%s\n", text);
}

/* -- what stands in the repository ------------------------------------------------------------------------ */

static bool look(struct typed *t)
{
	if (t->txn)
		return true;
	return !ax_repo_open(&t->repo, t->dir, true) && !ax_txn_read(&t->txn, ax_repo_store(t->repo)) &&
	       !ax_zone_named(&t->zone, t->txn, t->zone_text);
}

static void offer_refs(struct typed *t, const char *folder)
{
	char path[AX_REF_PATH_MAX + 1] = "";
	struct ax_ref ref;
	while (look(t) && !ax_ref_next(&ref, path, t->txn, t->zone.id, folder, path))
		offer(t, path + strlen(folder));
}

static void offer_zones(struct typed *t)
{
	struct ax_zone zone = { 0 };
	while (look(t) && !ax_zone_next(&zone, t->txn, zone.id, false)) {
		struct ax_buf name = AX_BUF_INIT;
		ax_name_text(&name, &zone.apex);
		if (ax_buf_cstr(&name))
			offer(t, ax_buf_cstr(&name));
		ax_buf_fini(&name);
	}
}

/* Each owner once; of a large zone those that come first. */
static void offer_owners(struct typed *t, struct ax_cursor *c)
{
	struct ax_buf name = AX_BUF_INIT, last = AX_BUF_INIT;
	struct ax_name owner;
	uint16_t type, covered;
	enum ax_err e = ax_cursor_seek(c, ax_slice(NULL, 0));
	for (int i = 0, n = 0; !e && c->valid && i < NAMES_LOOKED_AT && n < NAMES_MAX; i++, e = ax_cursor_next(c)) {
		if (ax_key_parse(&owner, &type, &covered, NULL, c->entry.key, &t->zone.apex))
			break;
		ax_buf_clear(&name);
		ax_name_text_relative(&name, &owner, &t->zone.apex);
		if (ax_slice_eq(ax_buf_view(&name), ax_buf_view(&last)) || !ax_buf_cstr(&name))
			continue;
		size_t before = t->out.n;
		offer(t, ax_buf_cstr(&name));
		n += t->out.n > before;
		ax_buf_clear(&last);
		ax_buf_slice(&last, ax_buf_view(&name));
	}
	ax_buf_fini(&name);
	ax_buf_fini(&last);
}

static void offer_names(struct typed *t)
{
	struct ax_commit_info tip;
	struct ax_cursor c;
	struct ax_ref ref;
	if (!look(t) || ax_ref_get(&ref, t->txn, t->zone.id, "heads/main") ||
	    ax_commit_info(&tip, t->txn, ref.commit) || ax_cursor_init(&c, t->txn, &tip.root))
		return;
	offer_owners(t, &c);
	ax_cursor_fini(&c);
}

/* -- what is known without it ----------------------------------------------------------------------------- */

static void offer_types(struct typed *t)
{
	static const char *const types[] = { "A",   "AAAA",  "CAA",   "CDS",  "CNAME", "DNAME", "DNSKEY",
					     "DS",  "HTTPS", "LOC",   "MX",   "NAPTR", "NS",    "PTR",
					     "SOA", "SRV",   "SSHFP", "SVCB", "TLSA",  "TXT" };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		offer(t, types[i]);
}

static void offer_settings(struct typed *t)
{
	const struct ax_setting *s;
	for (size_t i = 0; (s = ax_setting_at(i)); i++)
		offer(t, s->name);
}

static void offer_verbs(struct typed *t, bool put_off)
{
	const struct verb *v;
	for (size_t i = 0; (v = verbs_at(NULL, i)); i++)
		if (!put_off || v->changes_zone)
			offer(t, v->name);
	if (!put_off)
		offer(t, "help");
}

static void offer_options(struct typed *t, const struct option *o)
{
	char text[64];
	for (; o && o->name; o++) {
		snprintf(text, sizeof text, "--%s", o->name);
		offer(t, text);
	}
}

/* "a|b|c", n bytes. */
static void offer_words(struct typed *t, const char *words, size_t n)
{
	char one[64];
	while (n) {
		size_t len = strcspn(words, "|");
		len = len < n ? len : n;
		snprintf(one, sizeof one, "%.*s", (int)len, words);
		offer(t, one);
		words += len + (len < n);
		n -= len + (len < n);
	}
}

static void offer_kind(struct typed *t, char kind)
{
	switch (kind) {
	case 'r':
	case 'h':
		offer_refs(t, "heads/");
		offer_refs(t, "tags/");
		break;
	case 'b':
		offer_refs(t, "heads/");
		break;
	case 't':
		offer_refs(t, "tags/");
		break;
	case 'p':
		offer_refs(t, "proposals/");
		break;
	case 'z':
		offer_zones(t);
		break;
	case 'n':
		offer_names(t);
		break;
	case 'y':
		offer_types(t);
		break;
	case 'c':
		offer_settings(t);
		break;
	case 'v':
		offer_verbs(t, true);
		break;
	case 'f':
		ax_buf_str(&t->out, ":files\n");
		break;
	default:
		break;
	}
}

/* -- the word at hand ------------------------------------------------------------------------------------- */

static const struct option *find_option(const struct option *o, const char *word)
{
	for (; o && o->name; o++)
		if ((word[1] == '-' && !strcmp(word + 2, o->name)) || (o->letter && word[1] == o->letter && !word[2]))
			return o;
	return NULL;
}

static const struct option *option_of(const struct typed *t, const char *word)
{
	if (word[0] != '-' || !word[1])
		return NULL;
	const struct option *o = find_option(verbs_global_options, word);
	return o ? o : find_option(t->verb ? t->verb->options : NULL, word);
}

static void offer_value(struct typed *t, const struct option *o)
{
	static const struct {
		const char *arg;
		char kind;
	} kinds[] = { { "ZONE", 'z' }, { "BRANCH", 'b' }, { "REV", 'r' }, { "FILE", 'f' }, { "DIR", 'f' } };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(o->arg, kinds[i].arg))
			offer_kind(t, kinds[i].kind);
}

static void offer_place(struct typed *t)
{
	const char *what = t->dashes ? "n y" : t->verb->completes ? t->verb->completes : "";
	for (int i = 0; i < t->place; i++) {
		size_t n = strcspn(what, " ");
		if (!what[n] && n && what[n - 1] == '+')
			break;
		what += n + (what[n] == ' ');
	}
	size_t n = strcspn(what, " ");
	if (*what == ':')
		offer_words(t, what + 1, n - 1);
	for (size_t i = 0; *what != ':' && i < n; i++)
		offer_kind(t, what[i]);
}

/* All words but the last, as main.c would read them. */
static void read_words(struct typed *t, int argc, char **argv)
{
	for (int i = 0; i + 1 < argc; i++) {
		const struct option *o = t->dashes ? NULL : option_of(t, argv[i]);
		t->before = argv[i];
		if (o && o->arg && i + 2 < argc) {
			if (!strcmp(o->name, "repo"))
				t->dir = argv[i + 1];
			if (!strcmp(o->name, "zone"))
				t->zone_text = argv[i + 1];
			t->before = argv[++i];
		} else if (!t->dashes && !strcmp(argv[i], "--")) {
			t->dashes = true;
			t->place = 0;
		} else if (t->dashes || argv[i][0] != '-') {
			t->place += t->verb != NULL;
			t->verb = t->verb ? t->verb : verbs_find(argv[i]);
		}
	}
}

int complete(int argc, char **argv, const char *dir)
{
	struct typed t = { .before = "", .dir = dir, .zone_text = getenv("APEX_ZONE") };
	if (argc && !strcmp(argv[0], "--")) {
		argc--;
		argv++;
	}
	if (argc < 1 || ax_hash_init())
		return 0;
	t.word = argv[argc - 1];
	read_words(&t, argc, argv);
	const struct option *o = t.dashes ? NULL : option_of(&t, t.before);
	if (o && o->arg)
		offer_value(&t, o);
	else if (t.word[0] == '-' && !t.dashes) {
		offer_options(&t, t.verb ? t.verb->options : NULL);
		offer_options(&t, verbs_global_options);
	} else if (t.verb)
		offer_place(&t);
	else
		offer_verbs(&t, false);
	ax_txn_abort(t.txn);
	ax_repo_close(t.repo);
	if (ax_buf_cstr(&t.out))
		fputs(ax_buf_cstr(&t.out), stdout);
	ax_buf_fini(&t.out);
	return 0;
}
