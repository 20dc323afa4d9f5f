/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The SSL calls that a thread is in: remembered at entry, found again by the stack pointer at return. */
#ifndef SLUICE_OPENSSL_CALLS_H
#define SLUICE_OPENSSL_CALLS_H

#include "maps.h"

struct call {
	__u64 stack;	/* stack pointer at entry; 0 = this slot is free */
	__u64 ssl;
	__u64 buffer;	/* SLUICE_CALL_SET_FD: the descriptor */
	__u64 count_at;	/* where the _ex calls store the count */
	__u64 ktime_ns;
	__u32 kind;	/* enum sluice_tls_call */
	__u32 wants_socket;
};

/* A call whose bytes are on their way. */
struct transfer {
	__u64 ssl;
	__u64 buffer;
	__u64 captured;	/* bytes of the call that are sent; the rest is cut by a limit */
	__u64 next;	/* plain flavour: the piece that the next program of the chain begins with */
	struct sluice_tls_data head;
};

/* More than one call where an SSL object does its I/O through another one (TLS inside TLS). */
#define CALLS_PER_THREAD 4
struct thread_calls {
	struct call calls[CALLS_PER_THREAD];
	struct transfer transfer;	/* plain flavour: what a chain of programs is sending */
};

/*
 * One entry per thread that ever made an SSL call, removed when the thread ends, so it is bounded by live threads.
 * A call that finds it full is counted as map_full. Not preallocated, for most hosts have few such threads; kernels before 6.1 warn of
 * that in their log, so there user space takes the flag away and makes the map smaller.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
#ifdef SLUICE_LESS52
	__uint(max_entries, 16384);
#else
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
#endif
	__type(key, __u64);
	__type(value, struct thread_calls);
} thread_calls SEC(".maps");

/* CALL pushed the return address, RET has popped it again when the return probe runs. */
#ifdef __TARGET_ARCH_x86
#define RETURN_ADDRESS_BYTES 8
#else
#define RETURN_ADDRESS_BYTES 0
#endif

/* A function called by the library from inside the outer function is this close on the same stack: 4 KiB. */
#define INNER_CALL_DISTANCE_BITS 12
/* Frames that a thread jumped out of (longjmp, exceptions) are below on the same stack, and no further than this: 64 KiB. */
#define ABANDONED_DISTANCE_BITS 16

#define BIT(kind) (1U << (kind))
#define WRITES (BIT(SLUICE_CALL_WRITE) | BIT(SLUICE_CALL_WRITE_EX) | BIT(SLUICE_CALL_WRITE_EX2) | BIT(SLUICE_CALL_WRITE_EARLY))

static __always_inline bool is_write(__u32 kind)
{
	return WRITES >> (kind & 31) & 1;
}

static __always_inline bool is_transfer(__u32 kind)
{
	return kind != SLUICE_CALL_SET_FD;
}

/* Calls of one sort cover each other: reads, writes, and those that set the descriptor. */
static __always_inline __u64 sort_of(__u32 kind)
{
	return (WRITES >> (kind & 31) & 1) | (BIT(SLUICE_CALL_SET_FD) >> (kind & 31) & 1) << 1;
}

static __always_inline void count_lost_call(void)
{
	struct sluice_cpu_stats *counters = cpu_stats();

	if (!counters)
		return;
	COUNT(counters->submitted);
	COUNT(counters->lost_map_full);
}

/*
 * The slots are searched without branches: the verifier walks every way through every slot, and each search would multiply what follows it
 * (0.2 s for each program). 1 or 0; the barriers keep the compiler from making branches of them again.
 */
static __always_inline __u64 is_zero(__u64 x)
{
	x = ~x & (x - 1);
	barrier_var(x);
	return x >> 63;
}

static __always_inline __u64 choose(__u64 condition, __u64 yes, __u64 no)
{
	__u64 mask = -condition;

	barrier_var(mask);
	return no ^ ((yes ^ no) & mask);
}

#define COVERED_BY_OUTER_CALL (-1)

/* The slot to use for a call. */
static __always_inline int claim_slot(struct thread_calls *thread, __u64 stack, __u64 ssl, __u32 kind)
{
	__u64 none = CALLS_PER_THREAD, slot = none, oldest = 0, oldest_ns = ~0ULL >> 1, covered = 0;
	int i;

#pragma unroll
	for (i = 0; i < CALLS_PER_THREAD; i++) {
		struct call *c = &thread->calls[i];
		/* The same stack pointer: an inner function reached by a jump, or a call that never returned. */
		__u64 at = choose(is_zero((stack - c->stack) >> ABANDONED_DISTANCE_BITS), 0, c->stack);
		__u64 older = (c->ktime_ns - oldest_ns) >> 63;

		c->stack = at;
		slot = choose(is_zero(at), i, slot);
		covered |= is_zero((at - stack) >> INNER_CALL_DISTANCE_BITS) & is_zero(c->ssl ^ ssl) &
			   is_zero(sort_of(c->kind) ^ sort_of(kind));
		oldest_ns = choose(older, c->ktime_ns, oldest_ns);
		oldest = choose(older, i, oldest);
	}
	if (covered)
		return COVERED_BY_OUTER_CALL;
	if (slot != none)
		return slot;
	count_lost_call();
	return oldest;
}

static __always_inline struct call *innermost_call(struct thread_calls *thread)
{
	/* One less: a free slot then has the greatest stack pointer of all, for the stacks of processes are in the lower half. */
	__u64 lowest = ~0ULL >> 1, slot = 0;
	struct call *innermost;
	int i;

#pragma unroll
	for (i = 0; i < CALLS_PER_THREAD; i++) {
		__u64 at = (thread->calls[i].stack - 1) & (~0ULL >> 1);
		__u64 lower = (at - lowest) >> 63;

		lowest = choose(lower, at, lowest);
		slot = choose(lower, i, slot);
	}
	innermost = &thread->calls[slot & (CALLS_PER_THREAD - 1)];
	return innermost->stack ? innermost : 0;
}

/* The call that ends with this stack pointer; its slot is free from then on, its contents stay until the thread's next call. */
static __always_inline struct call *take_returning_call(struct thread_calls *thread, __u64 stack)
{
	__u64 none = CALLS_PER_THREAD, slot = none;
	struct call *taken;
	int i;

#pragma unroll
	for (i = 0; i < CALLS_PER_THREAD; i++)
		slot = choose(is_zero(thread->calls[i].stack + RETURN_ADDRESS_BYTES - stack), i, slot);
	if (slot == none)
		return 0;
	taken = &thread->calls[slot & (CALLS_PER_THREAD - 1)];
	taken->stack = 0;
	return taken;
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

/* Bytes that a finished call transferred; 0 when it failed. */
static __always_inline __u64 transferred(const struct call *call, int result)
{
	__u64 count = 0;

	if (call->kind == SLUICE_CALL_WRITE || call->kind == SLUICE_CALL_READ)
		return result > 0 ? result : 0;
	if (result != 1 && !(result == 2 && call->kind == SLUICE_CALL_READ_EARLY))
		return 0;
	if (read_user(&count, sizeof(count), (void *)call->count_at))
		count_lost_call();
	return count;
}

#endif
