/* change PORT ZONE COUNT PAUSE_MS core REPO | update | run COMMAND...
 * Gives the name `change` of a zone one address after another, each when the one before has been answered over UDP by
 * 127.0.0.1 PORT and PAUSE_MS have passed, and prints for each a line: the microseconds until the change was
 * acknowledged, and until it was answered.
 *     core      commits to the repository by libapex
 *     update    sends an UPDATE (RFC 2136) to the same port, again while that fails, and waits for it to be done
 *     run       runs the command, the address put behind it, and waits for its end
 * After the acknowledgement it asks without a pause. */
#include "core/repo.h"
#include "tests/bench/blast.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum {
	TRY_MS = 50,
	RETRY_MS = 1,
	LIMIT_S = 60,
	SERVFAIL = 2,
	TTL_S = 3600,
	TYPE_A = 1,
	TYPE_SOA = 6,
	IN = 1,
	ANY = 255
};

extern char **environ;

static struct ax_name apex, owner;
static int fd; /* a socket connected to the server */
static uint16_t id;

static void must(enum ax_err e, const char *what)
{
	if (e)
		errx(1, "%s: %s", what, ax_err_text(e));
}

/* -- messages --------------------------------------------------------------------------------------------- */

static void put_head(struct ax_buf *b, uint8_t opcode, uint16_t questions, uint16_t updates)
{
	ax_buf_clear(b);
	ax_buf_u16(b, ++id);
	ax_buf_u8(b, (uint8_t)(opcode << 3));
	ax_buf_u8(b, 0);
	ax_buf_u16(b, questions);
	ax_buf_u16(b, 0);
	ax_buf_u16(b, updates);
	ax_buf_u16(b, 0);
}

static void put_name(struct ax_buf *b, const struct ax_name *name, uint16_t type, uint16_t class)
{
	ax_buf_slice(b, ax_slice(name->wire, name->n));
	ax_buf_u16(b, type);
	ax_buf_u16(b, class);
}

/* Send it; true if its response came within ms, which is then in answer[]. */
static uint8_t answer[4096];
static size_t answer_n;

static bool exchange(const struct ax_buf *b, int ms)
{
	struct timeval limit = { ms / 1000, ms % 1000 * 1000 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	if (send(fd, b->p, b->n, 0) < 0)
		err(1, "send");
	for (;;) {
		ssize_t n = recv(fd, answer, sizeof answer, 0);
		if (n < 12)
			return false;
		answer_n = (size_t)n;
		if (memcmp(answer, b->p, 2) == 0)
			return true;
	}
}

/* -- doors ------------------------------------------------------------------------------------------------ */

static struct ax_repo *repo;
static uint32_t zone_id;

static void open_core(const char *dir)
{
	struct ax_txn *t;
	struct ax_zone zone;
	must(ax_repo_open(&repo, dir, false), dir);
	must(ax_txn_read(&t, ax_repo_store(repo)), dir);
	must(ax_zone_find(&zone, t, &apex), dir);
	zone_id = zone.id;
	ax_txn_abort(t);
}

static void change_core(const uint8_t address[4])
{
	struct ax_actor who = { .author = { "Bench", "bench@example.org", { time(NULL), 0, 0 } }, .via = "cli" };
	struct ax_rrset_builder rrset;
	struct ax_buf value = AX_BUF_INIT;
	struct ax_batch batch;
	struct ax_published out;
	char plan[AX_ID_SHORT + 1];
	who.committer = who.author;
	ax_rrset_builder_init(&rrset, TYPE_A, 0);
	ax_batch_init(&batch, &apex);
	must(ax_rrset_builder_add(&rrset, TTL_S, ax_slice(address, 4)), "address");
	must(ax_rrset_builder_finish(&value, &rrset), "address");
	must(ax_batch_put(&batch, &owner, TYPE_A, 0, ax_buf_view(&value)), "batch");
	struct ax_change c = { .zone = zone_id, .branch = "main", .batch = &batch };
	must(ax_repo_commit(&out, repo, &c, 1, &who, NULL, plan), "commit");
	ax_batch_fini(&batch);
	ax_buf_fini(&value);
	ax_rrset_builder_fini(&rrset);
}

static void change_update(const uint8_t address[4])
{
	struct ax_buf b = AX_BUF_INIT;
	put_head(&b, 5, 1, 2);
	put_name(&b, &apex, TYPE_SOA, IN);
	put_name(&b, &owner, TYPE_A, ANY); /* delete the RRset */
	ax_buf_u32(&b, 0);
	ax_buf_u16(&b, 0);
	put_name(&b, &owner, TYPE_A, IN); /* add the record */
	ax_buf_u32(&b, TTL_S);
	ax_buf_u16(&b, 4);
	ax_buf_slice(&b, ax_slice(address, 4));
	uint64_t limit = now_ns() + LIMIT_S * 1000000000ull;
	while (exchange(&b, LIMIT_S * 1000) && (answer[3] & 15) == SERVFAIL && now_ns() < limit)
		usleep(RETRY_MS * 1000); /* YADIFA, while it makes room in its journal */
	if (memcmp(answer, b.p, 2) || answer[3] & 15)
		errx(1, "UPDATE was not done");
	ax_buf_fini(&b);
}

static void change_run(char **command, int n, const uint8_t address[4])
{
	char text[INET_ADDRSTRLEN];
	char **argv = calloc((size_t)n + 2, sizeof *argv);
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;
	if (!argv || posix_spawn_file_actions_init(&actions) ||
	    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0))
		errx(1, "out of memory");
	memcpy(argv, command, (size_t)n * sizeof *argv);
	inet_ntop(AF_INET, address, text, sizeof text);
	argv[n] = text;
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) || waitpid(pid, &status, 0) != pid || status)
		errx(1, "%s failed", argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	free(argv);
}

