/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What user space decides before the load: CONSTANT(config.transport), CONSTANT(kernel.task_files), …
 *
 * Global data where the kernel has it (the verifier then drops what a constant rules out); before Linux 5.2 the one entry of the map
 * `constants`, whose value has a member for each constant, by the same name.
 */
#ifndef SLUICE_CONSTANTS_H
#define SLUICE_CONSTANTS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "variant.h"
#ifdef SLUICE_NONCORE
#include "kernel_offsets.h"
#endif

#ifdef SLUICE_LESS52

struct constants {
	struct sluice_config config;
#ifdef SLUICE_NONCORE
	struct kernel_offsets kernel;
#endif
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct constants);
} constants SEC(".maps");

static __always_inline const struct constants *find_constants(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&constants, &key);
}

/* The entry of an array is always there; only the verifier cannot know. */
#define CONSTANT(member)                                                                                           \
	({                                                                                                         \
		const struct constants *constants_ = find_constants();                                             \
		constants_ ? constants_->member : 0;                                                               \
	})

#else

const volatile struct sluice_config config = {};
#ifdef SLUICE_NONCORE
const volatile struct kernel_offsets kernel = KERNEL_OFFSETS_DEFAULT;
#endif

#define CONSTANT(member) (member)

#endif
#endif
