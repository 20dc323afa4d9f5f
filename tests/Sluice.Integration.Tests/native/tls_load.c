/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS client and a TLS server in one process, for the integration tests. Every record carries its side, its
 * process pattern and its number, so that a capture can be checked byte by byte.
 *
 *   tls_load exchange   --records N --size B [--pattern C] [--api plain|ex] [--family 4|6|unix] [--setfd 0|1]
 *                       [--wait-file F] [--peek 1] [--delay-us N]   request/response, N times
 *   tls_load bulk       --size B                                     one SSL_write of B bytes, then one of 100 bytes
 *   tls_load early      --size B                                     TLS 1.3 early data of B bytes
 *   tls_load blocked    --threads N                                  N threads inside SSL_read at once, then one record each
 *
 * Prints "pid=P client_port=C server_port=S" before the data and "done" after it. Certificate and key: cert.pem, key.pem of --dir.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int records = 1, size = 256, threads = 1, use_ex, use_peek, set_fd = 1, delay_us;
static char pattern = 'a';
static const char *family = "4", *dir = ".", *wait_file;
static SSL_CTX *server_context, *client_context;
static int server_fd, client_fd;

static void fail(const char *what)
{
	fprintf(stderr, "tls_load: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

/* "<side><pattern>:<number>:" and then the pattern to the end. */
static void fill(char *record, int length, char side, int number)
{
	char head[32];
	int n = snprintf(head, sizeof(head), "%c%c:%010d:", side, pattern, number);

	memset(record, pattern, length);
	memcpy(record, head, n < length ? n : length);
}

static void write_all(SSL *ssl, const char *data, size_t length)
{
	size_t written = 0;

	if (use_ex ? !SSL_write_ex(ssl, data, length, &written) || written != length :
		     SSL_write(ssl, data, (int)length) != (int)length)
		fail("write");
}

static void read_all(SSL *ssl, char *data, size_t length)
{
	size_t got = 0;

	while (got < length) {
		size_t n = 0;

		if (use_peek && SSL_peek(ssl, data + got, (int)(length - got)) <= 0)
			fail("peek");
		if (use_ex) {
			if (!SSL_read_ex(ssl, data + got, length - got, &n))
				fail("read_ex");
		} else {
			int r = SSL_read(ssl, data + got, (int)(length - got));

			if (r <= 0)
				fail("read");
			n = r;
		}
		got += n;
	}
}

static void contexts(void)
{
	char path[4096];

	server_context = SSL_CTX_new(TLS_server_method());
	client_context = SSL_CTX_new(TLS_client_method());
	snprintf(path, sizeof(path), "%s/cert.pem", dir);
	if (SSL_CTX_use_certificate_file(server_context, path, SSL_FILETYPE_PEM) != 1)
		fail(path);
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	if (SSL_CTX_use_PrivateKey_file(server_context, path, SSL_FILETYPE_PEM) != 1)
		fail(path);
}

static int port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	getsockname(fd, (struct sockaddr *)&address, &length);
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&address)->sin_port);
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return 0;
}

