#include "dnsd/publish.h"

#include <stdatomic.h>
#include <urcu/urcu-qsbr.h>

/* liburcu orders by barriers that ThreadSanitizer can't see: tell it what they mean. */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define WATCHED_BY_TSAN
#endif
#endif
#if defined __SANITIZE_THREAD__ || defined WATCHED_BY_TSAN
#include <sanitizer/tsan_interface.h>
static char grace;
static void reader_is_done(void)
{
	__tsan_release(&grace);
}
static void readers_are_done(void)
{
	__tsan_acquire(&grace);
}
#else
static void reader_is_done(void)
{
}
static void readers_are_done(void)
{
}
#endif

static _Atomic(struct view *) current[PUBLISH_SLOTS];
static _Atomic(struct routing *) routing;

void publish_register(void)
{
	urcu_qsbr_register_thread();
	urcu_qsbr_thread_offline();
}

void publish_unregister(void)
{
	reader_is_done();
	urcu_qsbr_unregister_thread();
}

void publish_online(void)
{
	urcu_qsbr_thread_online();
}

void publish_offline(void)
{
	reader_is_done();
	urcu_qsbr_thread_offline();
}

const struct view *publish_current(uint32_t slot)
{
	return atomic_load_explicit(&current[slot], memory_order_acquire);
}

void publish_swap(uint32_t slot, struct view *v)
{
	struct view *old = atomic_exchange_explicit(&current[slot], v, memory_order_acq_rel);
	urcu_qsbr_synchronize_rcu();
	readers_are_done();
	view_free(old);
}

const struct routing *publish_routing(void)
{
	return atomic_load_explicit(&routing, memory_order_acquire);
}

struct routing *publish_route(struct routing *r)
{
	struct routing *old = atomic_exchange_explicit(&routing, r, memory_order_acq_rel);
	urcu_qsbr_synchronize_rcu();
	readers_are_done();
	return old;
}
