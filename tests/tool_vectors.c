/* tool_vectors DIR - print the hazards and root ids that tests/core/format.py computes on its own. DIR: a scratch
 * folder that holds no repository yet. */
#include "core/edit.h"
#include "core/node.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(enum ax_err e)
{
	if (e)
		errx(1, "%s", ax_err_text(e));
}

static int compare(const void *a, const void *b)
{
	return ax_slice_cmp(((const struct ax_edit *)a)->key, ((const struct ax_edit *)b)->key);
}

/* Entry i: a name of its own, a value whose size runs from 7 to 607 bytes. */
static void fill(struct ax_edit *e, unsigned i, uint8_t *bytes)
{
	int n = sprintf((char *)bytes, "h%u", (unsigned)((uint64_t)i * 7919 % 1000003));
	const uint8_t type[] = { 0, 0, 0, (uint8_t)(1 + i % 3) };
	memcpy(bytes + n, type, sizeof type);
	e->key = ax_slice(bytes, (size_t)n + sizeof type);
	uint8_t *value = bytes + 32;
	const uint8_t head[] = { 0, 0, 300 >> 8, 300 & 255, 0, 1, (uint8_t)(i % 61) };
	memcpy(value, head, sizeof head);
	size_t len = i % 61 * (i % 100 == 0 ? 10 : 1);
	memset(value + sizeof head, (int)(i & 255), len);
	e->value = ax_slice(value, sizeof head + len);
}

/* Keys of 454 bytes: here the least number of entries in an inner node matters. */
static void fill_long(struct ax_edit *e, unsigned i, uint8_t *bytes)
{
	enum { TIMES = 75, DIGITS = 6 };
	for (size_t k = 0; k < TIMES; k++)
		sprintf((char *)bytes + k * DIGITS, "%06u", i % 1000000);
	memcpy(bytes + TIMES * DIGITS, "\0\0\0\1", 4);
	e->key = ax_slice(bytes, TIMES * DIGITS + 4);
	e->value = ax_slice_str("value");
}

static void print_root(struct ax_store *s, const char *name, void (*fill_one)(struct ax_edit *, unsigned, uint8_t *),
		       unsigned n)
{
	enum { ROOM = 704 };
	struct ax_edit *edits = calloc(n + 1, sizeof *edits);
	uint8_t *bytes = malloc((size_t)n * ROOM + 1);
	struct ax_root root = ax_tree_empty();
	struct ax_node top = { 0 };
	struct ax_txn *t;
	char hex[AX_ID_HEX + 1];
	if (!edits || !bytes)
		errx(1, "out of memory");
	for (unsigned i = 0; i < n; i++)
		fill_one(&edits[i], i, bytes + (size_t)i * ROOM);
	qsort(edits, n, sizeof *edits, compare);
	must(ax_txn_write(&t, s, true));
	must(ax_tree_edit(&root, NULL, t, &root, edits, n, 1));
	if (root.node)
		must(ax_node_read(&top, t, root.node));
	ax_id_hex(hex, &root.id);
	printf("%s %u %u %s\n", name, n, root.node ? top.level + 1 : 0, hex);
	ax_txn_abort(t);
	free(edits);
	free(bytes);
}

static void print_hazard(unsigned level, struct ax_slice key)
{
	printf("hazard %u ", level);
	for (size_t i = 0; i < key.n; i++)
		printf("%02x", key.p[i]);
	printf("%s %u\n", key.n ? "" : "-", ax_node_hazard(level, key));
}

int main(int argc, char **argv)
{
	static const unsigned sizes[] = { 0, 1, 2, 10, 100, 1000, 20000 };
	struct ax_store *s;
	if (argc != 2)
		errx(2, "usage: tool_vectors DIR");
	must(ax_store_create(argv[1], false, 0));
	must(ax_store_open(&s, argv[1], false));
	print_hazard(0, ax_slice("", 0));
	print_hazard(0, ax_slice("api\0\0\0\1", 7));
	print_hazard(1, ax_slice("api\0\0\0\1", 7));
	print_hazard(5, ax_slice("\0\0\6", 3));
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		print_root(s, "root", fill, sizes[i]);
	print_root(s, "long", fill_long, 600);
	ax_store_close(s);
	return 0;
}
