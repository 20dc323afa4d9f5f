// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The C baseline of the TLS comparison: entry and return probes on SSL_write and SSL_read, the whole payload, one ring buffer.
 * Plain libbpf practice: arguments kept per thread in a hash map, the event built in a per-CPU buffer, bpf_ringbuf_output
 * with its exact length. It looks up no socket and filters nothing.
 */
#include <stddef.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "tls_tap.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, __u64);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_event);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_counts);
} counts SEC(".maps");

/* BPF_RB_FORCE_WAKEUP: a wake-up per record. 0: the kernel wakes only a consumer that has caught up. */
const volatile __u64 wakeup_flags = BPF_RB_FORCE_WAKEUP;

static __always_inline int enter(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u64 buffer = PT_REGS_PARM2(ctx);

	bpf_map_update_elem(&calls, &thread, &buffer, BPF_ANY);
	return 0;
}

static __always_inline int leave(struct pt_regs *ctx, __u32 direction)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u64 *buffer = bpf_map_lookup_elem(&calls, &thread);
	long size = (int)PT_REGS_RC(ctx);
	__u32 zero = 0;
	struct tap_event *event = bpf_map_lookup_elem(&scratches, &zero);
	struct tap_counts *count = bpf_map_lookup_elem(&counts, &zero);
	__u64 from;

	if (!buffer || !event || !count)
		return 0;
	from = *buffer;
	bpf_map_delete_elem(&calls, &thread);
	if (size <= 0)
		return 0;
	if (size > TAP_MAX_PAYLOAD)
		size = TAP_MAX_PAYLOAD;
	event->ktime_ns = bpf_ktime_get_ns();
	event->tgid = thread >> 32;
	event->tid = thread;
	event->payload_size = size;
	event->direction = direction;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_probe_read_user(event->payload, size, (void *)from);
	__sync_fetch_and_add(&count->submitted, 1);
	if (bpf_ringbuf_output(&events, event, offsetof(struct tap_event, payload) + size, wakeup_flags))
		__sync_fetch_and_add(&count->lost, 1);
	return 0;
}

SEC("uprobe")
int write_entry(struct pt_regs *ctx)
{
	return enter(ctx);
}

SEC("uretprobe")
int write_return(struct pt_regs *ctx)
{
	return leave(ctx, 0);
}

SEC("uprobe")
int read_entry(struct pt_regs *ctx)
{
	return enter(ctx);
}

SEC("uretprobe")
int read_return(struct pt_regs *ctx)
{
	return leave(ctx, 1);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
