/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What user space reads and writes of the UDP maps; the C# twins are compared with this file by the C compiler in tests/Sluice.Probes.Tests. */
#ifndef SLUICE_CONNECTIONS_UDP_MAPS_H
#define SLUICE_CONNECTIONS_UDP_MAPS_H

#include <linux/types.h>

/* A flow is a socket and one peer. IPv4 that is spoken through an IPv6 socket is AF_INET here. */
struct udp_key {
	__u64 cookie;		/* of the socket: unique on the host, never used again */
	__u8 peer[16];		/* AF_INET: the first four bytes; network order */
	__u16 peer_port;	/* host order */
	__u16 family;
	__u32 reserved;
};

/* The part of a flow that tells whether udp_end has anything to do. The rest (udp.h) follows. */
struct udp_status {
	__u32 lock;		/* struct bpf_spin_lock */
	__u8 in_use;
	__u8 gone;		/* ended; its entry is about to be deleted */
	__u8 named;		/* its process is known */
	__u8 announced;		/* its start was told, or will not be */
	__u64 last_ns;		/* last datagram; before the first one, when it was named */
	__u64 packets_sent;
	__u64 packets_received;
	__u64 bytes_sent;
	__u64 bytes_received;
};

/* What the program udp_end is given, as the data of its packet. */
struct udp_ending {
	struct udp_key key;
	__u64 released_ns;	/* when the socket was closed; 0 = it was not: the flow ends only if it has been idle for long */
};

/* The one entry of the map udp_clock. */
struct udp_clock {
	__u64 attached_ns;	/* since when every datagram is seen; 0 = not yet */
	__u64 released;		/* sockets closed so far */
};

#endif
