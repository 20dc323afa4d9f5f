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
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "event.h"
#include "kernel_types.h"
#include "maps.h"
#include "emit.h"
#include "process.h"
#include "endpoint.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct call {
	__u64 stack;	/* stack pointer at entry; 0 = this slot is free */
	__u64 ssl;
	__u64 buffer;	/* SLUICE_CALL_SET_FD: the descriptor */
	__u64 count_at;	/* where the _ex calls store the count */
	__u64 ktime_ns;
	__u32 kind;	/* enum sluice_tls_call */
	__u32 wants_socket;
};

/*
 * The SSL calls a thread is in. More than one where an SSL object does its I/O through another one (TLS inside TLS).
 */
#define CALLS_PER_THREAD 4
struct thread_calls {
	struct call calls[CALLS_PER_THREAD];
};

/*
 * One entry per thread that ever made an SSL call, removed when the thread ends, so it is bounded by live threads.
 * Not preallocated: most hosts have few such threads. A call that finds it full is counted as map_full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, __u64);
	__type(value, struct thread_calls);
} thread_calls SEC(".maps");

struct connection_key {
	__u64 ssl;
	__u32 tgid;
	__u32 reserved;
};

struct connection {
	__u64 id;		/* 0 = not given yet */
	__u64 sequence[2];	/* by direction - 1 */
	__u32 lost[2];		/* samples lost since the last one that was sent */
	struct endpoint endpoint;
	struct endpoint nested;	/* seen in a socket call inside an SSL call; used when no other way gives one */
	__s32 fd;
	__s32 fd_hint;		/* from SSL_set_fd; -1 */
	__u16 tls_version;
	__u8 address_source;	/* enum sluice_address_source; not 0 = settled */
	__u8 tries;
	__u32 reserved;
};

/* Least recently used connections make room: one that returns after that goes on under a new connection id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct connection_key);
	__type(value, struct connection);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct sluice_tls_layout);
} tls_layouts SEC(".maps");

static const struct thread_calls no_calls;
static const struct connection new_connection = { .fd = -1, .fd_hint = -1 };

/* A library that keeps an unusual BIO has it looked up this often before we only wait for a socket call. */
#define MAX_LOOKUP_TRIES 32

/* ---- calls of a thread ---- */

#ifdef __TARGET_ARCH_x86
/* CALL pushed the return address, RET has popped it again when the return probe runs. */
#define RETURN_ADDRESS_BYTES 8
#else
#define RETURN_ADDRESS_BYTES 0
#endif

/* A function called by the library from inside the outer function is this close on the same stack. */
#define INNER_CALL_MAX_DISTANCE 4096
/* Frames that a thread jumped out of (longjmp, exceptions) are below on the same stack, and no further than this. */
#define ABANDONED_MAX_DISTANCE 65536

static __always_inline bool is_write(__u32 kind)
{
	return kind == SLUICE_CALL_WRITE || kind == SLUICE_CALL_WRITE_EX || kind == SLUICE_CALL_WRITE_EX2 ||
	       kind == SLUICE_CALL_WRITE_EARLY;
}

static __always_inline bool is_transfer(__u32 kind)
{
	return kind != SLUICE_CALL_SET_FD;
}

static __always_inline void count_lost_call(void)
{
	struct sluice_cpu_stats *counters = cpu_stats();

	if (!counters)
		return;
	COUNT(counters->submitted);
	COUNT(counters->lost_map_full);
}

#define COVERED_BY_OUTER_CALL (-1)

/*
 * The slot to use for a call. A global function: the verifier walks it by itself, once, instead of once for each
 * way through its callers (that took 0.2 s a program).
 */
