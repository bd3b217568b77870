/* draft.c - see draft.h. */
#include "fs/draft.h"

#include "core/zonetext.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text that is looked at again with every write, because a parenthesis may be open: 64 KiB cost a millisecond. */
enum { LOOK_BACK_MAX = 64 << 10 };

static void count(struct draft *d)
{
	*d->all += d->text.n - d->counted;
	d->counted = d->text.n;
}

/* Room for this text beside the others, when it has size bytes? A zone file may be larger than they all. */
static bool fits(const struct draft *d, uint64_t size)
{
	return *d->all - d->counted + size <= DRAFTS_MAX + (d->max - DRAFT_MAX);
}

struct draft *draft_new(uint64_t base, size_t *all)
{
	struct draft *d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->gen = 1;
	d->max = DRAFT_MAX;
	d->base = base;
	d->all = all;
	return d;
}

void draft_free(struct draft *d)
{
	if (!d)
		return;
	ax_buf_fini(&d->text);
	count(d);
	free(d);
}

int draft_loaded(struct draft *d)
{
	if (!fits(d, d->text.n)) {
		ax_buf_fini(&d->text);
		count(d);
		return ENOSPC;
	}
	count(d);
	d->loaded = true;
	d->checked = d->text.n;
	return 0;
}

static void changed(struct draft *d)
{
	d->gen++;
	d->shown = true;
	d->written = who_now();
}

static int resize(struct draft *d, uint64_t size)
{
	if (size > d->max)
		return EFBIG;
	if (size > d->text.n && !fits(d, size))
		return ENOSPC;
	if (size > d->text.n) {
		size_t more = (size_t)size - d->text.n;
		if (!ax_buf_reserve(&d->text, more)) {
			d->text.failed = false;
			return ENOMEM;
		}
		memset(d->text.p + d->text.n, 0, more);
	}
	d->text.n = (size_t)size;
	ax_buf_trim(&d->text);
	count(d);
	if (size < d->checked)
		d->checked = size ? SIZE_MAX : 0; /* perhaps within a line */
	return 0;
}

int draft_write(struct draft *d, const void *p, size_t size, uint64_t off)
{
	if (off > d->max || size > d->max)
		return EFBIG;
	if (off != d->text.n)
		d->checked = SIZE_MAX; /* not in sequence: the whole is judged at the end */
	if (off + size > d->text.n) {
		int e = resize(d, off + size);
		if (e)
			return e;
	}
	if (size)
		memcpy(d->text.p + off, p, size);
	d->dirty = true;
	changed(d);
	return 0;
}

int draft_truncate(struct draft *d, uint64_t size)
{
	int e = resize(d, size);
	if (e)
		return e;
	if (size)
		d->dirty = true;
	changed(d);
	return 0;
}

void draft_refuse(struct draft *d, int error, const char *reason)
{
	d->refused_gen = d->gen;
	d->refused = error;
	d->judged = false;
	snprintf(d->reason, sizeof(d->reason), "%s", reason);
}

int draft_refused(const struct draft *d)
{
	return d->refused_gen == d->gen ? d->refused : 0;
}

void draft_saved(struct draft *d, uint64_t gen, uint64_t base)
{
	d->base = base;
	if (d->gen == gen)
		d->dirty = d->shown = false;
}

static unsigned line_number(const struct draft *d, size_t at)
{
	unsigned n = 1;
	for (size_t i = 0; i < at; i++)
		n += d->text.p[i] == '\n';
	return n;
}

/* why may begin with "line N: ", counted from `at`. */
static int refuse_line(struct draft *d, size_t at, const char *why)
{
	char reason[sizeof(d->reason)];
	unsigned n = 1;
	int skip = 0;
	if (sscanf(why, "line %u: %n", &n, &skip) < 1)
		n = 1;
	snprintf(reason, sizeof(reason), "line %u: %s", line_number(d, at) + n - 1, why + skip);
	draft_refuse(d, EBADMSG, reason);
	return EBADMSG;
}

int draft_check_lines(struct draft *d, const struct ax_name *owner, const struct ax_name *apex, uint16_t type)
{
	const uint8_t *nul, *end;
	if (d->checked == SIZE_MAX || d->checked == d->text.n)
		return 0;
	struct ax_slice rest = ax_slice(d->text.p + d->checked, d->text.n - d->checked);
	nul = memchr(rest.p, 0, rest.n);
	if (nul)
		return refuse_line(d, (size_t)(nul - d->text.p), "a NUL byte");
	end = memrchr(rest.p, '\n', rest.n);
	if (!end)
		return 0;
	rest.n = (size_t)(end - rest.p) + 1;
	if (ax_record_line_check(rest, owner, apex, type) == AX_EINVAL)
		return refuse_line(d, d->checked, ax_err_text(AX_EINVAL));
	/* a parenthesis or a string may still be open: what comes is looked at together with this */
	if (!memchr(rest.p, '(', rest.n) && !memchr(rest.p, '"', rest.n))
		d->checked += rest.n;
	else if (rest.n > LOOK_BACK_MAX)
		d->checked = SIZE_MAX;
	return 0;
}
