#include "core/idset.h"

#include <stdlib.h>

struct ax_idset_slot {
	uint64_t id;
	uint8_t flags;
};

void ax_idset_fini(struct ax_idset *s)
{
	free(s->slots);
	*s = (struct ax_idset){ 0 };
}

/* The slot of id, or the empty one where it belongs. cap is a power of two and never full. */
static struct ax_idset_slot *slot(const struct ax_idset *s, uint64_t id)
{
	size_t i = (size_t)(id * 0x9e3779b97f4a7c15u >> 20) & (s->cap - 1);
	while (s->slots[i].id && s->slots[i].id != id)
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

static bool grow(struct ax_idset *s)
{
	struct ax_idset bigger = { .cap = s->cap ? s->cap * 2 : 64, .n = s->n };
	bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i].id)
			*slot(&bigger, s->slots[i].id) = s->slots[i];
	free(s->slots);
	*s = bigger;
	return true;
}

uint8_t *ax_idset_at(struct ax_idset *s, uint64_t id)
{
	if (s->n * 4 >= s->cap * 3 && !grow(s))
		return NULL;
	struct ax_idset_slot *p = slot(s, id);
	if (!p->id) {
		p->id = id;
		s->n++;
	}
	return &p->flags;
}

bool ax_idset_has(const struct ax_idset *s, uint64_t id, uint8_t flags)
{
	return s->cap && (slot(s, id)->flags & flags);
}
