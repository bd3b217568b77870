#include "dnsd/slab.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum {
	CHUNK_PAGES = SLAB_CHUNK / SLAB_PAGE,
	FINE = 512, /* sizes up to here are multiples of 8 */
	FINE_CLASSES = FINE / SLAB_UNIT,
	COARSE_CLASSES = 8 * 6, /* eight to a doubling, up to half a page */
	CLASSES = FINE_CLASSES + COARSE_CLASSES,
	NONE = UINT16_MAX,
	SPARE = 2, /* chunks, and an eighth of those in use, that stay ready to be used again */
};
#define RANGE ((size_t)SLAB_UNITS * SLAB_UNIT)
#define PAGES (RANGE / SLAB_PAGE)
#define CHUNKS (RANGE / SLAB_CHUNK)

/* What is known of a page: `class` of its blocks; NONE if it belongs to one big block of `run` pages (0: not its
 * first). */
struct page {
	uint16_t class, live;
	uint16_t free;  /* the first block that was given back, the next one's index is in it; NONE: no more */
	uint16_t fresh; /* blocks from here on were never used */
	uint32_t run;
	uint32_t next, prev; /* other pages of the class with room; 0: none */
};

uint8_t *slab_base;

static struct {
	pthread_mutex_t lock;
	size_t chunks;         /* there are, at most */
	size_t ready;          /* chunks whose memory can be used */
	uint32_t free[CHUNKS]; /* a bit a page that is free */
	uint32_t lowest;       /* no chunk below has a free page */
	bool empty[CHUNKS];    /* no page in use, but the memory is not given back */
	size_t empties;
	uint32_t room[CLASSES]; /* a page with room for a block of the class; 0: none */
	struct slab_use use;
	struct page *page;
} slab = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned class_of(size_t n)
{
	if (n <= FINE)
		return n ? (unsigned)((n - 1) / SLAB_UNIT) : 0;
	unsigned doubling = 63 - (unsigned)__builtin_clzll(n - 1); /* 2^doubling < n, or the same */
	unsigned eighth = (unsigned)((n - 1) >> (doubling - 3)) & 7;
	return FINE_CLASSES + 8 * (doubling - 9) + eighth;
}

static size_t class_size(unsigned class)
{
	if (class < FINE_CLASSES)
		return (class + 1u) * SLAB_UNIT;
	unsigned k = class - FINE_CLASSES;
	return (size_t)(9 + k % 8) << (9 + k / 8 - 3);
}

/* -- the range -------------------------------------------------------------------------------------------- */