__noinline int claim_slot(struct thread_calls *thread, __u64 stack, __u64 ssl, __u32 kind)
{
	int i, slot = -1, oldest = 0;
	__u64 oldest_ns = -1ULL;

	if (!thread)
		return COVERED_BY_OUTER_CALL;
#pragma unroll
	for (i = 0; i < CALLS_PER_THREAD; i++) {
		struct call *c = &thread->calls[i];

		/* The same stack pointer: an inner function reached by a jump, or a call that never returned. */
		if (c->stack && c->stack <= stack && stack - c->stack < ABANDONED_MAX_DISTANCE)
			c->stack = 0;
		if (!c->stack) {
			slot = i;
			continue;
		}
		if (c->ssl == ssl && c->stack > stack && c->stack - stack < INNER_CALL_MAX_DISTANCE &&
		    is_write(c->kind) == is_write(kind) && is_transfer(c->kind) == is_transfer(kind))
			return COVERED_BY_OUTER_CALL;
		if (c->ktime_ns < oldest_ns) {
			oldest_ns = c->ktime_ns;
			oldest = i;
		}
	}
	if (slot >= 0)
		return slot;
	count_lost_call();
	return oldest;
}

static __always_inline struct connection *find_connection(__u64 ssl, __u32 tgid)
{
	struct connection_key key = { .ssl = ssl, .tgid = tgid };

	return bpf_map_lookup_elem(&connections, &key);
}

static __always_inline struct connection *open_connection(__u64 ssl, __u32 tgid)
{
	struct connection_key key = { .ssl = ssl, .tgid = tgid };
	struct connection *connection = bpf_map_lookup_elem(&connections, &key);

	if (connection)
		return connection;
	bpf_map_update_elem(&connections, &key, &new_connection, BPF_NOEXIST);
	return bpf_map_lookup_elem(&connections, &key);
}

/* Where a call of this kind keeps its count; 0 where it returns it. */
static __always_inline __u64 count_address(struct pt_regs *ctx, __u32 kind)
{
	__u64 fourth = PT_REGS_PARM4(ctx), fifth = PT_REGS_PARM5(ctx);

	/* Keeps both loads: the compiler would choose between their addresses, which the verifier refuses for a context. */
	barrier_var(fourth);
	barrier_var(fifth);
	if (kind == SLUICE_CALL_WRITE_EX2)
		return fifth;
	if (kind == SLUICE_CALL_WRITE_EX || kind == SLUICE_CALL_READ_EX || kind == SLUICE_CALL_WRITE_EARLY ||
	    kind == SLUICE_CALL_READ_EARLY)
		return fourth;
	return 0;
}

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
	calls = bpf_map_lookup_elem(&thread_calls, &thread);
	if (!calls) {
		bpf_map_update_elem(&thread_calls, &thread, &no_calls, BPF_NOEXIST);
		calls = bpf_map_lookup_elem(&thread_calls, &thread);
		if (!calls) {
			if (is_transfer(kind))
				count_lost_call();
			return 0;
		}
	}
	slot = claim_slot(calls, PT_REGS_SP(ctx), ssl, kind);
	if (slot < 0 || slot >= CALLS_PER_THREAD)
		return 0;
	call = &calls->calls[slot];
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

/* ---- the connection behind an SSL object ---- */

/* SSL_new: the allocator may hand out the address of an object that is gone. */
static __always_inline int forget_connection(struct pt_regs *ctx)
{
	struct connection_key key = { .ssl = PT_REGS_RC(ctx), .tgid = bpf_get_current_pid_tgid() >> 32 };

	bpf_map_delete_elem(&connections, &key);
	return 0;
}

/* SSL_clear: the object starts a new connection; its descriptor may have been set before. */
static __always_inline int restart_connection(struct pt_regs *ctx)
{
	struct connection *connection = find_connection(PT_REGS_PARM1(ctx), bpf_get_current_pid_tgid() >> 32);

	if (!connection)
		return 0;
	connection->id = 0;
	connection->address_source = 0;
	connection->tls_version = 0;
	connection->tries = 0;
	connection->nested.family = 0;
	return 0;
}

