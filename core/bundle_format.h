/* bundle_format.h - what writer and reader of bundles share. */
#ifndef AX_BUNDLE_FORMAT_H
#define AX_BUNDLE_FORMAT_H

#define AX_BUNDLE_MAGIC "apexfs bundle 1\n"

enum { AX_BUNDLE_FULL = 1, AX_BUNDLE_TREELESS = 2, AX_BUNDLE_CUT = 4 };

#endif
