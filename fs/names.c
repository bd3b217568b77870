/* names.c - see names.h. */
#include "fs/names.h"

#include <stdio.h>
#include <string.h>

bool names_is_label(const char *name)
{
	uint8_t label[AX_LABEL_MAX];
	size_t n;
	if (name[0] >= 'A' && name[0] <= 'Z') /* labels are in lower case */
		return false;
	return ax_label_from_file(label, &n, name) == AX_OK;
}

enum names_kind names_file(uint16_t *type, char hint[200], const char *name)
{
	char text[24];
	uint16_t t;
	*type = 0;
	hint[0] = 0;
	if (ax_type_parse(&t, name, strlen(name)))
		return NAMES_SCRATCH;
	if (!ax_type_storable(t)) {
		snprintf(hint, 200, "%s is not a type that a zone holds", name);
		return NAMES_REFUSED;
	}
	ax_type_text(text, t);
	if (strcmp(text, name) != 0) {
		snprintf(hint, 200, "RRsets are files in upper case: did you mean %s?", text);
		return NAMES_REFUSED;
	}
	*type = t;
	return NAMES_RECORD;
}

/* Would somebody who types this mean a label? Editors' and rsync's own directories have other characters. */
static bool meant_as_label(const char *name)
{
	if (name[0] == '.')
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*.\\") == strlen(name);
}

enum names_kind names_dir(char hint[200], const char *name)
{
	hint[0] = 0;
	if (names_is_label(name))
		return NAMES_LABEL;
	if (!meant_as_label(name))
		return NAMES_SCRATCH;
	if (strchr(name, '.'))
		snprintf(hint, 200, "one directory a label: www.dev is dev/www");
	else if (strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		snprintf(hint, 200, "labels are directories in lower case");
	else if (!strchr(name, '\\'))
		snprintf(hint, 200, "a label has at most 63 octets (RFC 1035 2.3.4)");
	else
		snprintf(hint, 200, "\\DDD stands for a byte that a label's file name cannot show otherwise");
	return NAMES_REFUSED;
}
