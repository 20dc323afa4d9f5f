/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Keeps a program on the stack of its thread.
 *
 * From Linux 6.13 on the verifier gives programs of the kprobe type, which uprobe programs are, a "private stack": one for each CPU and program,
 * in the belief that such a program cannot begin on a CPU where it is under way. For uprobes that is wrong: they can be preempted
 * (from 6.0 on), and the next thread on that CPU may enter the same program and write over the first one's variables. Seen on 7.2: pointers
 * half overwritten, the tapped thread killed by the page fault, its reserved ring record never finished.
 *
 * A program that has a tail call anywhere gets no private stack (check_max_stack_depth() of the verifier), whether it is reached or not. A context
 * is never null, so this one is not; the copy behind the barrier keeps the compiler from passing the null that it has just compared with.
 */
#ifndef SLUICE_OWN_STACK_H
#define SLUICE_OWN_STACK_H

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} nowhere SEC(".maps");

/* The first statement of every uprobe program. */
#define STAY_ON_THREAD_STACK(ctx)                                                                                  \
	do {                                                                                                       \
		void *context = (ctx);                                                                             \
		barrier_var(context);                                                                              \
		if (!(ctx)) {                                                                                      \
			bpf_tail_call(context, &nowhere, 0);                                                       \
			return 0;                                                                                  \
		}                                                                                                  \
	} while (0)

#endif
