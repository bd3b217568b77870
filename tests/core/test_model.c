/* Thousands of random verbs from several processes, some of them killed, against a model of plain arrays: content,
 * serials, reflog and blame agree after each step. Every change says in its door which step it is, so that the log
 * tells in what order steps that ran at once came about. */
#include "core/blame.h"
#include "core/fsck.h"
#include "core/gc.h"
#include "core/history.h"
#include "core/pin.h"
#include "tests/core/repo_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

enum { WORKERS = 4, KEYS = 24, BRANCHES = 5, COMMITS = 8192, AT_ONCE = 3, ADDRESSES = 6, NONE = -1 };

/* -- what is asked of a worker ---------------------------------------------------------------------------------- */

enum verb { SET, BATCH, MERGE, PICK, REVERT, RESTORE, RESTORE_KEY, RESET, BRANCH, DROP, GC, REPACK, VERBS };

struct order {
	enum verb verb;
	unsigned step, branch, key, key2;
	uint8_t value, value2;  /* a set of addresses; 0: none */
	uint64_t commit, since; /* local ids */
	bool no_ff;
	bool logged; /* the log has it */
};

struct reply {
	enum ax_err e;
	bool changed;
};

/* What the worker knows, which is forked off before the repository is opened. */
static char dir[64];
static struct ax_name apex;

static void put_value(struct ax_batch *b, unsigned key, uint8_t value)
{
	struct ax_rrset_builder set;
	struct ax_buf out = AX_BUF_INIT;
	struct ax_name owner;
	char text[16];
	snprintf(text, sizeof text, "k%u", key);
	OK(ax_name_parse(&owner, text, strlen(text), &apex));
	if (!value) {
		OK(ax_batch_delete(b, &owner, AX_TYPE_A, 0));
		return;
	}
	ax_rrset_builder_init(&set, AX_TYPE_A, 0);
	for (uint8_t i = 0; i < ADDRESSES; i++) {
		uint8_t rdata[] = { 192, 0, 2, i };
		if (value >> i & 1)
			OK(ax_rrset_builder_add(&set, 300, ax_slice(rdata, 4)));
	}
	OK(ax_rrset_builder_finish(&out, &set));
	OK(ax_batch_put(b, &owner, AX_TYPE_A, 0, ax_buf_view(&out)));
	ax_rrset_builder_fini(&set);
	ax_buf_fini(&out);
}

static const char *branch_text(unsigned branch)
{
	static const char *const names[BRANCHES] = { "main", "b1", "b2", "b3", "b4" };
	return names[branch];
}

static enum ax_err run_job(bool *changed, struct ax_repo *r, const struct order *o, const struct ax_actor *who)
{
	struct ax_zone zone = { .id = 1, .apex = apex };
	struct ax_buf key = AX_BUF_INIT;
	struct ax_published out;
	struct ax_job job;
	struct ax_txn *t;
	struct ax_name owner;
	char text[16];
	enum ax_err e = AX_OK;
	ax_job_init(&job, &zone, branch_text(o->branch));
	switch (o->verb) {
	case MERGE:
		ax_merge_change(&job, o->commit, "merge", o->no_ff);
		break;
	case PICK:
		OK(ax_txn_read(&t, ax_repo_store(r)));
		e = ax_pick_change(&job, t, o->commit, false);
		ax_txn_abort(t);
		break;
	case REVERT:
		ax_revert_change(&job, o->since, o->commit, "revert");
		break;
	case RESET:
		ax_reset_change(&job, o->commit, "reset");
		break;
	case RESTORE_KEY:
		snprintf(text, sizeof text, "k%u", o->key);
		OK(ax_name_parse(&owner, text, strlen(text), &apex));
		OK(ax_key_make(&key, &owner, &apex, AX_TYPE_A, 0));
		/* fall through */
	default:
		ax_restore_change(&job, o->commit, ax_buf_view(&key), "restore");
		break;
	}
	if (!e)
		e = ax_repo_commit(&out, r, &job.change, 1, who, NULL, NULL);
	*changed = !e && out.changed;
	ax_job_fini(&job);
	ax_buf_fini(&key);
	return e;
}

