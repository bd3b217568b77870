/* fuse.h - the one place that says which libfuse we speak: the low-level API of 3.14. */
#ifndef FS_FUSE_H
#define FS_FUSE_H

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#endif
