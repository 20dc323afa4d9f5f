/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The life of a UDP flow, which is a socket and one peer, from the first datagram between them to the last.
 *
 *   packet     a datagram passes, out or in                          -> counted; OPEN, where it is the first and the process is known
 *   named      a process connects to the peer, sends to it or        -> remembered; OPEN or ACCEPT, where datagrams were counted before
 *              receives from it
 *   used       a process sends or receives, to or from whom is not   -> remembered for the socket
 *              known
 *   released   the socket is closed                                  -> remembered for user space
 *   ending     user space found that the flow may be over            -> CLOSE, and the entry is deleted
 *
 * Datagrams are counted by cgroup_skb, which sees each that a socket sends or is given, once, on every kernel and in any context; who is
 * responsible for one cannot be learned there (a verdict on a queued packet, a cipher that finishes late), so it is learned only in hooks that run in
 * the system call. No kernel leaves out a run of these programs, so they need no copies; they interleave instead (interrupts, other CPUs), so
 * a flow is changed under its spin lock.
 *
 * Only `ending` deletes, as a flow that was marked gone: a datagram that meets the mark looks again, and finds nothing or a new flow. Entries of a hash
 * are used again at once, so who holds the lock also asks whether the entry still is the flow's.
 */
#ifndef SLUICE_CONNECTIONS_UDP_H
#define SLUICE_CONNECTIONS_UDP_H

#include "connections/tracked.h"
#include "connections/udp_maps.h"

#define IPPROTO_UDP 17

/* Set before the load: a flow ends when no datagram has passed for so long. */
const volatile __u64 udp_idle_ns = 60000000000ULL;

struct udp_flow {
	struct bpf_spin_lock lock;
	/* struct udp_status */
	__u8 in_use;
	__u8 gone;
	__u8 named;
	__u8 announced;
	__u64 last_ns;
	__u64 packets_sent;
	__u64 packets_received;
	__u64 bytes_sent;
	__u64 bytes_received;

	struct udp_key key;
	struct tracked about;
};

#define SAME_PLACE(field)                                                                                          \
	_Static_assert(__builtin_offsetof(struct udp_flow, field) == __builtin_offsetof(struct udp_status, field), #field)
SAME_PLACE(in_use);
SAME_PLACE(announced);
SAME_PLACE(last_ns);
SAME_PLACE(bytes_received);
_Static_assert(sizeof(struct udp_status) == __builtin_offsetof(struct udp_flow, key), "udp_status");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct udp_key);
	__type(value, struct udp_flow);
} udp_flows SEC(".maps");

/* An entry as it is inserted, all zero; filled under its lock. Not of the type that has the lock: such a value may not be handed to a helper. */
struct udp_blank_flow {
	__u64 words[sizeof(struct udp_flow) / sizeof(__u64)];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct udp_blank_flow);
} udp_blank SEC(".maps");

struct udp_socket {
	/* The process that used the socket, unless tgid is 0 or several did. */
	struct sluice_event_header user;
	__u64 sending;		/* the task that sends to `to` */
	struct udp_key to;	/* as it was asked for: on the way its address may be translated */
	__u8 left_out;		/* the user is not captured */
	__u8 shared;		/* several processes use it */
	__u8 born;		/* created while we were watching */
	__u8 reserved[5];
};

/* By cookie. A socket that was forgotten counts as one from before the capture, used by nobody: less is then said, and nothing wrong. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct udp_socket);
} udp_sockets SEC(".maps");

/* When sockets were closed, by cookie; emptied by user space. Where it is full their flows end by being idle. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
} udp_released SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct udp_clock);
} udp_clock SEC(".maps");

/* Ids of the cgroups that --cgroup names: programs of cgroups cannot ask the map cgroup_filter. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLUICE_MAX_CGROUPS);
	__type(key, __u64);
	__type(value, __u8);
} udp_cgroups SEC(".maps");

/* ---- processes ---- */

/* As deep as cgroups are nested at most, where people did it. */
#define MAX_CGROUP_LEVELS 32

static __always_inline bool below_selected_cgroup(void)
{
	int level;

	for (level = 0; level < MAX_CGROUP_LEVELS; level++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(level);

		if (!id)
			return false;
		if (bpf_map_lookup_elem(&udp_cgroups, &id))
			return true;
	}
	return false;
}

