#include "dnsd/xdp_filter.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* -- instructions ----------------------------------------------------------------------------------------- */

enum { INSNS_MAX = 128, PASSES_MAX = 32 };

/* Where jumps go that let the frame pass is known only at the end. */
struct code {
	struct bpf_insn insn[INSNS_MAX];
	unsigned n;
	unsigned pass[PASSES_MAX];
	unsigned passes;
};

static unsigned emit(struct code *c, int op, int to, int from, int off, int32_t imm)
{
	c->insn[c->n] = (struct bpf_insn){
		.code = (uint8_t)op, .dst_reg = to & 0xf, .src_reg = from & 0xf, .off = (int16_t)off, .imm = imm
	};
	return c->n++;
}

static void load(struct code *c, int size, int to, int from, int off)
{
	emit(c, BPF_LDX | BPF_MEM | size, to, from, off, 0);
}

static void store(struct code *c, int size, int to, int off, int from)
{
	emit(c, BPF_STX | BPF_MEM | size, to, from, off, 0);
}

static void store_number(struct code *c, int size, int to, int off, int32_t number)
{
	emit(c, BPF_ST | BPF_MEM | size, to, 0, off, number);
}

static void copy(struct code *c, int to, int from)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

static void set(struct code *c, int to, int32_t number)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number);
}

static void add(struct code *c, int to, int32_t number)
{
	emit(c, BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, number);
}

static void mask(struct code *c, int to, int32_t number)
{
	emit(c, BPF_ALU64 | BPF_AND | BPF_K, to, 0, 0, number);
}

/* Two slots: the number of a map. */
static void load_map(struct code *c, int to, int fd)
{
	emit(c, BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, fd);
	emit(c, 0, 0, 0, 0, 0);
}

