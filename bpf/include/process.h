/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Which processes are captured, and what a sample says about the process it came from. */
#ifndef SLUICE_PROCESS_H
#define SLUICE_PROCESS_H

#include "constants.h"
#include "kernel_read.h"
#include "maps.h"

/* Null where no filter is compiled in: everybody passes. */
static __always_inline struct sluice_filters *find_filters(void)
{
	__u32 key = 0;

	if (!CONSTANT(config.pid_filter) && !CONSTANT(config.uid_filter) && !CONSTANT(config.cgroup_filter))
		return 0;
	return bpf_map_lookup_elem(&filters, &key);
}

static __always_inline bool in_selected_cgroup(__u32 count)
{
	bool found = false;
	__u32 i;

	/* No early end: unrolled, it would become a jump backwards. */
	UNROLL_FOR_OLD_KERNELS
	for (i = 0; i < SLUICE_MAX_CGROUPS; i++) {
		UNROLLABLE(count);
		if (i < count && bpf_current_task_under_cgroup(&cgroup_filter, i) == 1)
			found = true;
	}
	return found;
}

static __always_inline bool passes_process_filters(const struct sluice_filters *in_use, __u32 tgid)
{
	if (CONSTANT(config.pid_filter) && in_use->pid_filter && !bpf_map_lookup_elem(&pid_filter, &tgid))
		return false;
	if (CONSTANT(config.uid_filter) && in_use->uid_filter) {
		__u32 uid = (__u32)bpf_get_current_uid_gid();

		if (!bpf_map_lookup_elem(&uid_filter, &uid))
			return false;
	}
	return true;
}

/* The filters that are in use must all match; each may hold several values. Without any in `config` nothing of this is left in the program. */
static __always_inline bool passes_filters(__u32 tgid)
{
	struct sluice_filters *in_use = find_filters();

	if (!in_use)
		return true;
	return passes_process_filters(in_use, tgid) &&
	       (!CONSTANT(config.cgroup_filter) || !in_use->cgroup_filter || in_selected_cgroup(in_use->cgroup_filter));
}

static __always_inline void count_filtered_call(void)
{
	struct sluice_cpu_stats *counters = cpu_stats();

	if (counters)
		COUNT(counters->filtered_calls);
}

static __always_inline bool is_captured(__u32 tgid)
{
	struct sluice_self *self = find_self();

	if (!self || tgid == self->tgid)
		return false;
	if (passes_filters(tgid))
		return true;
	count_filtered_call();
	return false;
}

/* False where the offsets of the kernel's structures were not proven: what comes from them is then left out. */
static __always_inline bool is_proven(enum sluice_proof proof)
{
#ifdef SLUICE_NONCORE
	struct sluice_self *self = find_self();

	return self && (self->kernel_proven & proof);
#else
	return true;
#endif
}

static __always_inline bool knows_kernel(void)
{
	return is_proven(SLUICE_PROVEN_SOCKETS);
}

/* Programs name their threads; the process keeps its name in the group leader. */
static __always_inline void read_process_name(char (*name)[16])
{
	const void *task = (const void *)bpf_get_current_task();
	const void *leader = 0;

	kernel_read(&leader, task_group_leader, task);
	read_kernel_text(name, sizeof(*name), kernel_address_task_comm(leader));
}

static __always_inline void describe_process(struct sluice_event_header *header, __u64 pid_tgid)
{
	header->tgid = pid_tgid >> 32;
	header->tid = (__u32)pid_tgid;
	header->uid = (__u32)bpf_get_current_uid_gid();
	header->cgroup_id = bpf_get_current_cgroup_id();
	if (header->tgid == header->tid || !knows_kernel())
		bpf_get_current_comm(header->comm, sizeof(header->comm));
	else
		read_process_name(&header->comm);
}

#endif