/* is_captured() for programs of cgroups. */
static __always_inline bool is_captured_here(__u32 tgid)
{
	struct sluice_filters *in_use = find_filters();
	struct sluice_self *self = find_self();

	if (!self || tgid == self->tgid)
		return false;
	if (!in_use || (passes_process_filters(in_use, tgid) &&
			(!CONSTANT(config.cgroup_filter) || !in_use->cgroup_filter || below_selected_cgroup())))
		return true;
	count_filtered_call();
	return false;
}

enum udp_place {
	IN_CGROUP_PROGRAM,
	IN_TRACING_PROGRAM,
};

static __always_inline bool describe_udp_process(enum udp_place place, struct sluice_event_header *process)
{
	__u64 thread = bpf_get_current_pid_tgid();

	__builtin_memset(process, 0, sizeof(*process));
	process->kind = SLUICE_KIND_CONNECTION;
	describe_process(process, thread);
	return place == IN_CGROUP_PROGRAM ? is_captured_here(thread >> 32) : is_captured(thread >> 32);
}

static __always_inline struct udp_socket *remember_udp_socket(__u64 cookie, bool born)
{
	struct udp_socket fresh = { .born = born };

	bpf_map_update_elem(&udp_sockets, &cookie, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&udp_sockets, &cookie);
}

/* The current process uses the socket. */
static __always_inline struct udp_socket *udp_used(enum udp_place place, __u64 cookie)
{
	struct udp_socket *socket = bpf_map_lookup_elem(&udp_sockets, &cookie);
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct sluice_event_header user;

	if (!socket)
		socket = remember_udp_socket(cookie, false);
	if (!socket || socket->user.tgid == tgid)
		return socket;
	if (socket->user.tgid) {
		socket->shared = 1;
		return socket;
	}
	socket->left_out = !describe_udp_process(place, &user);
	socket->user = user;
	return socket;
}

static __always_inline bool has_one_user(const struct udp_socket *socket)
{
	return socket && socket->user.tgid && !socket->shared;
}

/* ---- flows ---- */

static __always_inline struct udp_flow *find_udp_flow(const struct udp_key *key)
{
	return bpf_map_lookup_elem(&udp_flows, key);
}

static __always_inline struct udp_flow *find_or_add_udp_flow(const struct udp_key *key)
{
	struct udp_flow *flow = bpf_map_lookup_elem(&udp_flows, key);
	__u32 zero = 0;
	void *blank;

	if (flow)
		return flow;
	blank = bpf_map_lookup_elem(&udp_blank, &zero);
	if (blank)
		bpf_map_update_elem(&udp_flows, key, blank, BPF_NOEXIST);
	return bpf_map_lookup_elem(&udp_flows, key);
}

/* Under the lock: takes a blank entry; false when the entry is another flow's, or one that has ended. */
static __always_inline bool take_udp_entry(struct udp_flow *flow, const struct udp_key *key, __u64 id, __u64 now)
{
	const __u64 *mine = (const __u64 *)key, *its = (const __u64 *)&flow->key;

	if (!flow->in_use) {
		flow->in_use = 1;
		flow->key = *key;
		flow->last_ns = now;
		flow->about.id = id;
		flow->about.established = 1;
		flow->about.header.kind = SLUICE_KIND_CONNECTION;
		flow->about.header.flags = SLUICE_FLAG_PROCESS_UNKNOWN;
		return true;
	}
	return !flow->gone && mine[0] == its[0] && mine[1] == its[1] && mine[2] == its[2] && mine[3] == its[3];
}

/* Under the lock. A flow has one process: the first. */
static __always_inline void name_udp_flow(struct udp_flow *flow, const struct sluice_event_header *process, bool left_out)
{
	if (flow->named)
		return;
	flow->about.header = *process;
	flow->about.left_out = left_out;
	flow->named = 1;
}

/* Under the lock: whether the flow's start is to be told, which happens once and is in *event then. */
static __always_inline bool announce_udp_flow(struct udp_flow *flow, struct sluice_connection *event, __u64 now)
{
	if (flow->announced || !flow->named || !(flow->packets_sent | flow->packets_received))
		return false;
	flow->announced = 1;
	if (flow->about.left_out || !flow->about.start_ns)
		return false;
	fill_event_at(event, &flow->about,
		      flow->about.direction == SLUICE_OUTBOUND ? SLUICE_CONNECTION_OPEN : SLUICE_CONNECTION_ACCEPT, now);
	flow->about.sequence = 1;
	return true;
}