static enum ax_err run_edits(bool *changed, struct ax_repo *r, const struct order *o, const struct ax_actor *who)
{
	struct ax_published out;
	struct ax_batch b;
	ax_batch_init(&b, &apex);
	put_value(&b, o->key, o->value);
	if (o->verb == BATCH)
		put_value(&b, o->key2, o->value2);
	struct ax_change c = { .zone = 1, .branch = branch_text(o->branch), .batch = &b, .message = "edit" };
	enum ax_err e = ax_repo_commit(&out, r, &c, 1, who, NULL, NULL);
	*changed = !e && out.changed;
	ax_batch_fini(&b);
	return e;
}

static enum ax_err keep_house(struct ax_repo *r, const struct order *o, const struct ax_actor *who)
{
	struct ax_gc_options options = { .dry = false };
	struct ax_gc sum;
	int lock;
	if (o->verb == GC)
		return ax_repo_gc(&sum, r, &options, who);
	enum ax_err e = ax_house_lock(&lock, ax_repo_dir(r), false);
	if (!e) {
		e = ax_store_repack(ax_repo_store(r), NULL, NULL);
		close(lock);
	}
	return e;
}

static struct reply carry_out(struct ax_repo *r, const struct order *o)
{
	char via[40];
	struct reply reply = { AX_OK, false };
	struct ax_person me = { "Worker", "w@example", { 1790000000 + (int64_t)o->step, 0, 0 } };
	struct ax_actor who = { me, me, via, 0 };
	snprintf(via, sizeof via, "test step=%u", o->step);
	if (o->verb == SET || o->verb == BATCH)
		reply.e = run_edits(&reply.changed, r, o, &who);
	else if (o->verb == BRANCH)
		reply.e = ax_repo_branch_create(r, 1, branch_text(o->branch), o->commit, &who);
	else if (o->verb == DROP)
		reply.e = ax_repo_branch_delete(r, 1, branch_text(o->branch), true, &who);
	else if (o->verb == GC || o->verb == REPACK)
		reply.e = keep_house(r, o, &who);
	else
		reply.e = run_job(&reply.changed, r, o, &who);
	return reply;
}

struct worker {
	pid_t pid;
	int to, from;
};

static void work(int from, int to)
{
	struct ax_repo *r;
	struct order o;
	if (ax_repo_open(&r, dir, false))
		_exit(2);
	while (read(from, &o, sizeof o) == sizeof o) {
		struct reply reply = carry_out(r, &o);
		if (write(to, &reply, sizeof reply) != sizeof reply)
			break;
	}
	ax_repo_close(r);
	_exit(0);
}