static void call(struct code *c, int32_t helper)
{
	emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

static unsigned jump_if(struct code *c, int test, int reg, int32_t number)
{
	return emit(c, BPF_JMP | test | BPF_K, reg, 0, 0, number);
}

static void land(struct code *c, unsigned jump)
{
	c->insn[jump].off = (int16_t)(c->n - jump - 1);
}

static void pass_if(struct code *c, int test, int reg, int32_t number)
{
	c->pass[c->passes++] = jump_if(c, test, reg, number);
}

/* -- the program ------------------------------------------------------------------------------------------ */

enum {
	R0 = BPF_REG_0,
	R1 = BPF_REG_1,
	R2 = BPF_REG_2,
	R3 = BPF_REG_3,
	CONTEXT = BPF_REG_6, /* struct xdp_md */
	AT = BPF_REG_7,      /* the header being looked at */
	END = BPF_REG_8,     /* of the frame */
	TYPE = BPF_REG_9,    /* Ethernet's */
	STACK = BPF_REG_10,
	KEY = -24 /* a struct frame_end on the stack */
};
_Static_assert(sizeof(struct frame_end) == 20, "the key on the stack");

/* Frames without n octets from AT on pass. */
static void need(struct code *c, int32_t n)
{
	copy(c, R1, AT);
	add(c, R1, n);
	c->pass[c->passes++] = emit(c, BPF_JMP | BPF_JGT | BPF_X, R1, END, 0, 0);
}

static void skip_tag(struct code *c)
{
	unsigned tag = jump_if(c, BPF_JEQ, TYPE, htons(0x8100));
	unsigned none = jump_if(c, BPF_JNE, TYPE, htons(0x88a8));
	land(c, tag);
	add(c, AT, 4);
	need(c, 14);
	load(c, BPF_H, TYPE, AT, 12);
	land(c, none);
}

static void look_at_ip4(struct code *c)
{
	need(c, 28);
	load(c, BPF_B, R1, AT, 0);
	pass_if(c, BPF_JNE, R1, 0x45); /* options */
	load(c, BPF_H, R1, AT, 6);
	mask(c, R1, htons(0x3fff));
	pass_if(c, BPF_JNE, R1, 0); /* a fragment */
	load(c, BPF_B, R1, AT, 9);
	pass_if(c, BPF_JNE, R1, 17);
	load(c, BPF_W, R1, AT, 16);
	store(c, BPF_W, STACK, KEY, R1);
	load(c, BPF_H, R1, AT, 22);
	store(c, BPF_H, STACK, KEY + 16, R1);
	store_number(c, BPF_H, STACK, KEY + 18, 4);
}

static void look_at_ip6(struct code *c)
{
	need(c, 48);
	load(c, BPF_B, R1, AT, 6);
	pass_if(c, BPF_JNE, R1, 17); /* an extension header */
	for (int word = 0; word < 16; word += 4) {
		load(c, BPF_W, R1, AT, 24 + word);
		store(c, BPF_W, STACK, KEY + word, R1);
	}
	load(c, BPF_H, R1, AT, 42);
	store(c, BPF_H, STACK, KEY + 16, R1);
	store_number(c, BPF_H, STACK, KEY + 18, 6);
}

static void write_program(struct code *c, const struct xdp_filter *f)
{
	copy(c, CONTEXT, R1);
	load(c, BPF_W, AT, CONTEXT, offsetof(struct xdp_md, data));
	load(c, BPF_W, END, CONTEXT, offsetof(struct xdp_md, data_end));
	need(c, 14);
	load(c, BPF_H, TYPE, AT, 12);
	skip_tag(c);
	skip_tag(c);
	add(c, AT, 14);
	store_number(c, BPF_DW, STACK, KEY, 0);
	store_number(c, BPF_DW, STACK, KEY + 8, 0);
	unsigned not_ip4 = jump_if(c, BPF_JNE, TYPE, htons(0x0800));
	look_at_ip4(c);
	unsigned ready = emit(c, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(c, not_ip4);
	pass_if(c, BPF_JNE, TYPE, htons(0x86dd));
	look_at_ip6(c);
	land(c, ready);
	load_map(c, R1, f->addresses);
	copy(c, R2, STACK);
	add(c, R2, KEY);
	call(c, BPF_FUNC_map_lookup_elem);
	pass_if(c, BPF_JEQ, R0, 0);
	load_map(c, R1, f->sockets);
	load(c, BPF_W, R2, CONTEXT, offsetof(struct xdp_md, rx_queue_index));
	set(c, R3, XDP_PASS); /* if that queue has no socket */
	call(c, BPF_FUNC_redirect_map);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (unsigned i = 0; i < c->passes; i++)
		land(c, c->pass[i]);
	set(c, R0, XDP_PASS);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* -- loading ---------------------------------------------------------------------------------------------- */

static enum ax_err load_program(struct xdp_filter *f)
{
	struct code c = { .n = 0 };
	char log[4096] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, o, .log_buf = log, .log_size = sizeof log, .log_level = 0,
		    .expected_attach_type = BPF_XDP);
	write_program(&c, f);
	f->program = bpf_prog_load(BPF_PROG_TYPE_XDP, "apexd", "ISC", c.insn, c.n, &o);
	if (f->program >= 0)
		return AX_OK;
	return ax_fail(AX_EIO, "the kernel takes no XDP program: %s%s%.400s", strerror(errno), *log ? ": " : "", log);
}

enum ax_err xdp_filter_load(struct xdp_filter *f, unsigned queues)
{
	*f = (struct xdp_filter){ -1, -1, -1, -1, false };
	f->addresses = bpf_map_create(BPF_MAP_TYPE_HASH, "apexd_addresses", sizeof(struct frame_end), 1,
				      XDP_FILTER_ADDRESSES, NULL);
	if (f->addresses >= 0)
		f->sockets = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "apexd_sockets", 4, 4, queues, NULL);
	if (f->sockets >= 0)
		return load_program(f);
	return ax_fail(errno == EPERM ? AX_EPERM : AX_EIO, "AF_XDP: no map in the kernel: %s%s", strerror(errno),
		       errno == EPERM ? " (it takes root, or CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF)" : "");
}

enum ax_err xdp_filter_add(struct xdp_filter *f, const struct frame_end *to)
{
	uint8_t one = 1;
	if (bpf_map_update_elem(f->addresses, to, &one, BPF_ANY) == 0)
		return AX_OK;
	return ax_fail(AX_EIO, "AF_XDP takes at most %d addresses: %s", XDP_FILTER_ADDRESSES, strerror(errno));
}

enum ax_err xdp_filter_socket(struct xdp_filter *f, unsigned queue, int fd)
{
	if (bpf_map_update_elem(f->sockets, &queue, &fd, BPF_ANY) == 0)
		return AX_OK;
	return ax_fail(AX_EIO, "AF_XDP: queue %u takes no socket: %s", queue, strerror(errno));
}

enum ax_err xdp_filter_attach(struct xdp_filter *f, unsigned interface)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
	LIBBPF_OPTS(bpf_link_create_opts, generic, .flags = XDP_FLAGS_SKB_MODE);
	f->link = bpf_link_create(f->program, (int)interface, BPF_XDP, &native);
	f->native = f->link >= 0;
	if (f->link < 0 && errno != EBUSY && errno != EEXIST)
		f->link = bpf_link_create(f->program, (int)interface, BPF_XDP, &generic);
	if (f->link >= 0)
		return AX_OK;
	return ax_fail(AX_EIO, "the interface takes no XDP program: %s%s", strerror(errno),
		       errno == EBUSY || errno == EEXIST ? " (another one is there: see ip link show)" : "");
}

void xdp_filter_close(struct xdp_filter *f)
{
	const int fds[] = { f->link, f->program, f->sockets, f->addresses };
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*f = (struct xdp_filter){ -1, -1, -1, -1, false };
}
