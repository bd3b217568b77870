/* store_txn.h - a transaction from within. Internal to store.c, which begins and ends it, and store_table.c, which
 * reads and writes in it. */
#ifndef AX_STORE_TXN_H
#define AX_STORE_TXN_H

#include "core/store_env.h"

/* Records that a read transaction found, by id modulo: the upper nodes of a tree are asked for again and again. They
 * hold in one state of the store, and a renewal that finds no newer one goes on with them: LMDB never writes over a
 * page that its newest state reaches. */
enum { AX_KEPT = 256 };

struct ax_kept {
	uint64_t state; /* ax_txn_id() */
	unsigned map;   /* env->maps */
	struct {
		uint64_t id; /* 0: none */
		struct ax_slice record;
	} at[AX_KEPT];
};

struct ax_txn {
	struct ax_store *store;
	struct ax_env *env;
	MDB_txn *txn;
	bool write, nosync, live;   /* live: counted in env->active */
	uint64_t first_id, next_id; /* 0: not yet looked up */
	uint64_t put_id;            /* the last id put */
	struct ax_log_place log;
	struct ax_kept kept;
	/* Of a store without slots, while it reads, under its readers_lock: */
	struct ax_txn *next, **link;
	uint64_t seen;
};

#endif
