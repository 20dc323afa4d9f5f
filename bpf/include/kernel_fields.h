/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Every field of a kernel structure that a program reads: F(name, structure, path).
 *
 * From this one list come the readers of the programs (kernel_read.h), the constant `kernel` of the _noncore objects, the offsets in
 * generated/ (kernel_offsets.c) and the columns of ../offsets/kernel.tsv. A new field stands at the end, so that the others keep their places.
 */
#ifndef SLUICE_KERNEL_FIELDS_H
#define SLUICE_KERNEL_FIELDS_H

#define KERNEL_FIELDS(F)                                                   \
	F(task_group_leader, task_struct, group_leader)                    \
	F(task_files, task_struct, files)                                  \
	F(task_comm, task_struct, comm)                                    \
	F(files_fdt, files_struct, fdt)                                    \
	F(fdtable_max_fds, fdtable, max_fds)                               \
	F(fdtable_fd, fdtable, fd)                                         \
	F(file_inode, file, f_inode)                                       \
	F(file_private_data, file, private_data)                           \
	F(inode_mode, inode, i_mode)                                       \
	F(socket_sk, socket, sk)                                           \
	F(sock_family, sock, __sk_common.skc_family)                       \
	F(sock_state, sock, __sk_common.skc_state)                         \
	F(sock_local_port, sock, __sk_common.skc_num)                      \
	F(sock_peer_port, sock, __sk_common.skc_dport)                     \
	F(sock_local_v4, sock, __sk_common.skc_rcv_saddr)                  \
	F(sock_peer_v4, sock, __sk_common.skc_daddr)                       \
	F(sock_local_v6, sock, __sk_common.skc_v6_rcv_saddr)               \
	F(sock_peer_v6, sock, __sk_common.skc_v6_daddr)                    \
	F(sock_type, sock, sk_type)                                        \
	F(sock_protocol, sock, sk_protocol)                                \
	F(tcp_bytes_sent, tcp_sock, bytes_sent)                            \
	F(tcp_bytes_retrans, tcp_sock, bytes_retrans)                      \
	F(tcp_bytes_acked, tcp_sock, bytes_acked)                          \
	F(tcp_bytes_received, tcp_sock, bytes_received)                    \
	F(sock_flags, sock, __sk_common.skc_flags)                         \
	F(sock_error, sock, sk_err)                                        \
	F(inet_local_port, inet_sock, inet_sport)                          \
	F(sock_cookie, sock, __sk_common.skc_cookie)

#endif
