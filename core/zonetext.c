#include "core/zonetext.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/zonelex.h"

enum {
	INCLUDE_DEPTH = 8,
	INCLUDES_MAX = 1000,
	INCLUDE_SIZE_MAX = 1 << 30,
	GENERATE_MAX = 65536,
	GENERATE_ALL = 1 << 24, /* records; a /8 of PTRs */
	GENERATE_SIZE_MAX = 1 << 26,
	GENERATE_SIZE_ALL = 1 << 30 /* octets of owners and RDATA: a few lines must not fill the memory */
};

/* One reading, all its files. */
struct reading {
	const struct ax_zonetext_options *o;
	bool has_default_ttl, has_last_ttl;
	uint32_t default_ttl_s, last_ttl_s; /* $TTL; the last one stated (RFC 1035 5.1) */
	unsigned includes, generated;
	size_t generated_size;
	struct ax_buf rdata, text; /* scratch */
};

/* One file of it. */
struct file {
	struct reading *r;
	const char *name;
	unsigned depth, top_line; /* top_line: of the outermost $INCLUDE, 0 in the outermost file itself */
	struct ax_name origin, owner;
	bool has_owner;
	unsigned line;
};

static enum ax_err read_file(struct file *f, struct ax_slice text);

/* A refusal's text with its place; every refusal of text is AX_EINVAL. */
static enum ax_err at_line(const struct file *f, unsigned line, enum ax_err e)
{
	return ax_fail(AX_EINVAL, "%s:%u: %s", f->name, line, ax_err_text(e));
}

static void warn(struct file *f, const char *what, const struct ax_name *name)
{
	const struct ax_zonetext_options *o = f->r->o;
	struct ax_buf b = AX_BUF_INIT;
	if (!o->warn)
		return;
	if (f->top_line)
		ax_buf_printf(&b, "%s:%u: ", f->name, f->line);
	ax_buf_printf(&b, "%s: `", what);
	ax_name_text(&b, name);
	ax_buf_u8(&b, '`');
	const char *text = ax_buf_cstr(&b);
	o->warn(o->ctx, f->top_line ? f->top_line : f->line, text ? text : what);
	ax_buf_fini(&b);
}

/* -- records ---------------------------------------------------------------------------------------------- */

/* RFC 2308 4, RFC 1035 5.1: stated, $TTL, the last one stated; at the first record a default. An SOA without any
 * makes its MINIMUM what $TTL would be, as in BIND. */
static enum ax_err choose_ttl(uint32_t *out, struct reading *r, const struct ax_record_head *h)
{
	const struct ax_buf *rdata = &r->rdata;
	if (!h->has_ttl && !r->has_default_ttl && !r->has_last_ttl && h->type == AX_TYPE_SOA && rdata->n >= 4 &&
	    ax_be32(rdata->p + rdata->n - 4) <= INT32_MAX) {
		r->default_ttl_s = ax_be32(rdata->p + rdata->n - 4);
		r->has_default_ttl = true;
	}
	if (h->has_ttl) {
		*out = r->last_ttl_s = h->ttl_s;
		r->has_last_ttl = true;
	} else if (r->has_default_ttl) {
		*out = r->default_ttl_s;
	} else if (r->has_last_ttl) {
		*out = r->last_ttl_s;
	} else if (r->o->has_default_ttl) {
		*out = r->o->default_ttl_s;
	} else {
		return ax_fail(AX_EINVAL, "no TTL is known for the first record, state it or $TTL");
	}
	return AX_OK;
}

/* Hand over a record whose RDATA is in r->rdata. *stop: the error is the receiver's own, not of the text. */
static enum ax_err deliver(bool *stop, struct file *f, const struct ax_record_head *h)
{
	struct reading *r = f->r;
	const struct ax_zonetext_options *o = r->o;
	uint32_t ttl_s = 0;
	enum ax_err e = choose_ttl(&ttl_s, r, h);
	if (e)
		return e;
	if (!ax_name_within(&f->owner, o->apex)) {
		warn(f, "record outside the zone, dropped", &f->owner);
		return AX_OK;
	}
	e = o->record(o->ctx, &f->owner, h->type, ttl_s, ax_buf_view(&r->rdata), f->top_line ? f->top_line : f->line);
	*stop = e;
	return e;
}