/* SSL_set_bio and its siblings: other I/O from here on. SSL_set_fd calls them too, and sets its hint after that. */
static __always_inline int change_socket(struct pt_regs *ctx)
{
	struct connection *connection = find_connection(PT_REGS_PARM1(ctx), bpf_get_current_pid_tgid() >> 32);

	if (!connection)
		return 0;
	connection->address_source = 0;
	connection->tries = 0;
	connection->nested.family = 0;
	connection->fd = -1;
	connection->fd_hint = -1;
	return 0;
}

static __always_inline __u64 mix(__u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static __always_inline void identify(struct connection *connection, __u64 ssl, __u32 tgid)
{
	/* Address, process and moment: no two connections of a host share all three. */
	__u64 id = mix(ssl ^ ((__u64)tgid << 32) ^ mix(bpf_ktime_get_ns()));

	connection->sequence[0] = 0;
	connection->sequence[1] = 0;
	connection->lost[0] = 0;
	connection->lost[1] = 0;
	connection->id = id ? id : 1;
}

/* BIO types of OpenSSL's bio.h that hold a descriptor in num, and those that only pass on to the next BIO. */
#define BIO_TYPE_FD 0x504
#define BIO_TYPE_SOCKET 0x505
#define BIO_TYPE_DGRAM 0x515
#define BIO_TYPE_BUFFER 0x209
#define BIO_TYPE_SSL 0x207

static __always_inline int descriptor_of_bio(const struct sluice_tls_layout *layout, __u64 bio)
{
	__u64 method;
	__s32 type, fd;
	int i;

#pragma unroll
	for (i = 0; i < 3; i++) {
		if (!bio || bpf_probe_read_user(&method, sizeof(method), (void *)(bio + layout->bio_method)) ||
		    bpf_probe_read_user(&type, sizeof(type), (void *)(method + layout->bio_method_type)))
			return -1;
		if (type == BIO_TYPE_SOCKET || type == BIO_TYPE_FD || type == BIO_TYPE_DGRAM) {
			if (bpf_probe_read_user(&fd, sizeof(fd), (void *)(bio + layout->bio_num)))
				return -1;
			return fd;
		}
		if (type != BIO_TYPE_BUFFER && type != BIO_TYPE_SSL)
			return -1;
		if (bpf_probe_read_user(&bio, sizeof(bio), (void *)(bio + layout->bio_next_bio)))
			return -1;
	}
	return -1;
}

static __always_inline int descriptor_of_ssl(const struct sluice_tls_layout *layout, __u64 ssl, bool writes)
{
	__s32 offset = writes ? layout->ssl_wbio : layout->ssl_rbio;
	__u64 bio;

	if (bpf_probe_read_user(&bio, sizeof(bio), (void *)(ssl + offset)))
		return -1;
	return descriptor_of_bio(layout, bio);
}

static __always_inline bool layout_holds(const struct sluice_tls_layout *layout, __u64 ssl)
{
	__s32 type = 0;

	if (!layout || !layout->usable)
		return false;
	if (layout->ssl_type < 0)
		return true;
	/* From 3.2 on an SSL may be a QUIC object of another shape; 0 is a TLS connection. */
	return !bpf_probe_read_user(&type, sizeof(type), (void *)(ssl + layout->ssl_type)) && type == 0;
}

static __always_inline bool settle(struct connection *connection, int fd, __u8 source)
{
	struct endpoint found = {};
	struct sock *sk;

	if (fd < 0)
		return false;
	sk = socket_of_descriptor(fd);
	if (!sk || !endpoint_of_socket(sk, &found))
		return false;
	connection->endpoint = found;
	connection->fd = fd;
	connection->address_source = source;
	return true;
}

/* The three ways, in order: the library's BIO, the descriptor given to SSL_set_fd, the socket call inside the SSL call. */
__noinline int find_endpoint(struct connection *connection, struct sluice_tls_layout *layout, __u64 ssl, __u32 writes)
{
	if (!connection)
		return 0;
	if (connection->tries < MAX_LOOKUP_TRIES) {
		connection->tries++;
		if (layout_holds(layout, ssl) &&
		    settle(connection, descriptor_of_ssl(layout, ssl, writes), SLUICE_ADDRESS_BIO))
			return 0;
		if (settle(connection, connection->fd_hint, SLUICE_ADDRESS_SET_FD))
			return 0;
	}
	if (connection->nested.family) {
		connection->endpoint = connection->nested;
		connection->address_source = SLUICE_ADDRESS_NESTED_IO;
	}
	return 0;
}

/* Versions that the field can hold; anything else says that the layout does not fit this library. */
static __always_inline bool is_tls_version(__s32 version)
{
	return (version >= 0x0300 && version <= 0x0304) || version == 0xfeff || version == 0xfefd;
}

static __always_inline void read_version(struct connection *connection, const struct sluice_tls_layout *layout, __u64 ssl)
{
	__s32 version = 0;

	if (!layout_holds(layout, ssl) || layout->ssl_version < 0)
		return;
	if (!bpf_probe_read_user(&version, sizeof(version), (void *)(ssl + layout->ssl_version)) &&
	    is_tls_version(version))
		connection->tls_version = version;
}

/* ---- socket calls inside SSL calls ---- */

static __always_inline struct call *innermost_call(struct thread_calls *thread)
{
	struct call *innermost = 0;
	int i;

#pragma unroll
	for (i = 0; i < CALLS_PER_THREAD; i++) {
		struct call *c = &thread->calls[i];

		if (c->stack && (!innermost || c->stack < innermost->stack))
			innermost = c;
	}
	return innermost;
}

/* The call that a socket call of this thread belongs to, when its connection has no address yet. */
static __always_inline struct call *call_without_socket(__u64 thread)
{
	struct thread_calls *calls = bpf_map_lookup_elem(&thread_calls, &thread);
	struct call *call;

	if (!calls)
		return 0;
	call = innermost_call(calls);
	return call && call->wants_socket && is_transfer(call->kind) ? call : 0;
}

static __always_inline void note_socket(struct call *call, struct sock *sk, __u64 thread)
{
	struct connection *connection = open_connection(call->ssl, thread >> 32);
	struct endpoint found = {};

	/* A logging library may write to its Unix socket in a callback: an IP peer replaces that, nothing replaces an IP peer. */
	if (!connection || (connection->nested.family && connection->nested.family != AF_UNIX))
		return;
	if (!endpoint_of_socket(sk, &found) || found.transport == 17)
		return;
	connection->nested = found;
}

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

static __always_inline bool is_socket_io(long number)
{
#ifdef __TARGET_ARCH_x86
	/* read write readv writev sendto recvfrom sendmsg recvmsg */
	return number == 0 || number == 1 || number == 19 || number == 20 || (number >= 44 && number <= 47);
#else
	/* The generic table: read write readv writev sendto recvfrom sendmsg recvmsg */
	return (number >= 63 && number <= 66) || number == 206 || number == 207 || number == 211 || number == 212;
#endif
}

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
	if (!call || bpf_probe_read_kernel(&fd, sizeof(fd), &PT_REGS_PARM1(regs)))
		return 0;
	sk = socket_of_descriptor((int)fd);
	if (sk)
		note_socket(call, sk, thread);
	return 0;
}

