/* yaml_view.h - what apexd.yaml(5) says of views, their rules and canaries, and of listeners. Part of yaml.h. */
#ifndef YAML_VIEW_H
#define YAML_VIEW_H

#include "dnsd/shape.h"

/* `views`: into the routing. */
AX_MUST enum ax_err yaml_views(struct shape_reader *r, yaml_node_t *n, void *ctx);
/* An item of `listen`, once the views are there. */
AX_MUST enum ax_err yaml_listener(struct shape_reader *r, yaml_node_t *n, void *ctx);
/* A rule that asks for what no database tells would never match: that is refused at `at`. */
AX_MUST enum ax_err yaml_check_geo(const struct shape_reader *r, const yaml_node_t *at);

#endif
