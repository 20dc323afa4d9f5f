// SPDX-License-Identifier: Apache-2.0
/*
 * The C side of the drain comparison: libbpf's own ring_buffer and perf_buffer consumers with a callback that counts records and
 * bytes, called in-process by Sluice.Throughput so that both sides drain on the same thread and are timed by the same clock.
 */
#include <bpf/libbpf.h>
#include <stdlib.h>

struct drain {
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	unsigned long long records;
	unsigned long long bytes;
	unsigned long long lost;
};

static int on_ring_sample(void *context, void *data, size_t size)
{
	struct drain *drain = context;

	(void)data;
	drain->records++;
	drain->bytes += size;
	return 0;
}

static void on_perf_sample(void *context, int cpu, void *data, __u32 size)
{
	struct drain *drain = context;

	(void)cpu;
	(void)data;
	drain->records++;
	drain->bytes += size;
}

static void on_perf_lost(void *context, int cpu, __u64 count)
{
	struct drain *drain = context;

	(void)cpu;
	drain->lost += count;
}

/* Returns NULL on error. */
struct drain *drain_open_ring(int map_fd)
{
	struct drain *drain = calloc(1, sizeof(*drain));

	if (!drain)
		return NULL;
	drain->ring = ring_buffer__new(map_fd, on_ring_sample, drain, NULL);
	if (!drain->ring) {
		free(drain);
		return NULL;
	}
	return drain;
}

/* Returns NULL on error. */
struct drain *drain_open_perf(int map_fd, int pages_per_cpu)
{
	struct drain *drain = calloc(1, sizeof(*drain));

	if (!drain)
		return NULL;
	drain->perf = perf_buffer__new(map_fd, pages_per_cpu, on_perf_sample, on_perf_lost, drain, NULL);
	if (!drain->perf) {
		free(drain);
		return NULL;
	}
	return drain;
}

/* Takes what is there; returns the records taken (a negative errno on error). The sums of bytes and losses are in *bytes, *lost. */
long drain_all(struct drain *drain, unsigned long long *bytes, unsigned long long *lost)
{
	int error;

	drain->records = 0;
	drain->bytes = 0;
	drain->lost = 0;
	error = drain->ring ? ring_buffer__consume(drain->ring) : perf_buffer__consume(drain->perf);
	*bytes = drain->bytes;
	*lost = drain->lost;
	return error < 0 ? error : (long)drain->records;
}

void drain_close(struct drain *drain)
{
	ring_buffer__free(drain->ring);
	perf_buffer__free(drain->perf);
	free(drain);
}
