/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the C tap's program and its consumer share. */
#ifndef TLS_TAP_H
#define TLS_TAP_H

#define TAP_MAX_PAYLOAD 16384

struct tap_event {
	__u64 ktime_ns;
	__u32 tgid;
	__u32 tid;
	__u32 payload_size;
	__u32 direction; /* 0 written, 1 read */
	char comm[16];
	char payload[TAP_MAX_PAYLOAD]; /* payload_size bytes of it are sent */
};

struct tap_counts {
	__u64 submitted;
	__u64 lost;
};

#endif
