/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Compiled to assembly against a kernel's headers, never run: `make offsets` reads the numbers from the text. */
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/tcp.h>
#include <net/sock.h>
#include "include/kernel_fields.h"

#define OFFSET(name, structure, path) asm volatile(".ascii \"->" #name " %c0\"" : : "i"(offsetof(struct structure, path)));

void print_offsets(void)
{
	KERNEL_FIELDS(OFFSET)
}
