/* daemon.h - the whole server: its parts started in order, changed while it answers, and ended in order.
 *
 *     who asks          listen udp xdp tcp tls http
 *     who answers       queue, and the threads of udp and tcp
 *     from what         arms: a follower for each branch; the store, under the keeper's slot
 *
 * Threads: one, which holds no view; only daemon_page is called by http.h's. */
#ifndef DAEMON_H
#define DAEMON_H

#include "dnsd/conf.h"

struct daemon;

/* Start with a configuration, which is taken over in any case. log: a line for the operator, without LF; from any
 * thread. lost: called on a thread of its own if who keeps the store for us died; the process must end there and
 * then, before it reads what may be overwritten. On failure nothing is left running. There are no threads yet. */
AX_MUST enum ax_err daemon_start(struct daemon **out, struct conf *c, void (*log)(const char *text),
				 void (*lost)(void));
/* Go over to another configuration, which is taken over in any case, between two queries: all of it or nothing. */
AX_MUST enum ax_err daemon_reload(struct daemon *d, struct conf *c);
/* It answers: tell who waits for that, among them the daemon that ran before, which may end now. */
void daemon_ready(struct daemon *d);
/* What is due now and then: each second or so. */
void daemon_tick(struct daemon *d);
/* What to poll for reading beside; -1: nothing. */
int daemon_fd(const struct daemon *d);
/* It is readable; true: the next daemon answers on our sockets, and this one may end. */
bool daemon_go_on(struct daemon *d);
/* All counters to standard error. */
void daemon_print_stats(const struct daemon *d);
/* Answer what has come, and end: some seconds if clients go on asking over TCP. NULL is fine. */
void daemon_stop(struct daemon *d);

#endif
