/* names.h - what a file name in a record tree means: the kind decides (DESIGN section 4).
 *
 *     regular file   named like a type, in its own spelling    an RRset
 *                    like a type but for letter case           refused, with the right name as hint
 *                    anything else                             scratch
 *     directory      a label as ax_label_to_file writes it     a label
 *                    a label but for letter case or a dot      refused, with a hint
 *                    anything else (.~tmp~)                    scratch
 *
 * Pure functions: no state, no threads. */
#ifndef FS_NAMES_H
#define FS_NAMES_H

#include "core/rdata.h"

enum names_kind { NAMES_RECORD, NAMES_LABEL, NAMES_SCRATCH, NAMES_REFUSED };

/* A name for a regular file. type is set for NAMES_RECORD; hint says why for NAMES_REFUSED. */
enum names_kind names_file(uint16_t *type, char hint[200], const char *name);
/* A name for a directory. */
enum names_kind names_dir(char hint[200], const char *name);
/* Is it a label's? The same without a reason, and soon for the names of types. */
bool names_is_label(const char *name);

#endif