/* Forked while no store is open: a store is not carried across. */
static void hire(struct worker *w)
{
	int down[2], up[2];
	ck_assert(!pipe2(down, O_CLOEXEC) && !pipe2(up, O_CLOEXEC));
	w->pid = fork();
	ck_assert_int_ge(w->pid, 0);
	if (!w->pid) {
		close(down[1]);
		close(up[0]);
		work(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	w->to = down[1];
	w->from = up[0];
}

static void let_go(struct worker *w, int sig)
{
	if (sig)
		kill(w->pid, sig);
	close(w->to);
	close(w->from);
	ck_assert_int_eq(waitpid(w->pid, NULL, 0), w->pid);
}

/* -- the model ----------------------------------------------------------------------------------------------------
 */

struct commit {
	uint64_t local;
	uint32_t serial;
	int parent[2];
	uint8_t value[KEYS];
	int changed[KEYS]; /* what last changed it on the line of first parents, a deletion too; NONE: nothing yet */
	unsigned long long above[COMMITS / 64]; /* what leads to it, itself included */
};

struct move {
	int from, to;
};

struct world {
	struct commit *commit;
	int n;
	int tip[BRANCHES];
	struct move *moves[BRANCHES];
	int moves_n[BRANCHES];
	struct order order[AT_ONCE]; /* under way */
	unsigned orders, steps;
	/* Of the worker killed last: where it died between its commit and the lock file, readers see that commit only
	 * after the next one's. */
	struct order ghost;
	uint64_t seq; /* of the log: what was read */
};

static bool leads(const struct world *m, int a, int b)
{
	return m->commit[b].above[a / 64] >> a % 64 & 1;
}

static int by_local(const struct world *m, uint64_t local)
{
	for (int i = m->n; local && i-- > 0;)
		if (m->commit[i].local == local)
			return i;
	return NONE;
}

/* The best common ancestors: how many, and one of them. */
static int bases(int *one, const struct world *m, int a, int b)
{
	int found[64], n = 0;
	for (int i = m->n; i-- > 0 && n < 64;) {
		bool best = leads(m, i, a) && leads(m, i, b);
		for (int k = 0; best && k < n; k++)
			best = !leads(m, i, found[k]);
		if (best)
			found[n++] = i;
	}
	*one = n ? found[0] : NONE;
	return n;
}

/* What merge.h says, for sets of addresses. False: a conflict. */
static bool join(uint8_t *out, uint8_t base, uint8_t ours, uint8_t theirs, bool whole)
{
	if (theirs == ours || theirs == base) {
		*out = ours;
		return true;
	}
	*out = theirs;
	if (ours == base)
		return true;
	if (whole || !base || !ours || !theirs)
		return false;
	bool adds = (ours & base) == base && (theirs & base) == base;
	bool takes = (ours & base) == ours && (theirs & base) == theirs;
	*out = adds ? ours | theirs : ours & theirs;
	return (adds || takes) && *out;
}

/* What an order makes of a branch, if it makes a commit; *is: it does. False: it can't be done. */
static bool foretell(uint8_t out[KEYS], const struct world *m, const struct order *o, bool *known)
{
	int tip = m->tip[o->branch], other = by_local(m, o->commit), since = by_local(m, o->since), base = NONE;
	const uint8_t none[KEYS] = { 0 };
	const uint8_t *from = none, *theirs = none;
	*known = tip != NONE; /* it was deleted by one that ran at once: what comes begins it anew */
	if (!*known)
		return true;
	const uint8_t *ours = m->commit[tip].value;
	memcpy(out, ours, KEYS);
	switch (o->verb) {
	case SET:
	case BATCH:
		out[o->key] = o->value;
		if (o->verb == BATCH)
			out[o->key2] = o->value2;
		return true;
	case RESTORE:
	case RESET:
		memcpy(out, m->commit[other].value, KEYS);
		return true;
	case RESTORE_KEY:
		out[o->key] = m->commit[other].value[o->key];
		return true;
	case MERGE:
		*known = bases(&base, m, tip, other) == 1;
		if (!*known)
			return true;
		from = m->commit[base].value;
		theirs = m->commit[other].value;
		break;
	case PICK:
		from = m->commit[other].parent[0] == NONE ? none : m->commit[m->commit[other].parent[0]].value;
		theirs = m->commit[other].value;
		break;
	default:
		from = m->commit[other].value;
		theirs = since == NONE ? none : m->commit[since].value;
		break;
	}
	for (int k = 0; k < KEYS; k++)
		if (!join(&out[k], from[k], ours[k], theirs[k], o->verb == REVERT))
			return false;
	return true;
}

/* -- the repository, read -------------------------------------------------------------------------------------- */

static struct ax_slice key_text(struct ax_buf *b, int k)
{
	struct ax_name owner;
	char text[16];
	snprintf(text, sizeof text, "k%d", k);
	OK(ax_name_parse(&owner, text, strlen(text), &apex));
	ax_buf_clear(b);
	OK(ax_key_make(b, &owner, &apex, AX_TYPE_A, 0));
	return ax_buf_view(b);
}

static uint8_t read_value(struct ax_txn *t, const struct ax_commit_info *c, int k, uint64_t *changed)
{
	struct ax_buf b = AX_BUF_INIT;
	struct ax_entry entry;
	struct ax_rrset set;
	struct ax_rr rr;
	uint8_t value = 0;
	enum ax_err e = ax_tree_find(&entry, t, &c->root, key_text(&b, k));
	*changed = entry.changed;
	if (e == AX_ENOENT) {
		e = ax_blame_gone(changed, t, 1, ax_buf_view(&b), c->local);
		ck_assert(e == AX_OK || e == AX_ENOENT);
	} else {
		OK(e);
		OK(ax_rrset_view(&set, AX_TYPE_A, 0, entry.value));
		for (size_t pos = 0; ax_rrset_next(&rr, &set, &pos);)
			value |= (uint8_t)(1 << rr.rdata.p[3]);
	}
	ax_buf_fini(&b);
	return value;
}

/* A commit that the model has not: taken in as it is, its blame by rule. */
static int take_commit(struct world *m, struct ax_txn *t, uint64_t local)
{
	struct ax_commit_info info;
	int at = by_local(m, local);
	if (at != NONE)
		return at;
	ck_assert_int_lt(m->n, COMMITS);
	OK(ax_commit_info(&info, t, local));
	struct commit *c = &m->commit[m->n];
	*c = (struct commit){ .local = local, .serial = info.serial, .parent = { NONE, NONE } };
	c->above[m->n / 64] |= 1ull << m->n % 64;
	for (unsigned i = 0; i < info.parents; i++) {
		c->parent[i] = by_local(m, info.parent[i]);
		ck_assert_msg(c->parent[i] != NONE, "a parent that no step made");
		for (int w = 0; w < COMMITS / 64; w++)
			c->above[w] |= m->commit[c->parent[i]].above[w];
	}
	const struct commit *p = c->parent[0] == NONE ? NULL : &m->commit[c->parent[0]];
	for (int k = 0; k < KEYS; k++) {
		uint64_t changed;
		c->value[k] = read_value(t, &info, k, &changed);
		c->changed[k] = !p ? (c->value[k] ? m->n : NONE) : c->value[k] == p->value[k] ? p->changed[k] : m->n;
	}
	return m->n++;
}

static void check_blame(const struct world *m, struct ax_txn *t, int at)
{
	struct ax_commit_info info;
	OK(ax_commit_info(&info, t, m->commit[at].local));
	for (int k = 0; k < KEYS; k++) {
		uint64_t changed;
		int want = m->commit[at].changed[k];
		ck_assert_uint_eq(read_value(t, &info, k, &changed), m->commit[at].value[k]);
		ck_assert_uint_eq(changed, want == NONE ? 0 : m->commit[want].local);
	}
}

/* -- what came about ----------------------------------------------------------------------------------------------
 */

static struct order *order_of(struct world *m, const struct ax_log_entry *entry)
{
	unsigned step;
	ck_assert_int_eq(sscanf(entry->door, "test step=%u", &step), 1);
	for (unsigned i = 0; i < m->orders; i++)
		if (m->order[i].step == step)
			return &m->order[i];
	if (m->ghost.step == step)
		return &m->ghost;
	ck_abort_msg("%s: no such step is under way", entry->door);
	return NULL;
}

static void note_move(struct world *m, unsigned branch, int to)
{
	if (m->moves_n[branch] % 64 == 0) {
		m->moves[branch] = reallocarray(m->moves[branch], (size_t)m->moves_n[branch] + 64, sizeof **m->moves);
		ck_assert_ptr_nonnull(m->moves[branch]);
	}
	m->moves[branch][m->moves_n[branch]++] = (struct move){ m->tip[branch], to };
	m->tip[branch] = to;
}

/* One entry of the log is one order, carried out on the branch as the model has it. */
static void check_entry(struct world *m, struct ax_txn *t, const struct ax_log_entry *entry)
{
	struct order *o = order_of(m, entry);
	uint8_t want[KEYS];
	bool known = true;
	o->logged = true;
	ck_assert_str_eq(entry->ref + 6, branch_text(o->branch));
	ck_assert_int_eq(by_local(m, entry->old_commit), m->tip[o->branch]);
	if (o->verb == DROP) {
		ck_assert_uint_eq(entry->new_commit, 0);
		note_move(m, o->branch, NONE);
		return;
	}
	if (o->verb == BRANCH) {
		ck_assert_uint_eq(entry->new_commit, o->commit);
		note_move(m, o->branch, by_local(m, o->commit));
		return;
	}
	ck_assert_msg(foretell(want, m, o, &known), "step %u should have been a conflict", o->step);
	int tip = m->tip[o->branch], now = take_commit(m, t, entry->new_commit);
	if (known)
		ck_assert_msg(!memcmp(want, m->commit[now].value, KEYS), "step %u, verb %d: other content", o->step,
			      o->verb);
	ck_assert_msg(tip == NONE || ax_serial_newer(m->commit[now].serial, m->commit[tip].serial),
		      "step %u: the serial went back", o->step);
	ck_assert_uint_eq(entry->serial, m->commit[now].serial);
	note_move(m, o->branch, now);
	check_blame(m, t, now);
}

/* Reading here holds no snapshot across a wait, and the store is not open while workers are forked. */
static void check_news(struct world *m, struct ax_txn *t)
{
	struct ax_log_entry entry;
	enum ax_err e;
	while (!(e = ax_log_get(&entry, t, m->seq + 1))) {
		m->seq++;
		if (entry.kind == AX_LOG_REF)
			check_entry(m, t, &entry);
	}
	ck_assert_int_eq(e, AX_ENOENT);
	for (unsigned b = 0; b < BRANCHES; b++) {
		char path[AX_REF_PATH_MAX + 1];
		struct ax_ref ref;
		snprintf(path, sizeof path, "heads/%s", branch_text(b));
		e = ax_ref_get(&ref, t, 1, path);
		ck_assert_int_eq(by_local(m, ref.commit), m->tip[b]);
		ck_assert(e == (m->tip[b] == NONE ? AX_ENOENT : AX_OK));
	}
}

static void check_reflog(const struct world *m, struct ax_txn *t)
{
	for (unsigned b = 0; b < BRANCHES; b++) {
		char path[AX_REF_PATH_MAX + 1];
		struct ax_log_entry entry;
		uint64_t seq;
		snprintf(path, sizeof path, "heads/%s", branch_text(b));
		if (ax_ref_last_log(&seq, t, 1, path))
			seq = 0;
		int i = m->moves_n[b];
		for (; seq && i > 0; seq = entry.prev) {
			const struct move *move = &m->moves[b][--i];
			OK(ax_log_get(&entry, t, seq));
			ck_assert_uint_eq(entry.old_commit, move->from == NONE ? 0 : m->commit[move->from].local);
			ck_assert_uint_eq(entry.new_commit, move->to == NONE ? 0 : m->commit[move->to].local);
		}
		ck_assert_msg(!seq && !i, "the reflog of %s is not as long", path);
	}
}

/* A serial names one content, and what is told of it is a commit that shows it. */
static void check_serials(const struct world *m, struct ax_txn *t)
{
	for (int i = 0; i < m->n; i++) {
		struct ax_commit_info c, shown;
		uint64_t commit;
		OK(ax_serial_find(&commit, t, 1, m->commit[i].serial));
		OK(ax_commit_info(&shown, t, commit));
		OK(ax_commit_info(&c, t, m->commit[i].local));
		ck_assert(ax_id_eq(&c.root.id, &shown.root.id));
	}
}

/* -- orders -------------------------------------------------------------------------------------------------------
 */

static uint8_t some_value(struct rng *r)
{
	return rng_below(r, 5) ? (uint8_t)(1 + rng_below(r, (1 << ADDRESSES) - 1)) : 0;
}

static uint64_t some_commit(const struct world *m, struct rng *r)
{
	/* mostly one that is not old */
	int back = (int)rng_below(r, rng_below(r, 4) && m->n > 30 ? 30 : (uint64_t)m->n);
	return m->commit[m->n - 1 - back].local;
}

static bool make_order(struct order *o, struct world *m, struct rng *r)
{
	static const uint8_t often[] = { SET,         SET,   SET,    SET,    SET,  BATCH,  BATCH,
					 MERGE,       MERGE, MERGE,  MERGE,  PICK, REVERT, RESTORE,
					 RESTORE_KEY, RESET, BRANCH, BRANCH, DROP };
	enum verb verb = (enum verb)often[rng_below(r, sizeof often)];
	if (rng_below(r, 60) == 0)
		verb = rng_below(r, 2) ? GC : REPACK;
	*o = (struct order){ .verb = verb,
			     .step = ++m->steps,
			     .branch = (unsigned)rng_below(r, BRANCHES),
			     .key = (unsigned)rng_below(r, KEYS),
			     .value = some_value(r),
			     .value2 = some_value(r),
			     .commit = some_commit(m, r),
			     .no_ff = rng_below(r, 2) };
	o->key2 = (o->key + 1 + (unsigned)rng_below(r, KEYS - 1)) % KEYS;
	bool there = m->tip[o->branch] != NONE;
	if (verb == BRANCH)
		return !there;
	if (verb == DROP)
		return there && o->branch;
	if (verb == MERGE) {
		int other = m->tip[rng_below(r, BRANCHES)];
		if (other != NONE)
			o->commit = m->commit[other].local;
	}
	if (verb == REVERT) {
		int p = m->commit[by_local(m, o->commit)].parent[0];
		o->since = p == NONE ? 0 : m->commit[p].local;
		return there && p != NONE;
	}
	return there || verb == GC || verb == REPACK;
}

/* Alone, an order must end as the model says; nothing is left to chance. */
static void check_reply(const struct world *m, const struct order *o, const struct reply *reply)
{
	uint8_t want[KEYS];
	bool known;
	if (o->verb == GC || o->verb == REPACK || o->verb == BRANCH || o->verb == DROP) {
		ck_assert_msg(!reply->e, "step %u, verb %d: %s", o->step, o->verb, ax_err_name(reply->e));
		return;
	}
	ck_assert_msg(reply->changed == o->logged, "step %u: told otherwise than logged", o->step);
	if (o->logged)
		return; /* check_entry looked at it */
	bool can = foretell(want, m, o, &known);
	if (reply->e == AX_EINVAL && o->verb == MERGE) {
		int base;
		ck_assert_int_eq(bases(&base, m, m->tip[o->branch], by_local(m, o->commit)), 0);
		return;
	}
	if (reply->e) {
		ck_assert_msg(reply->e == AX_ECONFLICT && (!known || !can), "step %u, verb %d: %s", o->step, o->verb,
			      ax_err_name(reply->e));
		return;
	}
	ck_assert_msg(!known || can, "step %u, verb %d: a conflict was not seen", o->step, o->verb);
	int tip = m->tip[o->branch];
	if (known && o->verb != MERGE && o->verb != RESET)
		ck_assert_msg(!memcmp(want, m->commit[tip].value, KEYS), "step %u, verb %d: nothing was done",
			      o->step, o->verb);
}

/* -- rounds -------------------------------------------------------------------------------------------------------
 */

static void one_round(struct world *m, struct worker *w, struct ax_repo *repo, struct rng *r, bool *fired)
{
	struct reply reply[AT_ONCE];
	bool told[AT_ONCE] = { false };
	struct ax_txn *t;
	unsigned n = rng_below(r, 3) ? 1 : AT_ONCE;
	m->orders = 0;
	while (m->orders < n)
		if (make_order(&m->order[m->orders], m, r))
			m->orders++;
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(write(w[i].to, &m->order[i], sizeof *m->order), sizeof *m->order);
	int victim = rng_below(r, 25) ? NONE : (int)rng_below(r, n);
	if (victim != NONE) {
		usleep((useconds_t)rng_below(r, 3000));
		kill(w[victim].pid, SIGKILL);
	}
	for (unsigned i = 0; i < n; i++)
		told[i] = read(w[i].from, &reply[i], sizeof *reply) == sizeof *reply;
	OK(ax_txn_read(&t, ax_repo_store(repo)));
	check_news(m, t);
	for (unsigned i = 0; i < n; i++) {
		ck_assert_msg(told[i] || (int)i == victim, "a worker ended by itself in step %u", m->order[i].step);
		if (n == 1 && told[i])
			check_reply(m, &m->order[i], &reply[i]);
	}
	if (m->steps % 50 == 0)
		check_reflog(m, t);
	ax_txn_abort(t);
	*fired = victim != NONE;
	if (!*fired)
		return;
	m->ghost = m->order[victim];
	let_go(&w[victim], 0);
	w[victim].pid = 0;
}

static void begin(struct world *m, struct fixture *f)
{
	struct ax_txn *t;
	m->commit = calloc(COMMITS, sizeof *m->commit);
	ck_assert_ptr_nonnull(m->commit);
	fixture_open(f, "example.");
	snprintf(dir, sizeof dir, "%s", f->dir);
	apex = f->apex;
	begin_zone(f, 1, 200); /* so many that what steps delete is no large part */
	uint64_t first = tip_of(f, "main").local;
	t = look(f);
	for (unsigned b = 1; b < BRANCHES; b++)
		m->tip[b] = NONE;
	m->tip[0] = NONE;
	OK(ax_log_last(&m->seq, t));
	note_move(m, 0, take_commit(m, t, first));
	ax_txn_abort(f->txn);
	f->txn = NULL;
}

START_TEST(model__random_verbs_of_several_processes_agree_with_it)
{
	struct rng r = rng_seeded();
	struct world m = { 0 };
	struct fixture f;
	struct worker w[WORKERS];
	struct ax_fsck sum;
	struct ax_txn *t;
	unsigned steps = getenv("APEX_TEST_FULL") ? 6000 : 1500, killed = 0;
	begin(&m, &f);
	ax_repo_close(f.repo);
	for (int i = 0; i < WORKERS; i++)
		hire(&w[i]);
	OK(ax_repo_open(&f.repo, dir, false));
	while (m.steps < steps && m.n < COMMITS - 2 * AT_ONCE) {
		bool fired;
		one_round(&m, w, f.repo, &r, &fired);
		killed += fired;
		if (!fired)
			continue;
		ax_repo_close(f.repo);
		for (int i = 0; i < WORKERS; i++)
			if (!w[i].pid)
				hire(&w[i]);
		OK(ax_repo_open(&f.repo, dir, false));
	}
	printf("%u steps, %d commits, %u killed\n", m.steps, m.n, killed);
	ck_assert_uint_gt(killed, 0);
	OK(ax_txn_read(&t, ax_repo_store(f.repo)));
	check_reflog(&m, t);
	check_serials(&m, t);
	for (unsigned b = 0; b < BRANCHES; b++)
		if (m.tip[b] != NONE)
			check_blame(&m, t, m.tip[b]);
	ax_txn_abort(t);
	struct ax_fsck_listener tell = { .problem = keep_warning, .ctx = &f };
	enum ax_err e = ax_fsck(&sum, f.repo, &tell);
	ck_assert_msg(!e, "%s", ax_buf_cstr(&f.warnings));
	for (int i = 0; i < WORKERS; i++)
		let_go(&w[i], SIGKILL);
	for (unsigned b = 0; b < BRANCHES; b++)
		free(m.moves[b]);
	free(m.commit);
	fixture_close(&f);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, model__random_verbs_of_several_processes_agree_with_it);
}

int main(void)
{
	return check_main("model", add);
}
