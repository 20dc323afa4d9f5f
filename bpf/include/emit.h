/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Sends one sample by the chosen transport.
 *
 * Ring buffer: the sample is built in reserved ring memory (a dynptr: any length, nothing shared between threads, one copy
 * from the process). Perf buffer, and ring buffer on kernels without dynptr: through a scratch buffer.
 */
#ifndef SLUICE_EMIT_H
#define SLUICE_EMIT_H

#include <bpf/bpf_core_read.h>
#include "maps.h"

enum emit_result {
	EMIT_SENT,
	EMIT_LOST,
	EMIT_FAULT,	/* the payload could not be read; nothing was sent */
};

enum payload_memory {
	PAYLOAD_USER,
	PAYLOAD_KERNEL,
};

static __always_inline long read_payload(void *to, __u32 size, const void *from, enum payload_memory memory)
{
	return memory == PAYLOAD_USER ? bpf_probe_read_user(to, size, from) : bpf_probe_read_kernel(to, size, from);
}

/*
 * Copies length bytes behind the fixed part. The verifier wants constant sizes for slices of a dynptr: a length between 2^k and
 * 2^(k+1) is covered by two reads of 2^k bytes, one from the start and one that ends at the end.
 */
#define COPY_BY(size)                                                                                              \
	if (length >= (size)) {                                                                                    \
		slice = bpf_dynptr_data(sample, sizeof(struct sluice_tls_data), (size));                           \
		if (!slice || read_payload(slice, (size), from, memory))                                           \
			return -1;                                                                                 \
		if (length == (size))                                                                              \
			return 0;                                                                                  \
		slice = bpf_dynptr_data(sample, sizeof(struct sluice_tls_data) + length - (size), (size));         \
		if (!slice || read_payload(slice, (size), from + length - (size), memory))                         \
			return -1;                                                                                 \
		return 0;                                                                                          \
	}

static __always_inline int copy_payload(struct bpf_dynptr *sample, const void *from, __u32 length,
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

/*
 * Counts the sample and gives it its number. The atomic add is fully ordered, so that the reservation before it is visible before
 * the polling word is read after it; its partner is the barrier of RingbufReader between clearing that word and
 * its last look at the rings.
 */
static __always_inline void number_sample(struct sluice_cpu_stats *counters, struct sluice_event_header *header, bool again)
{
	__u64 number = __sync_fetch_and_add(&counters->submitted, again ? 0 : 1);

	if (!again)
		header->cpu_seq = number;
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

static __always_inline struct scratch *take_scratch(__u32 cpu)
{
	__u32 count = config.scratch_per_cpu;
	__u32 i, index;

	for (i = 0; i < 32 && i < count; i++) {
		struct scratch *candidate;

		index = cpu * count + i;
		candidate = bpf_map_lookup_elem(&scratch_pool, &index);
		if (!candidate)
			return 0;
		if (__sync_val_compare_and_swap(&candidate->busy, 0, 1) == 0)
			return candidate;
	}
	return 0;
}

static __always_inline void give_scratch(struct scratch *taken)
{
	__sync_lock_test_and_set(&taken->busy, 0);
}

static __always_inline enum emit_result emit_in_ring(void *ring, struct sluice_cpu_stats *counters,
						     struct sluice_tls_data *head, const void *payload, bool again,
						     enum payload_memory memory)
{
	struct bpf_dynptr sample;
	__u32 length = head->payload_size;

	if (bpf_ringbuf_reserve_dynptr(ring, head->header.size, 0, &sample)) {
		bpf_ringbuf_discard_dynptr(&sample, 0);
		number_sample(counters, &head->header, again);
		COUNT(counters->lost_ring_full);
		return EMIT_LOST;
	}
	number_sample(counters, &head->header, again);
	bpf_dynptr_write(&sample, 0, head, sizeof(*head), 0);
	if (copy_payload(&sample, payload, length, memory)) {
		/* A sleeping reader must be told of this one too: the kernel wakes it only for the record at its position. */
		bpf_ringbuf_discard_dynptr(&sample, wakeup_flags(ring, head->header.size));
		return EMIT_FAULT;
	}
	bpf_ringbuf_submit_dynptr(&sample, wakeup_flags(ring, head->header.size));
	return EMIT_SENT;
}

static __always_inline enum emit_result emit_by_scratch(void *context, void *ring, struct sluice_cpu_stats *counters,
							struct sluice_tls_data *head, const void *payload, bool again,
							enum payload_memory memory)
{
	struct scratch *buffer = take_scratch(head->header.cpu);
	__u32 length = head->payload_size;
	long error;

	number_sample(counters, &head->header, again);
	if (!buffer) {
		COUNT(counters->lost_no_scratch);
		return EMIT_LOST;
	}
	if (length > SLUICE_MAX_PAYLOAD)
		length = SLUICE_MAX_PAYLOAD;
	__builtin_memcpy(buffer->sample, head, sizeof(*head));
	if (length && read_payload(buffer->sample + sizeof(*head), length, payload, memory)) {
		give_scratch(buffer);
		return EMIT_FAULT;
	}
	/* bpf_ringbuf_output reserves by itself, so the polling word cannot be read after that: leave waking to the kernel. */
	if (ring)
		error = bpf_ringbuf_output(ring, buffer->sample, sizeof(*head) + length, 0);
	else
		error = bpf_perf_event_output(context, &events, BPF_F_CURRENT_CPU, buffer->sample,
					      sizeof(*head) + length);
	give_scratch(buffer);
	if (!error)
		return EMIT_SENT;
	COUNT(counters->lost_ring_full);
	return EMIT_LOST;
}

/*
 * head->payload_size bytes from payload; sets size, cpu and cpu_seq of the header. again: the second attempt
 * at a sample that is already numbered.
 */
static __always_inline enum emit_result emit_sample(void *context, struct sluice_cpu_stats *counters,
						    struct sluice_tls_data *head, const void *payload, bool again,
						    enum payload_memory memory)
{
	__u32 shard = head->connection_id & config.shard_mask;
	void *ring;

	head->header.size = sizeof(*head) + head->payload_size;
	head->header.cpu = bpf_get_smp_processor_id();
	head->header.module = config.module;
	if (config.transport == SLUICE_TRANSPORT_PERF)
		return emit_by_scratch(context, 0, counters, head, payload, again, memory);
	ring = bpf_map_lookup_elem(&rings, &shard);
	if (!ring) {
		number_sample(counters, &head->header, again);
		COUNT(counters->lost_ring_full);
		return EMIT_LOST;
	}
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_ringbuf_reserve_dynptr))
		return emit_in_ring(ring, counters, head, payload, again, memory);
	return emit_by_scratch(context, ring, counters, head, payload, again, memory);
}

#endif
