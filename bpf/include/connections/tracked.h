/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What is known of a connection from its start to its end, and the events made of it. */
#ifndef SLUICE_CONNECTIONS_TRACKED_H
#define SLUICE_CONNECTIONS_TRACKED_H

#include "emit.h"
#include "endpoint.h"
#include "identity.h"
#include "process.h"

struct tracked {
	/* What every event of the connection says of the process that opened or accepted it. */
	struct sluice_event_header header;
	__u64 id;
	__u64 start_ns;		/* 0 = before the capture */
	__u64 sequence;		/* of the next event */
	struct endpoint endpoint;
	__u32 lost;		/* events lost since the last one that was sent */
	__u8 direction;		/* enum sluice_connection_direction */
	__u8 established;	/* 0: a connection attempt is under way */
	__u8 left_out;		/* its process is not captured; kept so that its end is not taken for a stranger's */
	__u8 ended;		/* its end was told; kept for the copies of the program that come after (connections_kern.bpf.c) */
};

/* Notes the current process; what is not known of the connection yet stays zero. */
static __always_inline void begin_tracking(struct tracked *connection, __u64 object)
{
	__u64 thread = bpf_get_current_pid_tgid();

	__builtin_memset(connection, 0, sizeof(*connection));
	connection->header.kind = SLUICE_KIND_CONNECTION;
	connection->id = unique_id(object);
	connection->left_out = !is_captured(thread >> 32);
	if (!connection->left_out)
		describe_process(&connection->header, thread);
}

/* For a connection of which only the end was seen. */
static __always_inline void begin_tracking_stranger(struct tracked *connection, __u64 object)
{
	__builtin_memset(connection, 0, sizeof(*connection));
	connection->header.kind = SLUICE_KIND_CONNECTION;
	connection->header.flags = SLUICE_FLAG_PROCESS_UNKNOWN;
	connection->id = unique_id(object);
	connection->established = 1;
}

/* Without a process nothing can be said about a filter: then such a connection is left out. */
static __always_inline bool has_filter(void)
{
	struct sluice_filters *in_use = find_filters();

	return in_use && (in_use->pid_filter || in_use->uid_filter || in_use->cgroup_filter);
}

/* An event that was due and for whose connection there is no room. */
static __always_inline void count_lost_event(const struct tracked *connection)
{
	struct sluice_cpu_stats *counters = cpu_stats();

	if (connection->left_out || !counters)
		return;
	COUNT(counters->submitted);
	COUNT(counters->lost_map_full);
}

/* The part of an event that comes from the connection; the action's own fields are 0. Calls no helper. */
static __always_inline void fill_event_at(struct sluice_connection *event, const struct tracked *connection,
					  enum sluice_connection_action action, __u64 now)
{
	__builtin_memset(event, 0, sizeof(*event));
	event->header = connection->header;
	event->header.ktime_ns = now;
	if (!connection->start_ns)
		event->header.flags |= SLUICE_FLAG_START_UNKNOWN;
	else if (action == SLUICE_CONNECTION_CLOSE || action == SLUICE_CONNECTION_FAIL)
		event->duration_ns = now - connection->start_ns;
	event->connection_id = connection->id;
	event->sequence = connection->sequence;
	event->lost_before = connection->lost;
	if (connection->lost)
		event->header.flags |= SLUICE_FLAG_GAP;
	event->action = action;
	event->direction = connection->direction;
	event->family = connection->endpoint.family;
	event->transport = connection->endpoint.transport;
	event->local_port = connection->endpoint.local_port;
	event->peer_port = connection->endpoint.peer_port;
	__builtin_memcpy(event->local_address, connection->endpoint.local, sizeof(event->local_address));
	__builtin_memcpy(event->peer_address, connection->endpoint.peer, sizeof(event->peer_address));
}

static __always_inline void fill_event(struct sluice_connection *event, const struct tracked *connection,
				       enum sluice_connection_action action)
{
	fill_event_at(event, connection, action, bpf_ktime_get_ns());
}

static __always_inline void send_event(enum flavour flavour, void *context, struct sluice_connection *event,
				       struct tracked *connection)
{
	struct sluice_cpu_stats *counters = cpu_stats();

	if (!counters)
		return;
	connection->sequence++;
	if (emit_head(flavour, context, counters, &event->header, sizeof(*event), event->connection_id, false) == EMIT_SENT)
		connection->lost = 0;
	else
		connection->lost++;
}

#endif
