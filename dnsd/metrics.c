#include "dnsd/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dnsd/publish.h"
#include "dnsd/slab.h"

static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void head(struct ax_buf *b, const char *name, const char *type, const char *help)
{
	ax_buf_printf(b, "# HELP apexd_%s %s\n# TYPE apexd_%s %s\n", name, help, name, type);
}

/* The value of a label: \ and " and LF are escaped. */
static void put_label(struct ax_buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			ax_buf_u8(b, '\\');
		if (*text == '\n')
			ax_buf_str(b, "\\n");
		else
			ax_buf_u8(b, (uint8_t)*text);
	}
}

static void counter(struct ax_buf *b, const char *name, const char *help, const _Atomic uint64_t *value)
{
	head(b, name, "counter", help);
	ax_buf_printf(b, "apexd_%s %" PRIu64 "\n", name, get(value));
}

/* -- what threads count ----------------------------------------------------------------------------------- */

static void put_ways(struct ax_buf *b, const char *name, const char *help, const _Atomic uint64_t *value)
{
	head(b, name, "counter", help);
	for (unsigned i = 0; i < STATS_WAYS; i++)
		ax_buf_printf(b, "apexd_%s{transport=\"%s\"} %" PRIu64 "\n", name, stats_way[i], get(&value[i]));
}

static void put_rcodes(struct ax_buf *b, const struct stats *s)
{
	const struct {
		const char *name;
		const _Atomic uint64_t *value;
	} rcode[] = {
		{ "NOERROR", &s->noerror },   { "FORMERR", &s->formerr }, { "SERVFAIL", &s->servfail },
		{ "NXDOMAIN", &s->nxdomain }, { "NOTIMP", &s->notimp },   { "REFUSED", &s->refused },
		{ "YXDOMAIN", &s->yxdomain }, { "BADVERS", &s->badvers }, { "BADCOOKIE", &s->badcookie },
		{ "other", &s->other },
	};
	head(b, "responses_total", "counter", "Answers by rcode.");
	for (unsigned i = 0; i < sizeof rcode / sizeof rcode[0]; i++)
		ax_buf_printf(b, "apexd_responses_total{rcode=\"%s\"} %" PRIu64 "\n", rcode[i].name,
			      get(rcode[i].value));
}

static void put_types(struct ax_buf *b, const struct stats *s)
{
	head(b, "queries_by_type_total", "counter", "Well-formed queries by type.");
	for (uint32_t type = 0; type <= STATS_TYPES; type++) {
		char name[24] = "other";
		if (!get(&s->type[type]))
			continue;
		if (type < STATS_TYPES)
			ax_type_text(name, (uint16_t)type);
		ax_buf_printf(b, "apexd_queries_by_type_total{type=\"%s\"} %" PRIu64 "\n", name, get(&s->type[type]));
	}
}

static void put_edns(struct ax_buf *b, const struct stats *s)
{
	static const char *const option[] = {
#define X(bit, name) name,
		EDNS_OPTIONS(X)
#undef X
	};
	static const char *const cookie[] = { "none", "client", "bad", "good" };
	static const uint8_t error[] = { EDE_STALE, EDE_NOT_READY, EDE_NOT_AUTHORITATIVE, EDE_NOT_SUPPORTED,
					 EDE_INVALID_DATA };
	head(b, "edns_options_total", "counter", "Queries with an EDNS option that means something here.");
	for (unsigned i = 0; i < EDNS_OPTIONS_MAX; i++)
		ax_buf_printf(b, "apexd_edns_options_total{option=\"%s\"} %" PRIu64 "\n", option[i],
			      get(&s->option[i]));
	head(b, "cookies_total", "counter", "Queries with a client's cookie alone, or with a server's, good or bad.");
	for (unsigned i = COOKIE_CLIENT_ONLY; i <= COOKIE_GOOD; i++)
		ax_buf_printf(b, "apexd_cookies_total{state=\"%s\"} %" PRIu64 "\n", cookie[i], get(&s->cookie[i]));
	head(b, "extended_errors_total", "counter", "Answers with an extended error, by its code (RFC 8914).");
	for (unsigned i = 0; i < sizeof error; i++)
		ax_buf_printf(b, "apexd_extended_errors_total{code=\"%u\"} %" PRIu64 "\n", error[i],
			      get(&s->ede[error[i]]));
}