/* -- main ------------------------------------------------------------------------------------------------- */

static void wait_answered(const uint8_t address[4])
{
	struct ax_buf b = AX_BUF_INIT;
	uint64_t limit = now_ns() + LIMIT_S * 1000000000ull;
	do {
		if (now_ns() > limit)
			errx(1, "not answered in %d seconds", LIMIT_S);
		put_head(&b, 0, 1, 0);
		put_name(&b, &owner, TYPE_A, IN);
	} while (!exchange(&b, TRY_MS) || !memmem(answer, answer_n, address, 4));
	ax_buf_fini(&b);
}

static void begin(const char *port, const char *zone)
{
	struct sockaddr_in to = loopback(port);
	char text[300];
	snprintf(text, sizeof text, "change.%s", zone);
	must(ax_hash_init(), "hash");
	must(ax_name_parse(&apex, zone, strlen(zone), NULL), zone);
	must(ax_name_parse(&owner, text, strlen(text), NULL), text);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
		err(1, "port %s", port);
}

int main(int argc, char **argv)
{
	if (argc < 6)
		errx(2, "usage: change PORT ZONE COUNT PAUSE_MS core REPO | update | run COMMAND...");
	const char *door = argv[5];
	begin(argv[1], argv[2]);
	if (strcmp(door, "core") == 0 && argc == 7)
		open_core(argv[6]);
	uint32_t next = (uint32_t)(now_ns() / 1000);
	for (long i = strtol(argv[3], NULL, 10), pause_ms = strtol(argv[4], NULL, 10); i > 0; i--, next++) {
		const uint8_t address[4] = { 10, (uint8_t)(next >> 16), (uint8_t)(next >> 8), (uint8_t)next };
		uint64_t start = now_ns();
		if (repo)
			change_core(address);
		else if (strcmp(door, "update") == 0)
			change_update(address);
		else
			change_run(argv + 6, argc - 6, address);
		uint64_t acknowledged = now_ns();
		wait_answered(address);
		printf("%.1f %.1f\n", (double)(acknowledged - start) / 1e3, (double)(now_ns() - start) / 1e3);
		fflush(stdout);
		usleep((useconds_t)pause_ms * 1000);
	}
	return 0;
}