static __always_inline enum emit_result emit_udp_event(enum flavour flavour, void *context, struct sluice_connection *event)
{
	struct sluice_cpu_stats *counters = cpu_stats();

	if (!counters)
		return EMIT_LOST;
	return emit_head(flavour, context, counters, &event->header, sizeof(*event), event->connection_id, false);
}

static __always_inline void tell_udp_start(enum flavour flavour, void *context, struct udp_flow *flow, struct sluice_connection *event)
{
	if (emit_udp_event(flavour, context, event) != EMIT_SENT)
		COUNT(flow->about.lost);
}

static __always_inline __u64 udp_flow_id(const struct udp_key *key, __u64 now)
{
	return unique_id(key->cookie ^ mix(now ^ ((__u64)key->peer_port << 48)));
}

/* ---- named: in the system call ---- */

static __always_inline void udp_named(enum flavour flavour, void *context, const struct udp_key *key)
{
	struct udp_flow *flow = find_or_add_udp_flow(key);
	struct sluice_event_header process;
	struct sluice_connection event;
	__u64 now = bpf_ktime_get_ns();
	bool left_out, tell = false;
	__u64 id;

	/* Where there is no room for the flow its datagrams will count that. */
	if (!flow || (flow->named && !flow->gone))
		return;
	id = udp_flow_id(key, now);
	left_out = !describe_udp_process(IN_CGROUP_PROGRAM, &process);
	bpf_spin_lock(&flow->lock);
	if (take_udp_entry(flow, key, id, now)) {
		name_udp_flow(flow, &process, left_out);
		tell = announce_udp_flow(flow, &event, now);
	}
	bpf_spin_unlock(&flow->lock);
	if (tell)
		tell_udp_start(flavour, context, flow, &event);
}

/* ::ffff:a.b.c.d is IPv4. */
static __always_inline void set_udp_peer_v6(struct udp_key *key, const __u32 (*address)[4])
{
	bool is_v4 = !(*address)[0] && !(*address)[1] && (*address)[2] == bpf_htonl(0xffff);

	key->family = is_v4 ? AF_INET : AF_INET6;
	if (is_v4)
		__builtin_memcpy(key->peer, &(*address)[3], 4);
	else
		__builtin_memcpy(key->peer, *address, 16);
}

static __always_inline void read_udp_key(struct udp_key *key, struct bpf_sock_addr *ctx, bool is_v6)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->cookie = bpf_get_socket_cookie(ctx);
	key->peer_port = bpf_ntohs((__u16)ctx->user_port);
	if (is_v6) {
		__u32 address[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };

		set_udp_peer_v6(key, (const __u32 (*)[4])&address);
	} else {
		__u32 address = ctx->user_ip4;

		key->family = AF_INET;
		__builtin_memcpy(key->peer, &address, 4);
	}
}

/* Threads that send by one socket at once overwrite each other's note: it is no task's while it is being written. */
static __always_inline void note_udp_sending(struct udp_socket *socket, const struct udp_key *key)
{
	*(volatile __u64 *)&socket->sending = 0;
	barrier();
	socket->to = *key;
	barrier();
	*(volatile __u64 *)&socket->sending = bpf_get_current_task();
}

static __always_inline bool read_udp_sending(const struct udp_socket *socket, struct udp_key *key)
{
	__u64 task = bpf_get_current_task();

	if (*(volatile __u64 *)&socket->sending != task)
		return false;
	barrier();
	*key = socket->to;
	barrier();
	return *(volatile __u64 *)&socket->sending == task;
}

/* Of the hooks connect, sendmsg and recvmsg. What is asked for passes, whatever we make of it: 1. */
static __always_inline int on_udp_peer(enum flavour flavour, struct bpf_sock_addr *ctx, bool is_v6, bool sends)
{
	struct udp_socket *socket;
	struct udp_key key;

	if (ctx->protocol != IPPROTO_UDP)
		return 1;
	read_udp_key(&key, ctx, is_v6);
	socket = udp_used(IN_CGROUP_PROGRAM, key.cookie);
	if (socket && sends)
		note_udp_sending(socket, &key);
	udp_named(flavour, ctx, &key);
	return 1;
}

/* ---- packets ---- */

struct udp_packet {
	struct udp_key key;
	__u8 local[16];
	__u16 local_port;
	bool is_connected;	/* the socket, to the peer */
	bool is_incoming;
	bool from_before;	/* the flow may have begun before the capture */
	__u32 count;		/* segments that travel as one */
	__u32 bytes;
};

struct udp_header {
	__be16 source;
	__be16 destination;
	__be16 length;
	__be16 checksum;
};

