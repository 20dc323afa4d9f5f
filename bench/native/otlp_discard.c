// SPDX-License-Identifier: Apache-2.0
/*
 * An OTLP receiver for logs that reads every request, counts its records and forgets it: the sink of the OTLP benches.
 *
 *   otlp_discard        prints its port, then serves HTTP/1.1 and HTTP/2 (gRPC) on it until SIGTERM; prints what it got, as JSON
 *
 * It serves what the exporters of the benches send and no more: POSTs with a Content-Length, unary calls, no compression. Requests are
 * walked as Protocol Buffers down to the log records, which are skipped: so the count is of what arrived, not of what somebody says he sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES (1 << 20)
#define STREAMS 64
#define WINDOW 0x7fffffffu

static atomic_ulong requests, records, bytes;

/* ---- requests as they come, piece by piece ------------------------------------------------------------------------- */

enum { TAG, LENGTH, NUMBER };

struct walk {
	uint64_t at, end[3]; /* of the message at each depth: request, resource_logs, scope_logs */
	uint64_t skip, number, tag, records;
	int depth, shift, reading;
};

static void walk_begin(struct walk *w, unsigned prefix)
{
	memset(w, 0, sizeof(*w));
	w->skip = prefix;
	w->at = 0 - (uint64_t)prefix;
	w->end[0] = UINT64_MAX;
}

static void walk_value(struct walk *w)
{
	if (w->reading == TAG) {
		w->tag = w->number;
		switch (w->tag & 7) {
		case 0: w->reading = NUMBER; break;
		case 1: w->skip = 8; break;
		case 2: w->reading = LENGTH; break;
		case 5: w->skip = 4; break;
		}
	} else if (w->reading == LENGTH) {
		uint64_t field = w->tag >> 3;

		w->reading = TAG;
		if ((w->depth == 0 && field == 1) || (w->depth == 1 && field == 2)) {
			w->end[++w->depth] = w->at + w->number;
		} else {
			w->records += w->depth == 2 && field == 2;
			w->skip = w->number;
		}
	} else {
		w->reading = TAG;
	}
	w->number = 0;
	w->shift = 0;
}

static void walk_on(struct walk *w, const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;

	while (data < end) {
		if (w->skip) {
			uint64_t n = w->skip < (uint64_t)(end - data) ? w->skip : (uint64_t)(end - data);

			w->skip -= n;
			w->at += n;
			data += n;
		} else {
			uint8_t b = *data++;

			w->at++;
			w->number |= (uint64_t)(b & 0x7f) << w->shift;
			w->shift += 7;
			if (b < 0x80)
				walk_value(w);
		}
		while (!w->skip && w->reading == TAG && !w->shift && w->depth && w->at >= w->end[w->depth])
			w->depth--;
	}
}

static void walk_end(struct walk *w)
{
	atomic_fetch_add(&requests, 1);
	atomic_fetch_add(&records, w->records);
	atomic_fetch_add(&bytes, w->at);
}

/* ---- connections ---------------------------------------------------------------------------------------------------- */

struct conn {
	int fd;
	size_t from, to; /* what is read and not used yet */
	uint8_t buffer[BUFFER_BYTES];
	struct walk streams[STREAMS];
};

static int fill(struct conn *c)
{
	if (c->from == c->to)
		c->from = c->to = 0;
	if (c->to == BUFFER_BYTES) {
		memmove(c->buffer, c->buffer + c->from, c->to - c->from);
		c->to -= c->from;
		c->from = 0;
	}
	ssize_t n = recv(c->fd, c->buffer + c->to, BUFFER_BYTES - c->to, 0);

	if (n <= 0)
		return 0;
	c->to += n;
	return 1;
}

static int need(struct conn *c, size_t size)
{
	while (c->to - c->from < size)
		if (!fill(c))
			return 0;
	return 1;
}

/* Hands the next size bytes to a walk; without one they are dropped. */
static int take(struct conn *c, struct walk *w, uint64_t size)
{
	while (size) {
		if (c->from == c->to && !fill(c))
			return 0;
		uint64_t n = c->to - c->from < size ? c->to - c->from : size;

		if (w)
			walk_on(w, c->buffer + c->from, n);
		c->from += n;
		size -= n;
	}
	return 1;
}

