/* address.h - listening addresses as text and as sockets. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/err.h"

struct address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage storage;
	};
	socklen_t n;
};

/* "192.0.2.1:53", "[::1]:53"; all addresses are 0.0.0.0 or [::]. Numbers only: no name is looked up. AX_EUSAGE. */
AX_MUST enum ax_err address_parse(struct address *out, const char *text);
/* Is it the unspecified address, so that answers must say where they come from? */
bool address_is_any(const struct address *a);
bool address_same(const struct address *a, const struct address *b);
/* An IPv4 or IPv6 address. */
void address_copy(struct sockaddr_storage *to, const struct sockaddr *from);
uint16_t address_port(const struct address *a);
/* Is it of this machine alone? */
bool address_is_loopback(const struct address *a);
/* A bound socket of the type (SOCK_DGRAM, SOCK_STREAM), non-blocking close-on-exec, to be shared by threads of this
 * process (SO_REUSEPORT). AX_EIO with why. */
AX_MUST enum ax_err address_bind(int *fd, const struct address *a, int type);
/* Is another process there already? SO_REUSEPORT would let us share its port silently. AX_EIO with why. */
AX_MUST enum ax_err address_probe(const struct address *a, int type);

#endif
