/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One source, four objects. The Makefile defines
 *
 *   SLUICE_NONCORE   kernel structures by offsets that user space hands in, instead of CO-RE (kernel_read.h)
 *   SLUICE_LESS52    Linux 4.18 to 5.1: no global data, no loop, no call between programs' functions, only old helpers and map types,
 *                    at most 4096 instructions a program; constants come from the map `constants`
 *
 * and, inside an object, programs come in two flavours. The flavour is a constant argument of inlined functions, so nothing of the other
 * one is left in a program: an old verifier rejects an unknown instruction even where it is never reached.
 */
#ifndef SLUICE_VARIANT_H
#define SLUICE_VARIANT_H

enum flavour {
	FLAVOUR_MODERN,	/* fetching atomics, attach cookies, bpf_loop, dynptr: Linux 5.19; user space probes for all four */
	FLAVOUR_PLAIN,	/* none of them; what all kernels have */
};

#ifdef SLUICE_LESS52
/* A jump backwards is a loop to the verifier before Linux 5.3, and it takes none. */
#define UNROLL_FOR_OLD_KERNELS _Pragma("clang loop unroll(full)")
/* The compiler unrolls up to a constant; an earlier end that it can compute, a count it knows, would become the bound instead. */
#define UNROLLABLE(count) barrier_var(count)
#else
#define UNROLL_FOR_OLD_KERNELS
#define UNROLLABLE(count)
#endif

#endif
