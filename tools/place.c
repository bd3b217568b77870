#include "tools/place.h"

enum ax_err place_parse(struct place *out, struct cli *c, const struct ax_zone *zone, char **words, int n)
{
	*out = (struct place){ 0 };
	if (n > 2)
		return ax_fail(AX_EUSAGE, "one word too many: `%s`", words[2]);
	if (!n)
		return AX_OK;
	enum ax_err e = cli_name(&out->owner, c, zone, words[0]);
	if (e)
		return e;
	if (n == 1)
		return ax_key_owner(&out->key, &out->owner, &zone->apex);
	out->is_rrset = true;
	e = cli_type(&out->type, words[1]);
	if (!e && out->type == AX_TYPE_RRSIG)
		e = ax_fail(AX_EUSAGE, "RRSIGs are kept by the type they cover: name the owner alone");
	return e ? e : ax_key_make(&out->key, &out->owner, &zone->apex, out->type, 0);
}

void place_fini(struct place *p)
{
	ax_buf_fini(&p->key);
}
