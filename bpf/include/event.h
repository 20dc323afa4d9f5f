/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The wire contract between the BPF programs and user space.
 *
 * A sample is  sluice_event_header | the fixed part of its kind | payload bytes.
 * Its length on the ring is exactly header.size: nothing is padded to a fixed length. (A perf record may carry up to
 * seven bytes of padding behind it; header.size tells where the sample ends.)
 * All integers are in host byte order, ports included. docs/specs/wire-format.md says the same in prose, and the C#
 * twins are compared with this file by the C compiler in tests/Sluice.Bpf.Tests.
 */
#ifndef SLUICE_EVENT_H
#define SLUICE_EVENT_H

#ifndef __bpf__
#include <stddef.h>
#include <linux/types.h>
#endif

/* Most payload bytes in one sample; a longer call becomes several samples. One TLS record's worth of plaintext. */
#define SLUICE_MAX_PAYLOAD 16384

enum sluice_event_kind {
	SLUICE_KIND_TLS_DATA = 1,
	/* Made in user space: reports loss inside the stream itself. */
	SLUICE_KIND_CAPTURE_LOSS = 2,
	SLUICE_KIND_CONNECTION = 3,
};

enum sluice_event_flags {
	/* Fewer bytes of the call were captured than it transferred; call_size has the original size. */
	SLUICE_FLAG_TRUNCATED = 1 << 0,
	/* The truncation's cause: the bytes could not be read from the process's memory. */
	SLUICE_FLAG_READ_FAULT = 1 << 1,
	/* Samples of this connection and direction are missing before this one; see lost_before. */
	SLUICE_FLAG_GAP = 1 << 2,
	/* Last sample of its call. */
	SLUICE_FLAG_CALL_END = 1 << 3,
	/* TLS 1.3 0-RTT (early) data. */
	SLUICE_FLAG_EARLY_DATA = 1 << 4,
	/* The kernel met it outside its process: tgid, tid, uid, cgroup_id and comm mean nothing. */
	SLUICE_FLAG_PROCESS_UNKNOWN = 1 << 5,
	/* The connection was there before the capture: duration_ns means nothing. */
	SLUICE_FLAG_START_UNKNOWN = 1 << 6,
	/* Nothing counted the connection's bytes and packets. */
	SLUICE_FLAG_TRAFFIC_UNKNOWN = 1 << 7,
};

enum sluice_direction {
	SLUICE_TRANSMIT = 1,
	SLUICE_RECEIVE = 2,
};

enum sluice_tls_library {
	SLUICE_LIBRARY_UNKNOWN = 0,
	SLUICE_LIBRARY_OPENSSL = 1,
	SLUICE_LIBRARY_BORINGSSL = 2,
	SLUICE_LIBRARY_LIBRESSL = 3,
};

/* Which way found the socket (docs/addresses.md). */
enum sluice_address_source {
	SLUICE_ADDRESS_NONE = 0,
	SLUICE_ADDRESS_BIO = 1,
	SLUICE_ADDRESS_SET_FD = 2,
	SLUICE_ADDRESS_NESTED_IO = 3,
};

/*
 * Set in a cpu_seq that is unique but no count: the plain flavour was preempted in the middle of counting, which only Linux 6.0 and later
 * do, where the modern flavour is used unless a test forces the other.
 */
#define SLUICE_OUT_OF_TURN (1ULL << 43)

struct sluice_event_header {
	__u16 kind;		/* enum sluice_event_kind */
	__u16 flags;		/* enum sluice_event_flags */
	__u32 size;		/* of the whole sample, this header included */
	__u64 ktime_ns;		/* CLOCK_MONOTONIC: entry of a transmitting call, return of a receiving one */
	__u32 tgid;		/* process id as the host sees it */
	__u32 tid;		/* thread id as the host sees it */
	__u32 uid;
	__u16 cpu;		/* CPU whose counter gave cpu_seq */
	__u16 module;		/* which capture module of the run, from 0; each has counters of its own */
	__u64 cpu_seq;		/* per CPU and module, from 0, one per sample submitted (lost ones included); may arrive slightly out of order; or SLUICE_OUT_OF_TURN */
	__u64 cgroup_id;	/* cgroup v2 */
	char comm[16];		/* process name (thread group leader), NUL-terminated */
};

struct sluice_tls_data {
	struct sluice_event_header header;
	__u64 connection_id;	/* stable for the life of a connection, unique on the host */
	__u64 sequence;		/* per connection and direction, from 0, one per sample submitted */
	__u64 call_size;	/* bytes that the call transferred */
	__u64 call_offset;	/* of this sample's first byte in the call */
	__u32 payload_size;	/* bytes that follow this struct */
	__u32 lost_before;	/* samples of this connection and direction lost since the one before */
	__s32 fd;		/* -1 = not known */
	__u16 tls_version;	/* 0x0301..0x0304, 0xfeff, 0xfefd; 0 = not known */
	__u16 local_port;
	__u16 peer_port;
	__u8 direction;		/* enum sluice_direction */
	__u8 library;		/* enum sluice_tls_library */
	__u8 family;		/* AF_UNIX 1, AF_INET 2, AF_INET6 10; 0 = no address known */
	__u8 transport;		/* IPPROTO_TCP 6, IPPROTO_UDP 17; 0 = neither or not known */
	__u8 address_source;	/* enum sluice_address_source */
	__u8 reserved;
	__u8 local_address[16];	/* AF_INET: the first four bytes; network order */
	__u8 peer_address[16];
};

