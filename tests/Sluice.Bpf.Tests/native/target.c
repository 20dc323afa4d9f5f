/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A function for the uprobe test to hit. */
__attribute__((noinline)) int sluice_test_target(int value)
{
	__asm__ volatile("");
	return value + 1;
}
