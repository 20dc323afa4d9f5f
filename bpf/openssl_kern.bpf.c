/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Plaintext of the OpenSSL API: what SSL_read and its siblings returned, what SSL_write and its siblings accepted.
 *
 *   entry probe   remembers the call (thread_calls)            -> nothing is sent yet: only the return knows the length
 *   socket probe  a socket call inside a remembered SSL call   -> the connection's address, where nothing else tells
 *   return probe  finds the call again, reads the bytes, sends
 *
 * Both directions are read at return: the count is then known, and the pages were touched a moment ago, so that the reads (which
 * cannot fault pages in) succeed.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "event.h"
#include "own_stack.h"
#include "process.h"
#include "openssl/calls.h"
#include "openssl/connections.h"
#include "openssl/layouts.h"
#include "openssl/addresses.h"
#include "openssl/transfer.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* ---- entry ---- */

static __always_inline int enter(struct pt_regs *ctx, __u32 kind)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u64 ssl = PT_REGS_PARM1(ctx);
	struct thread_calls *calls;
	struct connection *connection;
	struct call *call;
	int slot;

	if (!is_captured(thread >> 32))
		return 0;
	calls = open_thread(thread);
	if (!calls) {
		if (is_transfer(kind))
			count_lost_call();
		return 0;
	}
	slot = claim_slot(calls, PT_REGS_SP(ctx), ssl, kind);
	if (slot == COVERED_BY_OUTER_CALL)
		return 0;
	call = &calls->calls[slot & (CALLS_PER_THREAD - 1)];
	connection = find_connection(ssl, thread >> 32);
	call->ssl = ssl;
	call->buffer = kind == SLUICE_CALL_SET_FD ? (__u32)PT_REGS_PARM2(ctx) : PT_REGS_PARM2(ctx);
	call->count_at = count_address(ctx, kind);
	call->ktime_ns = bpf_ktime_get_ns();
	call->kind = kind;
	call->wants_socket = !connection || !connection->address_source;
	call->stack = PT_REGS_SP(ctx);
	return 0;
}

/* ---- return ---- */

static __always_inline bool prepare_connection(enum flavour flavour, struct sender *sender, const struct call *call, __u64 thread,
					       struct sluice_tls_layout *layout)
{
	struct connection *connection = open_connection(call->ssl, thread >> 32);
	bool writes = is_write(call->kind);

	sender->connection = connection;
	if (!connection)
		return false;
	if (!connection->id)
		identify(connection, call->ssl, thread >> 32);
	if (!connection->address_source) {
#ifndef SLUICE_LESS52
		if (flavour == FLAVOUR_MODERN)
			find_endpoint_modern(connection, layout, call->ssl, writes);
		else
#endif
			find_endpoint(connection, layout, call->ssl, writes);
	}
	if (!connection->tls_version)
		read_version(connection, layout, call->ssl);
	return true;
}

static __always_inline void fill_head(struct sluice_tls_data *head, const struct call *call, __u64 thread, __u64 size)
{
	bool writes = is_write(call->kind);

	__builtin_memset(head, 0, sizeof(*head));
	head->header.kind = SLUICE_KIND_TLS_DATA;
	if (call->kind == SLUICE_CALL_WRITE_EARLY || call->kind == SLUICE_CALL_READ_EARLY)
		head->header.flags = SLUICE_FLAG_EARLY_DATA;
	/* A write counts from when it was asked for, a read from when it was answered: a request then stands before its reply. */
	head->header.ktime_ns = writes ? call->ktime_ns : bpf_ktime_get_ns();
	describe_process(&head->header, thread);
	head->direction = writes ? SLUICE_TRANSMIT : SLUICE_RECEIVE;
	head->call_size = size;
}

static __always_inline void report(enum flavour flavour, struct pt_regs *ctx, struct thread_calls *calls, const struct call *call,
				   __u64 thread, __u64 size)
{
	struct sluice_tls_layout *layout = layout_of_probe(flavour, ctx);
	struct transfer *transfer = &calls->transfer;
	struct sender sender = { .context = ctx, .counters = cpu_stats(), .transfer = transfer };

	if (!sender.counters)
		return;
	if (!prepare_connection(flavour, &sender, call, thread, layout)) {
		count_lost_call();
		return;
	}
	fill_head(&transfer->head, call, thread, size);
	describe_connection(&transfer->head, sender.connection);
	transfer->head.library = layout ? layout->library : SLUICE_LIBRARY_UNKNOWN;
	transfer->ssl = call->ssl;
	transfer->buffer = call->buffer;
	transfer->next = 0;
	limit_transfer(flavour, &sender, size);
#ifndef SLUICE_LESS52
	if (flavour == FLAVOUR_MODERN)
		send_all(&sender);
	else
#endif
		send_next(&sender);
}

static __always_inline int leave(enum flavour flavour, struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct thread_calls *calls = bpf_map_lookup_elem(&thread_calls, &thread);
	int result = PT_REGS_RC(ctx);
	struct call *call;
	__u64 size;

	if (!calls)
		return 0;
	call = take_returning_call(calls, PT_REGS_SP(ctx));
	if (!call)
		return 0;
	if (call->kind == SLUICE_CALL_SET_FD) {
		set_descriptor(call, thread >> 32, result);
		return 0;
	}
	size = transferred(call, result);
	if (size)
		report(flavour, ctx, calls, call, thread, size);
	return 0;
}

