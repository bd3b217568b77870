/* who.c - see who.h. */
#include "fs/who.h"

#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A header of a commit is one line of blank-separated words, and a person ends at '<'. */
static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || *s == '<' || *s == '>')
			*s = '_';
}

static ssize_t read_proc(char *buf, size_t size, pid_t pid, const char *file)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);
	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = 0;
	return n;
}

pid_t who_process(pid_t pid)
{
	char buf[1024];
	const char *at = pid > 0 && read_proc(buf, sizeof(buf), pid, "status") > 0 ? strstr(buf, "\nTgid:") : NULL;
	return at ? (pid_t)atol(at + 6) : 0;
}

int who_killed(pid_t pid)
{
	enum { FLAGS = 9, EXIT_CODE = 52, EXITING = 4 }; /* proc(5): fields of stat, PF_EXITING */
	char buf[2048];
	unsigned long flags = 0, code = 0;
	if (pid <= 0 || read_proc(buf, sizeof(buf), pid, "stat") <= 0)
		return 0;
	char *at = strrchr(buf, ')'), *rest = NULL; /* the end of field 2, which may hold anything */
	int field = 3;
	for (char *word = strtok_r(at ? at + 1 : buf, " \n", &rest); word;
	     word = strtok_r(NULL, " \n", &rest), field++) {
		if (field == FLAGS)
			flags = strtoul(word, NULL, 10);
		if (field == EXIT_CODE)
			code = strtoul(word, NULL, 10);
	}
	return flags & EXITING ? (int)(code & 0x7f) : 0;
}

void who_person(struct who *w, uid_t uid)
{
	char host[HOST_NAME_MAX + 1] = "localhost", buf[4096];
	struct passwd pw, *found = NULL;
	w->uid = uid;
	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) == 0 && found)
		snprintf(w->name, sizeof(w->name), "%s", found->pw_name);
	else
		snprintf(w->name, sizeof(w->name), "uid%u", (unsigned)uid);
	clean(w->name);
	gethostname(host, sizeof(host) - 1);
	clean(host);
	snprintf(w->mail, sizeof(w->mail), "%.64s@%.64s", w->name, host);
}

void who_program(struct who *w, pid_t pid)
{
	char comm[64];
	if (pid <= 0 || read_proc(comm, sizeof(comm), pid, "comm") <= 0)
		strcpy(comm, "-");
	comm[strcspn(comm, "\n")] = 0;
	clean(comm);
	snprintf(w->via, sizeof(w->via), "fs uid=%u comm=%s", (unsigned)w->uid, comm);
}

struct ax_time who_now(void)
{
	struct timespec now = { 0 };
	struct tm tm = { 0 };
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	return (struct ax_time){ now.tv_sec, (uint32_t)now.tv_nsec, (int16_t)(tm.tm_gmtoff / 60) };
}

uint64_t who_clock(void)
{
	struct timespec now = { 0 };
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct ax_actor who_actor(const struct who *w)
{
	struct ax_person person = { w->name, w->mail, who_now() };
	return (struct ax_actor){ person, person, w->via, w->uid };
}
