// SPDX-License-Identifier: Apache-2.0
/*
 * Consumer of the C baseline tap (tls_tap.bpf.c): attaches to one process, counts events until SIGTERM or SIGINT, drains
 * and prints one JSON line. "ready" on standard output says that all four probes are attached.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/types.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "tls_tap.h"

static volatile sig_atomic_t stopping;

struct totals {
	unsigned long long events;
	unsigned long long payload_bytes;
};

static void on_signal(int signal)
{
	(void)signal;
	stopping = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "tls_tap: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int on_event(void *context, void *data, size_t size)
{
	struct totals *totals = context;
	const struct tap_event *event = data;

	(void)size;
	totals->events++;
	totals->payload_bytes += event->payload_size;
	return 0;
}

static void attach(struct bpf_object *object, const char *program, const char *function, bool is_return, int pid, const char *library)
{
	LIBBPF_OPTS(bpf_uprobe_opts, options, .func_name = function, .retprobe = is_return);

	if (!bpf_program__attach_uprobe_opts(bpf_object__find_program_by_name(object, program), pid, library, 0, &options))
		die(program);
}

static struct bpf_object *load(const char *path, __u64 wakeup_flags)
{
	struct bpf_object *object = bpf_object__open(path);

	if (!object)
		die(path);
	if (bpf_map__set_initial_value(bpf_object__find_map_by_name(object, ".rodata"), &wakeup_flags, sizeof(wakeup_flags)))
		die("the constants of the program");
	if (bpf_object__load(object))
		die("bpf_object__load");
	return object;
}

static struct tap_counts read_counts(struct bpf_object *object)
{
	struct tap_counts sum = { 0 };
	int cpus = libbpf_num_possible_cpus();
	struct tap_counts per_cpu[cpus];
	__u32 zero = 0;

	if (bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(object, "counts"), &zero, per_cpu))
		die("counts");
	for (int cpu = 0; cpu < cpus; cpu++) {
		sum.submitted += per_cpu[cpu].submitted;
		sum.lost += per_cpu[cpu].lost;
	}
	return sum;
}

static void consume(struct bpf_object *object)
{
	struct totals totals = { 0 };
	struct ring_buffer *ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), on_event, &totals, NULL);
	struct tap_counts counts;
	struct rusage start, end;

	if (!ring)
		die("ring_buffer__new");
	printf("ready\n");
	fflush(stdout);
	getrusage(RUSAGE_SELF, &start);
	while (!stopping) {
		int polled = ring_buffer__poll(ring, 200);

		if (polled < 0 && polled != -EINTR)
			die("ring_buffer__poll");
	}
	ring_buffer__consume(ring);
	getrusage(RUSAGE_SELF, &end);
	counts = read_counts(object);
	printf("{\"submitted\":%llu,\"lost\":%llu,\"events\":%llu,\"payload_bytes\":%llu,\"cpu_seconds\":%.6f}\n",
	       (unsigned long long)counts.submitted, (unsigned long long)counts.lost, totals.events, totals.payload_bytes,
	       (end.ru_utime.tv_sec - start.ru_utime.tv_sec) + (end.ru_stime.tv_sec - start.ru_stime.tv_sec) +
	       ((end.ru_utime.tv_usec - start.ru_utime.tv_usec) + (end.ru_stime.tv_usec - start.ru_stime.tv_usec)) / 1e6);
	ring_buffer__free(ring);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct bpf_object *object;
	__u64 flags;
	int pid;

	if (argc != 5 || (strcmp(argv[4], "each") && strcmp(argv[4], "adaptive"))) {
		fprintf(stderr, "usage: tls_tap OBJECT LIBSSL PID each|adaptive\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	flags = strcmp(argv[4], "each") ? 0 : BPF_RB_FORCE_WAKEUP;
	pid = atoi(argv[3]);
	object = load(argv[1], flags);
	attach(object, "write_entry", "SSL_write", false, pid, argv[2]);
	attach(object, "write_return", "SSL_write", true, pid, argv[2]);
	attach(object, "read_entry", "SSL_read", false, pid, argv[2]);
	attach(object, "read_return", "SSL_read", true, pid, argv[2]);
	consume(object);
	bpf_object__close(object);
	return 0;
}
