/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The constant `kernel` of the _noncore objects: byte offsets inside kernel structures. */
#ifndef SLUICE_KERNEL_OFFSETS_H
#define SLUICE_KERNEL_OFFSETS_H

#include <linux/types.h>
#include "kernel_fields.h"

#define KERNEL_OFFSET(name, structure, path) __u32 name;
struct kernel_offsets {
	KERNEL_FIELDS(KERNEL_OFFSET)
};
#undef KERNEL_OFFSET

/* Those of a Debian kernel, until user space knows better. */
#ifdef __TARGET_ARCH_arm64
#include "generated/kernel_offsets_arm64.h"
#else
#include "generated/kernel_offsets_x86.h"
#endif

#endif
