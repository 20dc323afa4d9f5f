// SPDX-License-Identifier: Apache-2.0
/*
 * The C baselines of the Kafka comparison: rd_kafka_produce, or rd_kafka_produce_batch with BATCH records a call, of records that
 * Sluice.Throughput has encoded and dumped to a file (per record: u32 key length, key, u32 value length, value, in host byte order),
 * repeated until N were produced. A full queue is waited out; an error ends the program. A tenth of the records goes first, unmeasured: connecting and creating the topic are in it.
 * Prints one JSON line with the records that the broker has acknowledged.
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BATCH 500

struct record {
	const void *key;
	const void *value;
	uint32_t key_bytes;
	uint32_t value_bytes;
};

struct dump {
	char *bytes;
	struct record *records;
	long count;
};

struct outcome {
	long acknowledged;
	long failed;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "kafka_produce: %s: %s\n", what, why);
	exit(1);
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static char *read_file(const char *path, long *size)
{
	FILE *file = fopen(path, "rb");
	char *bytes;

	if (!file || fseek(file, 0, SEEK_END) || (*size = ftell(file)) <= 0 || fseek(file, 0, SEEK_SET))
		die(path, file && !errno ? "empty" : strerror(errno));
	bytes = malloc(*size);
	if (!bytes || fread(bytes, 1, *size, file) != (size_t)*size)
		die(path, "short read");
	fclose(file);
	return bytes;
}

/* Gives the part at *position that starts with its length, and moves behind it. */
static const void *take(const struct dump *dump, long size, long *position, uint32_t *length)
{
	const char *start;

	if (size - *position < (long)sizeof(*length))
		die("record file", "cut off");
	memcpy(length, dump->bytes + *position, sizeof(*length));
	start = dump->bytes + *position + sizeof(*length);
	if (size - *position - (long)sizeof(*length) < (long)*length)
		die("record file", "cut off");
	*position += sizeof(*length) + *length;
	return start;
}

static struct dump load_dump(const char *path)
{
	struct dump dump = { 0 };
	long size, position = 0, room = 0;

	dump.bytes = read_file(path, &size);
	while (position < size) {
		if (dump.count == room) {
			room = room ? room * 2 : 4096;
			dump.records = realloc(dump.records, room * sizeof(*dump.records));
			if (!dump.records)
				die("record file", strerror(errno));
		}
		struct record *record = &dump.records[dump.count++];

		record->key = take(&dump, size, &position, &record->key_bytes);
		record->value = take(&dump, size, &position, &record->value_bytes);
	}
	return dump;
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
	struct outcome *outcome = opaque;

	(void)producer;
	if (message->err)
		outcome->failed++;
	else
		outcome->acknowledged++;
}

static void produce_each(rd_kafka_t *producer, rd_kafka_topic_t *topic, const struct dump *dump, long total)
{
	for (long n = 0; n < total; n++) {
		const struct record *record = &dump->records[n % dump->count];

		while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)record->value, record->value_bytes,
					record->key, record->key_bytes, NULL)) {
			if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
				die("rd_kafka_produce", rd_kafka_err2str(rd_kafka_last_error()));
			rd_kafka_poll(producer, 10);
		}
		if (n % 1024 == 0)
			rd_kafka_poll(producer, 0);
	}
}

/* Produces all of them; the ones for which there is no room are the last ones, and tried again. */
static void produce_batch(rd_kafka_t *producer, rd_kafka_topic_t *topic, rd_kafka_message_t *messages, int count)
{
	int taken;

	while ((taken = rd_kafka_produce_batch(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, messages, count)) < count) {
		if (messages[taken].err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			die("rd_kafka_produce_batch", rd_kafka_err2str(messages[taken].err));
		messages += taken;
		count -= taken;
		rd_kafka_poll(producer, 10);
	}
}

static void produce_batches(rd_kafka_t *producer, rd_kafka_topic_t *topic, const struct dump *dump, long total)
{
	rd_kafka_message_t messages[BATCH] = { 0 };

	for (long n = 0; n < total;) {
		int count = 0;

		for (; count < BATCH && n < total; n++, count++) {
			const struct record *record = &dump->records[n % dump->count];

			messages[count].payload = (void *)record->value;
			messages[count].len = record->value_bytes;
			messages[count].key = (void *)record->key;
			messages[count].key_len = record->key_bytes;
		}
		produce_batch(producer, topic, messages, count);
		rd_kafka_poll(producer, 0);
	}
}

/* Returns when all are acknowledged. */
static void produce(rd_kafka_t *producer, rd_kafka_topic_t *topic, const struct dump *dump, long total, int in_batches)
{
	if (in_batches)
		produce_batches(producer, topic, dump, total);
	else
		produce_each(producer, topic, dump, total);
	if (rd_kafka_flush(producer, 60000))
		die("rd_kafka_flush", "records are still unacknowledged after 60 s");
}

static rd_kafka_t *create_producer(int argc, char **argv, struct outcome *outcome)
{
	rd_kafka_conf_t *config = rd_kafka_conf_new();
	char error[512];
	rd_kafka_t *producer;

	for (int i = 5; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			die(argv[i], "must be NAME=VALUE");
		*value++ = '\0';
		if (rd_kafka_conf_set(config, argv[i], value, error, sizeof(error)) != RD_KAFKA_CONF_OK)
			die(argv[i], error);
	}
	rd_kafka_conf_set_opaque(config, outcome);
	rd_kafka_conf_set_dr_msg_cb(config, on_delivery);
	producer = rd_kafka_new(RD_KAFKA_PRODUCER, config, error, sizeof(error));
	if (!producer)
		die("rd_kafka_new", error);
	return producer;
}

int main(int argc, char **argv)
{
	struct outcome outcome = { 0 };
	struct dump dump;
	rd_kafka_t *producer;
	rd_kafka_topic_t *topic;
	double start, seconds, cpu;
	long total;
	int in_batches;

	if (argc < 5) {
		fprintf(stderr, "usage: kafka_produce each|batch RECORD_FILE COUNT TOPIC [NAME=VALUE]...\n");
		return 2;
	}
	in_batches = !strcmp(argv[1], "batch");
	dump = load_dump(argv[2]);
	total = atol(argv[3]);
	producer = create_producer(argc, argv, &outcome);
	topic = rd_kafka_topic_new(producer, argv[4], NULL);
	if (!topic)
		die(argv[4], rd_kafka_err2str(rd_kafka_last_error()));
	produce(producer, topic, &dump, total / 10, in_batches);
	outcome.acknowledged = 0;
	cpu = cpu_seconds();
	start = now_seconds();
	produce(producer, topic, &dump, total, in_batches);
	seconds = now_seconds() - start;
	cpu = cpu_seconds() - cpu;
	printf("{\"records\":%ld,\"acknowledged\":%ld,\"failed\":%ld,\"seconds\":%.6f,\"records_per_second\":%.0f,\"cpu_seconds\":%.3f}\n",
	       total, outcome.acknowledged, outcome.failed, seconds, outcome.acknowledged / seconds, cpu);
	rd_kafka_topic_destroy(topic);
	rd_kafka_destroy(producer);
	return outcome.acknowledged == total ? 0 : 1;
}
