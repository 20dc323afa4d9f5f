/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Sends one sample, of any kind, by the chosen transport.
 *
 *   emit_head()     header and fixed part only: nothing but the caller's stack is needed
 *   emit_sample()   with a payload. Modern flavour and ring buffer: built in reserved ring memory (a dynptr: any length, nothing shared
 *                   between threads, one copy from the process). Else: through a scratch buffer.
 *   emit_through()  the same through a scratch buffer that the caller took, for several samples in a row
 *
 * All set size, cpu and cpu_seq of the header. The head must not be longer than SLUICE_MAX_HEAD, the payload than SLUICE_MAX_PAYLOAD.
 */
#ifndef SLUICE_EMIT_H
#define SLUICE_EMIT_H

#include "constants.h"
#include "kernel_read.h"
#include "maps.h"

enum emit_result {
	EMIT_SENT,
	EMIT_LOST,
	EMIT_FAULT,	/* the payload could not be read; nothing was sent, but the sample has its number: emit_head with again set */
};

enum payload_memory {
	PAYLOAD_USER,
	PAYLOAD_KERNEL,
};

struct payload {
	const void *from;
	__u64 size;	/* 64 bits wide: where the verifier knows no 32-bit registers, a narrowed size loses its bounds */
	enum payload_memory memory;
};

static __always_inline long read_payload(void *to, __u32 size, const void *from, enum payload_memory memory)
{
	return memory == PAYLOAD_USER ? read_user(to, size, from) : read_kernel(to, size, from);
}

/* ---- what a sample is counted by ---- */

/* Adding before looking: whoever reads 1 is alone, for everybody else's addition is still in there. Needs no fetching atomic. */
static __always_inline bool take_turn(__u32 *word)
{
	__sync_fetch_and_add(word, 1);
	if (*(volatile __u32 *)word == 1)
		return true;
	__sync_fetch_and_add(word, -1);
	return false;
}

static __always_inline void end_turn(__u32 *word)
{
	__sync_fetch_and_add(word, -1);
}

/*
 * Counts the sample and returns its number. Modern: the atomic add is fully ordered, so that the reservation before it is visible before
 * the polling word is read after it; its partner is the barrier of RingbufReader between clearing that word and
 * its last look at the rings.
 */
static __always_inline __u64 next_number(enum flavour flavour, struct sluice_cpu_stats *counters)
{
	__u64 number;

	if (flavour == FLAVOUR_MODERN)
		return __sync_fetch_and_add(&counters->submitted, 1);
	if (take_turn(&counters->numbering)) {
		number = *(volatile __u64 *)&counters->submitted;
		COUNT(counters->submitted);
		end_turn(&counters->numbering);
		return number;
	}
	COUNT(counters->submitted);
	/* Two programs of one CPU do not read the same nanosecond. */
	return SLUICE_OUT_OF_TURN | (bpf_ktime_get_ns() & (SLUICE_OUT_OF_TURN - 1));
}

static __always_inline void stamp(struct sluice_event_header *head, __u32 size)
{
	head->size = size;
	head->cpu = bpf_get_smp_processor_id();
	head->module = CONSTANT(config.module);
}

/* ---- scratch buffers ---- */

#define MAX_SCRATCH_PER_CPU 16

static __always_inline bool take_buffer(enum flavour flavour, __u32 *busy)
{
	if (flavour == FLAVOUR_PLAIN)
		return take_turn(busy);
#ifdef SLUICE_LESS52
	return false;
#else
	return __sync_val_compare_and_swap(busy, 0, 1) == 0;
#endif
}

static __always_inline struct scratch *take_scratch(enum flavour flavour)
{
	__u32 count = CONSTANT(config.scratch_per_cpu);
	__u32 first = bpf_get_smp_processor_id() * count;
	__u32 i, index;

	UNROLL_FOR_OLD_KERNELS
	for (i = 0; i < MAX_SCRATCH_PER_CPU; i++) {
		struct scratch *candidate;

		UNROLLABLE(count);
		if (i >= count)
			return 0;
		index = first + i;
		candidate = bpf_map_lookup_elem(&scratch_pool, &index);
		if (!candidate)
			return 0;
		if (take_buffer(flavour, &candidate->busy))
			return candidate;
	}
	return 0;
}