/* Reserve addresses, fewer where they are short (ulimit -v, sanitizers). */
static bool reserve(void)
{
	size_t size = RANGE, least = 16 * (size_t)SLAB_CHUNK;
	uint8_t *p;
	do
		p = mmap(NULL, size + SLAB_CHUNK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	while (p == MAP_FAILED && (size /= 2) >= least);
	if (p == MAP_FAILED)
		return false;
	slab.page = calloc(size / SLAB_PAGE, sizeof *slab.page);
	if (!slab.page) {
		munmap(p, size + SLAB_CHUNK);
		return false;
	}
	slab.chunks = size / SLAB_CHUNK;
	slab_base = p + (SLAB_CHUNK - (uintptr_t)p % SLAB_CHUNK) % SLAB_CHUNK;
	return true;
}

/* Make one more chunk's memory usable. Its pages are free; the first of all stays unused, as 0 is no reference. A
 * small server has but the first chunk and shall not pay a huge page for it. */
static bool extend(void)
{
	size_t i = slab.ready;
	uint8_t *p = slab_base + i * SLAB_CHUNK;
	if (i == slab.chunks || mprotect(p, SLAB_CHUNK, PROT_READ | PROT_WRITE) != 0)
		return false;
	if (i)
		(void)madvise(p, SLAB_CHUNK, MADV_HUGEPAGE);
	slab.free[i] = i ? UINT32_MAX : UINT32_MAX - 1;
	slab.ready++;
	return true;
}

static void mark_used(size_t page)
{
	size_t chunk = page / CHUNK_PAGES;
	if (slab.empty[chunk]) {
		slab.empty[chunk] = false;
		slab.empties--;
	}
	slab.free[chunk] &= ~(1u << page % CHUNK_PAGES);
	slab.use.pages += SLAB_PAGE;
}

static void mark_free(size_t page)
{
	size_t chunk = page / CHUNK_PAGES;
	slab.free[chunk] |= 1u << page % CHUNK_PAGES;
	slab.use.pages -= SLAB_PAGE;
	if (chunk < slab.lowest)
		slab.lowest = (uint32_t)chunk;
	if (slab.free[chunk] != UINT32_MAX)
		return;
	if (slab.empties > SPARE + slab.use.pages / SLAB_CHUNK / 8) {
		(void)madvise(slab_base + chunk * SLAB_CHUNK, SLAB_CHUNK, MADV_DONTNEED);
	} else {
		slab.empty[chunk] = true;
		slab.empties++;
	}
}

/* The lowest run of free pages; 0 without memory. */
static size_t take_pages(size_t n)
{
	size_t run = 0;
	while (slab.lowest < slab.ready && !slab.free[slab.lowest])
		slab.lowest++;
	for (size_t i = (size_t)slab.lowest * CHUNK_PAGES; run < n; i++) {
		if (i == slab.ready * CHUNK_PAGES && !extend())
			return 0;
		run = slab.free[i / CHUNK_PAGES] >> i % CHUNK_PAGES & 1 ? run + 1 : 0;
		if (run < n)
			continue;
		for (size_t k = 0; k < n; k++)
			mark_used(i - k);
		return i - n + 1;
	}
	return 0;
}

/* -- blocks ----------------------------------------------------------------------------------------------- */

static void unlink_page(struct page *p, uint32_t *first)
{
	if (p->prev)
		slab.page[p->prev].next = p->next;
	else
		*first = p->next;
	if (p->next)
		slab.page[p->next].prev = p->prev;
}

static void link_page(uint32_t i, uint32_t *first)
{
	struct page *p = &slab.page[i];
	p->prev = 0;
	p->next = *first;
	if (*first)
		slab.page[*first].prev = i;
	*first = i;
}

static uint8_t *block_at(size_t page, size_t size, unsigned i)
{
	return slab_base + page * SLAB_PAGE + i * size;
}

static uint32_t take_big(size_t n)
{
	size_t pages = (n + SLAB_PAGE - 1) / SLAB_PAGE, first = take_pages(pages);
	if (!first)
		return 0;
	for (size_t i = 0; i < pages; i++)
		slab.page[first + i] = (struct page){ .class = NONE };
	slab.page[first].run = (uint32_t)pages;
	slab.use.blocks += pages * SLAB_PAGE;
	ASAN_UNPOISON_MEMORY_REGION(slab_base + first * SLAB_PAGE, pages * SLAB_PAGE);
	return (uint32_t)(first * (SLAB_PAGE / SLAB_UNIT));
}

static uint32_t take_small(unsigned class)
{
	size_t size = class_size(class);
	uint32_t i = slab.room[class];
	if (!i) {
		i = (uint32_t)take_pages(1);
		if (!i)
			return 0;
		slab.page[i] = (struct page){ .class = (uint16_t) class, .free = NONE };
		link_page(i, &slab.room[class]);
	}
	struct page *p = &slab.page[i];
	unsigned at = p->free != NONE ? p->free : p->fresh++;
	uint8_t *block = block_at(i, size, at);
	ASAN_UNPOISON_MEMORY_REGION(block, size);
	if (at == p->free)
		memcpy(&p->free, block, sizeof p->free);
	p->live++;
	if (p->live == SLAB_PAGE / size)
		unlink_page(p, &slab.room[class]);
	slab.use.blocks += size;
	return slab_ref(block);
}

uint32_t slab_alloc(size_t n)
{
	uint32_t ref = 0;
	pthread_mutex_lock(&slab.lock);
	if (slab_base || reserve())
		ref = n > SLAB_PAGE / 2 ? take_big(n) : take_small(class_of(n));
	pthread_mutex_unlock(&slab.lock);
	return ref;
}

static void give_big(size_t first)
{
	size_t pages = slab.page[first].run;
	ASAN_POISON_MEMORY_REGION(slab_base + first * SLAB_PAGE, pages * SLAB_PAGE);
	for (size_t i = 0; i < pages; i++)
		mark_free(first + i);
	slab.use.blocks -= pages * SLAB_PAGE;
}

static void give_small(uint32_t i, uint8_t *block)
{
	struct page *p = &slab.page[i];
	size_t size = class_size(p->class);
	unsigned at = (unsigned)((size_t)(block - block_at(i, size, 0)) / size);
	if (p->live == SLAB_PAGE / size)
		link_page(i, &slab.room[p->class]);
	memcpy(block, &p->free, sizeof p->free);
	p->free = (uint16_t)at;
	slab.use.blocks -= size;
	ASAN_POISON_MEMORY_REGION(block, size);
	if (--p->live == 0) {
		unlink_page(p, &slab.room[p->class]);
		mark_free(i);
	}
}

void slab_free(uint32_t ref)
{
	if (!ref)
		return;
	uint32_t page = ref / (SLAB_PAGE / SLAB_UNIT);
	pthread_mutex_lock(&slab.lock);
	if (slab.page[page].class == NONE)
		give_big(page);
	else
		give_small(page, slab_at(ref));
	pthread_mutex_unlock(&slab.lock);
}

struct slab_use slab_use(void)
{
	pthread_mutex_lock(&slab.lock);
	struct slab_use use = slab.use;
	pthread_mutex_unlock(&slab.lock);
	return use;
}