static int put(struct conn *c, const void *data, size_t size)
{
	return send(c->fd, data, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void serve_http1(struct conn *c)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";

	for (;;) {
		uint8_t *end;

		while (!(end = memmem(c->buffer + c->from, c->to - c->from, "\r\n\r\n", 4)))
			if (!fill(c))
				return;
		*end = 0;
		const char *length = strcasestr((char *)c->buffer + c->from, "\r\ncontent-length:");

		c->from = end + 4 - c->buffer;
		walk_begin(&c->streams[0], 0);
		if (!take(c, &c->streams[0], length ? strtoull(length + 17, NULL, 10) : 0))
			return;
		walk_end(&c->streams[0]);
		if (!put(c, answer, sizeof(answer) - 1))
			return;
	}
}

enum { DATA, HEADERS, SETTINGS = 4, PING = 6, WINDOW_UPDATE = 8, END_STREAM = 1, ACK = 1, PADDED = 8, END_HEADERS = 4 };

static size_t frame(uint8_t *to, uint32_t size, uint8_t type, uint8_t flags, uint32_t stream, const void *payload)
{
	uint32_t id = htonl(stream);

	to[0] = size >> 16, to[1] = size >> 8, to[2] = size, to[3] = type, to[4] = flags;
	memcpy(to + 5, &id, 4);
	memcpy(to + 9, payload, size);
	return 9 + size;
}

static int answer_call(struct conn *c, uint32_t stream)
{
	/* HPACK: 0x88 is ":status: 200"; then literals that are not indexed, the first with a name of the static table (31). */
	static const uint8_t head[] = "\x88\x0f\x10\x10" "application/grpc", tail[] = "\x00\x0bgrpc-status\x01" "0", empty[5];
	uint8_t out[128];
	size_t size = frame(out, sizeof(head) - 1, HEADERS, END_HEADERS, stream, head);

	size += frame(out + size, sizeof(empty), DATA, 0, stream, empty);
	size += frame(out + size, sizeof(tail) - 1, HEADERS, END_HEADERS | END_STREAM, stream, tail);
	return put(c, out, size);
}

static int give_window(struct conn *c, uint32_t size)
{
	uint8_t out[16];
	uint32_t more = htonl(size);

	return put(c, out, frame(out, 4, WINDOW_UPDATE, 0, 0, &more));
}

static void serve_http2(struct conn *c)
{
	static const uint8_t settings[] = { 0, 4, 0x7f, 0xff, 0xff, 0xff, 0, 5, 0, 0xff, 0xff, 0xff };
	uint8_t out[64];
	uint32_t used = 0;

	c->from += 24;
	if (!put(c, out, frame(out, sizeof(settings), SETTINGS, 0, 0, settings)) || !give_window(c, WINDOW - 65535))
		return;
	while (need(c, 9)) {
		const uint8_t *h = c->buffer + c->from;
		uint32_t size = h[0] << 16 | h[1] << 8 | h[2], stream = (h[5] & 0x7f) << 24 | h[6] << 16 | h[7] << 8 | h[8];
		uint8_t type = h[3], flags = h[4];
		struct walk *w = &c->streams[(stream >> 1) % STREAMS];

		c->from += 9;
		if (type == HEADERS)
			walk_begin(w, 5);
		if (type == PING && !(flags & ACK)) {
			if (!need(c, 8) || !put(c, out, frame(out, 8, PING, ACK, 0, c->buffer + c->from)))
				return;
		}
		if (!take(c, type == DATA ? w : NULL, size))
			return;
		if (type == SETTINGS && !(flags & ACK) && !put(c, out, frame(out, 0, SETTINGS, ACK, 0, "")))
			return;
		if (type == DATA && (used += size) > 1u << 28) {
			if (!give_window(c, used))
				return;
			used = 0;
		}
		if (type == DATA && (flags & END_STREAM)) {
			walk_end(w);
			if (!answer_call(c, stream))
				return;
		}
	}
}

static void *serve(void *arg)
{
	struct conn *c = arg;

	if (need(c, 24)) {
		if (memcmp(c->buffer, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24))
			serve_http1(c);
		else
			serve_http2(c);
	}
	close(c->fd);
	free(c);
	return NULL;
}

static void *accept_all(void *arg)
{
	int listener = *(int *)arg, fd, one = 1;
	pthread_t thread;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		struct conn *c = malloc(sizeof(*c));

		if (!c)
			abort();
		c->fd = fd;
		c->from = c->to = 0;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (pthread_create(&thread, NULL, serve, c))
			abort();
		pthread_detach(thread);
	}
	return NULL;
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), caught;
	struct rusage usage;
	pthread_t thread;
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stops, NULL);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 64)
	    || getsockname(listener, (struct sockaddr *)&address, &length) || pthread_create(&thread, NULL, accept_all, &listener)) {
		perror("otlp_discard");
		return 1;
	}
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	sigwait(&stops, &caught);
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"requests\":%lu,\"records\":%lu,\"bytes\":%lu,\"cpu_seconds\":%.3f}\n", requests, records, bytes,
	       usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	return 0;
}