static __always_inline void give_scratch(enum flavour flavour, struct scratch *taken)
{
	if (flavour == FLAVOUR_PLAIN)
		end_turn(&taken->busy);
#ifndef SLUICE_LESS52
	else
		__sync_lock_test_and_set(&taken->busy, 0);
#endif
}

/* ---- transports ---- */

#ifdef SLUICE_LESS52

static __always_inline bool uses_ring(void)
{
	return false;
}

static __always_inline long output_to_ring(void *sample, __u64 size, __u64 order_key)
{
	return -1;
}

#else

static __always_inline bool uses_ring(void)
{
	return config.transport == SLUICE_TRANSPORT_RINGBUF;
}

/* Samples with the same key arrive in the order in which they were sent. */
static __always_inline void *find_ring(__u64 order_key)
{
	__u32 shard = order_key & config.shard_mask;

	return bpf_map_lookup_elem(&rings, &shard);
}

/* Reserves by itself, so the polling word cannot be read after that: waking is left to the kernel. */
static __always_inline long output_to_ring(void *sample, __u64 size, __u64 order_key)
{
	void *ring = find_ring(order_key);

	return ring ? bpf_ringbuf_output(ring, sample, size, 0) : -1;
}

#endif

static __always_inline enum emit_result output(void *context, struct sluice_cpu_stats *counters, void *sample, __u64 size,
					       __u64 order_key)
{
	long error;

	if (uses_ring())
		error = output_to_ring(sample, size, order_key);
	else
		error = bpf_perf_event_output(context, &events, BPF_F_CURRENT_CPU, sample, size);
	if (!error)
		return EMIT_SENT;
	COUNT(counters->lost_ring_full);
	return EMIT_LOST;
}

/* again: the second attempt at a sample that is numbered already. */
static __always_inline enum emit_result emit_head(enum flavour flavour, void *context, struct sluice_cpu_stats *counters,
						  struct sluice_event_header *head, __u32 head_size, __u64 order_key, bool again)
{
	stamp(head, head_size);
	if (!again)
		head->cpu_seq = next_number(flavour, counters);
	return output(context, counters, head, head_size, order_key);
}

/* buffer: null is a loss. */
static __always_inline enum emit_result emit_through(enum flavour flavour, struct scratch *buffer, void *context,
						     struct sluice_cpu_stats *counters, struct sluice_event_header *head,
						     __u32 head_size, __u64 order_key, struct payload payload)
{
	__u64 size = payload.size;

	stamp(head, head_size + payload.size);
	head->cpu_seq = next_number(flavour, counters);
	if (!buffer) {
		COUNT(counters->lost_no_scratch);
		return EMIT_LOST;
	}
	/* Holds already; this says it to the verifier, and the barrier keeps the compiler from proving it away. */
	barrier_var(size);
	if (size > SLUICE_MAX_PAYLOAD)
		size = SLUICE_MAX_PAYLOAD;
	__builtin_memcpy(buffer->sample, head, head_size);
	if (size && read_payload(buffer->sample + head_size, size, payload.from, payload.memory))
		return EMIT_FAULT;
	return output(context, counters, buffer->sample, head_size + size, order_key);
}

static __always_inline enum emit_result emit_by_scratch(enum flavour flavour, void *context, struct sluice_cpu_stats *counters,
							struct sluice_event_header *head, __u32 head_size, __u64 order_key,
							struct payload payload)
{
	struct scratch *buffer = take_scratch(flavour);
	enum emit_result result;

	result = emit_through(flavour, buffer, context, counters, head, head_size, order_key, payload);
	if (buffer)
		give_scratch(flavour, buffer);
	return result;
}

#ifndef SLUICE_LESS52
/*
 * Copies length bytes behind the head. The verifier wants constant sizes for slices of a dynptr: a length between 2^k and
 * 2^(k+1) is covered by two reads of 2^k bytes, one from the start and one that ends at the end.
 */
