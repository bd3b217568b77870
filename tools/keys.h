/* keys.h - keys in files: where a secret one lies, and whom a person trusts. */
#ifndef KEYS_H
#define KEYS_H

#include "core/sign.h"
#include "tools/cli.h"

/* The secret key of --key, else APEX_KEY, else ~/.config/apex/key. AX_EPERM if others can read the file. Wipe it. */
AX_MUST enum ax_err keys_secret(struct ax_secret_key *out, const char *path);
/* All keys of these files. AX_EUSAGE if none is named. */
AX_MUST enum ax_err keys_trusted(struct ax_keys *out, const struct option_list *paths);
/* Where the secret key lies unless told; into b. AX_EUSAGE without a home. */
AX_MUST enum ax_err keys_default(const char **out, struct ax_buf *b);
/* Write a new pair, PATH (0600) and PATH.pub; neither may be there. */
AX_MUST enum ax_err keys_write(const char *path, const struct ax_secret_key *secret,
			       const struct ax_public_key *public);

#endif
