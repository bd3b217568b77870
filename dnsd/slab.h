/* slab.h - memory under 32-bit references, for what images are made of: small blocks by the million.
 *
 *     one range of addresses, reserved at once, filled from below
 *     chunk: 2 MiB, in one huge page where the kernel has one     (SLAB_CHUNK)
 *     page:  64 KiB of blocks of one size, or a part of one block bigger than half of it
 *     block: a reference counts its distance from the range's beginning in units of 8 octets
 *
 * Half the size of a pointer, no header: what a lookup reads is denser, and lies in few huge pages.
 * Sizes: steps of 8 octets up to 512, then eight to each doubling; blocks of a size that is a multiple of 32 (or 64)
 *   are aligned to it.
 * Memory given back is used again from below; a chunk without a block goes back to the kernel, but for a few that are
 *   likely to be used again soon.
 * Threads: any may call; alloc and free take a lock, slab_at nothing: whoever reads a block must know that it lives.
 * Limits: SLAB_UNITS units, 16 GiB: the top bit of a reference is its user's. Less where address space is short. */
#ifndef SLAB_H
#define SLAB_H

#include <stddef.h>
#include <stdint.h>

enum { SLAB_UNIT = 8, SLAB_PAGE = 1 << 16, SLAB_CHUNK = 1 << 21 };
#define SLAB_UNITS (1u << 31)

extern uint8_t *slab_base; /* set by the first slab_alloc */

/* The block of a reference. */
static inline void *slab_at(uint32_t ref)
{
	return slab_base + (size_t)ref * SLAB_UNIT;
}

/* The reference of a block. */
static inline uint32_t slab_ref(const void *block)
{
	return (uint32_t)((size_t)((const uint8_t *)block - slab_base) / SLAB_UNIT);
}

/* A block of n octets, not cleared. 0, which is no block's reference, without memory. */
uint32_t slab_alloc(size_t n);
/* 0 is fine. */
void slab_free(uint32_t ref);
/* Octets in blocks, each rounded to its size; and in pages that hold any. */
struct slab_use {
	size_t blocks, pages;
};
struct slab_use slab_use(void);

#endif
