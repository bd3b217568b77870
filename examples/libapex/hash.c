/* hash - the id of a zone file's content, whatever order and spelling its records come in.
 *
 *     cc hash.c $(pkg-config --cflags --libs libapex) -o hash
 *     ./hash example.com.zone                    2c37c7f0a1296cb4... example.com.
 *
 * A tree is built in a store of its own, in a folder that is given; nothing is committed. */
#include <apex/batch.h>
#include <apex/zonetext.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(enum ax_err e)
{
	fprintf(stderr, "hash: %s\n", ax_err_text(e));
	return ax_err_status(e);
}

static enum ax_err read_file(struct ax_buf *out, const char *path)
{
	char part[65536];
	FILE *f = fopen(path, "rb");
	if (!f)
		return ax_fail(AX_ENOENT, "%s: %m", path);
	for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
		ax_buf_put(out, part, n);
	fclose(f);
	return ax_buf_check(out);
}

static enum ax_err hash(struct ax_id *out, const char *dir, struct ax_batch *batch)
{
	struct ax_root empty = ax_tree_empty(), root;
	const struct ax_edit *edits;
	struct ax_store *store;
	struct ax_txn *txn;
	size_t n;
	enum ax_err e = ax_store_create(dir, false, 0);
	if (e || (e = ax_store_open(&store, dir, false)))
		return e;
	if (!(e = ax_txn_write(&txn, store, true))) {
		if (!(e = ax_batch_edits(&edits, &n, batch)))
			e = ax_tree_edit(&root, NULL, txn, &empty, edits, n, 1);
		ax_txn_abort(txn);
	}
	ax_store_close(store);
	if (!e)
		*out = root.id;
	return e;
}

int main(int argc, char **argv)
{
	struct ax_buf text = AX_BUF_INIT, name = AX_BUF_INIT;
	struct ax_batch batch;
	struct ax_name apex;
	struct ax_id id;
	char hex[AX_ID_HEX + 1];
	if (argc != 3) {
		fprintf(stderr, "usage: hash FILE NEW-FOLDER\n");
		return 2;
	}
	enum ax_err e = ax_hash_init();
	if (!e)
		e = read_file(&text, argv[1]);
	if (!e)
		e = ax_zonetext_apex(&apex, ax_buf_view(&text), argv[1]);
	if (e)
		return fail(e);
	ax_name_lower(&apex);
	ax_batch_init(&batch, &apex);
	e = ax_batch_read_zone(&batch, ax_buf_view(&text), argv[1], NULL, NULL, NULL);
	if (!e)
		e = hash(&id, argv[2], &batch);
	ax_batch_fini(&batch);
	ax_buf_fini(&text);
	if (e)
		return fail(e);
	ax_id_hex(hex, &id);
	ax_name_text(&name, &apex);
	printf("%s %s\n", hex, ax_buf_cstr(&name));
	ax_buf_fini(&name);
	return 0;
}