struct ipv4_header {
	__u8 version_and_words;
	__u8 other[11];
	__u8 source[4];
	__u8 destination[4];
};

struct ipv6_header {
	__u8 other[6];
	__u8 next;
	__u8 hops;
	__u8 source[16];
	__u8 destination[16];
};

/* Headers between those of IPv6 and UDP; more than these nobody sends. */
#define MAX_EXTENSION_HEADERS 6

static __always_inline int skip_extension_headers(struct __sk_buff *skb, __u8 next)
{
	int offset = sizeof(struct ipv6_header), i;

	for (i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		__u8 extension[2];	/* the next one's kind; the length behind the first eight bytes, in eights */

		if (next == IPPROTO_UDP)
			return offset;
		if (bpf_skb_load_bytes(skb, offset, extension, sizeof(extension)))
			return -1;
		next = extension[0];
		offset += 8 + 8 * extension[1];
	}
	return -1;
}

/* The offset of the UDP header; negative when there is none. */
static __always_inline int read_ip_header(struct __sk_buff *skb, struct udp_packet *packet)
{
	__u8 *source = packet->is_incoming ? packet->key.peer : packet->local;
	__u8 *destination = packet->is_incoming ? packet->local : packet->key.peer;
	union {
		struct ipv4_header v4;
		struct ipv6_header v6;
	} ip;

	if (bpf_skb_load_bytes(skb, 0, &ip.v4, sizeof(ip.v4)))
		return -1;
	if (ip.v4.version_and_words >> 4 == 4) {
		packet->key.family = AF_INET;
		__builtin_memcpy(source, ip.v4.source, 4);
		__builtin_memcpy(destination, ip.v4.destination, 4);
		return 4 * (ip.v4.version_and_words & 15);
	}
	if (bpf_skb_load_bytes(skb, 0, &ip.v6, sizeof(ip.v6)))
		return -1;
	packet->key.family = AF_INET6;
	__builtin_memcpy(source, ip.v6.source, 16);
	__builtin_memcpy(destination, ip.v6.destination, 16);
	return skip_extension_headers(skb, ip.v6.next);
}

static __always_inline bool read_udp_packet(struct __sk_buff *skb, struct udp_packet *packet, bool is_incoming)
{
	struct udp_header udp;
	int offset;

	__builtin_memset(packet, 0, sizeof(*packet));
	packet->is_incoming = is_incoming;
	offset = read_ip_header(skb, packet);
	if (offset < 0 || bpf_skb_load_bytes(skb, offset, &udp, sizeof(udp)))
		return false;
	packet->key.cookie = bpf_get_socket_cookie(skb);
	packet->key.peer_port = bpf_ntohs(is_incoming ? udp.source : udp.destination);
	packet->local_port = bpf_ntohs(is_incoming ? udp.destination : udp.source);
	packet->count = skb->gso_segs > 1 ? skb->gso_segs : 1;
	/* Each segment gets its own header only later. */
	packet->bytes = skb->len - offset - sizeof(udp);
	return true;
}

/* What the socket itself says of its ends: a datagram on its way out may have been given other addresses already (NAT). */
static __always_inline void read_socket_ends(struct bpf_sock *sk, struct udp_packet *packet, struct udp_key *connected)
{
	__u16 port = bpf_ntohs((__u16)sk->dst_port);

	*connected = packet->key;
	if (sk->src_port)
		packet->local_port = sk->src_port;
	if (packet->key.family == AF_INET) {
		__u32 peer = sk->dst_ip4, local = sk->src_ip4;

		if (local)
			__builtin_memcpy(packet->local, &local, 4);
		__builtin_memcpy(connected->peer, &peer, 4);
	} else {
		__u32 peer[4] = { sk->dst_ip6[0], sk->dst_ip6[1], sk->dst_ip6[2], sk->dst_ip6[3] };
		__u32 local[4] = { sk->src_ip6[0], sk->src_ip6[1], sk->src_ip6[2], sk->src_ip6[3] };

		if (local[0] | local[1] | local[2] | local[3])
			__builtin_memcpy(packet->local, local, 16);
		__builtin_memcpy(connected->peer, peer, 16);
	}
	connected->peer_port = port;
	packet->is_connected = port != 0;
}

