/* Queries of any bytes, client subnet options above all, from one who may tell of clients: an arm is chosen, and an
 * option that is echoed is one that an answer has room for. */
#include <assert.h>
#include <netinet/in.h>

#include "core/hash.h"
#include "dnsd/packet.h"
#include "dnsd/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct routing *routing;

static void must(enum ax_err e)
{
	assert(e == AX_OK);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct route_view *v;
	uint32_t arm;
	(void)argc, (void)argv;
	must(ax_hash_init());
	routing = routing_new();
	assert(routing);
	must(routing_arm(&arm, routing, "main", NULL, NULL));
	must(routing_view(&v, routing, "all", arm));
	must(routing_rule(routing, v, "net", "client.subnet in ['10.0.0.0/8', '2001:db8::/33']", "inside"));
	must(routing_rule(routing, v, "name", "contains(upper(query.name), 'WWW') && len(query.name) < 99", "next"));
	must(routing_canary(routing, v, "next:50", "salt"));
	must(routing_ecs_from(routing, "127.0.0.1"));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[PACKET_MAX];
	static struct packet m;
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct query q;
	unsigned rcode;
	if (query_read(&q, ax_slice(data, size)) != AX_RCODE_NOERROR)
		return 0;
	uint32_t arm = route_choose(routing, 0, (const struct sockaddr *)&peer, &q, &rcode);
	assert(arm < routing->arms);
	assert(!(q.edns.reply.says & EDNS_SUBNET) ||
	       (rcode == AX_RCODE_NOERROR && q.edns.subnet.n >= 4 && q.edns.subnet.n <= SUBNET_MAX));
	packet_init(&m, bytes);
	packet_begin(&m, &q, PACKET_UDP_MIN);
	packet_end(&m, rcode);
	assert(m.n <= PACKET_UDP_MIN);
	return 0;
}
