/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The contract between the load generator (generator_kern.bpf.c) and bench/Sluice.Throughput. */
#ifndef SLUICE_GENERATOR_H
#define SLUICE_GENERATOR_H

/* Arguments of one run, given as the context of BPF_PROG_TEST_RUN. */
enum generator_argument {
	GENERATOR_FIRST_NUMBER,	/* of this run's samples; they are numbered on from it */
	GENERATOR_COUNT,
	GENERATOR_PAYLOAD_BYTES,	/* GENERATOR_MIN_PAYLOAD to SLUICE_MAX_PAYLOAD */
	GENERATOR_CONNECTIONS,	/* 1 to GENERATOR_MAX_CONNECTIONS */
	GENERATOR_ARGUMENTS,
};

/* The sample's number stands in the payload as this many decimal digits, from this byte on. */
#define GENERATOR_NUMBER_AT 12
#define GENERATOR_NUMBER_DIGITS 12
#define GENERATOR_MIN_PAYLOAD (GENERATOR_NUMBER_AT + GENERATOR_NUMBER_DIGITS)
#define GENERATOR_MAX_CONNECTIONS 1024
#define GENERATOR_FIRST_CONNECTION 0x5100000000000000ULL

/* Bytes of a record of generate_records: those of the usual ring benchmarks. */
#define GENERATOR_RECORD_BYTES 128

#endif
