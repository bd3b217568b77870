#include "dnsd/ready.h"

#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum { FDS_A_MESSAGE = 200 }; /* the kernel takes 253 */

void ready_say(void)
{
	(void)sd_notify(0, "READY=1");
}

void ready_stopping(unsigned seconds)
{
	(void)sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%u000000", seconds);
}

void ready_reloading(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
			 (unsigned long long)t.tv_sec * 1000000 + (unsigned long long)t.tv_nsec / 1000);
}

void ready_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

enum ax_err ready_sockets(struct listen_given *g)
{
	enum ax_err e = AX_OK;
	int n = sd_listen_fds(1);
	for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + n; fd++) {
		enum ax_err bad = listen_give(g, fd);
		e = e ? e : bad;
	}
	return e;
}

void ready_keep(const int *fds, size_t n)
{
	(void)sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=apexd");
	for (size_t i = 0; i < n; i += FDS_A_MESSAGE) {
		unsigned some = (unsigned)(n - i < FDS_A_MESSAGE ? n - i : FDS_A_MESSAGE);
		(void)sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=apexd", fds + i, some);
	}
}
