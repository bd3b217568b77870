#include "tools/keys.h"
#include "tools/verbs.h"

#include <stdio.h>
#include <string.h>

static const char *name;

static const struct option options[] = {
	{ "name", 0, "TEXT", "whose key it is, as verify will say; else your name and mail", &name, NULL, NULL },
	{ 0 },
};

/* What a line of a key file can't carry is dropped. */
static void set_name(struct ax_public_key *key, const struct cli *c)
{
	char text[2 * AX_PERSON_MAX + 8];
	size_t n = 0;
	snprintf(text, sizeof text, "%s <%s>", c->actor.author.name, c->actor.author.mail);
	for (const char *p = name ? name : text; *p && n < AX_KEY_LABEL_MAX; p++)
		if ((unsigned char)*p >= ' ' && *p != 0x7f && *p != '#')
			key->name[n++] = *p;
	key->name[n] = 0;
}

static enum ax_err run(struct cli *c, struct words *w)
{
	struct ax_secret_key secret;
	struct ax_public_key public;
	struct ax_buf usual = AX_BUF_INIT;
	const char *path = w->n ? w->v[0] : NULL;
	enum ax_err e = path ? AX_OK : keys_default(&path, &usual);
	if (!e) {
		ax_secret_make(&secret);
		ax_secret_public(&public, &secret);
		set_name(&public, c);
		e = keys_write(path, &secret, &public);
		ax_secret_wipe(&secret);
	}
	if (!e)
		ax_buf_printf(&c->out, "%s (secret, yours alone)\n%s.pub (for those who verify)\n", path, path);
	ax_buf_fini(&usual);
	return e;
}

const struct verb verb_keygen = {
	.name = "keygen",
	.synopsis = "[FILE] [--name TEXT]",
	.summary = "make a key to sign commits and tags with",
	.details =
		"FILE (else ~/.config/apex/key) gets the secret key, mode 0600, FILE.pub the public one. Neither is "
		"ever\n"
		"overwritten.",
	.example = "apex keygen --name 'Ann of the DNS team'",
	.options = options,
	.completes = "f",
	.min_words = 0,
	.max_words = 1,
	.run = run,
};
