#include "dnsd/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dnsd/say.h"

/* Newer than the headers of Debian 12. */
enum { FS_REFER = 1u << 13, FS_TRUNCATE = 1u << 14, FS_IOCTL_DEV = 1u << 15, NET_BIND = 1, NET_CONNECT = 2 };
enum { CAPABILITY_BPF = 39 };

static enum ax_err failed(const char *what)
{
	return ax_fail(AX_EPERM, "sandbox: %s: %s", what, strerror(errno));
}

/* -- root ------------------------------------------------------------------------------------------------- */

enum ax_err sandbox_check(const char *user)
{
	if (!getpwnam(user))
		return ax_fail(AX_EUSAGE, "there is no user `%s`", user);
	return geteuid() == 0 ? AX_OK : ax_fail(AX_EUSAGE, "only root can become another user: `%s`", user);
}

static enum ax_err become(uid_t uid, gid_t gid, const char *name)
{
	/* Capabilities that are still needed outlive the change of user. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return failed("keep capabilities");
	if ((name ? initgroups(name, gid) : setgroups(0, NULL)) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
		return failed("become another user");
	return AX_OK;
}

static enum ax_err leave_root(const struct sandbox *s)
{
	struct stat st;
	if (geteuid() != 0)
		return AX_OK;
	const struct passwd *p = s->user ? getpwnam(s->user) : NULL;
	if (p)
		return become(p->pw_uid, p->pw_gid, s->user);
	if (stat(s->owned, &st) == 0 && st.st_uid != 0)
		return become(st.st_uid, st.st_gid, NULL);
	return AX_OK; /* what is root's stays root's; its powers go all the same */
}

static enum ax_err drop_capabilities(const struct sandbox *s)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct has[2], kept[2] = { 0 };
	if (syscall(SYS_capget, &h, has) != 0)
		return failed("capabilities");
	if (s->raw) {
		kept[0].permitted = has[0].permitted & (1u << CAP_NET_ADMIN | 1u << CAP_NET_RAW | 1u << CAP_IPC_LOCK);
		kept[1].permitted = has[1].permitted & 1u << (CAPABILITY_BPF - 32);
		kept[0].effective = kept[0].permitted;
		kept[1].effective = kept[1].permitted;
	}
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &h, kept) != 0)
		return failed("drop capabilities");
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? AX_OK : failed("no new privileges");
}

/* -- files ------------------------------------------------------------------------------------------------ */

static enum ax_err allow_rename(int rules, const char *path)
{
	char copy[4096];
	snprintf(copy, sizeof copy, "%s", path);
	struct landlock_path_beneath_attr below = {
		.allowed_access = LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE,
		.parent_fd = open(dirname(copy), O_PATH | O_CLOEXEC),
	};
	if (below.parent_fd < 0)
		return failed(path);
	long rc = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
	close(below.parent_fd);
	return rc == 0 ? AX_OK : failed(path);
}

/* All that changes or runs something, as far as the kernel knows it; nothing of it is allowed anywhere. */
static enum ax_err close_files(const struct sandbox *s)
{
	struct {
		uint64_t fs, net;
	} handled = { .fs = (1u << 13) - 1 };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) {
		s->log(SAY_WARNING "sandbox: the kernel has no Landlock: files are guarded by seccomp alone");
		return AX_OK;
	}
	handled.fs &= ~(uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
	handled.fs |= (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
	handled.net = NET_BIND | NET_CONNECT;
	long rules = syscall(SYS_landlock_create_ruleset, &handled, abi >= 4 ? sizeof handled : sizeof handled.fs, 0);
	if (rules < 0)
		return failed("Landlock");
	enum ax_err e = s->handover ? allow_rename((int)rules, s->handover) : AX_OK;
	if (!e && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
		e = failed("Landlock");
	close((int)rules);
	return e;
}

/* -- system calls ----------------------------------------------------------------------------------------- */

static const int calls[] = {
	/* queries and answers */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(shutdown),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(eventfd2),
	SCMP_SYS(pipe2),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(fcntl),
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(signalfd4),
	/* files, for reading */
	SCMP_SYS(fstat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(lseek),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(fadvise64),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_rm_watch),
	/* memory, threads, time */
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(mincore),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(clone),
	SCMP_SYS(clone3),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(membarrier),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(gettid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(wait4),
	SCMP_SYS(waitid),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrlimit),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
};

/* What AF_XDP is set up by. */
static const int raw_calls[] = { SCMP_SYS(bpf), SCMP_SYS(socket), SCMP_SYS(bind), SCMP_SYS(ioctl) };

static int allow(scmp_filter_ctx c, const int *call, size_t n)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, call[i], 0);
	return rc;
}

/* Those bits of an argument that the mask has must be the value's. */
static int allow_if(scmp_filter_ctx c, int call, unsigned argument, uint64_t mask, uint64_t value)
{
	const struct scmp_arg_cmp is = {
		.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value
	};
	return seccomp_rule_add_array(c, SCMP_ACT_ALLOW, call, 1, &is);
}

/* Those of which it depends on what they are called with. */
static int allow_some(scmp_filter_ctx c, const struct sandbox *s)
{
	static const int renames[] = { SCMP_SYS(rename), SCMP_SYS(renameat2), SCMP_SYS(unlink) },
			 connects = SCMP_SYS(connect);
	const uint64_t writes = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY), all = UINT32_MAX;
	int rc = allow_if(c, SCMP_SYS(openat), 2, writes, O_RDONLY);
	if (rc == 0)
		rc = allow_if(c, SCMP_SYS(open), 1, writes, O_RDONLY);
	if (rc == 0) /* a signal to a thread of our own */
		rc = allow_if(c, SCMP_SYS(tgkill), 0, all, (uint64_t)getpid());
	if (rc == 0) /* a thread's name */
		rc = allow_if(c, SCMP_SYS(prctl), 0, all, PR_SET_NAME);
	if (rc == 0 && !s->raw) /* to tell the service manager */
		rc = allow_if(c, SCMP_SYS(socket), 0, all, AF_UNIX);
	if (rc == 0 && s->connects)
		rc = allow(c, &connects, 1);
	if (rc == 0 && s->handover)
		rc = allow(c, renames, sizeof renames / sizeof renames[0]);
	return rc;
}

static enum ax_err close_calls(const struct sandbox *s)
{
	if (SANDBOX_SANITIZED)
		return AX_OK;
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!c)
		return ax_fail(AX_ENOMEM, "no memory for the sandbox");
	int rc = allow(c, calls, sizeof calls / sizeof calls[0]);
	if (rc == 0 && s->raw)
		rc = allow(c, raw_calls, sizeof raw_calls / sizeof raw_calls[0]);
	if (rc == 0)
		rc = allow_some(c, s);
	if (rc == 0)
		rc = seccomp_load(c);
	seccomp_release(c);
	errno = -rc;
	return rc == 0 ? AX_OK : failed("seccomp");
}

enum ax_err sandbox_enter(const struct sandbox *s)
{
	enum ax_err e = leave_root(s);
	if (!e)
		e = drop_capabilities(s);
	if (!e)
		e = close_files(s);
	return e ? e : close_calls(s);
}