#define COPY_BY(bytes)                                                                                             \
	if (length >= (bytes)) {                                                                                   \
		slice = bpf_dynptr_data(sample, head_size, (bytes));                                               \
		if (!slice || read_payload(slice, (bytes), from, memory))                                          \
			return -1;                                                                                 \
		if (length == (bytes))                                                                             \
			return 0;                                                                                  \
		slice = bpf_dynptr_data(sample, head_size + length - (bytes), (bytes));                            \
		if (!slice || read_payload(slice, (bytes), from + length - (bytes), memory))                       \
			return -1;                                                                                 \
		return 0;                                                                                          \
	}

static __always_inline int copy_payload(struct bpf_dynptr *sample, __u32 head_size, const void *from, __u32 length,
					enum payload_memory memory)
{
	void *slice;

	COPY_BY(16384)
	COPY_BY(8192)
	COPY_BY(4096)
	COPY_BY(2048)
	COPY_BY(1024)
	COPY_BY(512)
	COPY_BY(256)
	COPY_BY(128)
	COPY_BY(64)
	COPY_BY(32)
	COPY_BY(16)
	COPY_BY(8)
	COPY_BY(4)
	COPY_BY(2)
	COPY_BY(1)
	return 0;
}

static __always_inline __u64 wakeup_flags(void *ring, __u32 sample_size)
{
	__u32 key = 0;
	struct sluice_control *words = bpf_map_lookup_elem(&control, &key);
	__u64 unread, taken;
	__u32 wake_bytes;

	if (!words || !*(volatile __u32 *)&words->polling)
		return 0;
	wake_bytes = *(volatile __u32 *)&words->wake_bytes;
	if (!wake_bytes)
		return BPF_RB_NO_WAKEUP;
	/* The record that crosses the level wakes the reader; those behind it do not repeat it. */
	unread = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
	taken = (sample_size + 15) & ~7ULL;
	return unread >= wake_bytes && unread - taken < wake_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline enum emit_result emit_in_ring(struct sluice_cpu_stats *counters, struct sluice_event_header *head,
						     __u32 head_size, __u64 order_key, struct payload payload)
{
	void *ring = find_ring(order_key);
	struct bpf_dynptr sample;

	stamp(head, head_size + payload.size);
	if (!ring) {
		head->cpu_seq = next_number(FLAVOUR_MODERN, counters);
		COUNT(counters->lost_ring_full);
		return EMIT_LOST;
	}
	if (bpf_ringbuf_reserve_dynptr(ring, head->size, 0, &sample)) {
		bpf_ringbuf_discard_dynptr(&sample, 0);
		head->cpu_seq = next_number(FLAVOUR_MODERN, counters);
		COUNT(counters->lost_ring_full);
		return EMIT_LOST;
	}
	head->cpu_seq = next_number(FLAVOUR_MODERN, counters);
	bpf_dynptr_write(&sample, 0, head, head_size, 0);
	if (copy_payload(&sample, head_size, payload.from, payload.size, payload.memory)) {
		/* A sleeping reader must be told of this one too: the kernel wakes it only for the record at its position. */
		bpf_ringbuf_discard_dynptr(&sample, wakeup_flags(ring, head->size));
		return EMIT_FAULT;
	}
	bpf_ringbuf_submit_dynptr(&sample, wakeup_flags(ring, head->size));
	return EMIT_SENT;
}
#endif

static __always_inline enum emit_result emit_sample(enum flavour flavour, void *context, struct sluice_cpu_stats *counters,
						    struct sluice_event_header *head, __u32 head_size, __u64 order_key,
						    struct payload payload)
{
#ifndef SLUICE_LESS52
	if (flavour == FLAVOUR_MODERN && uses_ring())
		return emit_in_ring(counters, head, head_size, order_key, payload);
#endif
	return emit_by_scratch(flavour, context, counters, head, head_size, order_key, payload);
}

#endif
