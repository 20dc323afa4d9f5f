/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* One program for each kind of attach point. Each counts its runs in `hits`, under the constant that the test gave it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct settings {
	__u64 step;
	__u32 pid;
	__u32 reserved;
};

const volatile struct settings settings = { .step = 1 };
const volatile __u32 spare = 0;

/* A static and a string are in .rodata as well, and are nobody's constants. */
static const volatile __u32 hidden = 3;

enum hit {
	HIT_UPROBE,
	HIT_KPROBE,
	HIT_FENTRY,
	HIT_TRACEPOINT,
	HIT_RAW_TRACEPOINT,
	HIT_BTF_TRACEPOINT,
	HIT_TC_INGRESS,
	HIT_TC_EGRESS,
	HIT_CGROUP_SKB,
	HIT_CGROUP_CONNECT,
	HIT_CGROUP_SOCK,
	HIT_CGROUP_SENDMSG,
	HIT_SOCKOPS,
	HIT_COUNT,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HIT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u32);
} percpu_table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} lru_table SEC(".maps");

static __always_inline int hit(__u32 which)
{
	__u64 *count = bpf_map_lookup_elem(&hits, &which);

	if (count)
		__sync_fetch_and_add(count, settings.step);
	return 0;
}

/* The tests run in a busy system: only what their own process does counts. */
static __always_inline int hit_of_process(__u32 which)
{
	return bpf_get_current_pid_tgid() >> 32 == settings.pid ? hit(which) : 0;
}

SEC("uprobe")
int at_uprobe(void *ctx)
{
	return hit(HIT_UPROBE);
}

SEC("kprobe")
int at_kprobe(void *ctx)
{
	return hit_of_process(HIT_KPROBE);
}

SEC("fentry/tcp_connect")
int at_fentry(void *ctx)
{
	return hit_of_process(HIT_FENTRY);
}

SEC("fentry/sluice_no_such_function")
int at_nothing(void *ctx)
{
	return 0;
}

SEC("tp/syscalls/sys_enter_getpriority")
int at_tracepoint(void *ctx)
{
	return hit_of_process(HIT_TRACEPOINT);
}

SEC("raw_tp")
int at_raw_tracepoint(void *ctx)
{
	return hit_of_process(HIT_RAW_TRACEPOINT);
}

SEC("tp_btf/sys_enter")
int at_btf_tracepoint(void *ctx)
{
	return hit_of_process(HIT_BTF_TRACEPOINT);
}

/* TCX_NEXT and TC_ACT_UNSPEC are the same number: whoever comes next decides. */
#define GO_ON (-1)

SEC("tc")
int at_tc_ingress(struct __sk_buff *skb)
{
	hit(HIT_TC_INGRESS);
	return GO_ON;
}

SEC("tc")
int at_tc_egress(struct __sk_buff *skb)
{
	hit(HIT_TC_EGRESS);
	return GO_ON;
}

#define ALLOW 1

SEC("cgroup_skb/egress")
int at_cgroup_skb(struct __sk_buff *skb)
{
	hit(HIT_CGROUP_SKB);
	return ALLOW;
}

SEC("cgroup/connect4")
int at_cgroup_connect(struct bpf_sock_addr *ctx)
{
	hit_of_process(HIT_CGROUP_CONNECT);
	return ALLOW;
}

SEC("cgroup/sock_create")
int at_cgroup_sock(struct bpf_sock *ctx)
{
	hit_of_process(HIT_CGROUP_SOCK);
	return ALLOW;
}

SEC("cgroup/sendmsg4")
int at_cgroup_sendmsg(struct bpf_sock_addr *ctx)
{
	hit_of_process(HIT_CGROUP_SENDMSG);
	return ALLOW;
}

SEC("sockops")
int at_sockops(struct bpf_sock_ops *ctx)
{
	hit(HIT_SOCKOPS);
	return ALLOW;
}

/* At the tracepoint that it passes itself: the kernel leaves out the run inside the run. */
SEC("raw_tp")
int at_own_print(void *ctx)
{
	const char text[] = "again";

	bpf_trace_printk(text, sizeof(text));
	return hit(HIT_RAW_TRACEPOINT);
}

SEC("raw_tp")
int print_once(void *ctx)
{
	const char text[] = "once";

	bpf_trace_printk(text, sizeof(text));
	return 0;
}

SEC("raw_tp")
int at_print(void *ctx)
{
	return hit(HIT_UPROBE);
}

/* The verifier must reject it: the look-up's result is not checked. */
SEC("raw_tp")
int rejected(void *ctx)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&table, &zero);

	return *value;
}

/* The verifier must reject it: no kernel has this helper. */
SEC("raw_tp")
int unknown_helper(void *ctx)
{
	static int (*no_such_helper)(void) = (void *)9999;

	return no_such_helper();
}

SEC("raw_tp")
int read_settings(void *ctx)
{
	return settings.step + spare + hidden;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
