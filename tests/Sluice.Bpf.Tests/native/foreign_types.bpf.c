/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* BTF of a kernel that does not exist. */
struct task_struct {
	unsigned long long state;
	unsigned long long stack;
	unsigned long long flags;
};

struct task_struct init_task = {};
