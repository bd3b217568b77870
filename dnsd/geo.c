#include "dnsd/geo.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct geo {
	bool has_country, has_asn;
	MMDB_s country, asn;
};

static enum ax_err open_one(bool *has, MMDB_s *db, const char *path)
{
	if (!path)
		return AX_OK;
	int rc = MMDB_open(path, MMDB_MODE_MMAP, db);
	*has = rc == MMDB_SUCCESS;
	if (rc == MMDB_SUCCESS)
		return AX_OK;
	return ax_fail(rc == MMDB_FILE_OPEN_ERROR ? AX_ENOENT : AX_EINVAL, "%s: %s", path, MMDB_strerror(rc));
}

enum ax_err geo_open(struct geo **out, const char *country, const char *asn)
{
	*out = NULL;
	struct geo *g = calloc(1, sizeof *g);
	if (!g)
		return ax_fail(AX_ENOMEM, "no memory for a database");
	enum ax_err e = open_one(&g->has_country, &g->country, country);
	if (!e)
		e = open_one(&g->has_asn, &g->asn, asn);
	if (e)
		geo_close(g);
	else
		*out = g;
	return e;
}

void geo_close(struct geo *g)
{
	if (!g)
		return;
	if (g->has_country)
		MMDB_close(&g->country);
	if (g->has_asn)
		MMDB_close(&g->asn);
	free(g);
}

/* MMDB_aget_value, for MMDB_get_value allocates. */
static bool find(MMDB_entry_data_s *out, const MMDB_s *db, const struct net *client, const char *const *path)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *sa = (const struct sockaddr *)&in;
	int error = MMDB_SUCCESS;
	if (!client->family)
		return false;
	if (client->family == 6) {
		memcpy(&in6.sin6_addr, client->b, 16);
		sa = (const struct sockaddr *)&in6;
	} else {
		memcpy(&in.sin_addr, client->b, 4);
	}
	MMDB_lookup_result_s r = MMDB_lookup_sockaddr(db, sa, &error);
	return error == MMDB_SUCCESS && r.found_entry && MMDB_aget_value(&r.entry, out, path) == MMDB_SUCCESS &&
	       out->has_data;
}

bool geo_country(char out[2], const struct geo *g, const struct net *client)
{
	static const char *const path[] = { "country", "iso_code", NULL };
	MMDB_entry_data_s d;
	if (!g || !g->has_country || !find(&d, &g->country, client, path))
		return false;
	if (d.type != MMDB_DATA_TYPE_UTF8_STRING || d.data_size != 2)
		return false;
	memcpy(out, d.utf8_string, 2);
	return true;
}

bool geo_asn(uint32_t *out, const struct geo *g, const struct net *client)
{
	static const char *const path[] = { "autonomous_system_number", NULL };
	MMDB_entry_data_s d;
	if (!g || !g->has_asn || !find(&d, &g->asn, client, path) || d.type != MMDB_DATA_TYPE_UINT32)
		return false;
	*out = d.uint32;
	return true;
}
