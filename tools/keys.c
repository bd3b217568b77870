#include "tools/keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum ax_err keys_default(const char **out, struct ax_buf *b)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	*out = NULL;
	if (config && config[0] == '/')
		ax_buf_printf(b, "%s/apex/key", config);
	else if (home && home[0] == '/')
		ax_buf_printf(b, "%s/.config/apex/key", home);
	else
		return ax_fail(AX_EUSAGE, "which key? (--key FILE, or APEX_KEY)");
	*out = ax_buf_cstr(b);
	return ax_buf_check(b);
}

/* -- reading ------------------------------------------------------------------------------------------------ */

/* A secret that others can read is none. */
static enum ax_err check_mode(const char *path)
{
	struct stat st;
	if (stat(path, &st))
		return ax_fail(errno == ENOENT ? AX_ENOENT : AX_EINVAL, "%s: %s (apex keygen makes a key)", path,
			       strerror(errno));
	if (S_ISREG(st.st_mode) && st.st_mode & 077)
		return ax_fail(AX_EPERM, "%s: a secret key that others can read (chmod 600 %s)", path, path);
	return AX_OK;
}

static enum ax_err read_secret(struct ax_secret_key *out, const char *path)
{
	struct ax_buf text = AX_BUF_INIT;
	enum ax_err e = check_mode(path);
	if (!e)
		e = cli_read_file(&text, path);
	if (!e && (e = ax_secret_parse(out, ax_buf_view(&text))) == AX_EINVAL)
		e = ax_fail(e, "%s: %s", path, ax_err_text(e));
	if (text.p)
		explicit_bzero(text.p, text.cap);
	ax_buf_fini(&text);
	return e;
}

enum ax_err keys_secret(struct ax_secret_key *out, const char *path)
{
	struct ax_buf b = AX_BUF_INIT;
	enum ax_err e = AX_OK;
	if (!path)
		path = getenv("APEX_KEY");
	if (!path || !*path)
		e = keys_default(&path, &b);
	if (!e)
		e = read_secret(out, path);
	ax_buf_fini(&b);
	return e;
}

enum ax_err keys_trusted(struct ax_keys *out, const struct option_list *paths)
{
	enum ax_err e = AX_OK;
	if (!paths->n)
		return ax_fail(AX_EUSAGE, "whom do you trust? (--key FILE with public keys)");
	for (size_t i = 0; !e && i < paths->n; i++) {
		struct ax_buf text = AX_BUF_INIT;
		e = cli_read_file(&text, paths->v[i]);
		if (!e && (e = ax_keys_parse(out, ax_buf_view(&text))) == AX_EINVAL)
			e = ax_fail(e, "%s: %s", paths->v[i], ax_err_text(e));
		ax_buf_fini(&text);
	}
	return e;
}

/* -- writing ------------------------------------------------------------------------------------------------ */

static enum ax_err failed(const char *path)
{
	return ax_fail(errno == EEXIST ? AX_EEXIST : AX_EINVAL, "%s: %s", path,
		       errno == EEXIST ? "is already there: a key is never overwritten" : strerror(errno));
}

static enum ax_err write_new(const char *path, mode_t mode, struct ax_slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return failed(path);
	bool good = write(fd, text.p, text.n) == (ssize_t)text.n && !fsync(fd);
	good = !close(fd) && good;
	if (good)
		return AX_OK;
	enum ax_err e = failed(path);
	unlink(path);
	return e;
}

/* The folders of the usual place may not be there yet. */
static void make_folders(const char *path)
{
	char part[4096];
	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/'))
		if ((size_t)(p - path) < sizeof part) {
			memcpy(part, path, (size_t)(p - path));
			part[p - path] = 0;
			(void)mkdir(part, 0700);
		}
}

enum ax_err keys_write(const char *path, const struct ax_secret_key *secret, const struct ax_public_key *public)
{
	struct ax_buf secret_text = AX_BUF_INIT, public_text = AX_BUF_INIT, public_path = AX_BUF_INIT;
	ax_secret_text(&secret_text, secret);
	ax_public_text(&public_text, public);
	ax_buf_printf(&public_path, "%s.pub", path);
	const char *beside = ax_buf_cstr(&public_path);
	enum ax_err e = ax_buf_check(&secret_text);
	if (!e)
		e = ax_buf_check(&public_text);
	if (!e && !beside)
		e = ax_buf_check(&public_path);
	make_folders(path);
	if (!e)
		e = write_new(path, 0600, ax_buf_view(&secret_text));
	if (!e && (e = write_new(beside, 0644, ax_buf_view(&public_text))))
		unlink(path);
	if (secret_text.p)
		explicit_bzero(secret_text.p, secret_text.cap);
	ax_buf_fini(&secret_text);
	ax_buf_fini(&public_text);
	ax_buf_fini(&public_path);
	return e;
}
