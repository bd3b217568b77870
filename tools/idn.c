#include "tools/idn.h"

#include <idn2.h>

bool idn_ascii(struct ax_buf *out, const char *text)
{
	bool ascii = true;
	for (const char *p = text; *p; p++)
		ascii = ascii && !(*p & 0x80);
	if (ascii)
		return false;
	char *form = NULL;
	int rc = idn2_to_ascii_8z(text, &form, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		return false;
	ax_buf_str(out, form);
	idn2_free(form);
	return !out->failed;
}
