/* notify.c - see notify.h. */
#include "fs/notify.h"

#include "core/diff.h"
#include "fs/fuse.h"
#include "fs/ns.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whom to tell: under the lock taken down, without it sent. */
struct messages {
	uint64_t *ino;
	size_t n, cap;
	/* the directories of the key before: neighbours share them */
	uint64_t path[AX_LABELS_MAX + 1];
	size_t depth;
};

static void add(struct messages *ms, uint64_t ino)
{
	if (!ino)
		return;
	if (ms->n == ms->cap) {
		size_t cap = ms->cap ? ms->cap * 2 : 64;
		uint64_t *more = realloc(ms->ino, cap * sizeof(*more));
		if (!more)
			return;
		ms->ino = more;
		ms->cap = cap;
	}
	ms->ino[ms->n++] = ino;
}

/* Attributes only: dropping pages would wait for their locks. */
static void send_all(struct mount *m, struct messages *ms)
{
	for (size_t i = 0; i < ms->n; i++)
		fuse_lowlevel_notify_inval_inode(m->session, ms->ino[i], -1, 0);
	free(ms->ino);
	*ms = (struct messages){ 0 };
}

/* FUSE_NOTIFY_INC_EPOCH, which libfuse has from 3.18 on: a header without a body. */
bool notify_new_epoch(const struct mount *m)
{
	const struct {
		uint32_t len;
		int32_t code;
		uint64_t unique;
	} message = { sizeof(message), 8, 0 };
	return write(fuse_session_fd(m->session), &message, sizeof(message)) == sizeof(message);
}

static uint64_t known(const struct mount *m, const struct node *n)
{
	return n && (n->nlookup || n == m->root) ? node_id(m, n) : 0;
}

/* The next label of a key's owner part as a file name; false at its end. */
static bool next_label(char name[AX_LABEL_FILE_MAX + 1], struct ax_slice *key)
{
	uint8_t label[AX_LABEL_MAX];
	struct ax_buf b = AX_BUF_INIT;
	size_t n = 0, i = 0;
	if (!key->n || !key->p[0])
		return false;
	for (; i < key->n && key->p[i] && n < AX_LABEL_MAX; i++)
		label[n++] = key->p[i] == 1 && i + 1 < key->n ? key->p[++i] - 1 : key->p[i];
	*key = ax_slice(key->p + i + 1, key->n > i ? key->n - i - 1 : 0);
	ax_label_to_file(&b, ax_slice(label, n));
	bool ok = !b.failed && b.n <= AX_LABEL_FILE_MAX;
	if (ok)
		memcpy(name, b.p, b.n);
	name[ok ? b.n : 0] = 0;
	ax_buf_fini(&b);
	return ok;
}

/* Everything on the way to an RRset that the kernel knows: the directories, for their times, and the file. */
static void add_key(struct messages *ms, struct mount *m, struct view *v, struct ax_slice key)
{
	char name[AX_LABEL_FILE_MAX + 1];
	struct node *n = v->root;
	size_t depth = 0;
	while (n && next_label(name, &key)) {
		n = node_find(m, n, name);
		if (!n)
			break;
		if (depth >= ms->depth || ms->path[depth] != node_id(m, n)) {
			add(ms, known(m, n));
			ms->path[depth] = node_id(m, n);
			ms->depth = depth + 1;
		}
		depth++;
	}
	if (!n || key.n < 3)
		return;
	char type[24];
	ax_type_text(type, ax_be16(key.p + 1));
	add(ms, known(m, node_find(m, n, type)));
}

struct below {
	struct messages *ms;
	struct mount *m;
	struct node *top;
};

static int add_below(void *ctx, const char *name, unsigned type)
{
	struct below *b = ctx;
	(void)type;
	add(b->ms, known(b->m, node_find(b->m, b->top, name)));
	return 0;
}

/* heads, tags and the like are as old as their zone's main (attr.c). top: what holds them; may be NULL. */
static void add_fixed(struct messages *ms, struct mount *m, struct node *top, const char *ref)
{
	struct below b = { ms, m, top };
	if (!top || strcmp(ref, "heads/main") != 0)
		return;
	add(ms, known(m, top));
	(void)!ns_list(m, NULL, top, add_below, &b);
}

/* The SOA shows the serial and the top the newest time: every commit changes them. */
static void add_top(struct messages *ms, struct mount *m, struct view *v)
{
	static const uint8_t soa[] = { 0, 0, AX_TYPE_SOA };
	if (!v->root)
		return;
	add(ms, known(m, v->root));
	add_key(ms, m, v, ax_slice(soa, sizeof(soa)));
}

void notify_before_answer(struct mount *m, struct view *v, struct ax_batch *batch, struct ax_slice own)
{
	struct messages ms = { 0 };
	const struct ax_edit *edits;
	size_t n;
	bool others = false;
	pthread_mutex_lock(&m->lock);
	add_top(&ms, m, v);
	if (v->root)
		add_fixed(&ms, m, v->root->parent->parent, v->ref);
	if (!ax_batch_edits(&edits, &n, batch)) {
		for (size_t i = 0; i < n; i++) {
			add_key(&ms, m, v, edits[i].key);
			others = others || !own.n || !ax_slice_starts(edits[i].key, own);
		}
	}
	pthread_mutex_unlock(&m->lock);
	if (others)
		notify_new_epoch(m);
	send_all(m, &ms);
}

/* -- following the log ------------------------------------------------------------------------------------ */

struct follow {
	struct mount *m;
	struct ax_txn *t;
	struct view *v;
	struct messages ms;
};

