/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The connection behind an SSL object. */
#ifndef SLUICE_OPENSSL_CONNECTIONS_H
#define SLUICE_OPENSSL_CONNECTIONS_H

#include "endpoint.h"
#include "identity.h"
#include "maps.h"
#include "openssl/calls.h"

struct connection_key {
	__u64 ssl;
	__u32 tgid;
	__u32 reserved;
};

/* All zero for a new one. */
struct connection {
	__u64 id;		/* 0 = not given yet */
	__u64 sequence[2];	/* by direction - 1 */
	__u32 lost[2];		/* samples lost since the last one that was sent */
	struct endpoint endpoint;
	struct endpoint nested;	/* seen in a socket call inside an SSL call; used when no other way gives one */
	__u32 fd;		/* the descriptor + 1; 0 = not known */
	__u32 fd_hint;		/* the same, from SSL_set_fd */
	__u16 tls_version;
	__u8 address_source;	/* enum sluice_address_source; not 0 = settled */
	__u8 tries;
	__u32 reserved;
};

/* Least recently used connections make room: one that returns after that goes on under a new connection id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct connection_key);
	__type(value, struct connection);
} connections SEC(".maps");

/* All zero and never written: what new entries are made of. (Too large for the stack, and a constant would be global data.) */
struct blanks {
	struct connection connection;
	struct thread_calls calls;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct blanks);
} blanks SEC(".maps");

static __always_inline struct blanks *find_blanks(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&blanks, &key);
}

static __always_inline struct thread_calls *open_thread(__u64 thread)
{
	struct thread_calls *calls = bpf_map_lookup_elem(&thread_calls, &thread);
	struct blanks *blank;

	if (calls)
		return calls;
	blank = find_blanks();
	if (!blank)
		return 0;
	bpf_map_update_elem(&thread_calls, &thread, &blank->calls, BPF_NOEXIST);
	return bpf_map_lookup_elem(&thread_calls, &thread);
}

static __always_inline struct connection *find_connection(__u64 ssl, __u32 tgid)
{
	struct connection_key key = { .ssl = ssl, .tgid = tgid };

	return bpf_map_lookup_elem(&connections, &key);
}

static __always_inline struct connection *open_connection(__u64 ssl, __u32 tgid)
{
	struct connection_key key = { .ssl = ssl, .tgid = tgid };
	struct connection *connection = bpf_map_lookup_elem(&connections, &key);
	struct blanks *blank;

	if (connection)
		return connection;
	blank = find_blanks();
	if (!blank)
		return 0;
	bpf_map_update_elem(&connections, &key, &blank->connection, BPF_NOEXIST);
	return bpf_map_lookup_elem(&connections, &key);
}

/* SSL_new: the allocator may hand out the address of an object that is gone. */
static __always_inline int forget_connection(struct pt_regs *ctx)
{
	struct connection_key key = { .ssl = PT_REGS_RC(ctx), .tgid = bpf_get_current_pid_tgid() >> 32 };

	bpf_map_delete_elem(&connections, &key);
	return 0;
}

/* SSL_clear: the object starts a new connection; its descriptor may have been set before. */
static __always_inline int restart_connection(struct pt_regs *ctx)
{
	struct connection *connection = find_connection(PT_REGS_PARM1(ctx), bpf_get_current_pid_tgid() >> 32);

	if (!connection)
		return 0;
	connection->id = 0;
	connection->address_source = 0;
	connection->tls_version = 0;
	connection->tries = 0;
	connection->nested.family = 0;
	return 0;
}

/* SSL_set_bio and its siblings: other I/O from here on. SSL_set_fd calls them too, and sets its hint after that. */
static __always_inline int change_socket(struct pt_regs *ctx)
{
	struct connection *connection = find_connection(PT_REGS_PARM1(ctx), bpf_get_current_pid_tgid() >> 32);

	if (!connection)
		return 0;
	connection->address_source = 0;
	connection->tries = 0;
	connection->nested.family = 0;
	connection->fd = 0;
	connection->fd_hint = 0;
	return 0;
}

static __always_inline void set_descriptor(const struct call *call, __u32 tgid, int result)
{
	struct connection *connection;

	if (result != 1)
		return;
	connection = open_connection(call->ssl, tgid);
	if (!connection)
		return;
	connection->fd_hint = (__u32)call->buffer + 1;
	connection->address_source = 0;
	connection->tries = 0;
}

static __always_inline void identify(struct connection *connection, __u64 ssl, __u32 tgid)
{
	connection->sequence[0] = 0;
	connection->sequence[1] = 0;
	connection->lost[0] = 0;
	connection->lost[1] = 0;
	connection->id = unique_id(ssl ^ ((__u64)tgid << 32));
}

#endif
