// SPDX-License-Identifier: Apache-2.0
/*
 * TLS load: one client and one server thread of this process talk over loopback TCP. The client writes N records and the
 * server reads them; then the server writes N and the client reads them. One SSL_write makes one TLS record and one SSL_read
 * takes one, so a tap sees exactly 4 x N calls of the given size.
 *
 * Prints one JSON line. With --wait it first prints "ready PID" and starts when a line arrives on standard input, so that
 * a tap can be attached to the live process in between.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RECORD_BYTES = 16384, NUMBER_DIGITS = 12 };

struct load {
	long records;
	int record_bytes;
	int listener;
	pthread_barrier_t phase;
};

static void die(const char *what)
{
	fprintf(stderr, "tls_load: %s: %s\n", what, strerror(errno));
	ERR_print_errors_fp(stderr);
	exit(1);
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* The record's number stands in its text, so that whoever captures it can prove that none is missing. */
static void write_number(char *text, long number)
{
	for (int i = NUMBER_DIGITS - 1; i >= 0; i--) {
		text[i] = '0' + number % 10;
		number /= 10;
	}
}

static void send_records(SSL *ssl, const struct load *load, const char *verb)
{
	char record[MAX_RECORD_BYTES];
	int head = snprintf(record, sizeof(record), "%s /orders/", verb);

	for (int i = head; i < load->record_bytes; i++)
		record[i] = "abcdefghijklmnopqrstuvwxyz "[i % 27];
	for (long n = 0; n < load->records; n++) {
		write_number(record + head, n);
		if (SSL_write(ssl, record, load->record_bytes) != load->record_bytes)
			die("SSL_write");
	}
}

static void receive_records(SSL *ssl, const struct load *load)
{
	char record[MAX_RECORD_BYTES];

	for (long n = 0; n < load->records; n++)
		if (SSL_read(ssl, record, load->record_bytes) != load->record_bytes)
			die("SSL_read gave a record of another size");
}

static void self_sign(SSL_CTX *context)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();

	if (!key || !certificate)
		die("key generation");
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	if (!X509_sign(certificate, key, EVP_sha256()) || SSL_CTX_use_certificate(context, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey(context, key) != 1)
		die("self-signed certificate");
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void *serve(void *argument)
{
	struct load *load = argument;
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	int on = 1;
	int fd;
	SSL *ssl;

	self_sign(context);
	SSL_CTX_set_num_tickets(context, 0); /* tickets would be writes of their own */
	fd = accept(load->listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	ssl = SSL_new(context);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		die("SSL_accept");
	pthread_barrier_wait(&load->phase);
	receive_records(ssl, load);
	pthread_barrier_wait(&load->phase);
	send_records(ssl, load, "PUT");
	pthread_barrier_wait(&load->phase);
	SSL_free(ssl);
	close(fd);
	SSL_CTX_free(context);
	return NULL;
}

static SSL *connect_client(SSL_CTX *context, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;
	SSL *ssl = SSL_new(context);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) != 1)
		die("SSL_connect");
	return ssl;
}

static int listen_on_loopback(struct load *load)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);

	load->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (load->listener < 0 || bind(load->listener, (struct sockaddr *)&address, sizeof(address)) || listen(load->listener, 1) ||
	    getsockname(load->listener, (struct sockaddr *)&address, &length))
		die("listen");
	return address.sin_port;
}

static void run(struct load *load)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	pthread_t server;
	double start, seconds;
	struct rusage usage;
	int port = listen_on_loopback(load);
	SSL *ssl;

	pthread_barrier_init(&load->phase, NULL, 2);
	if (pthread_create(&server, NULL, serve, load))
		die("pthread_create");
	ssl = connect_client(context, port);
	pthread_barrier_wait(&load->phase);
	start = now_seconds();
	send_records(ssl, load, "GET");
	pthread_barrier_wait(&load->phase);
	receive_records(ssl, load);
	pthread_barrier_wait(&load->phase);
	seconds = now_seconds() - start;
	pthread_join(server, NULL);
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"records\":%ld,\"record_bytes\":%d,\"seconds\":%.6f,\"records_per_second\":%.0f,\"cpu_seconds\":%.3f}\n",
	       2 * load->records, load->record_bytes, seconds, 2 * load->records / seconds,
	       usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	SSL_free(ssl);
	SSL_CTX_free(context);
	close(load->listener);
}

int main(int argc, char **argv)
{
	struct load load = { .records = 300000, .record_bytes = 256 };
	int wait = 0;
	char line[16];

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--wait"))
			wait = 1;
		else if (!strcmp(argv[i], "--records") && i + 1 < argc)
			load.records = atol(argv[++i]);
		else if (!strcmp(argv[i], "--size") && i + 1 < argc)
			load.record_bytes = atoi(argv[++i]);
		else {
			fprintf(stderr, "usage: tls_load [--records N] [--size BYTES] [--wait]\n");
			return 2;
		}
	}
	if (load.records <= 0 || load.record_bytes < 32 || load.record_bytes > MAX_RECORD_BYTES) {
		fprintf(stderr, "tls_load: --records must be positive and --size 32 to %d\n", MAX_RECORD_BYTES);
		return 2;
	}
	if (wait) {
		printf("ready %d\n", getpid());
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			return 1;
	}
	run(&load);
	return 0;
}