static void put_publications(struct ax_buf *b, const struct stats *s)
{
	uint64_t n = 0;
	head(b, "publish_seconds", "histogram", "From hearing of a change to answering with it.");
	for (unsigned i = 0; i < STATS_BUCKETS; i++) {
		n += get(&s->publish[i]);
		ax_buf_printf(b, "apexd_publish_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", stats_bucket_ns(i) / 1e9,
			      n);
	}
	n += get(&s->publish[STATS_BUCKETS]);
	ax_buf_printf(b, "apexd_publish_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", n);
	ax_buf_printf(b, "apexd_publish_seconds_sum %.9f\napexd_publish_seconds_count %" PRIu64 "\n",
		      (double)get(&s->publish_ns) / 1e9, n);
}

static void put_limited(struct ax_buf *b, const struct stats *s)
{
	head(b, "limited_total", "counter", "Answers over their rate, by what they were.");
	for (unsigned i = 0; i < STATS_CLASSES; i++)
		ax_buf_printf(b, "apexd_limited_total{class=\"%s\"} %" PRIu64 "\n", stats_class[i],
			      get(&s->limited[i]));
	counter(b, "slipped_total", "Of these, sent cut short; the others were not sent.", &s->slipped);
}

static void put_counters(struct ax_buf *b, const struct stats *s)
{
	put_ways(b, "queries_total", "Packets taken for queries, by transport.", s->queries);
	counter(b, "dropped_total", "Packets that got no answer.", &s->dropped);
	counter(b, "truncated_total", "Answers with TC.", &s->truncated);
	counter(b, "chaos_total", "Queries of class CHAOS.", &s->chaos);
	counter(b, "tapped_total", "Queries told of by the query log or dnstap.", &s->tapped);
	counter(b, "tap_dropped_total", "Queries that were to be told of, but nobody read fast enough.",
		&s->tap_dropped);
	counter(b, "overload_total", "SERVFAIL as the queue to the store was full.", &s->overload);
	put_limited(b, s);
	put_ways(b, "sent_total", "Answers sent, by transport.", s->sent);
	head(b, "answers_total", "counter", "Answers by what they were made from.");
	ax_buf_printf(b, "apexd_answers_total{from=\"image\"} %" PRIu64 "\n", get(&s->from_image));
	ax_buf_printf(b, "apexd_answers_total{from=\"store\"} %" PRIu64 "\n", get(&s->from_store));
	counter(b, "tcp_connections_total", "TCP connections accepted.", &s->tcp_connections);
	counter(b, "tcp_closed_idle_total", "TCP connections ended for being idle.", &s->tcp_closed_idle);
	counter(b, "tcp_refused_total", "TCP connections that gave way as there were too many.", &s->tcp_refused);
	counter(b, "tcp_refused_address_total", "TCP connections refused as their address had too many.",
		&s->tcp_refused_address);
	counter(b, "proxy_errors_total", "Streams and packets of proxies without a PROXY header.", &s->proxy_errors);
	counter(b, "images_built_total", "Images built from a whole tree.", &s->built);
	counter(b, "images_updated_total", "Images updated by a diff.", &s->updated);
	counter(b, "load_errors_total", "Times a zone's new state could not be served.", &s->load_errors);
}

/* -- what is published ------------------------------------------------------------------------------------ */

static void put_arm_label(struct ax_buf *b, const struct route_arm *arm)
{
	ax_buf_str(b, arm->branch ? "branch=\"" : "branch=\"@");
	put_label(b, arm->branch ? arm->branch : arm->at);
	ax_buf_str(b, "\"");
}

/* A branch has several arms if zones without it are served from several others: they are told of as one, the first.
 */
static bool is_first(const struct routing *r, uint32_t arm)
{
	uint32_t i = 0;
	while (r->arm[i].slot != r->arm[arm].slot)
		i++;
	return i == arm;
}