static enum ax_err each_change(void *ctx, struct ax_slice key, const struct ax_entry *a, const struct ax_entry *b)
{
	struct follow *f = ctx;
	(void)a;
	(void)b;
	pthread_mutex_lock(&f->m->lock);
	add_key(&f->ms, f->m, f->v, key);
	pthread_mutex_unlock(&f->m->lock);
	return AX_OK;
}

static enum ax_err root_of(struct ax_root *out, struct ax_txn *t, uint64_t commit)
{
	struct ax_commit_info info;
	*out = ax_tree_empty();
	enum ax_err e = commit ? ax_commit_info(&info, t, commit) : AX_OK;
	if (!e && commit)
		*out = info.root;
	return e;
}

/* What holds heads, tags and the like of a zone; NULL if nobody looked there. Under the lock. */
static struct node *top_of(struct follow *f, uint32_t zone)
{
	struct mount *m = f->m;
	struct ax_buf name = AX_BUF_INIT;
	struct ax_zone z;
	if (zone == m->default_zone)
		return m->root;
	struct node *top = node_find(m, m->root, "zones");
	if (!top || ax_zone_get(&z, f->t, zone))
		return NULL;
	ax_zone_to_file(&name, &z.apex);
	top = ax_buf_cstr(&name) ? node_find(m, top, ax_buf_cstr(&name)) : NULL;
	ax_buf_fini(&name);
	return top;
}

static enum ax_err ref_moved(struct follow *f, const struct ax_log_entry *entry, uint64_t seq)
{
	struct ax_root from, to;
	bool came = !entry->old_commit || !entry->new_commit;
	pthread_mutex_lock(&f->m->lock);
	struct node *top = top_of(f, entry->zone);
	if (came && top) /* the directory's listing */
		add(&f->ms,
		    known(f->m, node_find(f->m, top, strncmp(entry->ref, "heads/", 6) == 0 ? "heads" : "tags")));
	add_fixed(&f->ms, f->m, top, entry->ref);
	f->v = view_known(f->m, entry->zone, entry->ref);
	if (f->v && !entry->new_commit)
		view_forget(f->m, f->v, seq);
	if (f->v)
		add_top(&f->ms, f->m, f->v);
	pthread_mutex_unlock(&f->m->lock);
	if (!f->v)
		return AX_OK;
	enum ax_err e = root_of(&from, f->t, entry->old_commit);
	if (!e)
		e = root_of(&to, f->t, entry->new_commit);
	return e ? e : ax_tree_diff(f->t, &from, &to, each_change, f);
}

static void zone_came(struct follow *f)
{
	struct mount *m = f->m;
	pthread_mutex_lock(&m->lock);
	add(&f->ms, known(m, node_find(m, m->root, "zones")));
	pthread_mutex_unlock(&m->lock);
}

/* Was it this mount that made the entry? The committer says so right after the store does. */
static bool our_own(struct mount *m, const struct ax_log_entry *entry)
{
	bool own = false;
	if (strncmp(entry->door, "fs ", 3) != 0)
		return false;
	pthread_mutex_lock(&m->lock);
	while (m->committing)
		pthread_cond_wait(&m->committed, &m->lock);
	for (size_t i = 0; i < OWN_COMMITS; i++)
		own = own || (m->own[i] == entry->new_commit && entry->new_commit);
	pthread_mutex_unlock(&m->lock);
	return own;
}

/* Did another mount give files times? */
static bool times_came(struct follow *f)
{
	struct mount *m = f->m;
	uint64_t count;
	if (ax_file_time_count(&count, f->t))
		return false;
	pthread_mutex_lock(&m->lock);
	while (count > m->times.told && m->committing)
		pthread_cond_wait(&m->committed, &m->lock);
	bool came = count > m->times.told;
	if (came)
		m->times.told = count;
	pthread_mutex_unlock(&m->lock);
	return came;
}

/* A damaged entry or tree is passed over: reading it is where the error belongs. */
static void follow_log(struct follow *f, uint64_t *seq)
{
	struct ax_log_entry entry;
	uint64_t last;
	bool others = times_came(f);
	if (ax_log_last(&last, f->t))
		return;
	while (*seq < last) {
		if (ax_log_get(&entry, f->t, ++*seq))
			continue;
		bool own = our_own(f->m, &entry);
		/* of a commit made here all was told before it was answered */
		if (entry.kind == AX_LOG_REF && !(own && entry.old_commit) && ref_moved(f, &entry, *seq))
			ax_err_clear();
		if (entry.kind == AX_LOG_ZONE_ADDED || entry.kind == AX_LOG_ZONE_REMOVED)
			zone_came(f);
		others = others || !own;
	}
	if (others)
		notify_new_epoch(f->m); /* EINVAL where there are none: no names are kept then */
	send_all(f->m, &f->ms);
}

static bool told_to_stop(const struct mount *m)
{
	struct pollfd p = { m->stop_fd, POLLIN, 0 };
	return poll(&p, 1, 0) > 0;
}

void *notify_thread(void *mount)
{
	struct mount *m = mount;
	struct follow f = { .m = m };
	uint64_t seq = m->log_start, seen = 0;
	if (ax_txn_read(&f.t, m->store))
		abort(); /* 1,021 slots were free a moment ago */
	while (!told_to_stop(m)) {
		if (!ax_txn_renew(f.t)) {
			seen = ax_txn_id(f.t);
			follow_log(&f, &seq);
			ax_txn_reset(f.t);
		}
		ax_watch_wait(&m->watch, m->store, seen, -1, m->stop_fd);
	}
	ax_txn_abort(f.t);
	return NULL;
}
