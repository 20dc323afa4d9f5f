/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Addresses of a socket, from a descriptor of the current process or from the kernel's socket itself. Ask knows_kernel() before. */
#ifndef SLUICE_ENDPOINT_H
#define SLUICE_ENDPOINT_H

#include <bpf/bpf_endian.h>
#include "kernel_read.h"

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* The bit of sk_flags that is set when the peer's FIN was taken in (enum sock_flags). */
#define SOCK_DONE_BIT 1

struct endpoint {
	__u8 family;	/* 0 = none */
	__u8 transport;
	__u16 local_port;
	__u16 peer_port;
	__u16 reserved;
	__u8 local[16];
	__u8 peer[16];
};

static __always_inline __u32 peer_ended(__u64 sock_flags)
{
	return (sock_flags >> SOCK_DONE_BIT) & 1;
}

/* False for a socket without a peer and for families that have no address we can name; *to is then unspecified. */
static __always_inline bool endpoint_of_socket(const struct sock *sk, struct endpoint *to)
{
	__u16 family = 0, type = kernel_sock_type(sk), peer_port = 0;

	kernel_read(&family, sock_family, sk);
	to->family = family;
	if (family == AF_UNIX)
		return true;
	to->transport = type == SOCK_STREAM ? 6 : type == SOCK_DGRAM ? 17 : 0;
	kernel_read(&to->local_port, sock_local_port, sk);
	kernel_read(&peer_port, sock_peer_port, sk);
	to->peer_port = bpf_ntohs(peer_port);
	if (family == AF_INET) {
		kernel_read((__be32 *)to->local, sock_local_v4, sk);
		kernel_read((__be32 *)to->peer, sock_peer_v4, sk);
		return peer_port != 0;
	}
	if (family == AF_INET6) {
		kernel_read(&to->local, sock_local_v6, sk);
		kernel_read(&to->peer, sock_peer_v6, sk);
		return peer_port != 0;
	}
	return false;
}

static __always_inline struct sock *socket_of_descriptor(int fd)
{
	const void *task = (const void *)bpf_get_current_task();
	const void *files = 0, *table = 0, *file = 0, *inode = 0, *socket = 0;
	struct sock *sk = 0;
	const void **slots = 0;
	__u32 count = 0;
	__u16 mode = 0;

	kernel_read(&files, task_files, task);
	kernel_read(&table, files_fdt, files);
	kernel_read(&count, fdtable_max_fds, table);
	if (fd < 0 || (__u32)fd >= count)
		return 0;
	kernel_read(&slots, fdtable_fd, table);
	if (read_kernel(&file, sizeof(file), slots + (__u32)fd) || !file)
		return 0;
	kernel_read(&inode, file_inode, file);
	kernel_read(&mode, inode_mode, inode);
	if ((mode & S_IFMT) != S_IFSOCK)
		return 0;
	kernel_read(&socket, file_private_data, file);
	kernel_read(&sk, socket_sk, socket);
	return sk;
}

#endif