static enum ax_err read_record(bool *stop, struct file *f, const struct ax_entry *entry)
{
	struct ax_lex text = entry->text;
	struct ax_record_head h;
	struct ax_token t;
	enum ax_err e = AX_OK;
	if (!entry->blank_owner) {
		ax_lex_token(&t, &text);
		e = ax_name_parse(&f->owner, t.p, t.n, &f->origin);
		f->has_owner = !e;
	} else if (!f->has_owner) {
		e = ax_fail(AX_EINVAL, "the first record has no owner name");
	}
	if (!e)
		e = ax_record_head(&h, &text);
	if (!e)
		e = ax_rdata_parse(&f->r->rdata, h.type, text.p, (size_t)(text.end - text.p), &f->origin);
	return e ? e : deliver(stop, f, &h);
}

/* -- directives ------------------------------------------------------------------------------------------- */

static enum ax_err no_more(struct ax_lex *text)
{
	struct ax_token t;
	return ax_lex_token(&t, text) ? ax_token_fail("trailing text after a directive", &t) : AX_OK;
}

static enum ax_err read_origin(struct file *f, struct ax_lex *text)
{
	struct ax_token t;
	struct ax_name name;
	if (!ax_lex_token(&t, text))
		return ax_fail(AX_EINVAL, "$ORIGIN: a name is missing");
	enum ax_err e = ax_name_parse(&name, t.p, t.n, &f->origin);
	if (!e)
		f->origin = name;
	return e ? e : no_more(text);
}

static enum ax_err read_ttl(struct file *f, struct ax_lex *text)
{
	struct ax_token t;
	uint32_t ttl_s;
	if (!ax_lex_token(&t, text))
		return ax_fail(AX_EINVAL, "$TTL: a number of seconds is missing");
	if (!ax_token_period(&ttl_s, &t) || ttl_s > INT32_MAX)
		return ax_token_fail("$TTL: not a number of seconds below 2^31", &t);
	f->r->default_ttl_s = ttl_s;
	f->r->has_default_ttl = true;
	return no_more(text);
}

/* $GENERATE START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE RDATA. A single quoted token of RDATA holds it whole. */
static enum ax_err generate_one(bool *stop, struct file *f, struct ax_slice owner, const struct ax_record_head *h,
				struct ax_slice rdata, uint32_t value)
{
	struct ax_buf *text = &f->r->text;
	ax_buf_clear(text);
	enum ax_err e = ax_generate_text(text, owner, value);
	if (!e)
		e = ax_name_parse(&f->owner, (const char *)text->p, text->n, &f->origin);
	ax_buf_clear(text);
	if (!e)
		e = ax_generate_text(text, rdata, value);
	if (!e)
		e = ax_rdata_parse(&f->r->rdata, h->type, (const char *)text->p, text->n, &f->origin);
	return e ? e : deliver(stop, f, h);
}

static struct ax_slice generate_template(struct ax_lex *text)
{
	struct ax_lex rest = *text;
	struct ax_token first, more;
	if (ax_lex_token(&first, &rest) && first.quoted && !ax_lex_token(&more, &rest))
		return ax_slice(first.p, first.n);
	return ax_slice(text->p, (size_t)(text->end - text->p));
}

static enum ax_err read_generate(bool *stop, struct file *f, struct ax_lex *text)
{
	const struct ax_name before = f->owner; /* a blank owner behind us is still the one before us */
	const bool had_owner = f->has_owner;
	struct ax_token range, owner;
	struct ax_record_head h;
	uint32_t start, last, step;
	if (!ax_lex_token(&range, text) || !ax_lex_token(&owner, text))
		return ax_fail(AX_EINVAL, "$GENERATE: a range and an owner are missing");
	enum ax_err e = ax_generate_range(&start, &last, &step, &range);
	if (!e && ((last - start) / step >= GENERATE_MAX || f->r->generated + (last - start) / step >= GENERATE_ALL))
		return ax_token_fail("$GENERATE: over 65536 records", &range);
	if (!e)
		e = ax_record_head(&h, text);
	struct ax_slice rdata = generate_template(text);
	const size_t size = f->r->generated_size;
	for (uint64_t v = start; !e && v <= last; v += step) {
		f->r->generated++;
		e = generate_one(stop, f, ax_slice(owner.p, owner.n), &h, rdata, (uint32_t)v);
		f->r->generated_size += f->owner.n + f->r->rdata.n;
		if (!e &&
		    (f->r->generated_size - size > GENERATE_SIZE_MAX || f->r->generated_size > GENERATE_SIZE_ALL))
			e = ax_token_fail("$GENERATE: over 64 MiB of records, or 1 GiB by all of them", &range);
	}
	f->owner = before;
	f->has_owner = had_owner;
	return e;
}

