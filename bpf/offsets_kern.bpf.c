/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Whether offsets of kernel structures hold in the running kernel. Never attached to anything but sockets of the collector itself, which runs it with
 * descriptors of its own and compares what is read through the offsets with what it knows (KernelOffsetTrial).
 *
 * Built as _noncore only: where the kernel can run a program on demand (5.10), it has global data too.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "endpoint.h"
#include "process.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_kernel_check);
} kernel_check SEC(".maps");

static __always_inline void check_process(struct sluice_kernel_check *check)
{
	const void *task = (const void *)bpf_get_current_task();
	const void *files = 0, *table = 0;

	read_process_name(&check->comm);
	kernel_read(&files, task_files, task);
	kernel_read(&table, files_fdt, files);
	kernel_read(&check->max_fds, fdtable_max_fds, table);
}

static __always_inline void check_traffic(struct sluice_kernel_check *check, const struct sock *sk)
{
	__u64 flags = 0;

	kernel_read(&flags, sock_flags, sk);
	check->peer_ended = peer_ended(flags);
	kernel_read(&check->bytes_sent, tcp_bytes_sent, sk);
	kernel_read(&check->bytes_retrans, tcp_bytes_retrans, sk);
	kernel_read(&check->bytes_acked, tcp_bytes_acked, sk);
	kernel_read(&check->bytes_received, tcp_bytes_received, sk);
}

static __always_inline void check_socket(struct sluice_kernel_check *check, const struct sock *sk)
{
	struct endpoint endpoint = {};
	__be16 port = 0;

	endpoint_of_socket(sk, &endpoint);
	check->family = endpoint.family;
	check->transport = endpoint.transport;
	check->local_port = endpoint.local_port;
	check->peer_port = endpoint.peer_port;
	__builtin_memcpy(check->local_address, endpoint.local, sizeof(check->local_address));
	__builtin_memcpy(check->peer_address, endpoint.peer, sizeof(check->peer_address));
	kernel_read(&check->state, sock_state, sk);
	kernel_read(&check->error, sock_error, sk);
	kernel_read(&port, inet_local_port, sk);
	check->bound_port = bpf_ntohs(port);
	check->protocol = kernel_sock_protocol(sk);
	kernel_read(&check->cookie, sock_cookie, sk);
}

SEC("raw_tp")
int sluice_check_kernel(struct bpf_raw_tracepoint_args *ctx)
{
	struct sluice_kernel_check *check;
	struct sock *sk;
	__u32 key = 0;

	check = bpf_map_lookup_elem(&kernel_check, &key);
	if (!check)
		return 0;
	__builtin_memset(check, 0, sizeof(*check));
	check_process(check);
	sk = socket_of_descriptor((int)ctx->args[0]);
	if (!sk)
		return 0;
	check_socket(check, sk);
	check_traffic(check, sk);
	check->found = 1;
	return 0;
}

/* On a socket of the collector: it gets nothing, so its peer has to send again, which makes bytes_retrans a number to compare. */
SEC("socket")
int sluice_drop_all(struct __sk_buff *skb)
{
	return 0;
}