/* The flow of an outgoing datagram whose peer was translated is that of the peer that was asked for. */
static __always_inline struct udp_flow *find_asked_for(struct udp_packet *packet, const struct udp_key *connected)
{
	const struct udp_socket *socket;
	struct udp_key asked;

	if (packet->is_connected) {
		packet->key = *connected;
		return find_udp_flow(&packet->key);
	}
	socket = bpf_map_lookup_elem(&udp_sockets, &packet->key.cookie);
	if (socket && read_udp_sending(socket, &asked) && asked.family == packet->key.family)
		packet->key = asked;
	return find_udp_flow(&packet->key);
}

/* After as long as a flow may be silent, one that was not seen is new. */
static __always_inline bool may_be_from_before(const struct udp_key *key, __u64 now)
{
	const struct udp_socket *socket = bpf_map_lookup_elem(&udp_sockets, &key->cookie);
	const struct udp_clock *clock;
	__u32 zero = 0;

	if (socket && socket->born)
		return false;
	clock = bpf_map_lookup_elem(&udp_clock, &zero);
	return !clock || !clock->attached_ns || now < clock->attached_ns + udp_idle_ns;
}

/* Under the lock: the first datagram. */
static __always_inline void start_udp_flow(struct udp_flow *flow, const struct udp_packet *packet, __u64 now)
{
	struct tracked *about = &flow->about;

	about->endpoint.family = packet->key.family;
	about->endpoint.transport = IPPROTO_UDP;
	about->endpoint.local_port = packet->local_port;
	about->endpoint.peer_port = packet->key.peer_port;
	__builtin_memcpy(about->endpoint.local, packet->local, sizeof(about->endpoint.local));
	__builtin_memcpy(about->endpoint.peer, packet->key.peer, sizeof(about->endpoint.peer));
	if (packet->from_before)
		return;
	about->start_ns = now;
	about->direction = packet->is_incoming ? SLUICE_INBOUND : SLUICE_OUTBOUND;
}

enum counting {
	COUNTED,
	COUNTED_FIRST,	/* the start is to be told */
	NOT_ITS_ENTRY,
};

/* user: of the socket, where it is connected and has one; may be null. */
static __always_inline enum counting count_udp_packet(struct udp_flow *flow, const struct udp_packet *packet,
						      const struct udp_socket *user, struct sluice_connection *event, __u64 id, __u64 now)
{
	enum counting result = COUNTED;

	bpf_spin_lock(&flow->lock);
	if (!take_udp_entry(flow, &packet->key, id, now)) {
		bpf_spin_unlock(&flow->lock);
		return NOT_ITS_ENTRY;
	}
	if (!(flow->packets_sent | flow->packets_received))
		start_udp_flow(flow, packet, now);
	if (packet->is_incoming) {
		flow->packets_received += packet->count;
		flow->bytes_received += packet->bytes;
	} else {
		flow->packets_sent += packet->count;
		flow->bytes_sent += packet->bytes;
	}
	flow->last_ns = now;
	if (user)
		name_udp_flow(flow, &user->user, user->left_out);
	if (announce_udp_flow(flow, event, now))
		result = COUNTED_FIRST;
	bpf_spin_unlock(&flow->lock);
	return result;
}

/* An entry that was gone is deleted by the time it is looked for again, unless it is this CPU's deletion that is interrupted: that is a loss. */
#define UDP_ATTEMPTS 4

static __always_inline void note_udp_packet(enum flavour flavour, struct __sk_buff *skb, struct udp_flow *flow, struct udp_packet *packet)
{
	struct sluice_cpu_stats *counters = cpu_stats();
	const struct udp_socket *user = 0;
	struct sluice_connection event;
	__u64 now = bpf_ktime_get_ns();
	__u64 id = 0;
	int i;

	if (!flow || !(flow->packets_sent | flow->packets_received) || flow->gone) {
		packet->from_before = may_be_from_before(&packet->key, now);
		id = udp_flow_id(&packet->key, now);
	}
	if (packet->is_connected && (!flow || !flow->named)) {
		user = bpf_map_lookup_elem(&udp_sockets, &packet->key.cookie);
		if (!has_one_user(user))
			user = 0;
	}
	for (i = 0; i < UDP_ATTEMPTS; i++) {
		enum counting result;

		flow = find_or_add_udp_flow(&packet->key);
		if (!flow)
			break;
		result = count_udp_packet(flow, packet, user, &event, id, now);
		if (result == NOT_ITS_ENTRY)
			continue;
		if (result == COUNTED_FIRST)
			tell_udp_start(flavour, skb, flow, &event);
		return;
	}
	if (!counters)
		return;
	COUNT(counters->submitted);
	COUNT(counters->lost_map_full);
}