/* -- $INCLUDE --------------------------------------------------------------------------------------------- */

/* Open path below the folder dir without ever leaving it. A kernel without openat2 gets no symbolic links. */
static int open_beneath(int dir, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return fd;
	int at = dup(dir);
	while (at >= 0) {
		char part[256];
		size_t n = strcspn(path, "/");
		if (n == 0 || n >= sizeof part || (n == 2 && memcmp(path, "..", 2) == 0)) {
			close(at);
			errno = EXDEV;
			return -1;
		}
		memcpy(part, path, n);
		part[n] = 0;
		path += n;
		bool last = !*path;
		fd = openat(at, part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (last ? 0 : O_DIRECTORY));
		close(at);
		if (last || fd < 0)
			return fd;
		path++;
		at = fd;
	}
	return -1;
}

static enum ax_err read_all(struct ax_buf *out, int fd)
{
	struct stat st;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return ax_fail(AX_EINVAL, "$INCLUDE: not a regular file");
	for (;;) {
		if (out->n > INCLUDE_SIZE_MAX)
			return ax_fail(AX_EINVAL, "$INCLUDE: a file over 1 GiB");
		if (!ax_buf_reserve(out, 65536))
			return ax_buf_check(out);
		ssize_t n = read(fd, out->p + out->n, out->cap - out->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ax_fail(AX_EINVAL, "$INCLUDE: %s", strerror(errno));
		if (n == 0)
			return AX_OK;
		out->n += (size_t)n;
	}
}

static enum ax_err load(struct ax_buf *out, const char *root, const char *path)
{
	int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return ax_fail(AX_EINVAL, "$INCLUDE: %s: %s", root, strerror(errno));
	int fd = open_beneath(dir, path);
	int why = errno;
	close(dir);
	if (fd < 0)
		return ax_fail(AX_EINVAL, "$INCLUDE: %s: `%s`",
			       why == EXDEV ? "the file lies outside the folder for includes" : strerror(why), path);
	enum ax_err e = read_all(out, fd);
	close(fd);
	return e;
}

/* A file of its own: origin and owner return to ours behind it, $TTL stays as it left it (as in BIND). */
static enum ax_err include(bool *stop, struct file *f, const char *path, const struct ax_name *origin)
{
	struct ax_buf text = AX_BUF_INIT;
	struct file in = { .r = f->r,
			   .name = path,
			   .depth = f->depth + 1,
			   .origin = *origin,
			   .owner = f->owner,
			   .has_owner = f->has_owner,
			   .top_line = f->top_line ? f->top_line : f->line };
	if (in.depth > INCLUDE_DEPTH || ++f->r->includes > INCLUDES_MAX)
		return ax_fail(AX_EINVAL, "$INCLUDE: nested over 8 deep, or over 1000 files: `%s`", path);
	enum ax_err e = load(&text, f->r->o->include_root, path);
	if (!e) {
		e = read_file(&in, ax_buf_view(&text));
		*stop = e;
	}
	ax_buf_fini(&text);
	return e;
}

static enum ax_err read_include(bool *stop, struct file *f, struct ax_lex *text)
{
	struct ax_token path, t;
	struct ax_name origin = f->origin;
	enum ax_err e = AX_OK;
	if (!ax_lex_token(&path, text))
		return ax_fail(AX_EINVAL, "$INCLUDE: a file name is missing");
	if (!f->r->o->include_root)
		return ax_token_fail("$INCLUDE is not allowed here", &path);
	if (ax_lex_token(&t, text))
		e = ax_name_parse(&origin, t.p, t.n, &f->origin);
	if (!e)
		e = no_more(text);
	char *name = strndup(path.p, path.n);
	if (!e)
		e = name ? include(stop, f, name, &origin) : ax_fail(AX_ENOMEM, "out of memory");
	free(name);
	return e;
}

static enum ax_err read_directive(bool *stop, struct file *f, struct ax_lex text)
{
	struct ax_token t;
	ax_lex_token(&t, &text);
	if (ax_token_is(&t, "$ORIGIN"))
		return read_origin(f, &text);
	if (ax_token_is(&t, "$TTL"))
		return read_ttl(f, &text);
	if (ax_token_is(&t, "$INCLUDE"))
		return read_include(stop, f, &text);
	if (ax_token_is(&t, "$GENERATE"))
		return read_generate(stop, f, &text);
	return ax_token_fail("unknown directive", &t);
}

/* -- files ------------------------------------------------------------------------------------------------ */

static bool is_directive(const struct ax_entry *entry)
{
	return !entry->blank_owner && entry->text.p < entry->text.end && *entry->text.p == '$';
}

static enum ax_err read_file(struct file *f, struct ax_slice text)
{
	struct ax_zonelex lex;
	struct ax_entry entry;
	bool stop = false;
	enum ax_err e;
	ax_zonelex_init(&lex, text);
	while (!(e = ax_zonelex_next(&entry, &lex))) {
		f->line = entry.line;
		e = is_directive(&entry) ? read_directive(&stop, f, entry.text) : read_record(&stop, f, &entry);
		if (e)
			break;
	}
	ax_zonelex_fini(&lex);
	if (e == AX_ENOENT && !stop)
		return AX_OK;
	return (e == AX_EINVAL || e == AX_ELIMIT) && !stop ? at_line(f, entry.line, e) : e;
}

enum ax_err ax_zonetext_read(struct ax_slice text, const struct ax_zonetext_options *o)
{
	struct reading r = { .o = o };
	struct file f = { .r = &r, .name = o->file, .origin = *o->apex };
	enum ax_err e = read_file(&f, text);
	ax_buf_fini(&r.rdata);
	ax_buf_fini(&r.text);
	return e;
}

/* -- whose zone is it? ------------------------------------------------------------------------------------ */

/* Ends in a dot that no backslash escapes. */
static bool is_absolute(const struct ax_token *t)
{
	size_t slashes = 0;
	if (!t->n || t->p[t->n - 1] != '.')
		return false;
	while (slashes + 1 < t->n && t->p[t->n - 2 - slashes] == '\\')
		slashes++;
	return slashes % 2 == 0;
}

/* A name completed by an origin that may not be known yet. */
static bool resolve(struct ax_name *out, const struct ax_token *t, const struct ax_name *origin, bool has_origin)
{
	return (has_origin || is_absolute(t)) && ax_name_parse(out, t->p, t->n, has_origin ? origin : NULL) == AX_OK;
}

/* Follow one entry: its owner, or a new origin. True at an SOA. */
static bool find_soa(struct ax_name *owner, bool *has_owner, struct ax_name *origin, bool *has_origin,
		     const struct ax_entry *entry)
{
	struct ax_lex text = entry->text;
	struct ax_record_head h;
	struct ax_token t;
	if (is_directive(entry)) {
		ax_lex_token(&t, &text);
		if (ax_token_is(&t, "$ORIGIN") && ax_lex_token(&t, &text)) {
			struct ax_name name = ax_name_root;
			*has_origin = resolve(&name, &t, origin, *has_origin);
			*origin = name;
		}
		return false;
	}
	if (!entry->blank_owner) {
		ax_lex_token(&t, &text);
		*has_owner = resolve(owner, &t, origin, *has_origin);
	}
	return ax_record_head(&h, &text) == AX_OK && h.type == AX_TYPE_SOA;
}

enum ax_err ax_zonetext_apex(struct ax_name *out, struct ax_slice text, const char *file)
{
	struct ax_zonelex lex;
	struct ax_entry entry;
	struct ax_name owner = ax_name_root, origin = ax_name_root;
	bool has_owner = false, has_origin = false, found = false;
	enum ax_err e = AX_OK;
	*out = ax_name_root;
	ax_zonelex_init(&lex, text);
	while (!found && !(e = ax_zonelex_next(&entry, &lex)))
		found = find_soa(&owner, &has_owner, &origin, &has_origin, &entry);
	ax_zonelex_fini(&lex);
	if (e == AX_EINVAL || e == AX_ELIMIT)
		return ax_fail(AX_EINVAL, "%s:%u: %s", file, entry.line, ax_err_text(e));
	if (e && e != AX_ENOENT)
		return e;
	if (!found || !has_owner)
		return ax_fail(AX_ENOENT, "%s: no SOA with a full owner name tells the zone", file);
	ax_name_lower(&owner);
	*out = owner;
	return AX_OK;
}