static uint64_t chosen(const struct routing *r, uint32_t slot, uint64_t queries)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < r->arms; i++)
		n += r->arm[i].slot == slot ? routing_chosen(r, i, queries) : 0;
	return n;
}

static void put_routes(struct ax_buf *b, const struct routing *r, const struct stats *s)
{
	head(b, "route_queries_total", "counter", "Queries by the branch that answered, or @revision.");
	for (uint32_t i = 0; i < r->arms; i++) {
		if (!is_first(r, i))
			continue;
		ax_buf_str(b, "apexd_route_queries_total{");
		put_arm_label(b, &r->arm[i]);
		ax_buf_printf(b, "} %" PRIu64 "\n", chosen(r, r->arm[i].slot, stats_queries(s)));
	}
	head(b, "route_match_total", "counter", "Queries that a rule sent to its branch.");
	for (uint32_t i = 0; i < r->views; i++) {
		for (size_t k = 0; k < r->view[i].rules; k++) {
			const struct route_rule *rule = &r->view[i].rule[k];
			ax_buf_str(b, "apexd_route_match_total{view=\"");
			put_label(b, r->view[i].name);
			ax_buf_str(b, "\",rule=\"");
			put_label(b, rule->name);
			ax_buf_str(b, "\",");
			put_arm_label(b, &r->arm[rule->arm]);
			ax_buf_printf(b, "} %" PRIu64 "\n", get(&rule->matched));
		}
	}
}

struct zones {
	struct ax_buf *b; /* NULL: only count */
	struct ax_buf *times, *commits, *refs;
	const struct route_arm *arm;
	uint64_t state[3]; /* by enum image_state */
	uint64_t stale;
	unsigned left; /* zones that may still be told of */
};

/* apexd_name{zone="...",branch="..." */
static void put_zone(struct zones *z, struct ax_buf *b, const char *name, const struct image *im)
{
	struct ax_buf text = AX_BUF_INIT;
	struct ax_name apex = { .n = im->apex_n };
	memcpy(apex.wire, im->apex, im->apex_n);
	ax_name_text(&text, &apex);
	const char *zone = ax_buf_cstr(&text);
	ax_buf_printf(b, "apexd_%s{zone=\"", name);
	put_label(b, zone ? zone : "");
	ax_buf_str(b, "\",");
	put_arm_label(b, z->arm);
	ax_buf_fini(&text);
}

static void put_zone_value(struct zones *z, struct ax_buf *b, const char *name, const struct image *im, int64_t value)
{
	put_zone(z, b, name, im);
	ax_buf_printf(b, "} %" PRId64 "\n", value);
}

static void put_ref(struct zones *z, const struct image *im)
{
	char hex[AX_ID_HEX + 1];
	if (im->state != IMAGE_READY)
		return;
	ax_id_hex(hex, &im->id);
	put_zone(z, z->refs, "ref_info", im);
	ax_buf_printf(z->refs, ",commit=\"%s\"} 1\n", hex);
}

static bool each_zone(void *ctx, uint32_t item)
{
	struct zones *z = ctx;
	const struct image *im = slab_at(item);
	z->state[im->state]++;
	z->stale += atomic_load_explicit(&im->stale, memory_order_relaxed);
	if (z->b && im->state != IMAGE_UNBORN && z->left) {
		z->left--;
		put_zone_value(z, z->b, "zone_serial", im, im->serial);
		put_zone_value(z, z->times, "zone_commit_timestamp_seconds", im, im->time_s);
		put_zone_value(z, z->commits, "zone_commit", im, (int64_t)im->commit);
		put_ref(z, im);
	}
	return true;
}

static void walk_zones(struct zones *z, const struct route_arm *arm)
{
	const struct view *v = publish_current(arm->slot);
	z->arm = arm;
	z->left = METRICS_ZONES;
	if (v)
		index_walk(v->zones, each_zone, z);
}

static void take_over(struct ax_buf *b, struct ax_buf *from)
{
	b->failed |= from->failed;
	ax_buf_slice(b, ax_buf_view(from));
	ax_buf_fini(from);
}

