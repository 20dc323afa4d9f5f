/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Load generator: numbered TLS samples through the maps and the sending code of the capture programs, without any tapped program, so
 * that ring -> pipeline -> sink can be driven far beyond what uprobes reach. One BPF_PROG_TEST_RUN makes one batch, on the CPU and in
 * the thread that asks for it. Kernel 5.17 (bpf_loop); only benches and tests load it.
 *
 * Sample n belongs to connection n % connections; its direction and sequence number follow from n alone, so that user space can
 * tell what is missing. One thread at a time: the samples of a connection must leave in order.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "generator.h"
#include "maps.h"
#include "emit.h"
#include "process.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct text {
	char bytes[SLUICE_MAX_PAYLOAD];
};

/* The payload; user space fills it once, every sample writes its number into it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct text);
} payload_text SEC(".maps");

/* By connection and direction: samples lost since the last one that was sent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * GENERATOR_MAX_CONNECTIONS);
	__type(key, __u32);
	__type(value, __u32);
} lost_samples SEC(".maps");

struct run {
	struct sluice_tls_data head;	/* what all samples of the run share */
	struct sluice_cpu_stats *counters;
	struct text *text;
	void *context;
	__u64 first_number;
	__u32 connections;
	__u32 sent;
};

static __always_inline void write_number(struct text *text, __u64 number)
{
	int i;

	for (i = GENERATOR_NUMBER_DIGITS - 1; i >= 0; i--) {
		text->bytes[GENERATOR_NUMBER_AT + i] = '0' + number % 10;
		number /= 10;
	}
}

static long send_sample(__u32 index, struct run *run)
{
	__u64 number = run->first_number + index;
	__u64 turn = number / run->connections;
	__u32 connection = number % run->connections;
	__u32 flow = connection * 2 + (turn & 1);
	__u32 *lost = bpf_map_lookup_elem(&lost_samples, &flow);
	struct payload payload = { .from = run->text->bytes, .size = run->head.payload_size, .memory = PAYLOAD_KERNEL };

	if (!lost)
		return 1;
	write_number(run->text, number);
	run->head.connection_id = GENERATOR_FIRST_CONNECTION + connection;
	run->head.direction = turn & 1 ? SLUICE_RECEIVE : SLUICE_TRANSMIT;
	run->head.sequence = turn / 2;
	run->head.lost_before = *lost;
	run->head.header.flags = SLUICE_FLAG_CALL_END | (*lost ? SLUICE_FLAG_GAP : 0);
	run->head.peer_port = 1024 + connection;
	run->head.header.ktime_ns = bpf_ktime_get_ns();
	if (emit_sample(FLAVOUR_MODERN, run->context, run->counters, &run->head.header, sizeof(run->head), run->head.connection_id,
			payload) == EMIT_SENT) {
		*lost = 0;
		run->sent++;
	} else {
		(*lost)++;
	}
	return 0;
}

static __always_inline void fill_head(struct sluice_tls_data *head, __u32 payload_bytes)
{
	head->header.kind = SLUICE_KIND_TLS_DATA;
	describe_process(&head->header, bpf_get_current_pid_tgid());
	head->call_size = payload_bytes;
	head->payload_size = payload_bytes;
	head->fd = 7;
	head->tls_version = 0x0304;
	head->local_port = 443;
	head->library = SLUICE_LIBRARY_OPENSSL;
	head->family = 2; /* AF_INET */
	head->transport = 6; /* IPPROTO_TCP */
	head->address_source = SLUICE_ADDRESS_BIO;
	/* TEST-NET-1 and TEST-NET-2: addresses that no host has. */
	head->local_address[0] = 192;
	head->local_address[2] = 2;
	head->local_address[3] = 10;
	head->peer_address[0] = 198;
	head->peer_address[1] = 51;
	head->peer_address[2] = 100;
	head->peer_address[3] = 20;
}

/* Returns how many samples were sent; the rest was lost and counted in `stats`. */
SEC("raw_tp")
int generate_samples(struct bpf_raw_tracepoint_args *context)
{
	struct run run = {
		.counters = cpu_stats(),
		.context = context,
		.first_number = context->args[GENERATOR_FIRST_NUMBER],
		.connections = context->args[GENERATOR_CONNECTIONS],
	};
	__u32 payload_bytes = context->args[GENERATOR_PAYLOAD_BYTES];
	__u32 key = 0;

	run.text = bpf_map_lookup_elem(&payload_text, &key);
	if (!run.counters || !run.text || !run.connections || run.connections > GENERATOR_MAX_CONNECTIONS ||
	    payload_bytes < GENERATOR_MIN_PAYLOAD || payload_bytes > SLUICE_MAX_PAYLOAD)
		return 0;
	fill_head(&run.head, payload_bytes);
	bpf_loop(context->args[GENERATOR_COUNT], send_sample, &run, 0);
	return run.sent;
}

struct record {
	struct sluice_event_header header;
	__u8 rest[GENERATOR_RECORD_BYTES - sizeof(struct sluice_event_header)];
};

struct record_run {
	struct record record;
	struct sluice_cpu_stats *counters;
	void *context;
	void *ring;
	__u32 sent;
};

static long send_record(__u32 index, struct record_run *run)
{
	long error;

	run->record.header.cpu_seq = run->counters->submitted++;
	if (run->ring)
		error = bpf_ringbuf_output(run->ring, &run->record, sizeof(run->record), BPF_RB_NO_WAKEUP);
	else
		error = bpf_perf_event_output(run->context, &events, BPF_F_CURRENT_CPU, &run->record, sizeof(run->record));
	if (error) {
		run->counters->lost_ring_full++;
		return 1;
	}
	run->sent++;
	return 0;
}

/*
 * Bare 128-byte records into shard 0 (or the perf buffer of this CPU) until the count is reached or it is full: what the drain
 * comparison reads. Not valid samples: nothing decodes them. Returns how many were sent.
 */
SEC("raw_tp")
int generate_records(struct bpf_raw_tracepoint_args *context)
{
	struct record_run run = {
		.record.header.size = GENERATOR_RECORD_BYTES,
		.counters = cpu_stats(),
		.context = context,
	};
	__u32 shard = 0;

	if (!run.counters)
		return 0;
	if (config.transport == SLUICE_TRANSPORT_RINGBUF) {
		run.ring = bpf_map_lookup_elem(&rings, &shard);
		if (!run.ring)
			return 0;
	}
	bpf_loop(context->args[GENERATOR_COUNT], send_record, &run, 0);
	return run.sent;
}
