/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Connections: who opened and accepted them, when they ended and what they carried.
 *
 * States come from the tracepoint inet_sock_set_state on every kernel. Who accepts and who closes is told by kernel functions where they can
 * be watched (fentry, else kprobe), else by the state changes that only a process makes and by the return of the accept system calls.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "event.h"
#include "connections/tcp.h"
#ifndef SLUICE_LESS52
#include "connections/udp.h"
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PROGRAM(section, name, type, body)                                                                         \
	SEC(section)                                                                                               \
	int name(type *ctx)                                                                                        \
	{                                                                                                          \
		return body(ctx);                                                                                  \
	}

/* Programs that send come in both flavours: NAME and NAME_plain. */
#ifdef SLUICE_LESS52
#define SENDER(section, name, type, body)                                                                          \
	SEC(section)                                                                                               \
	int name##_plain(type *ctx)                                                                                \
	{                                                                                                          \
		return body(FLAVOUR_PLAIN, ctx);                                                                   \
	}
#else
#define SENDER(section, name, type, body)                                                                          \
	SEC(section)                                                                                               \
	int name(type *ctx)                                                                                        \
	{                                                                                                          \
		return body(FLAVOUR_MODERN, ctx);                                                                  \
	}                                                                                                          \
	SEC(section)                                                                                               \
	int name##_plain(type *ctx)                                                                                \
	{                                                                                                          \
		return body(FLAVOUR_PLAIN, ctx);                                                                   \
	}
#endif

/* ---- state changes: const struct sock *sk, int old state, int new state ---- */

/*
 * While a program runs, the kernel leaves out its own second run on the same CPU: one thread is preempted inside it, or a packet arrives, and
 * another socket's change would go unseen. So each program has copies, attached one behind the other; what the first one has done the others find
 * done. All would have to be interrupted at the same moment for a change to be missed.
 */
