/* yaml.h - apexd.yaml(5): the configuration as a file. The keys stand in tables here; views and
 * listeners are read in yaml_view.c, what any value may be in shape.c: the only parts that know libyaml.
 * What is said in it is what the command line says, and views by name.
 * Limits: a file of a megabyte, of which no part stands deeper than YAML_DEPTH. */
#ifndef DNSD_YAML_H
#define DNSD_YAML_H

#include "dnsd/conf.h"

enum { YAML_DEPTH = 8 }; /* lists and keys in each other; a rule of a view is five deep */

/* Fill in c, its routing too, from text; path is what errors name. AX_EINVAL with file, line and reason. */
AX_MUST enum ax_err yaml_take(struct conf *c, const char *path, struct ax_slice text);
/* The same from a file. AX_ENOENT, AX_EINVAL. */
AX_MUST enum ax_err yaml_read(struct conf *c, const char *path);

#endif
