/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Made by `make offsets ARCH=arm64` from the headers of Linux 6.1.0-56-cloud-arm64. */
#define KERNEL_OFFSETS_DEFAULT { \
	.task_group_leader = 1416, \
	.task_files = 1984, \
	.task_comm = 1912, \
	.files_fdt = 32, \
	.fdtable_max_fds = 0, \
	.fdtable_fd = 8, \
	.file_inode = 32, \
	.file_private_data = 200, \
	.inode_mode = 0, \
	.socket_sk = 24, \
	.sock_family = 16, \
	.sock_state = 18, \
	.sock_local_port = 14, \
	.sock_peer_port = 12, \
	.sock_local_v4 = 4, \
	.sock_peer_v4 = 0, \
	.sock_local_v6 = 72, \
	.sock_peer_v6 = 56, \
	.sock_type = 514, \
	.sock_protocol = 516, \
	.tcp_bytes_sent = 1488, \
	.tcp_bytes_retrans = 2136, \
	.tcp_bytes_acked = 1496, \
	.tcp_bytes_received = 1448, \
	.sock_flags = 96, \
	.sock_error = 544, \
	.inet_local_port = 804, \
	.sock_cookie = 88, \
}