static void connect_sockets(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *address = (struct sockaddr *)&v4;
	socklen_t length = sizeof(v4);
	int one = 1, listener;

	if (!strcmp(family, "unix")) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
			fail("socketpair");
		server_fd = pair[0];
		client_fd = pair[1];
		return;
	}
	if (!strcmp(family, "6")) {
		address = (struct sockaddr *)&v6;
		length = sizeof(v6);
	}
	listener = socket(address->sa_family, SOCK_STREAM, 0);
	if (bind(listener, address, length) || listen(listener, 1) || getsockname(listener, address, &length))
		fail("listen");
	client_fd = socket(address->sa_family, SOCK_STREAM, 0);
	if (connect(client_fd, address, length))
		fail("connect");
	server_fd = accept(listener, 0, 0);
	close(listener);
	setsockopt(server_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(client_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static SSL *ssl_over(SSL_CTX *context, int fd)
{
	SSL *ssl = SSL_new(context);

	if (set_fd) {
		SSL_set_fd(ssl, fd);
	} else {
		BIO *bio = BIO_new_socket(fd, BIO_NOCLOSE);

		SSL_set_bio(ssl, bio, bio);
	}
	return ssl;
}

static void announce(void)
{
	printf("pid=%d client_port=%d server_port=%d\n", getpid(), port_of(client_fd), port_of(server_fd));
	fflush(stdout);
}

static void wait_for_start(void)
{
	struct stat unused;

	while (wait_file && stat(wait_file, &unused))
		usleep(10000);
}

static void *exchange_server(void *unused)
{
	SSL *ssl = ssl_over(server_context, server_fd);
	char *in = malloc(size), *out = malloc(size);
	int i;

	if (SSL_accept(ssl) != 1)
		fail("accept");
	/* A read that waits already when a capture starts is not seen by it: its entry has passed. */
	wait_for_start();
	for (i = 0; i < records; i++) {
		read_all(ssl, in, size);
		fill(out, size, 's', i);
		write_all(ssl, out, size);
	}
	SSL_shutdown(ssl);
	SSL_free(ssl);
	return unused;
}

static int exchange(void)
{
	char *in = malloc(size), *out = malloc(size), *expected = malloc(size);
	pthread_t server;
	SSL *ssl;
	int i;

	connect_sockets();
	pthread_create(&server, 0, exchange_server, 0);
	ssl = ssl_over(client_context, client_fd);
	if (SSL_connect(ssl) != 1)
		fail("connect");
	announce();
	wait_for_start();
	for (i = 0; i < records; i++) {
		fill(out, size, 'c', i);
		write_all(ssl, out, size);
		read_all(ssl, in, size);
		fill(expected, size, 's', i);
		if (memcmp(in, expected, size))
			fail("wrong answer");
		if (delay_us)
			usleep(delay_us);
	}
	pthread_join(server, 0);
	return 0;
}

/* ---- one large write ---- */

static void *bulk_server(void *unused)
{
	SSL *ssl = ssl_over(server_context, server_fd);
	char *in = malloc(size);

	if (SSL_accept(ssl) != 1)
		fail("accept");
	read_all(ssl, in, size);
	read_all(ssl, in, 100);
	write_all(ssl, "ok", 2);
	return unused;
}

static int bulk(void)
{
	char *out = malloc(size), answer[2];
	pthread_t server;
	SSL *ssl;
	int i;

	connect_sockets();
	pthread_create(&server, 0, bulk_server, 0);
	ssl = ssl_over(client_context, client_fd);
	if (SSL_connect(ssl) != 1)
		fail("connect");
	announce();
	wait_for_start();
	/* Bytes that show their position: every fourth byte of the offset, little endian. */
	for (i = 0; i < size; i++)
		out[i] = (char)((unsigned)(i & ~3) >> (8 * (i & 3)));
	write_all(ssl, out, size);
	write_all(ssl, out, 100);
	read_all(ssl, answer, 2);
	pthread_join(server, 0);
	return 0;
}

/* ---- early data ---- */

static SSL_SESSION *session;

static int keep_session(SSL *ssl, SSL_SESSION *fresh)
{
	(void)ssl;
	session = fresh;
	return 1;
}

static void *early_server(void *second)
{
	SSL *ssl = ssl_over(server_context, server_fd);
	char *in = malloc(size);
	size_t got = 0, n;
	int state;

	if (second) {
		do {
			state = SSL_read_early_data(ssl, in + got, size - got, &n);
			if (state == SSL_READ_EARLY_DATA_ERROR)
				fail("read early data");
			got += n;
		} while (state != SSL_READ_EARLY_DATA_FINISH && got < (size_t)size);
	}
	if (SSL_accept(ssl) != 1)
		fail("accept");
	read_all(ssl, in, 5);
	write_all(ssl, "reply", 5);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	return 0;
}

static void early_connection(int second)
{
	char *out = malloc(size), answer[5];
	pthread_t server;
	size_t written;
	SSL *ssl;

	connect_sockets();
	pthread_create(&server, 0, early_server, second ? &session : 0);
	ssl = ssl_over(client_context, client_fd);
	if (second) {
		SSL_set_session(ssl, session);
		fill(out, size, 'c', 0);
		announce();
		if (!SSL_write_early_data(ssl, out, size, &written) || written != (size_t)size)
			fail("write early data");
	}
	if (SSL_connect(ssl) != 1)
		fail("connect");
	write_all(ssl, "after", 5);
	read_all(ssl, answer, 5);
	pthread_join(server, 0);
	SSL_shutdown(ssl);
	SSL_free(ssl);
}

static int early(void)
{
	SSL_CTX_set_max_early_data(server_context, 1 << 20);
	SSL_CTX_set_session_cache_mode(client_context, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(client_context, keep_session);
	wait_for_start();
	early_connection(0);
	if (!session || !SSL_SESSION_get_max_early_data(session))
		fail("no session for early data");
	early_connection(1);
	return 0;
}

/* ---- many threads in SSL_read at once ---- */

/* A BIO whose read waits for a semaphore: a blocking connection that needs no descriptor. */
struct blocked {
	SSL *client, *server;
	BIO *wire;
	sem_t data;
	int waits, number;
};

static atomic_int waiting;
static BIO_METHOD *waiting_method;

static int waiting_read(BIO *bio, char *to, int length)
{
	struct blocked *one = BIO_get_data(bio);

	if (one->waits) {
		one->waits = 0;
		atomic_fetch_add(&waiting, 1);
		sem_wait(&one->data);
	}
	BIO_clear_retry_flags(bio);
	length = BIO_read(one->wire, to, length);
	if (length < 0)
		BIO_set_retry_read(bio);
	return length;
}

static int waiting_write(BIO *bio, const char *from, int length)
{
	struct blocked *one = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	return BIO_write(one->wire, from, length);
}

static long waiting_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static void *blocked_reader(void *argument)
{
	struct blocked *one = argument;
	char in[100];

	if (SSL_read(one->client, in, sizeof(in)) != sizeof(in))
		fail("blocked read");
	return 0;
}

static void open_blocked(struct blocked *one, int number)
{
	BIO *server_wire, *bio = BIO_new(waiting_method);
	int done_client = 0, done_server = 0;

	one->number = number;
	sem_init(&one->data, 0, 0);
	BIO_new_bio_pair(&one->wire, 0, &server_wire, 0);
	BIO_set_data(bio, one);
	BIO_set_init(bio, 1);
	one->client = SSL_new(client_context);
	one->server = SSL_new(server_context);
	SSL_set_bio(one->client, bio, bio);
	SSL_set_bio(one->server, server_wire, server_wire);
	SSL_set_connect_state(one->client);
	SSL_set_accept_state(one->server);
	while (!done_client || !done_server) {
		done_client = SSL_do_handshake(one->client) == 1;
		done_server = SSL_do_handshake(one->server) == 1;
	}
	one->waits = 1;
}

static int blocked(void)
{
	struct blocked *all = calloc(threads, sizeof(*all));
	pthread_t *ids = calloc(threads, sizeof(*ids));
	pthread_attr_t small;
	char out[100];
	int i;

	waiting_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "waiting");
	BIO_meth_set_read(waiting_method, waiting_read);
	BIO_meth_set_write(waiting_method, waiting_write);
	BIO_meth_set_ctrl(waiting_method, waiting_control);
	SSL_CTX_set_num_tickets(server_context, 0);
	for (i = 0; i < threads; i++)
		open_blocked(&all[i], i);
	announce();
	wait_for_start();
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 * 1024);
	for (i = 0; i < threads; i++)
		if (pthread_create(&ids[i], &small, blocked_reader, &all[i]))
			fail("thread");
	while (atomic_load(&waiting) < threads)
		usleep(1000);
	printf("waiting=%d\n", atomic_load(&waiting));
	fflush(stdout);
	for (i = 0; i < threads; i++) {
		fill(out, sizeof(out), 's', i);
		write_all(all[i].server, out, sizeof(out));
		sem_post(&all[i].data);
	}
	for (i = 0; i < threads; i++)
		pthread_join(ids[i], 0);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int i;

	for (i = 2; i + 1 < argc; i += 2) {
		const char *value = argv[i + 1];

		if (!strcmp(argv[i], "--records")) records = atoi(value);
		else if (!strcmp(argv[i], "--size")) size = atoi(value);
		else if (!strcmp(argv[i], "--threads")) threads = atoi(value);
		else if (!strcmp(argv[i], "--pattern")) pattern = value[0];
		else if (!strcmp(argv[i], "--api")) use_ex = !strcmp(value, "ex");
		else if (!strcmp(argv[i], "--family")) family = value;
		else if (!strcmp(argv[i], "--peek")) use_peek = atoi(value);
		else if (!strcmp(argv[i], "--setfd")) set_fd = atoi(value);
		else if (!strcmp(argv[i], "--delay-us")) delay_us = atoi(value);
		else if (!strcmp(argv[i], "--wait-file")) wait_file = value;
		else if (!strcmp(argv[i], "--dir")) dir = value;
		else fail(argv[i]);
	}
	contexts();
	if (!strcmp(mode, "exchange")) i = exchange();
	else if (!strcmp(mode, "bulk")) i = bulk();
	else if (!strcmp(mode, "early")) i = early();
	else if (!strcmp(mode, "blocked")) i = blocked();
	else fail("modes: exchange bulk early blocked");
	printf("done\n");
	return i;
}