/* ---- return: the bytes ---- */

struct transfer {
	void *context;
	struct sluice_cpu_stats *counters;
	struct connection *connection;
	const void *buffer;
	__u64 captured;		/* bytes of the call that are sent; the rest is cut by the limit */
	struct sluice_tls_data head;
};

static __noinline int send_piece(__u32 index, struct transfer *transfer)
{
	__u64 offset = (__u64)index * SLUICE_MAX_PAYLOAD;
	struct sluice_tls_data *head = &transfer->head;
	__u32 direction = head->direction == SLUICE_TRANSMIT ? 0 : 1;
	struct connection *connection = transfer->connection;
	__u64 left = transfer->captured - offset;
	__u16 flags = head->header.flags;
	enum emit_result result;

	if (offset >= transfer->captured)
		return 1;
	head->payload_size = left > SLUICE_MAX_PAYLOAD ? SLUICE_MAX_PAYLOAD : left;
	head->call_offset = offset;
	head->sequence = connection->sequence[direction]++;
	head->lost_before = connection->lost[direction];
	if (head->lost_before)
		head->header.flags |= SLUICE_FLAG_GAP;
	if (left <= SLUICE_MAX_PAYLOAD)
		head->header.flags |= SLUICE_FLAG_CALL_END;
	result = emit_sample(transfer->context, transfer->counters, head, transfer->buffer + offset, false,
			     PAYLOAD_USER);
	if (result == EMIT_FAULT) {
		/* The call is still worth reporting: its event goes out without the bytes, and says so. */
		COUNT(transfer->counters->read_faults);
		head->payload_size = 0;
		head->header.flags |= SLUICE_FLAG_TRUNCATED | SLUICE_FLAG_READ_FAULT;
		result = emit_sample(transfer->context, transfer->counters, head, 0, true, PAYLOAD_USER);
	}
	if (result == EMIT_SENT)
		connection->lost[direction] = 0;
	else
		connection->lost[direction]++;
	head->header.flags = flags;
	return 0;
}

