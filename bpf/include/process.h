/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Which processes are captured, and what a sample says about the process it came from. */
#ifndef SLUICE_PROCESS_H
#define SLUICE_PROCESS_H

#include <bpf/bpf_core_read.h>
#include "kernel_types.h"
#include "maps.h"

static __always_inline bool in_selected_cgroup(void)
{
	__u32 i;

	for (i = 0; i < SLUICE_MAX_CGROUPS && i < config.cgroup_filter; i++)
		if (bpf_current_task_under_cgroup(&cgroup_filter, i) == 1)
			return true;
	return false;
}

/* The filters that were given must all match; each may hold several values. */
static __always_inline bool passes_filters(__u32 tgid)
{
	if (config.pid_filter && !bpf_map_lookup_elem(&pid_filter, &tgid))
		return false;
	if (config.uid_filter) {
		__u32 uid = (__u32)bpf_get_current_uid_gid();

		if (!bpf_map_lookup_elem(&uid_filter, &uid))
			return false;
	}
	return !config.cgroup_filter || in_selected_cgroup();
}

static __always_inline bool is_captured(__u32 tgid)
{
	struct sluice_cpu_stats *counters;

	if (tgid == self_tgid)
		return false;
	if (passes_filters(tgid))
		return true;
	counters = cpu_stats();
	if (counters)
		COUNT(counters->filtered_calls);
	return false;
}

static __always_inline void describe_process(struct sluice_event_header *header, __u64 pid_tgid)
{
	struct task_struct *task;

	header->tgid = pid_tgid >> 32;
	header->tid = (__u32)pid_tgid;
	header->uid = (__u32)bpf_get_current_uid_gid();
	header->cgroup_id = bpf_get_current_cgroup_id();
	if (header->tgid == header->tid) {
		bpf_get_current_comm(header->comm, sizeof(header->comm));
		return;
	}
	/* Programs name their threads; the process keeps its name in the group leader. */
	task = (struct task_struct *)bpf_get_current_task();
	bpf_probe_read_kernel_str(header->comm, sizeof(header->comm), BPF_CORE_READ(task, group_leader, comm));
}

#endif
