// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * One program of every kind that Sluice.Bpf can attach. Each counts what it is meant to see of the suite's own traffic, so that the suite can
 * say not only that a kernel accepted a probe but that it fired, as often as it had to.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { TCP_SYN_SENT_STATE = 2, TCP_CLOSE_STATE = 7, AF_INET_FAMILY = 2 };

/* Slot 0: the only process that counts, for kinds that run in one. Slot 1: the server's port, for kinds that see packets. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} watched SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

static __always_inline __u32 watched_value(__u32 slot)
{
	__u32 *value = bpf_map_lookup_elem(&watched, &slot);

	return value ? *value : 0;
}

static __always_inline void count(void)
{
	__u32 slot = 0;
	__u64 *counter = bpf_map_lookup_elem(&hits, &slot);

	if (counter)
		__sync_fetch_and_add(counter, 1);
}

static __always_inline int count_in_process(void)
{
	if (bpf_get_current_pid_tgid() >> 32 == watched_value(0))
		count();
	return 0;
}

static __always_inline int count_connect(__u64 old_state, __u64 new_state)
{
	if ((int)old_state == TCP_CLOSE_STATE && (int)new_state == TCP_SYN_SENT_STATE)
		count_in_process();
	return 0;
}

/* A packet that opens a connection to the watched port. */
static __always_inline void count_syn(void *data, void *end)
{
	struct iphdr *ip = data;
	struct tcphdr *tcp;

	if ((void *)(ip + 1) > end || ip->version != 4 || ip->protocol != IPPROTO_TCP)
		return;
	tcp = (void *)ip + sizeof(*ip);
	if ((void *)(tcp + 1) > end || !tcp->syn || tcp->ack || bpf_ntohs(tcp->dest) != watched_value(1))
		return;
	count();
}

SEC("uprobe")
int on_uprobe(void *ctx)
{
	return count_in_process();
}

SEC("uretprobe")
int on_uretprobe(void *ctx)
{
	return count_in_process();
}

SEC("kprobe/tcp_connect")
int on_kprobe(void *ctx)
{
	return count_in_process();
}

SEC("kretprobe/tcp_connect")
int on_kretprobe(void *ctx)
{
	return count_in_process();
}

SEC("fentry/tcp_connect")
int on_fentry(void *ctx)
{
	return count_in_process();
}

SEC("fexit/tcp_connect")
int on_fexit(void *ctx)
{
	return count_in_process();
}

struct inet_sock_set_state {
	__u64 common;
	const void *sk;
	int old_state;
	int new_state;
};

SEC("tracepoint/sock/inet_sock_set_state")
int on_tracepoint(struct inet_sock_set_state *ctx)
{
	return count_connect(ctx->old_state, ctx->new_state);
}

SEC("raw_tp/inet_sock_set_state")
int on_raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	return count_connect(ctx->args[1], ctx->args[2]);
}

SEC("tp_btf/inet_sock_set_state")
int on_tp_btf(__u64 *ctx)
{
	return count_connect(ctx[1], ctx[2]);
}

SEC("tc")
int on_packet(struct __sk_buff *packet)
{
	count_syn((void *)(long)packet->data + ETH_HLEN, (void *)(long)packet->data_end);
	/* Not a verdict: other programs of the interface go on. */
	return TC_ACT_UNSPEC;
}

SEC("cgroup_skb/egress")
int on_cgroup_skb(struct __sk_buff *packet)
{
	count_syn((void *)(long)packet->data, (void *)(long)packet->data_end);
	return 1;
}

SEC("cgroup/sock_create")
int on_cgroup_sock(struct bpf_sock *socket)
{
	if (socket->family == AF_INET_FAMILY)
		count();
	return 1;
}