/* ---- programs: every kernel's entries, a program for each kind and a link for each probe ---- */

#define ENTRY_PROGRAM(name, kind)                                                                                  \
	SEC("uprobe")                                                                                              \
	int name(struct pt_regs *ctx)                                                                              \
	{                                                                                                          \
		STAY_ON_THREAD_STACK(ctx);                                                                         \
		return enter(ctx, kind);                                                                           \
	}

ENTRY_PROGRAM(ssl_write, SLUICE_CALL_WRITE)
ENTRY_PROGRAM(ssl_read, SLUICE_CALL_READ)
ENTRY_PROGRAM(ssl_write_ex, SLUICE_CALL_WRITE_EX)
ENTRY_PROGRAM(ssl_read_ex, SLUICE_CALL_READ_EX)
ENTRY_PROGRAM(ssl_write_ex2, SLUICE_CALL_WRITE_EX2)
ENTRY_PROGRAM(ssl_write_early_data, SLUICE_CALL_WRITE_EARLY)
ENTRY_PROGRAM(ssl_read_early_data, SLUICE_CALL_READ_EARLY)
ENTRY_PROGRAM(ssl_set_fd, SLUICE_CALL_SET_FD)

SEC("uprobe")
int ssl_set_bio(struct pt_regs *ctx)
{
	STAY_ON_THREAD_STACK(ctx);
	return change_socket(ctx);
}

SEC("uprobe")
int ssl_clear(struct pt_regs *ctx)
{
	STAY_ON_THREAD_STACK(ctx);
	return restart_connection(ctx);
}

SEC("uretprobe")
int ssl_new_return(struct pt_regs *ctx)
{
	STAY_ON_THREAD_STACK(ctx);
	return forget_connection(ctx);
}

/* ---- programs: returns in the plain flavour ---- */

SEC("uretprobe")
int ssl_return_plain(struct pt_regs *ctx)
{
	STAY_ON_THREAD_STACK(ctx);
	return leave(FLAVOUR_PLAIN, ctx);
}

/* The chain behind it. */
SEC("uretprobe")
int send_more(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct thread_calls *calls = bpf_map_lookup_elem(&thread_calls, &thread);
	struct sender sender = { .context = ctx, .counters = cpu_stats() };

	if (!calls || !sender.counters)
		return 0;
	sender.transfer = &calls->transfer;
	sender.connection = find_connection(sender.transfer->ssl, thread >> 32);
	if (sender.connection)
		send_next(&sender);
	else
		lose_rest(&sender);
	return 0;
}

/* ---- programs: the modern flavour ---- */

#ifndef SLUICE_LESS52

SEC("uretprobe")
int ssl_return(struct pt_regs *ctx)
{
	STAY_ON_THREAD_STACK(ctx);
	return leave(FLAVOUR_MODERN, ctx);
}

/* Linux 6.6 and later: one program and one link for all entries of a library, and one for all returns. */
SEC("uprobe")
int tls_enter(struct pt_regs *ctx)
{
	__u32 kind = bpf_get_attach_cookie(ctx) >> 32;

	STAY_ON_THREAD_STACK(ctx);
	if (kind == SLUICE_CALL_SET_BIO)
		return change_socket(ctx);
	if (kind == SLUICE_CALL_CLEAR)
		return restart_connection(ctx);
	return enter(ctx, kind);
}

SEC("uretprobe")
int tls_leave(struct pt_regs *ctx)
{
	STAY_ON_THREAD_STACK(ctx);
	if (bpf_get_attach_cookie(ctx) >> 32 == SLUICE_CALL_NEW)
		return forget_connection(ctx);
	return leave(FLAVOUR_MODERN, ctx);
}

#endif

/* ---- programs: socket calls inside SSL calls ---- */

#ifndef SLUICE_LESS52

static __always_inline int on_socket_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct call *call = call_without_socket(thread);

	if (call)
		note_socket(call, (struct sock *)ctx->args[0], thread);
	return 0;
}

/* Tracepoints of Linux 6.3 and later; their first argument is the socket. */
SEC("raw_tp/sock_send_length")
int socket_send(struct bpf_raw_tracepoint_args *ctx)
{
	return on_socket_call(ctx);
}

SEC("raw_tp/sock_recv_length")
int socket_receive(struct bpf_raw_tracepoint_args *ctx)
{
	return on_socket_call(ctx);
}

#endif

/* Older kernels: the system call itself. It costs every system call of the host a little, so it is the second choice. */
SEC("raw_tp/sys_enter")
int system_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
	struct call *call;
	struct sock *sk;
	__u64 fd = 0;

	if (!is_socket_io(ctx->args[1]))
		return 0;
	call = call_without_socket(thread);
	if (!call || read_kernel(&fd, sizeof(fd), &PT_REGS_PARM1(regs)))
		return 0;
	sk = socket_of_descriptor((int)fd);
	if (sk)
		note_socket(call, sk, thread);
	return 0;
}

/* ---- programs: housekeeping ---- */

SEC("raw_tp/sched_process_exit")
int thread_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&thread_calls, &thread);
	return 0;
}

/* Run once by the collector itself: tells the programs its process id as the kernel numbers it, also from inside a PID namespace. */
SEC("raw_tp")
int sluice_whoami(struct bpf_raw_tracepoint_args *ctx)
{
	struct sluice_self *self = find_self();

	if (self)
		self->tgid = bpf_get_current_pid_tgid() >> 32;
	return 0;
}