enum sluice_connection_action {
	SLUICE_CONNECTION_OPEN = 1,	/* this side asked for it, and has it; UDP: the first packet went out */
	SLUICE_CONNECTION_ACCEPT = 2,	/* the peer asked for it, and a process took it; UDP: the first packet came in, and a process received one or answered */
	SLUICE_CONNECTION_CLOSE = 3,
	SLUICE_CONNECTION_FAIL = 4,	/* this side asked for it in vain */
};

enum sluice_connection_direction {
	SLUICE_DIRECTION_UNKNOWN = 0,
	SLUICE_OUTBOUND = 1,
	SLUICE_INBOUND = 2,
};

/* SLUICE_KIND_CONNECTION. No payload. */
struct sluice_connection {
	struct sluice_event_header header;
	__u64 connection_id;	/* stable for the life of a connection, unique on the host */
	__u64 sequence;		/* per connection, from 0, one per sample submitted */
	__u64 duration_ns;	/* close: since the start (UDP: first to last packet); fail: of the attempt */
	__u64 bytes_sent;	/* payload, each byte once; so far, 0 in the first event */
	__u64 bytes_received;
	__u64 packets_sent;	/* UDP datagrams; 0 for TCP */
	__u64 packets_received;
	__u32 lost_before;	/* samples of this connection lost since the one before */
	__u16 error;		/* fail: errno, positive */
	__u16 local_port;
	__u16 peer_port;
	__u8 action;		/* enum sluice_connection_action */
	__u8 direction;		/* enum sluice_connection_direction */
	__u8 family;		/* AF_INET 2, AF_INET6 10; 0 = no address known */
	__u8 transport;		/* IPPROTO_TCP 6, IPPROTO_UDP 17 */
	__u8 reserved[2];
	__u8 local_address[16];	/* AF_INET: the first four bytes; network order */
	__u8 peer_address[16];
};

/* Made in user space (SLUICE_KIND_CAPTURE_LOSS); carried in batches like any other sample. No payload. */
struct sluice_capture_loss {
	struct sluice_event_header header;
	__u64 lost;		/* samples lost since the last report of this cause */
	__u64 total;		/* since the start */
	char cause[32];		/* NUL-terminated, e.g. "ring_full" */
};

/*
 * Per-CPU counters, one struct per CPU in the map `stats`. submitted counts every sample that should reach user space;
 * submitted - (sum of lost_*) is what the rings delivered.
 */
struct sluice_cpu_stats {
	__u64 submitted;
	__u64 lost_ring_full;	/* the ring or perf buffer had no room */
	__u64 lost_map_full;	/* a state map had no room for the call, or no longer had its connection */
	__u64 lost_no_scratch;	/* every scratch buffer of the CPU was in use (perf transport, plain flavour) */
	__u64 read_faults;	/* samples sent without payload because user memory could not be read */
	__u64 cut_by_limit;	/* calls cut by the payload limit, or by what the plain flavour can send of one call */
	__u64 filtered_calls;	/* calls left out by the PID, UID or cgroup filter */
	__u32 numbering;	/* a program is taking a number (plain flavour, emit.h); of no meaning to user space */
	__u32 reserved;
};

/* Word pages shared with the reader (map `control`, mmap-able). */
struct sluice_control {
	__u32 polling;		/* 1: the reader looks at the rings by itself, submit without wake-up */
	__u32 wake_bytes;	/* unread bytes in a ring that wake a polling reader early */
};

/* Where a TLS library build keeps what we read; one row per build in map `tls_layouts`, index = attach cookie. -1 = unknown. */
struct sluice_tls_layout {
	__s32 ssl_type;		/* 3.2+: int, 0 = SSL_CONNECTION */
	__s32 ssl_version;
	__s32 ssl_rbio;
	__s32 ssl_wbio;
	__s32 bio_method;
	__s32 bio_num;
	__s32 bio_next_bio;
	__s32 bio_method_type;
	__u8 library;		/* enum sluice_tls_library */
	__u8 usable;		/* 0: only the library field counts */
	__u8 reserved[6];
};

/*
 * What a probe is for. With multi-uprobe links one program serves all functions of a library: the cookie of each probe is
 * (kind << 32) | row of `tls_layouts`.
 */