static void put_zones(struct ax_buf *b, const struct routing *r)
{
	static const char *const state[] = { "ready", "loading", "unborn" };
	struct ax_buf sums = AX_BUF_INIT, times = AX_BUF_INIT, commits = AX_BUF_INIT, stale = AX_BUF_INIT;
	struct ax_buf refs = AX_BUF_INIT;
	head(b, "zone_serial", "gauge", "The serial that is served.");
	head(&times, "zone_commit_timestamp_seconds", "gauge", "When the commit that is served was made.");
	head(&commits, "zone_commit", "gauge", "The commit that is served, by its number in the repository.");
	head(&refs, "ref_info", "gauge", "The id of the commit that is served.");
	head(&sums, "zones", "gauge", "Zones: with an image, served from the store so far, without the branch.");
	head(&stale, "zones_stale", "gauge", "Zones whose newest commit can't be served: the last good one is.");
	for (uint32_t i = 0; i < r->arms; i++) {
		if (!is_first(r, i))
			continue;
		struct zones z = { .b = b, .times = &times, .commits = &commits, .refs = &refs };
		walk_zones(&z, &r->arm[i]);
		for (unsigned k = 0; k < 3; k++) {
			ax_buf_printf(&sums, "apexd_zones{state=\"%s\",", state[k]);
			put_arm_label(&sums, &r->arm[i]);
			ax_buf_printf(&sums, "} %" PRIu64 "\n", z.state[k]);
		}
		ax_buf_str(&stale, "apexd_zones_stale{");
		put_arm_label(&stale, &r->arm[i]);
		ax_buf_printf(&stale, "} %" PRIu64 "\n", z.stale);
	}
	take_over(b, &times);
	take_over(b, &commits);
	take_over(b, &refs);
	take_over(b, &sums);
	take_over(b, &stale);
}

static void gauge(struct ax_buf *b, const char *name, const char *help, uint64_t value)
{
	head(b, name, "gauge", help);
	ax_buf_printf(b, "apexd_%s %" PRIu64 "\n", name, value);
}

static void put_gauges(struct ax_buf *b, const struct stats *s)
{
	struct slab_use use = slab_use();
	gauge(b, "image_bytes", "Memory of what images are made of.", use.blocks);
	gauge(b, "image_pages_bytes", "Memory taken for it.", use.pages);
	gauge(b, "follow_lag", "States of the store not looked at yet, over all branches.", get(&s->lag));
	gauge(b, "store_readers", "Transactions that read the store now.", get(&s->readers));
	gauge(b, "store_slot_behind", "States that the reader's slot is behind the newest.", get(&s->slot_behind));
}

void metrics_write(struct ax_buf *b, const struct stats *s, uint64_t uptime_s)
{
	head(b, "build_info", "gauge", "The version of the program.");
	ax_buf_printf(b, "apexd_build_info{version=\"%s\"} 1\n", APEX_VERSION);
	head(b, "uptime_seconds", "gauge", "Since the start.");
	ax_buf_printf(b, "apexd_uptime_seconds %" PRIu64 "\n", uptime_s);
	put_counters(b, s);
	put_rcodes(b, s);
	put_types(b, s);
	put_edns(b, s);
	put_publications(b, s);
	put_gauges(b, s);
	publish_register();
	publish_online();
	const struct routing *r = publish_routing();
	if (r) {
		put_routes(b, r, s);
		put_zones(b, r);
	}
	publish_offline();
	publish_unregister();
}

uint64_t metrics_loading(uint64_t *zones)
{
	struct zones z = { 0 };
	publish_register();
	publish_online();
	const struct routing *r = publish_routing();
	for (uint32_t i = 0; r && i < r->arms; i++)
		if (is_first(r, i))
			walk_zones(&z, &r->arm[i]);
	publish_offline();
	publish_unregister();
	*zones = z.state[IMAGE_READY] + z.state[IMAGE_LOADING] + z.state[IMAGE_UNBORN];
	return z.state[IMAGE_LOADING];
}
