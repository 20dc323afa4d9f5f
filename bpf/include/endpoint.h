/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Addresses of a socket, from a descriptor of the current process or from the kernel's socket itself. */
#ifndef SLUICE_ENDPOINT_H
#define SLUICE_ENDPOINT_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "kernel_types.h"

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define S_IFMT 0170000
#define S_IFSOCK 0140000

struct endpoint {
	__u8 family;	/* 0 = none */
	__u8 transport;
	__u16 local_port;
	__u16 peer_port;
	__u16 reserved;
	__u8 local[16];
	__u8 peer[16];
};

/* False for a socket without a peer and for families that have no address we can name; *to is then unspecified. */
static __always_inline bool endpoint_of_socket(struct sock *sk, struct endpoint *to)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__u16 type = BPF_CORE_READ(sk, sk_type);

	to->family = family;
	to->transport = type == SOCK_STREAM ? 6 : type == SOCK_DGRAM ? 17 : 0;
	to->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	to->peer_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (family == AF_INET) {
		BPF_CORE_READ_INTO((__be32 *)to->local, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__be32 *)to->peer, sk, __sk_common.skc_daddr);
		return to->peer_port != 0;
	}
	if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&to->local, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&to->peer, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
		return to->peer_port != 0;
	}
	if (family == AF_UNIX) {
		to->transport = 0;
		to->local_port = 0;
		to->peer_port = 0;
		return true;
	}
	return false;
}

static __always_inline struct sock *socket_of_descriptor(int fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = 0;
	struct socket *socket;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	if (bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
		return 0;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

#endif
