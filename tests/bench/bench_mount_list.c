/* bench_mount_list - the memory of apexfs while a directory of a million names is listed.
 *
 * The kernel gets each name's attributes with the listing (READDIRPLUS) and keeps an inode of it until it wants the
 * memory back; as long as it does, apexfs keeps the node whose number that inode has. So what it holds is bounded by
 * what the kernel holds: a struct node, its name, and its place in the table. The listing itself streams. Forgotten
 * by the kernel, the nodes are freed. Beside that the pages of the store that were read are mapped: they are the page
 * cache's, not ours. */
#include "fs/node.h"
#include "tests/bench/mounted.h"

#include <malloc.h>
#include <sys/mount.h>

enum { SAMPLE_US = 20000, SLACK = 8 << 20 /* buffers of a reply, caches of times, malloc's own */ };

struct memory {
	double own, mapped, peak; /* bytes: RssAnon, RssFile, VmHWM */
};

static struct memory memory_of(pid_t pid)
{
	struct memory m = { 0 };
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	if (!f)
		err(1, "%s", path);
	while (fgets(line, sizeof line, f)) {
		unsigned long kib;
		if (sscanf(line, "RssAnon: %lu", &kib) == 1)
			m.own = (double)kib * 1024;
		else if (sscanf(line, "RssFile: %lu", &kib) == 1)
			m.mapped = (double)kib * 1024;
		else if (sscanf(line, "VmHWM: %lu", &kib) == 1)
			m.peak = (double)kib * 1024;
	}
	fclose(f);
	return m;
}

/* Run it in the top of the tree; the most that apexfs had of its own meanwhile. */
static double watch(const char *command)
{
	double most = 0;
	int status;
	pid_t pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0)
		become_shell(sides[APEXFS].root, command);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		double own = memory_of(sides[APEXFS].pid).own;
		most = own > most ? own : most;
		usleep(SAMPLE_US);
	}
	if (status)
		errx(1, "status %d: %s", status, command);
	double own = memory_of(sides[APEXFS].pid).own;
	return own > most ? own : most;
}

/* Remounting drops the names that nobody uses, of this mount alone. */
static bool make_kernel_forget(void)
{
	if (mount(NULL, sides[APEXFS].point, NULL, MS_REMOUNT | MS_NOATIME | MS_NODEV | MS_NOSUID, NULL))
		return false;
	usleep(500000); /* FORGETs come when there is time */
	return true;
}

/* What malloc takes for n bytes. */
static double chunk(size_t n)
{
	void *p = malloc(n);
	size_t got = malloc_usable_size(p) + sizeof(size_t);
	free(p);
	return (double)got;
}

/* The table has a power of two of places, at least one a node, and grows by a new one beside the old. */
static double bound_a_name(size_t labels)
{
	char name[24];
	size_t cap = 1024;
	while (cap < labels)
		cap *= 2;
	int n = snprintf(name, sizeof name, "h%zu", labels);
	return chunk(sizeof(struct node)) + chunk((size_t)n + 1) +
	       1.5 * (double)cap * sizeof(struct node *) / (double)labels;
}

static void list(const char *command, size_t labels)
{
	const double mib = 1 << 20;
	double bound = bound_a_name(labels) + SLACK / (double)labels;
	side_fresh(APEXFS);
	struct memory before = memory_of(sides[APEXFS].pid);
	double during = watch(command);
	struct memory after = memory_of(sides[APEXFS].pid);
	bool forgot = make_kernel_forget();
	struct memory end = memory_of(sides[APEXFS].pid);
	double a_name = (during - before.own) / (double)labels;
	printf("  %-28s %7.1f %7.1f %7.1f ", command, before.own / mib, during / mib, after.own / mib);
	if (forgot)
		printf("%9.1f ", end.own / mib);
	else
		printf("%9s ", "-");
	printf("%9.1f %7.1f %9.1f <=%8.1f%s\n", after.mapped / mib, after.peak / mib, a_name, bound,
	       a_name <= bound ? "" : "   MISSED");
}

int main(void)
{
	size_t labels = bench_scaled(1000000);
	if (!sides_possible("bench_mount_list"))
		return 0;
	sides_make(labels, 1);
	printf("\nmemory of apexfs, MiB, %zu names in a directory\n", labels);
	printf("  %-28s %7s %7s %7s %9s %9s %7s %9s %10s\n", "", "before", "during", "after", "forgotten", "mapped",
	       "peak", "B a name", "at most");
	list("ls -f >/dev/null", labels);
	list("ls -l >/dev/null", labels);
	list("find . -maxdepth 1 >/dev/null", labels);
	sides_stop();
	return 0;
}