static long send_piece_of_many(__u32 index, void *transfer)
{
	return send_piece(index, transfer);
}

static __always_inline void send_all(struct transfer *transfer)
{
	__u64 pieces;

	if (config.payload_limit && transfer->captured > config.payload_limit) {
		transfer->captured = config.payload_limit;
		transfer->head.header.flags |= SLUICE_FLAG_TRUNCATED;
		COUNT(transfer->counters->cut_by_limit);
	}
	if (transfer->captured <= SLUICE_MAX_PAYLOAD) {
		send_piece(0, transfer);
		return;
	}
	pieces = (transfer->captured + SLUICE_MAX_PAYLOAD - 1) / SLUICE_MAX_PAYLOAD;
	bpf_loop(pieces, send_piece_of_many, transfer, 0);
}

/* Bytes that a finished call transferred; 0 when it failed. */
static __always_inline __u64 transferred(const struct call *call, int result)
{
	__u64 count = 0;

	if (call->kind == SLUICE_CALL_WRITE || call->kind == SLUICE_CALL_READ)
		return result > 0 ? result : 0;
	if (result != 1 && !(result == 2 && call->kind == SLUICE_CALL_READ_EARLY))
		return 0;
	if (bpf_probe_read_user(&count, sizeof(count), (void *)call->count_at))
		count_lost_call();
	return count;
}

static __always_inline bool take_returning_call(struct thread_calls *thread, __u64 stack, struct call *taken)
{
	int i;

#pragma unroll
	for (i = 0; i < CALLS_PER_THREAD; i++) {
		struct call *c = &thread->calls[i];

		if (c->stack && c->stack + RETURN_ADDRESS_BYTES == stack) {
			*taken = *c;
			c->stack = 0;
			return true;
		}
	}
	return false;
}

static __always_inline struct sluice_tls_layout *layout_of_probe(struct pt_regs *ctx)
{
	__u32 index = 0;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_attach_cookie))
		index = (__u32)bpf_get_attach_cookie(ctx);
	return bpf_map_lookup_elem(&tls_layouts, &index);
}

static __always_inline void describe_connection(struct sluice_tls_data *head, const struct connection *connection)
{
	head->connection_id = connection->id;
	head->fd = connection->fd;
	head->tls_version = connection->tls_version;
	head->address_source = connection->address_source;
	if (!connection->address_source)
		return;
	head->family = connection->endpoint.family;
	head->transport = connection->endpoint.transport;
	head->local_port = connection->endpoint.local_port;
	head->peer_port = connection->endpoint.peer_port;
	__builtin_memcpy(head->local_address, connection->endpoint.local, sizeof(head->local_address));
	__builtin_memcpy(head->peer_address, connection->endpoint.peer, sizeof(head->peer_address));
}

static __always_inline void set_descriptor(const struct call *call, __u32 tgid, int result)
{
	struct connection *connection;

	if (result != 1)
		return;
	connection = open_connection(call->ssl, tgid);
	if (!connection)
		return;
	connection->fd_hint = (int)call->buffer;
	connection->address_source = 0;
	connection->tries = 0;
}

