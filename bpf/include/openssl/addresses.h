/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The socket of an SSL object, found in three ways: the library's BIO, SSL_set_fd, the socket call inside the SSL call. */
#ifndef SLUICE_OPENSSL_ADDRESSES_H
#define SLUICE_OPENSSL_ADDRESSES_H

#include "endpoint.h"
#include "openssl/calls.h"
#include "openssl/connections.h"
#include "openssl/layouts.h"
#include "process.h"

/* A library that keeps an unusual BIO has it looked up this often before we only wait for a socket call. */
#define MAX_LOOKUP_TRIES 32

static __always_inline bool settle(struct connection *connection, int fd, __u8 source)
{
	struct endpoint found = {};
	struct sock *sk;

	if (fd < 0 || !knows_kernel())
		return false;
	sk = socket_of_descriptor(fd);
	if (!sk || !endpoint_of_socket(sk, &found))
		return false;
	connection->endpoint = found;
	connection->fd = fd + 1;
	connection->address_source = source;
	return true;
}

static __always_inline bool look_up(struct connection *connection, const struct sluice_tls_layout *layout, __u64 ssl, bool writes)
{
	__u8 source = SLUICE_ADDRESS_BIO;
	int fd = -1;

	if (connection->tries >= MAX_LOOKUP_TRIES)
		return false;
	connection->tries++;
	if (layout_holds(layout, ssl))
		fd = descriptor_of_ssl(layout, ssl, writes);
	if (fd < 0) {
		fd = (int)connection->fd_hint - 1;
		source = SLUICE_ADDRESS_SET_FD;
	}
	return settle(connection, fd, source);
}

static __always_inline void find_endpoint(struct connection *connection, const struct sluice_tls_layout *layout, __u64 ssl,
					  bool writes)
{
	if (look_up(connection, layout, ssl, writes) || !connection->nested.family)
		return;
	connection->endpoint = connection->nested;
	connection->address_source = SLUICE_ADDRESS_NESTED_IO;
}

#ifndef SLUICE_LESS52
/* Walked by the verifier once, by itself. (Pointers are arguments of such functions from 5.12 on; the plain flavour has it inlined.) */
__noinline int find_endpoint_modern(struct connection *connection, struct sluice_tls_layout *layout, __u64 ssl, __u32 writes)
{
	if (connection)
		find_endpoint(connection, layout, ssl, writes);
	return 0;
}
#endif

/* The call that a socket call of this thread belongs to, when its connection has no address yet. */
static __always_inline struct call *call_without_socket(__u64 thread)
{
	struct thread_calls *calls = bpf_map_lookup_elem(&thread_calls, &thread);
	struct call *call;

	if (!calls || !knows_kernel())
		return 0;
	call = innermost_call(calls);
	return call && call->wants_socket && is_transfer(call->kind) ? call : 0;
}

static __always_inline void note_socket(const struct call *call, const struct sock *sk, __u64 thread)
{
	struct connection *connection = open_connection(call->ssl, thread >> 32);
	struct endpoint found = {};

	/* A logging library may write to its Unix socket in a callback: an IP peer replaces that, nothing replaces an IP peer. */
	if (!connection || (connection->nested.family && connection->nested.family != AF_UNIX))
		return;
	if (!endpoint_of_socket(sk, &found) || found.transport == 17)
		return;
	connection->nested = found;
}

/* read write readv writev sendto recvfrom sendmsg recvmsg, as bits: comparisons one by one would become jumps to and fro. */
static __always_inline bool is_socket_io(__u64 number)
{
#ifdef __TARGET_ARCH_x86
	const __u64 first = 0, calls = 1ULL << 0 | 1ULL << 1 | 1ULL << 19 | 1ULL << 20 | 15ULL << 44;
#else
	/* The generic table: 63 to 66; 206, 207, 211 and 212. */
	__u64 first = 63, calls = 15;

	if (number >= 206) {
		first = 206;
		calls = 1ULL << 0 | 1ULL << 1 | 1ULL << 5 | 1ULL << 6;
	}
#endif
	number -= first;
	return number < 64 && (calls >> number & 1);
}

static __always_inline void describe_connection(struct sluice_tls_data *head, const struct connection *connection)
{
	head->connection_id = connection->id;
	head->fd = (__s32)connection->fd - 1;
	head->tls_version = connection->tls_version;
	head->address_source = connection->address_source;
	if (!connection->address_source)
		return;
	head->family = connection->endpoint.family;
	head->transport = connection->endpoint.transport;
	head->local_port = connection->endpoint.local_port;
	head->peer_port = connection->endpoint.peer_port;
	__builtin_memcpy(head->local_address, connection->endpoint.local, sizeof(head->local_address));
	__builtin_memcpy(head->peer_address, connection->endpoint.peer, sizeof(head->peer_address));
}

#endif