enum sluice_tls_call {
	SLUICE_CALL_NONE,
	/* int SSL_x(SSL *, void *buf, int num): returns the count. */
	SLUICE_CALL_WRITE,
	SLUICE_CALL_READ,
	/* int SSL_x_ex(SSL *, void *buf, size_t num, size_t *count): returns 1. */
	SLUICE_CALL_WRITE_EX,
	SLUICE_CALL_READ_EX,
	/* int SSL_write_ex2(SSL *, void *buf, size_t num, uint64_t flags, size_t *count): returns 1. */
	SLUICE_CALL_WRITE_EX2,
	SLUICE_CALL_WRITE_EARLY,
	/* int SSL_read_early_data(SSL *, void *buf, size_t num, size_t *count): returns 1 (data) or 2 (no more). */
	SLUICE_CALL_READ_EARLY,
	/* int SSL_set_fd(SSL *, int fd): returns 1. */
	SLUICE_CALL_SET_FD,
	/* SSL_set_bio and its siblings, SSL_clear: first argument SSL *, entry only. */
	SLUICE_CALL_SET_BIO,
	SLUICE_CALL_CLEAR,
	/* SSL *SSL_new(): return only. */
	SLUICE_CALL_NEW,
};

/* The one entry of the map `self`: what the programs know of the collector. */
struct sluice_self {
	__u32 tgid;		/* its process, never captured; as the kernel numbers it (set by sluice_whoami) */
	__u32 kernel_proven;	/* SLUICE_PROVEN_*: what was tried of the constant `kernel`, and holds (_noncore; else not looked at) */
};

enum sluice_proof {
	SLUICE_PROVEN_SOCKETS = 1,	/* tasks, files, addresses, states and errors of sockets */
	SLUICE_PROVEN_TRAFFIC = 2,	/* the bytes that a TCP connection carried */
};

/*
 * The one entry of the map `filters`: which filters are in use, where the constant `config` has them compiled in. A filter that is not in use lets everybody
 * pass; so user space can change filters while programs run, first widening, then narrowing, and nobody who passes before and after is left out between.
 */
struct sluice_filters {
	__u32 pid_filter;	/* 1: the map pid_filter is looked at */
	__u32 uid_filter;
	__u32 cgroup_filter;	/* entries of the map cgroup_filter that are looked at; 0 = everybody passes */
	__u32 reserved;
};

/* What sluice_check_kernel (offsets_kern.bpf.c) finds behind a descriptor of its caller. */
struct sluice_kernel_check {
	__u16 family;
	__u8 transport;
	__u8 state;		/* of the socket, as in net/tcp_states.h */
	__u16 local_port;
	__u16 peer_port;
	__u8 local_address[16];
	__u8 peer_address[16];
	char comm[16];		/* of the thread group leader */
	__u32 found;		/* 1: a socket; the rest is of no meaning otherwise */
	__s32 error;		/* waits to be told to the process; an errno */
	__u16 bound_port;	/* the local port as the socket keeps it for itself */
	__u16 protocol;
	__u32 peer_ended;	/* 1: the peer's FIN was taken in */
	__u32 max_fds;		/* of the process's table of descriptors */
	__u32 reserved;
	__u64 bytes_sent;	/* these are what TCP_INFO gives */
	__u64 bytes_retrans;
	__u64 bytes_acked;
	__u64 bytes_received;
	__u64 cookie;		/* what SO_COOKIE gives */
};

/* Written before the load (constant `config`). */
struct sluice_config {
	__u32 transport;	/* enum sluice_transport */
	__u32 shard_mask;	/* ring shards - 1, a power of two minus one */
	__u32 pid_filter;	/* 1: the filter by tgid is compiled in; the map `filters` says whether it is in use */
	__u32 uid_filter;	/* the same by uid */
	__u32 cgroup_filter;	/* the same by cgroup */
	__u32 scratch_per_cpu;	/* scratch buffers of each CPU: perf transport, plain flavour */
	__u64 payload_limit;	/* bytes of one call that are captured; 0 = all */
	__u32 module;		/* for the header of every sample */
	__u32 reserved;
};

enum sluice_transport {
	SLUICE_TRANSPORT_RINGBUF = 0,
	SLUICE_TRANSPORT_PERF = 1,
};

#define SLUICE_ASSERT_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type)
SLUICE_ASSERT_SIZE(sluice_event_header, 64);
SLUICE_ASSERT_SIZE(sluice_tls_data, 152);
SLUICE_ASSERT_SIZE(sluice_connection, 168);
SLUICE_ASSERT_SIZE(sluice_capture_loss, 112);
SLUICE_ASSERT_SIZE(sluice_cpu_stats, 64);
SLUICE_ASSERT_SIZE(sluice_control, 8);
SLUICE_ASSERT_SIZE(sluice_tls_layout, 40);
SLUICE_ASSERT_SIZE(sluice_config, 40);
SLUICE_ASSERT_SIZE(sluice_self, 8);
SLUICE_ASSERT_SIZE(sluice_kernel_check, 120);
SLUICE_ASSERT_SIZE(sluice_filters, 16);

#endif
