/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Programs of the privileged tests; run through BPF_PROG_TEST_RUN, or attached to native/target.c. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define RECORD_BYTES 128
#define MAX_COUNT 512

struct record {
	__u64 sequence;
	__u64 tag;
	__u8 pad[RECORD_BYTES - 16];
};

struct settings {
	__u32 answer;
	__u32 padding;
	__u64 tag;
};

const volatile __u32 before_settings = 7;
const volatile struct settings settings = { .answer = 1 };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

struct inner_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner_ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} runs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} control SEC(".maps");

__u64 sequence;
__u64 refused;

static __always_inline __u64 wake_flags(void)
{
	__u32 zero = 0;
	__u32 *polling = bpf_map_lookup_elem(&control, &zero);

	return polling && *(volatile __u32 *)polling ? BPF_RB_NO_WAKEUP : 0;
}

static __always_inline void submit_one(void *to, __u64 tag)
{
	struct record *record = bpf_ringbuf_reserve(to, sizeof(*record), 0);

	if (!record) {
		__sync_fetch_and_add(&refused, 1);
		return;
	}
	record->sequence = __sync_fetch_and_add(&sequence, 1);
	record->tag = tag;
	bpf_ringbuf_submit(record, wake_flags());
}

/* args: how many records, tag */
SEC("raw_tp/sluice_test")
int submit_records(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 zero = 0;
	__u32 *count = bpf_map_lookup_elem(&runs, &zero);

	if (count)
		(*count)++;
	for (__u64 i = 0; i < ctx->args[0] && i < MAX_COUNT; i++)
		submit_one(&ring, ctx->args[1]);
	return settings.answer;
}

/* args: shard, tag */
SEC("raw_tp/sluice_test")
int submit_to_shard(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 index = ctx->args[0];
	void *shard = bpf_map_lookup_elem(&rings, &index);

	if (!shard)
		return 1;
	submit_one(shard, ctx->args[1]);
	return 0;
}

/* args: how many records, bytes of each */
SEC("raw_tp/sluice_test")
int output_perf(struct bpf_raw_tracepoint_args *ctx)
{
	struct record record = {};
	__u64 size = ctx->args[1];

	if (size < 16 || size > sizeof(record))
		return 1;
	for (__u64 i = 0; i < ctx->args[0] && i < MAX_COUNT; i++) {
		record.sequence = i;
		record.tag = size;
		if (bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &record, size))
			__sync_fetch_and_add(&refused, 1);
	}
	return 0;
}

SEC("uprobe")
int on_target(void *ctx)
{
	submit_one(&ring, bpf_get_attach_cookie(ctx));
	return 0;
}

/* The verifier must reject it: the look-up's result is not checked. */
SEC("?raw_tp/sluice_test")
int rejected(void *ctx)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&table, &zero);

	return *value;
}

SEC("raw_tp/sys_enter")
int on_sys_enter(void *ctx)
{
	__u32 key = 1;
	__u64 value = 1;

	bpf_map_update_elem(&table, &key, &value, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
