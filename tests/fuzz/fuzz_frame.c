/* Any frame: what is taken for a query lies inside it, and its answer is a frame that is taken, too, from the other
 * end, whole. */
#include "dnsd/frame.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[FRAME_HEADERS_MAX + 65536];
	struct frame f, back;
	struct frame_end from, to, back_from, back_to;
	struct sockaddr_storage sa;
	socklen_t sa_n;
	if (!frame_read(&f, data, size))
		return 0;
	assert(f.query.p >= data && f.query.p + f.query.n <= data + size);
	assert(frame_headers(&f) <= FRAME_HEADERS_MAX);
	frame_from(&from, &f);
	frame_to(&to, &f);
	frame_sockaddr(&sa, &sa_n, &from);
	memcpy(out + frame_headers(&f), f.query.p, f.query.n);
	size_t n = frame_answer(out, &f, f.query.n, 1);
	if (frame_read(&back, out, n)) { /* not if it was sent to what can be no client's */
		frame_from(&back_from, &back);
		frame_to(&back_to, &back);
		assert(memcmp(&from, &back_to, sizeof from) == 0 && memcmp(&to, &back_from, sizeof to) == 0);
		assert(back.query.n == f.query.n && memcmp(back.query.p, f.query.p, f.query.n) == 0);
	}
	return 0;
}
