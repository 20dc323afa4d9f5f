/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The life of a TCP connection as abstract events. What calls them differs between kernels (connections_kern.bpf.c):
 *
 *   connecting   a process asks for a connection                 -> remembered
 *   established  and has it                                      -> OPEN
 *   arriving     the handshake of a peer is complete             -> remembered as unaccepted
 *   accepted     a process takes it                              -> ACCEPT
 *   closing      a process gives up its end                      -> remembered, where nothing was yet: it began before the capture
 *   closed       nothing will be sent or received any more       -> CLOSE, or FAIL for an attempt
 *
 * All but accepted run under the socket's lock (closing only where a state change is its source), so those of one connection never meet. A
 * socket leaves memory only in state CLOSE (inet_sock_destruct refuses any other) and every way there reports the change, so no entry outlives its connection.
 */
#ifndef SLUICE_CONNECTIONS_TCP_H
#define SLUICE_CONNECTIONS_TCP_H

#include "connections/tracked.h"

/* net/tcp_states.h */
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_SYN_RECV 3
#define TCP_FIN_WAIT1 4
#define TCP_CLOSE 7
#define TCP_LAST_ACK 9
#define TCP_LISTEN 10

#define IPPROTO_TCP 6

/* By the address of the kernel's socket. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct tracked);
} tcp_connections SEC(".maps");

/*
 * Connections that no process has taken yet: when each arrived. Whoever removes an entry tells of the connection: accepted or closed. Full means
 * that more arrive than are accepted; those without an entry are accepted with an unknown start.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u64);
} tcp_unaccepted SEC(".maps");

/* The tracepoint reports other protocols of the family too. */
static __always_inline bool is_tcp(const struct sock *sk)
{
	return !knows_kernel() || kernel_sock_protocol(sk) == IPPROTO_TCP;
}

static __always_inline __u8 tcp_state(const struct sock *sk)
{
	__u8 state = 0;

	if (knows_kernel())
		kernel_read(&state, sock_state, sk);
	return state;
}

static __always_inline void read_endpoint(struct endpoint *endpoint, const struct sock *sk)
{
	__be16 port = 0;

	if (knows_kernel()) {
		endpoint_of_socket(sk, endpoint);
		/* A closing socket has given its port back before it tells of its new state; this copy stays. */
		kernel_read(&port, inet_local_port, sk);
		endpoint->local_port = bpf_ntohs(port);
	}
	endpoint->transport = IPPROTO_TCP;
}

static __always_inline void read_traffic(struct sluice_connection *event, const struct sock *sk)
{
	__u64 sent = 0, again = 0, received = 0, flags = 0;

	if (!is_proven(SLUICE_PROVEN_TRAFFIC) || kernel_read(&sent, tcp_bytes_sent, sk) || kernel_read(&again, tcp_bytes_retrans, sk) ||
	    kernel_read(&received, tcp_bytes_received, sk) || kernel_read(&flags, sock_flags, sk)) {
		event->header.flags |= SLUICE_FLAG_TRAFFIC_UNKNOWN;
		return;
	}
	event->bytes_sent = sent - again;
	/* The kernel counts the peer's FIN as a byte. */
	event->bytes_received = received - peer_ended(flags);
}

static __always_inline void forget(__u64 key)
{
	bpf_map_delete_elem(&tcp_unaccepted, &key);
	bpf_map_delete_elem(&tcp_connections, &key);
}

static __always_inline int connecting(const struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct tracked attempt;

	if (!is_tcp(sk))
		return 0;
	begin_tracking(&attempt, key);
	attempt.start_ns = bpf_ktime_get_ns();
	attempt.direction = SLUICE_OUTBOUND;
	bpf_map_delete_elem(&tcp_unaccepted, &key);
	if (bpf_map_update_elem(&tcp_connections, &key, &attempt, BPF_ANY))
		count_lost_event(&attempt);
	return 0;
}

static __always_inline int established(enum flavour flavour, void *context, const struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct tracked *connection = bpf_map_lookup_elem(&tcp_connections, &key);
	struct sluice_connection event;

	if (!connection || connection->established)
		return 0;
	connection->established = 1;
	if (connection->left_out)
		return 0;
	read_endpoint(&connection->endpoint, sk);
	fill_event(&event, connection, SLUICE_CONNECTION_OPEN);
	send_event(flavour, context, &event, connection);
	return 0;
}

/* The child socket of a listener begins; what was known of an earlier one at its place is not of this one. */
static __always_inline int arriving(const struct sock *sk)
{
	__u64 key = (__u64)sk, now = bpf_ktime_get_ns();

	if (!is_tcp(sk))
		return 0;
	forget(key);
	bpf_map_update_elem(&tcp_unaccepted, &key, &now, BPF_ANY);
	return 0;
}

enum taking {
	TAKEN,
	NO_ROOM,
	CLOSED_MEANWHILE,	/* and told already */
};

/* Takes a connection from the unaccepted into the tracked ones. */
static __always_inline enum taking take_in(__u64 key, struct tracked *taken)
{
	__u64 *arrived = bpf_map_lookup_elem(&tcp_unaccepted, &key);
	long full;

	if (arrived) {
		taken->start_ns = *arrived;
		taken->direction = SLUICE_INBOUND;
	}
	/* First the entry, then the claim: closed() claims first and looks for the entry then. */
	full = bpf_map_update_elem(&tcp_connections, &key, taken, BPF_ANY);
	if (arrived && bpf_map_delete_elem(&tcp_unaccepted, &key)) {
		bpf_map_delete_elem(&tcp_connections, &key);
		return CLOSED_MEANWHILE;
	}
	return full ? NO_ROOM : TAKEN;
}