static __always_inline void report(struct pt_regs *ctx, const struct call *call, __u64 thread, __u64 size)
{
	struct sluice_tls_layout *layout = layout_of_probe(ctx);
	struct transfer transfer = {};
	struct sluice_tls_data *head = &transfer.head;
	bool writes = is_write(call->kind);

	transfer.context = ctx;
	transfer.counters = cpu_stats();
	transfer.connection = open_connection(call->ssl, thread >> 32);
	if (!transfer.counters)
		return;
	if (!transfer.connection) {
		count_lost_call();
		return;
	}
	if (!transfer.connection->id)
		identify(transfer.connection, call->ssl, thread >> 32);
	if (!transfer.connection->address_source)
		find_endpoint(transfer.connection, layout, call->ssl, writes);
	if (!transfer.connection->tls_version)
		read_version(transfer.connection, layout, call->ssl);

	head->header.kind = SLUICE_KIND_TLS_DATA;
	if (call->kind == SLUICE_CALL_WRITE_EARLY || call->kind == SLUICE_CALL_READ_EARLY)
		head->header.flags = SLUICE_FLAG_EARLY_DATA;
	/* A write counts from when it was asked for, a read from when it was answered: a request then stands before its reply. */
	head->header.ktime_ns = writes ? call->ktime_ns : bpf_ktime_get_ns();
	describe_process(&head->header, thread);
	describe_connection(head, transfer.connection);
	head->direction = writes ? SLUICE_TRANSMIT : SLUICE_RECEIVE;
	head->library = layout ? layout->library : SLUICE_LIBRARY_UNKNOWN;
	head->call_size = size;
	transfer.buffer = (const void *)call->buffer;
	transfer.captured = size;
	send_all(&transfer);
}

static __always_inline int leave(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct thread_calls *calls = bpf_map_lookup_elem(&thread_calls, &thread);
	int result = PT_REGS_RC(ctx);
	struct call call;
	__u64 size;

	if (!calls || !take_returning_call(calls, PT_REGS_SP(ctx), &call))
		return 0;
	if (call.kind == SLUICE_CALL_SET_FD) {
		set_descriptor(&call, thread >> 32, result);
		return 0;
	}
	size = transferred(&call, result);
	if (size)
		report(ctx, &call, thread, size);
	return 0;
}

/* ---- programs ---- */

/* Linux 6.6 and later: one program and one link for all entries of a library, and one for all returns. */
SEC("uprobe")
int tls_enter(struct pt_regs *ctx)
{
	__u32 kind = bpf_get_attach_cookie(ctx) >> 32;

	if (kind == SLUICE_CALL_SET_BIO)
		return change_socket(ctx);
	if (kind == SLUICE_CALL_CLEAR)
		return restart_connection(ctx);
	return enter(ctx, kind);
}

SEC("uretprobe")
int tls_leave(struct pt_regs *ctx)
{
	if (bpf_get_attach_cookie(ctx) >> 32 == SLUICE_CALL_NEW)
		return forget_connection(ctx);
	return leave(ctx);
}

/* Older kernels: a program for each kind of entry, a link for each probe. */
#define ENTRY_PROGRAM(name, kind)                                                                                  \
	SEC("uprobe")                                                                                              \
	int name(struct pt_regs *ctx)                                                                              \
	{                                                                                                          \
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
	return change_socket(ctx);
}

SEC("uprobe")
int ssl_clear(struct pt_regs *ctx)
{
	return restart_connection(ctx);
}

SEC("uretprobe")
int ssl_new_return(struct pt_regs *ctx)
{
	return forget_connection(ctx);
}

SEC("uretprobe")
int ssl_return(struct pt_regs *ctx)
{
	return leave(ctx);
}

/* ---- housekeeping ---- */

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
	self_tgid = bpf_get_current_pid_tgid() >> 32;
	return 0;
}
