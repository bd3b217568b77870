/* The first records of a zone that begins with nothing but the names of its servers. */
#include "core/repo.h"

enum { REFRESH_S = 3600, RETRY_S = 900, EXPIRE_S = 1209600, MINIMUM_S = 300 }; /* RIPE-203, negative answers short */

static enum ax_err put_begin(struct ax_batch *b, struct ax_rrset_builder *set)
{
	struct ax_buf value = AX_BUF_INIT;
	enum ax_err e = ax_rrset_builder_finish(&value, set);
	if (!e)
		e = ax_batch_put(b, &b->apex, set->type, 0, ax_buf_view(&value));
	ax_buf_fini(&value);
	return e;
}

static enum ax_err begin_soa(struct ax_batch *b, const struct ax_name *host, uint32_t ttl_s)
{
	struct ax_rrset_builder set;
	struct ax_buf rdata = AX_BUF_INIT;
	struct ax_name mail = b->apex;
	enum ax_err e = ax_name_prepend(&mail, ax_slice_str("hostmaster"));
	ax_rrset_builder_init(&set, AX_TYPE_SOA, 0);
	ax_buf_put(&rdata, host->wire, host->n);
	ax_buf_put(&rdata, mail.wire, mail.n);
	const uint32_t numbers[] = { 0, REFRESH_S, RETRY_S, EXPIRE_S, MINIMUM_S };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		ax_buf_u32(&rdata, numbers[i]);
	if (!e)
		e = ax_buf_check(&rdata);
	if (!e)
		e = ax_rrset_builder_add(&set, ttl_s, ax_buf_view(&rdata));
	if (!e)
		e = put_begin(b, &set);
	ax_rrset_builder_fini(&set);
	ax_buf_fini(&rdata);
	b->has_serial = false; /* nobody asked for a certain one */
	return e;
}

enum ax_err ax_repo_begin_zone(struct ax_batch *b, const struct ax_name *hosts, size_t n, uint32_t ttl_s)
{
	struct ax_rrset_builder set;
	if (!n)
		return ax_fail(AX_EINVAL, "a zone needs at least one name server");
	enum ax_err e = begin_soa(b, &hosts[0], ttl_s);
	ax_rrset_builder_init(&set, AX_TYPE_NS, 0);
	for (size_t i = 0; !e && i < n; i++)
		e = ax_rrset_builder_add(&set, ttl_s, ax_slice(hosts[i].wire, hosts[i].n));
	if (!e)
		e = put_begin(b, &set);
	ax_rrset_builder_fini(&set);
	return e;
}
