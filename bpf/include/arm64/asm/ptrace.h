/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The registers of an arm64 process as the kernel shows them to user space and to BPF programs. The build host's own header of this name
 * describes the build host's processor.
 */
#ifndef SLUICE_ARM64_PTRACE_H
#define SLUICE_ARM64_PTRACE_H

#include <linux/types.h>

struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};

#endif
