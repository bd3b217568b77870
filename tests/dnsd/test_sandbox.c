/* What can't be done any more in the sandbox. Each attempt is made in a child, which says by its exit what came of
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dnsd/sandbox.h"
#include "tests/core/scratch.h"

static char dir[64], data[128], lock[128], other[128];

static void no_log(const char *text)
{
	(void)text;
}

/* What errno a child's attempt ends with in the sandbox; 0: it succeeded. */
static int attempt(int (*call)(void), const char *handover)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		const struct sandbox s = { .owned = dir, .handover = handover, .log = no_log };
		if (sandbox_enter(&s))
			_exit(255);
		errno = 0;
		_exit(call() < 0 ? errno : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 255, "status %x", (unsigned)status);
	return WEXITSTATUS(status);
}

static int open_to_write(void)
{
	return open(data, O_RDWR);
}
static int open_to_append(void)
{
	return open(data, O_WRONLY | O_APPEND);
}
static int open_lock(void)
{
	return open(lock, O_RDWR);
}
static int open_again(void)
{
	char path[64];
	int fd = open(data, O_RDONLY);
	if (fd < 0)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_RDWR);
}
static int map_to_write(void)
{
	int fd = open(data, O_RDONLY);
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0;
}
static int cut(void)
{
	return truncate(data, 0);
}
static int create(void)
{
	return open(other, O_CREAT | O_WRONLY, 0600);
}
static int remove_it(void)
{
	return unlink(data);
}
static int rename_it(void)
{
	return rename(data, other);
}
static int link_it(void)
{
	return link(data, other);
}
static int change_mode(void)
{
	return chmod(data, 0666);
}
static int make_folder(void)
{
	return mkdir(other, 0700);
}
static int run(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}
static int trace(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}
static int end_parent(void)
{
	return kill(getppid(), 0);
}
static int open_network(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}
static int become_root(void)
{
	return setuid(0) == 0 && geteuid() != 0 ? 0 : -1;
}

START_TEST(sandbox__nothing_can_be_written_run_or_reached)
{
	static const struct {
		const char *name;
		int (*call)(void);
		bool by_seccomp; /* alone: not tried under a sanitizer */
	} all[] = {
		{ "open to write", open_to_write, false },
		{ "append", open_to_append, false },
		{ "the lock file", open_lock, false },
		{ "open again by /proc", open_again, false },
		{ "map to write", map_to_write, false },
		{ "truncate", cut, true },
		{ "create", create, false },
		{ "unlink", remove_it, false },
		{ "rename", rename_it, false },
		{ "link", link_it, true },
		{ "chmod", change_mode, true },
		{ "mkdir", make_folder, false },
		{ "execve", run, false },
		{ "ptrace", trace, true },
		{ "kill", end_parent, true },
		{ "socket", open_network, true },
		{ "setuid", become_root, true },
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
#if SANDBOX_SANITIZED
		if (all[i].by_seccomp)
			continue;
#endif
		int error = attempt(all[i].call, NULL);
		ck_assert_msg(error == EPERM || error == EACCES, "%s: %s", all[i].name, strerror(error));
	}
	struct stat st;
	ck_assert_int_eq(stat(data, &st), 0);
	ck_assert_int_gt(st.st_size, 0);
}
END_TEST

static void *nothing(void *arg)
{
	return arg;
}

static int serve_all_the_same(void)
{
	pthread_t thread;
	char byte;
	int fd = open(data, O_RDONLY);
	if (fd < 0 || read(fd, &byte, 1) != 1 || mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		return -1;
	errno = pthread_create(&thread, NULL, nothing, NULL);
	return errno ? -1 : pthread_join(thread, NULL);
}

START_TEST(sandbox__what_serving_needs_goes_on)
{
	ck_assert_int_eq(attempt(serve_all_the_same, NULL), 0);
}
END_TEST

static char fresh[128], place[128];

static int take_place(void)
{
	return rename(fresh, place);
}
static int rename_elsewhere(void)
{
	return rename(data, place);
}

/* A socket gets its name where the handover is to be, and nothing else does anywhere. */
START_TEST(sandbox__a_handover_socket_gets_its_name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char sub[100];
	snprintf(sub, sizeof sub, "%s/run", dir);
	ck_assert_int_eq(mkdir(sub, 0700), 0);
	snprintf(fresh, sizeof fresh, "%s/fresh", sub);
	snprintf(place, sizeof place, "%s/place", sub);
	snprintf(a.sun_path, sizeof a.sun_path, "%.100s", fresh);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_ne(attempt(rename_elsewhere, place), 0);
	ck_assert_int_eq(attempt(take_place, place), 0);
	ck_assert_int_ne(attempt(open_to_write, place), 0);
	close(fd);
}
END_TEST

static struct scratch scratch;

static void set_up(void)
{
	scratch_open(&scratch, 0);
	snprintf(dir, sizeof dir, "%s", scratch.dir);
	snprintf(data, sizeof data, "%s/store/data.mdb", dir);
	snprintf(lock, sizeof lock, "%s/store/lock.mdb", dir);
	snprintf(other, sizeof other, "%s/other", dir);
}

static void tear_down(void)
{
	scratch_close(&scratch);
}

static void add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, sandbox__nothing_can_be_written_run_or_reached);
	tcase_add_test(tc, sandbox__what_serving_needs_goes_on);
	tcase_add_test(tc, sandbox__a_handover_socket_gets_its_name);
}

int main(void)
{
	return check_main("sandbox", add);
}