/* What passes here passes, whatever we make of it: 1. */
static __always_inline int on_udp_packet(enum flavour flavour, struct __sk_buff *skb, bool is_incoming)
{
	struct udp_packet packet;
	struct udp_key connected;
	struct udp_flow *flow;
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk || sk->protocol != IPPROTO_UDP || !read_udp_packet(skb, &packet, is_incoming))
		return 1;
	read_socket_ends(sk, &packet, &connected);
	flow = find_udp_flow(&packet.key);
	if (!flow && !is_incoming)
		flow = find_asked_for(&packet, &connected);
	note_udp_packet(flavour, skb, flow, &packet);
	return 1;
}

/* ---- sockets ---- */

static __always_inline int on_udp_created(struct bpf_sock *ctx)
{
	if (ctx->protocol == IPPROTO_UDP)
		remember_udp_socket(bpf_get_socket_cookie(ctx), true);
	return 1;
}

static __always_inline int on_udp_released(struct bpf_sock *ctx)
{
	__u64 cookie, now = bpf_ktime_get_ns();
	struct udp_clock *clock;
	__u32 zero = 0;

	if (ctx->protocol != IPPROTO_UDP)
		return 1;
	cookie = bpf_get_socket_cookie(ctx);
	bpf_map_update_elem(&udp_released, &cookie, &now, BPF_ANY);
	clock = bpf_map_lookup_elem(&udp_clock, &zero);
	if (clock)
		COUNT(clock->released);
	return 1;
}

/* A call sent or received by a socket; it fires for all kinds of them. */
static __always_inline int on_udp_used(const struct sock *sk)
{
	__u64 cookie = 0;

	if (!knows_kernel() || kernel_sock_protocol(sk) != IPPROTO_UDP)
		return 0;
	kernel_read(&cookie, sock_cookie, sk);
	/* None yet: nothing was seen of it. */
	if (cookie)
		udp_used(IN_TRACING_PROGRAM, cookie);
	return 0;
}

/* ---- ending ---- */

/* Under the lock: whether the flow's end is to be told, which is in *event then. */
static __always_inline bool end_udp_flow(struct udp_flow *flow, struct sluice_connection *event, bool has_filters, __u64 ended_ns)
{
	const struct tracked *about = &flow->about;

	flow->gone = 1;
	if (!(flow->packets_sent | flow->packets_received) || about->left_out || (!flow->named && has_filters))
		return false;
	fill_event_at(event, about, SLUICE_CONNECTION_CLOSE, flow->last_ns);
	event->header.ktime_ns = ended_ns;
	event->bytes_sent = flow->bytes_sent;
	event->bytes_received = flow->bytes_received;
	event->packets_sent = flow->packets_sent;
	event->packets_received = flow->packets_received;
	return true;
}

static __always_inline int on_udp_ending(enum flavour flavour, struct __sk_buff *skb)
{
	const struct udp_socket *user;
	struct sluice_connection event;
	__u64 now = bpf_ktime_get_ns(), event_ns;
	bool tell = false, is_over = false, has_filters = has_filter();
	struct udp_ending ending;
	struct udp_flow *flow;

	if (bpf_skb_load_bytes(skb, 0, &ending, sizeof(ending)))
		return 1;
	flow = find_udp_flow(&ending.key);
	if (!flow)
		return 1;
	user = bpf_map_lookup_elem(&udp_sockets, &ending.key.cookie);
	if (!has_one_user(user))
		user = 0;
	event_ns = ending.released_ns ? ending.released_ns : now;
	bpf_spin_lock(&flow->lock);
	if (!flow->in_use || flow->gone) {
		bpf_spin_unlock(&flow->lock);
		return 1;
	}
	if (user)
		name_udp_flow(flow, &user->user, user->left_out);
	tell = announce_udp_flow(flow, &event, event_ns);
	bpf_spin_unlock(&flow->lock);
	if (tell)
		tell_udp_start(flavour, skb, flow, &event);

	tell = false;
	bpf_spin_lock(&flow->lock);
	if (!flow->gone && (ending.released_ns || now > flow->last_ns + udp_idle_ns)) {
		is_over = true;
		tell = end_udp_flow(flow, &event, has_filters, event_ns);
	}
	bpf_spin_unlock(&flow->lock);
	if (is_over)
		bpf_map_delete_elem(&udp_flows, &ending.key);
	if (tell)
		emit_udp_event(flavour, skb, &event);
	return 1;
}

#endif
