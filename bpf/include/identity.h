/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Ids of connections. */
#ifndef SLUICE_IDENTITY_H
#define SLUICE_IDENTITY_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __always_inline __u64 mix(__u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* Of a thing at an address, user memory's with the process mixed in: no two of a host are at one place at one moment. Never 0. */
static __always_inline __u64 unique_id(__u64 place)
{
	__u64 id = mix(place ^ mix(bpf_ktime_get_ns()));

	return id ? id : 1;
}

#endif