static __always_inline void report_accept(enum flavour flavour, void *context, __u64 key, struct tracked *taken)
{
	struct sluice_connection event;
	struct tracked *connection;

	/* Of the copy: the entry may be removed at any moment, this does not hold the socket's lock. */
	taken->sequence = 0;
	fill_event(&event, taken, SLUICE_CONNECTION_ACCEPT);
	send_event(flavour, context, &event, taken);
	if (!taken->lost)
		return;
	connection = bpf_map_lookup_elem(&tcp_connections, &key);
	if (connection)
		connection->lost = 1;
}

/* A connection that has been accepted before, or that a reset ended before, is none: nothing is told. */
static __always_inline int accepted(enum flavour flavour, void *context, const struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct tracked taken;
	enum taking result;

	if (!sk || bpf_map_lookup_elem(&tcp_connections, &key) || !is_tcp(sk) || tcp_state(sk) == TCP_CLOSE)
		return 0;
	begin_tracking(&taken, key);
	taken.direction = SLUICE_INBOUND;
	taken.established = 1;
	taken.sequence = 1;
	read_endpoint(&taken.endpoint, sk);
	result = take_in(key, &taken);
	if (taken.left_out)
		return 0;
	if (result == TAKEN)
		report_accept(flavour, context, key, &taken);
	else if (result == NO_ROOM)
		count_lost_event(&taken);
	return 0;
}

static __always_inline int closing(const struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct tracked taken;

	if (bpf_map_lookup_elem(&tcp_connections, &key) || !is_tcp(sk))
		return 0;
	begin_tracking(&taken, key);
	taken.established = 1;
	read_endpoint(&taken.endpoint, sk);
	/* Where nothing is filtered the end of an unknown connection is told too. */
	if (take_in(key, &taken) == NO_ROOM && has_filter())
		count_lost_event(&taken);
	return 0;
}

/* A call that closes any socket: only one with a connection is of interest. */
static __always_inline int closing_call(const struct sock *sk)
{
	__u8 state = tcp_state(sk);

	return !state || state == TCP_CLOSE || state == TCP_LISTEN || state == TCP_SYN_SENT ? 0 : closing(sk);
}

static __always_inline void report_end(enum flavour flavour, void *context, const struct sock *sk, struct tracked *connection)
{
	struct sluice_connection event;
	int error = 0;

	if (connection->established) {
		fill_event(&event, connection, SLUICE_CONNECTION_CLOSE);
		read_traffic(&event, sk);
	} else {
		read_endpoint(&connection->endpoint, sk);
		fill_event(&event, connection, SLUICE_CONNECTION_FAIL);
		if (knows_kernel())
			kernel_read(&error, sock_error, sk);
		event.error = error;
	}
	send_event(flavour, context, &event, connection);
}

/* Nobody accepted it (arrived_ns not 0), or it was there before the capture and no process was seen giving it up. */
static __always_inline void report_stranger(enum flavour flavour, void *context, const struct sock *sk, __u64 arrived_ns, bool last)
{
	struct tracked stranger;
	__u64 key = (__u64)sk;

	if (has_filter() || !is_tcp(sk))
		return;
	begin_tracking_stranger(&stranger, key);
	stranger.ended = 1;
	stranger.start_ns = arrived_ns;
	stranger.direction = arrived_ns ? SLUICE_INBOUND : SLUICE_DIRECTION_UNKNOWN;
	read_endpoint(&stranger.endpoint, sk);
	report_end(flavour, context, sk, &stranger);
	if (!last)
		bpf_map_update_elem(&tcp_connections, &key, &stranger, BPF_ANY);
}

/* last: no copy of the program comes after this one. */
static __always_inline int closed(enum flavour flavour, void *context, const struct sock *sk, int old_state, bool last)
{
	__u64 key = (__u64)sk, arrived_ns = 0;
	struct tracked *connection;
	__u64 *arrived;

	if (old_state == TCP_LISTEN || old_state == TCP_CLOSE)
		return 0;
	connection = bpf_map_lookup_elem(&tcp_connections, &key);
	if (connection && connection->ended) {
		if (last)
			bpf_map_delete_elem(&tcp_connections, &key);
		return 0;
	}
	arrived = bpf_map_lookup_elem(&tcp_unaccepted, &key);
	if (arrived)
		arrived_ns = *arrived;
	if (arrived && !bpf_map_delete_elem(&tcp_unaccepted, &key)) {
		/* A handshake that fails at its last step was no connection. */
		if (old_state != TCP_SYN_RECV)
			report_stranger(flavour, context, sk, arrived_ns, last);
		return 0;
	}
	connection = bpf_map_lookup_elem(&tcp_connections, &key);
	if (connection) {
		/* The change to established was missed: it came while the probes were being attached. */
		if (!connection->established && old_state != TCP_SYN_SENT && old_state != TCP_SYN_RECV) {
			connection->established = 1;
			read_endpoint(&connection->endpoint, sk);
		}
		if (!connection->left_out)
			report_end(flavour, context, sk, connection);
		connection->ended = 1;
		if (last)
			bpf_map_delete_elem(&tcp_connections, &key);
	} else if (old_state != TCP_SYN_SENT && old_state != TCP_SYN_RECV) {
		report_stranger(flavour, context, sk, 0, last);
	}
	return 0;
}

#endif
