/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Maps that every capture program family shares. */
#ifndef SLUICE_MAPS_H
#define SLUICE_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "variant.h"

/* Set before anything is attached. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_self);
} self SEC(".maps");

/* Changes while programs run. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_filters);
} filters SEC(".maps");

#ifndef SLUICE_LESS52
/* Ring shards. A connection always uses the same one, so a shard keeps its order. User space puts the rings in. */
struct ring_shard {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 64);
	__type(key, __u32);
	__array(values, struct ring_shard);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_control);
} control SEC(".maps");
#endif

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_cpu_stats);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u8);
} pid_filter SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u8);
} uid_filter SEC(".maps");

#define SLUICE_MAX_CGROUPS 64
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, SLUICE_MAX_CGROUPS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} cgroup_filter SEC(".maps");

/*
 * Contiguous memory for a sample, where the transport needs it (perf buffers; ring buffers without dynptr). From kernel
 * 6.0 on uprobe programs can be preempted by another thread's on the same CPU, so each CPU has several
 * (config.scratch_per_cpu) and each is taken by an atomic operation (emit.h). User space sets max_entries.
 */
#define SLUICE_MAX_HEAD 256	/* header and fixed part of any kind */
struct scratch {
	__u32 busy;
	__u32 reserved;
	__u8 sample[SLUICE_MAX_HEAD + SLUICE_MAX_PAYLOAD];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_pool SEC(".maps");

static __always_inline struct sluice_cpu_stats *cpu_stats(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&stats, &key);
}

static __always_inline struct sluice_self *find_self(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&self, &key);
}

/* Another thread's program may interrupt this one on the same CPU (see above): a plain increment could repeat. */
#define COUNT(counter) COUNT_MANY(counter, 1)
#define COUNT_MANY(counter, number) __sync_fetch_and_add(&(counter), (number))

#endif
