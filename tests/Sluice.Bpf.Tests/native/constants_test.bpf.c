/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Constants the way of objects without global data: the members of the one value of the map `constants`. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct limits {
	__u64 low;
	__u64 high;
};

struct constants {
	struct limits limits;
	__u32 answer;
	__u8 flag;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct constants);
} constants SEC(".maps");

/* Gives back answer + limits.high + flag, so that each member's place counts. */
SEC("raw_tp")
int read_constants(void *ctx)
{
	__u32 zero = 0;
	struct constants *c = bpf_map_lookup_elem(&constants, &zero);

	return c ? c->answer + (__u32)c->limits.high + c->flag : -1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
