/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The bytes of a finished call, in pieces of SLUICE_MAX_PAYLOAD.
 *
 * Modern: bpf_loop, as many as there are. Plain: PIECES_PER_PROGRAM at a time, then the program jumps to the next one of the chain, which
 * goes on from the thread's entry in thread_calls. The kernel allows 32 such jumps; what is beyond is cut, and says so.
 */
#ifndef SLUICE_OPENSSL_TRANSFER_H
#define SLUICE_OPENSSL_TRANSFER_H

#include "emit.h"
#include "openssl/connections.h"

#ifdef SLUICE_LESS52
#define PIECES_PER_PROGRAM 4	/* unrolled, so they count against the 4096 instructions: 2 MiB of a call */
#else
#define PIECES_PER_PROGRAM 32	/* 16 MiB of a call */
#endif
#define PROGRAMS_PER_CHAIN 33
#define PLAIN_MAX_BYTES ((__u64)PROGRAMS_PER_CHAIN * PIECES_PER_PROGRAM * SLUICE_MAX_PAYLOAD)

/* The chain's next program: user space puts send_more in. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} send_chain SEC(".maps");

struct sender {
	void *context;
	struct sluice_cpu_stats *counters;
	struct connection *connection;
	struct transfer *transfer;
};

/* The call is still worth reporting when its bytes cannot be read: its event goes out without them, and says so. */
static __always_inline enum emit_result send_without_bytes(enum flavour flavour, struct sender *sender)
{
	struct sluice_tls_data *head = &sender->transfer->head;

	COUNT(sender->counters->read_faults);
	head->payload_size = 0;
	head->header.flags |= SLUICE_FLAG_TRUNCATED | SLUICE_FLAG_READ_FAULT;
	return emit_head(flavour, sender->context, sender->counters, &head->header, sizeof(*head), head->connection_id, true);
}

/* scratch: of the plain flavour, which takes one for several pieces. */
static __always_inline void send_piece(enum flavour flavour, struct sender *sender, struct scratch *scratch, __u64 offset)
{
	struct transfer *transfer = sender->transfer;
	struct sluice_tls_data *head = &transfer->head;
	struct connection *connection = sender->connection;
	__u32 direction = (head->direction - 1) & 1;
	__u64 left = transfer->captured - offset;
	__u16 flags = head->header.flags;
	struct payload payload = { .from = (const void *)(transfer->buffer + offset), .size = left, .memory = PAYLOAD_USER };
	enum emit_result result;

	if (payload.size > SLUICE_MAX_PAYLOAD)
		payload.size = SLUICE_MAX_PAYLOAD;
	head->payload_size = payload.size;
	head->call_offset = offset;
	head->sequence = connection->sequence[direction]++;
	head->lost_before = connection->lost[direction];
	if (head->lost_before)
		head->header.flags |= SLUICE_FLAG_GAP;
	if (left <= SLUICE_MAX_PAYLOAD)
		head->header.flags |= SLUICE_FLAG_CALL_END;
	if (flavour == FLAVOUR_MODERN)
		result = emit_sample(flavour, sender->context, sender->counters, &head->header, sizeof(*head),
				     head->connection_id, payload);
	else
		result = emit_through(flavour, scratch, sender->context, sender->counters, &head->header, sizeof(*head),
				      head->connection_id, payload);
	if (result == EMIT_FAULT)
		result = send_without_bytes(flavour, sender);
	if (result == EMIT_SENT)
		connection->lost[direction] = 0;
	else
		connection->lost[direction]++;
	head->header.flags = flags;
}

static __always_inline void limit_transfer(enum flavour flavour, struct sender *sender, __u64 size)
{
	__u64 limit = CONSTANT(config.payload_limit);
	struct transfer *transfer = sender->transfer;

	if (flavour == FLAVOUR_PLAIN && (!limit || limit > PLAIN_MAX_BYTES))
		limit = PLAIN_MAX_BYTES;
	transfer->captured = size;
	if (!limit || size <= limit)
		return;
	transfer->captured = limit;
	transfer->head.header.flags |= SLUICE_FLAG_TRUNCATED;
	COUNT(sender->counters->cut_by_limit);
}

/* ---- modern ---- */

#ifndef SLUICE_LESS52

static __noinline int send_piece_modern(__u32 index, struct sender *sender)
{
	__u64 offset = (__u64)index * SLUICE_MAX_PAYLOAD;

	if (offset >= sender->transfer->captured)
		return 1;
	send_piece(FLAVOUR_MODERN, sender, 0, offset);
	return 0;
}

static long send_piece_of_many(__u32 index, void *sender)
{
	return send_piece_modern(index, sender);
}

static __always_inline void send_all(struct sender *sender)
{
	__u64 captured = sender->transfer->captured;

	if (captured <= SLUICE_MAX_PAYLOAD)
		send_piece_modern(0, sender);
	else
		bpf_loop((captured + SLUICE_MAX_PAYLOAD - 1) / SLUICE_MAX_PAYLOAD, send_piece_of_many, sender, 0);
}

#endif

/* ---- plain ---- */

/* Pieces that nothing will send any more. */
static __always_inline void lose_rest(struct sender *sender)
{
	struct transfer *transfer = sender->transfer;
	__u64 left = transfer->captured - transfer->next;
	__u64 pieces = (left + SLUICE_MAX_PAYLOAD - 1) / SLUICE_MAX_PAYLOAD;
	__u32 direction = (transfer->head.direction - 1) & 1;

	COUNT_MANY(sender->counters->submitted, pieces);
	COUNT_MANY(sender->counters->lost_map_full, pieces);
	if (!sender->connection)
		return;
	sender->connection->sequence[direction] += pieces;
	sender->connection->lost[direction] += pieces;
}

/* Does not return where there is more to send than one program can. */
static __always_inline void send_next(struct sender *sender)
{
	struct transfer *transfer = sender->transfer;
	struct scratch *scratch = take_scratch(FLAVOUR_PLAIN);
	__u64 offset = transfer->next;
	int i;

	UNROLL_FOR_OLD_KERNELS
	for (i = 0; i < PIECES_PER_PROGRAM; i++) {
		if (offset >= transfer->captured)
			break;
		send_piece(FLAVOUR_PLAIN, sender, scratch, offset);
		offset += SLUICE_MAX_PAYLOAD;
	}
	transfer->next = offset;
	if (scratch)
		give_scratch(FLAVOUR_PLAIN, scratch);
	if (offset >= transfer->captured)
		return;
	bpf_tail_call(sender->context, &send_chain, 0);
	/* Only without a program in the map. */
	lose_rest(sender);
}

#endif