#define COPIES(section, name, type, body)                                                                          \
	PROGRAM(section, name, type, body)                                                                         \
	PROGRAM(section, name##_2, type, body)                                                                     \
	PROGRAM(section, name##_3, type, body)

#define SENDER_COPIES(section, name, type, body, last_body)                                                        \
	SENDER(section, name, type, body)                                                                          \
	SENDER(section, name##_2, type, body)                                                                      \
	SENDER(section, name##_3, type, last_body)

static __always_inline int on_packet(enum flavour flavour, struct bpf_raw_tracepoint_args *ctx, bool last)
{
	const struct sock *sk = (const struct sock *)ctx->args[0];
	int old_state = ctx->args[1];

	switch ((int)ctx->args[2]) {
	case TCP_SYN_RECV:
		/* From SYN_SENT: both ends asked at the same moment. */
		return old_state == TCP_SYN_SENT ? 0 : arriving(sk);
	case TCP_ESTABLISHED:
		return established(flavour, ctx, sk);
	case TCP_CLOSE:
		return closed(flavour, ctx, sk, old_state, last);
	default:
		return 0;
	}
}

static __always_inline int on_change(enum flavour flavour, struct bpf_raw_tracepoint_args *ctx)
{
	return on_packet(flavour, ctx, false);
}

static __always_inline int on_change_last(enum flavour flavour, struct bpf_raw_tracepoint_args *ctx)
{
	return on_packet(flavour, ctx, true);
}

SENDER_COPIES("raw_tp/inet_sock_set_state", tcp_by_packet, struct bpf_raw_tracepoint_args, on_change, on_change_last)

static __always_inline int on_call(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sock *sk = (const struct sock *)ctx->args[0];

	switch ((int)ctx->args[2]) {
	case TCP_SYN_SENT:
		return connecting(sk);
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		return closing(sk);
	default:
		return 0;
	}
}

COPIES("raw_tp/inet_sock_set_state", tcp_by_call, struct bpf_raw_tracepoint_args, on_call)

/* ---- kernel functions, by trampolines ---- */

#ifndef SLUICE_LESS52

/* Read like any memory: the verifier would take the argument itself for a pointer, of which it lets nobody make a number. */
static __always_inline const struct sock *socket_argument(const __u64 *argument)
{
	const struct sock *sk = 0;

	read_kernel(&sk, sizeof(sk), argument);
	return sk;
}

static __always_inline int on_connect(__u64 *ctx)
{
	return connecting(socket_argument(ctx));
}

COPIES("fentry/tcp_connect", tcp_connect_fentry, __u64, on_connect)

static __always_inline int on_close(__u64 *ctx)
{
	return closing_call(socket_argument(ctx));
}

COPIES("fentry/tcp_close", tcp_close_fentry, __u64, on_close)

/* What it returned stands behind its arguments: four up to Linux 6.9, two from then on. Where the modern flavour runs a helper knows. */
static __always_inline int on_accept_exit(enum flavour flavour, __u64 *ctx)
{
	const struct sock *sk = 0;

	if (flavour == FLAVOUR_MODERN)
		bpf_get_func_ret(ctx, (__u64 *)&sk);
	else if (ctx[4])	/* has the verifier look whether there is a fifth place */
		sk = socket_argument(ctx + 4);
	return accepted(flavour, ctx, sk);
}

SENDER_COPIES("fexit/inet_csk_accept", tcp_accept_fexit, __u64, on_accept_exit, on_accept_exit)

#endif

/* ---- kernel functions, by kprobes ---- */

SEC("kprobe")
int tcp_connect_kprobe(struct pt_regs *ctx)
{
	return connecting((const struct sock *)PT_REGS_PARM1(ctx));
}

SEC("kprobe")
int tcp_close_kprobe(struct pt_regs *ctx)
{
	return closing_call((const struct sock *)PT_REGS_PARM1(ctx));
}

static __always_inline int on_accept_return(enum flavour flavour, struct pt_regs *ctx)
{
	return accepted(flavour, ctx, (const struct sock *)PT_REGS_RC(ctx));
}

SENDER("kretprobe", tcp_accept_kretprobe, struct pt_regs, on_accept_return)

/*
 * security_sock_graft(sk, socket), the step after inet_csk_accept: the kernel follows only so many calls at once to their return (twice the CPUs, or ten), and
 * every thread that waits in accept is one.
 */
static __always_inline int on_graft(enum flavour flavour, struct pt_regs *ctx)
{
	return accepted(flavour, ctx, (const struct sock *)PT_REGS_PARM1(ctx));
}

SENDER("kprobe", tcp_graft_kprobe, struct pt_regs, on_graft)

/* ---- system calls ---- */

static __always_inline int accepted_descriptor(enum flavour flavour, void *context, long descriptor)
{
	if (descriptor < 0 || !knows_kernel())
		return 0;
	return accepted(flavour, context, socket_of_descriptor(descriptor));
}

/* Of the tracepoints sys_exit_accept and sys_exit_accept4. */
struct sys_exit_record {
	__u64 common;
	__s64 number;
	__s64 result;
};

static __always_inline int on_accept_record(enum flavour flavour, struct sys_exit_record *ctx)
{
	return accepted_descriptor(flavour, ctx, ctx->result);
}

SENDER("tracepoint", tcp_accept_tracepoint, struct sys_exit_record, on_accept_record)

/*
 * accept, accept4, and what 32-bit programs have for them. Under another table these numbers are other calls; that does no harm: a descriptor that
 * stands for a connection nobody has accepted comes from nowhere else.
 */
static __always_inline bool is_accept(const struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	__u64 number = 0;

	read_kernel(&number, sizeof(number), &regs->orig_rax);
	return number == 43 || number == 288 || number == 364 || number == 102;
#else
	/* Behind the registers that user space sees and the first argument's copy. */
	__s32 number = 0;

	read_kernel(&number, sizeof(number), (const void *)regs + sizeof(struct user_pt_regs) + sizeof(__u64));
	return number == 202 || number == 242 || number == 285 || number == 366;
#endif
}

static __always_inline int on_system_call(enum flavour flavour, struct bpf_raw_tracepoint_args *ctx)
{
	return is_accept((const struct pt_regs *)ctx->args[0]) ? accepted_descriptor(flavour, ctx, ctx->args[1]) : 0;
}

SENDER_COPIES("raw_tp/sys_exit", tcp_accept_raw, struct bpf_raw_tracepoint_args, on_system_call, on_system_call)

#ifndef SLUICE_LESS52

/* ---- UDP: packets and sockets, by programs of the root cgroup ---- */

static __always_inline int on_udp_in(enum flavour flavour, struct __sk_buff *ctx)
{
	return on_udp_packet(flavour, ctx, true);
}

SENDER("cgroup_skb/ingress", udp_in, struct __sk_buff, on_udp_in)

static __always_inline int on_udp_out(enum flavour flavour, struct __sk_buff *ctx)
{
	return on_udp_packet(flavour, ctx, false);
}

SENDER("cgroup_skb/egress", udp_out, struct __sk_buff, on_udp_out)

PROGRAM("cgroup/sock_create", udp_create, struct bpf_sock, on_udp_created)
PROGRAM("cgroup/sock_release", udp_release, struct bpf_sock, on_udp_released)

static __always_inline int on_udp_peer_v4(enum flavour flavour, struct bpf_sock_addr *ctx)
{
	return on_udp_peer(flavour, ctx, false, false);
}

static __always_inline int on_udp_peer_v6(enum flavour flavour, struct bpf_sock_addr *ctx)
{
	return on_udp_peer(flavour, ctx, true, false);
}

static __always_inline int on_udp_send_v4(enum flavour flavour, struct bpf_sock_addr *ctx)
{
	return on_udp_peer(flavour, ctx, false, true);
}

static __always_inline int on_udp_send_v6(enum flavour flavour, struct bpf_sock_addr *ctx)
{
	return on_udp_peer(flavour, ctx, true, true);
}

SENDER("cgroup/connect4", udp_connect4, struct bpf_sock_addr, on_udp_peer_v4)
SENDER("cgroup/connect6", udp_connect6, struct bpf_sock_addr, on_udp_peer_v6)
SENDER("cgroup/sendmsg4", udp_sendmsg4, struct bpf_sock_addr, on_udp_send_v4)
SENDER("cgroup/sendmsg6", udp_sendmsg6, struct bpf_sock_addr, on_udp_send_v6)
SENDER("cgroup/recvmsg4", udp_recvmsg4, struct bpf_sock_addr, on_udp_peer_v4)
SENDER("cgroup/recvmsg6", udp_recvmsg6, struct bpf_sock_addr, on_udp_peer_v6)

/* ---- UDP: who uses a socket without naming a peer. One use that goes unseen is made up for by the next: no copies ---- */

/* Of sock_send_length and sock_recv_length: struct sock *sk, … */
static __always_inline int on_udp_use(struct bpf_raw_tracepoint_args *ctx)
{
	return on_udp_used((const struct sock *)ctx->args[0]);
}

PROGRAM("raw_tp", udp_use_raw, struct bpf_raw_tracepoint_args, on_udp_use)

static __always_inline int on_udp_call(__u64 *ctx)
{
	return on_udp_used(socket_argument(ctx));
}

PROGRAM("fentry/udp_sendmsg", udp_sendmsg_fentry, __u64, on_udp_call)
PROGRAM("fentry/udp_recvmsg", udp_recvmsg_fentry, __u64, on_udp_call)
PROGRAM("fentry/udpv6_sendmsg", udpv6_sendmsg_fentry, __u64, on_udp_call)
PROGRAM("fentry/udpv6_recvmsg", udpv6_recvmsg_fentry, __u64, on_udp_call)

SEC("kprobe")
int udp_use_kprobe(struct pt_regs *ctx)
{
	return on_udp_used((const struct sock *)PT_REGS_PARM1(ctx));
}

#endif

/* ---- run by the collector itself ---- */

#ifndef SLUICE_LESS52
/* Ends a flow, or tells of its start where its process became known late. Its packet is a struct udp_ending; of the type of programs that may lock. */
SENDER("cgroup_skb/egress", udp_end, struct __sk_buff, on_udp_ending)
#endif

/* Tells the programs its process id as the kernel numbers it, also from inside a PID namespace. */
SEC("raw_tp")
int sluice_whoami(struct bpf_raw_tracepoint_args *ctx)
{
	struct sluice_self *self = find_self();

	if (self)
		self->tgid = bpf_get_current_pid_tgid() >> 32;
	return 0;
}
