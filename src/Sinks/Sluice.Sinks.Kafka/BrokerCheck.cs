// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading;
using Sluice.Pipeline.Delivery;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>Finds out at the start whether the brokers can be reached and take our records. Blocks.</summary>
internal sealed unsafe class BrokerCheck
{
    private const int TimeoutMs = 5_000;

    /// <summary>How often cancellation and hopeless errors are looked for.</summary>
    private const int SliceMs = 500;

    /// <summary>The topics' settings are worth a short wait only: without them librdkafka's defaults hold.</summary>
    private const int LimitTimeoutMs = 1_000;

    private readonly KafkaProducer _producer;
    private readonly KafkaSinkOptions _options;
    private readonly IReadOnlyCollection<string> _topics;

    /// <param name="producer">Asks.</param>
    /// <param name="options">Where and how.</param>
    /// <param name="topics">Those that are to be there.</param>
    public BrokerCheck(KafkaProducer producer, KafkaSinkOptions options, IReadOnlyCollection<string> topics)
    {
        _topics = topics;
        _producer = producer;
        _options = options;
    }

    /// <summary>Returns when every topic can be written to, as far as the brokers say.</summary>
    /// <exception cref="SinkException">No broker answered in time, or the topic does not exist or is not ours to write to.</exception>
    public void WaitUntilReady(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (string name in _topics)
        {
            nint topic = _producer.Handle.OpenTopic(name);
            int error;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                error = AskForTopic(topic);
                ThrowIfHopeless(name, error);
            }
            while (error != KafkaError.ERR_NO_ERROR && Stopwatch.GetElapsedTime(start).TotalMilliseconds < TimeoutMs);
            ThrowIfFailed(name, error);
        }
    }

    /// <summary>The longest batch that every topic takes, when that is less than we would send; null else, or when the brokers do not say.</summary>
    public int? FindMessageLimit()
    {
        if (KafkaConfiguration.SetsSizes(_options))
        {
            return null;
        }

        int? least = TopicSettings.ReadLeast(_producer.Handle, _topics, "max.message.bytes", LimitTimeoutMs);
        return least < KafkaConfiguration.DefaultMessageMaxBytes ? least : null;
    }

    /// <summary>Zero when the topic is there. A topic that brokers create on demand is unknown in the first answer.</summary>
    private int AskForTopic(nint topic)
    {
        rd_kafka_metadata* metadata;

        // SAFETY: on success librdkafka gives a structure that is ours until rd_kafka_metadata_destroy.
        int error = LibRdKafka.rd_kafka_metadata(_producer.Handle, 0, topic, &metadata, SliceMs);
        if (error != KafkaError.ERR_NO_ERROR)
        {
            return error;
        }

        error = metadata->topic_cnt == 0 ? KafkaError.ERR_UNKNOWN_TOPIC_OR_PART : metadata->topics[0].err;
        LibRdKafka.rd_kafka_metadata_destroy(metadata);
        if (error is KafkaError.ERR_UNKNOWN_TOPIC_OR_PART or KafkaError.ERR_LEADER_NOT_AVAILABLE)
        {
            Thread.Sleep(100);
        }

        return error;
    }

    private void ThrowIfHopeless(string topic, int error)
    {
        (int lastCode, string? lastText) = _producer.LastError;
        if (lastCode is KafkaError.ERR__AUTHENTICATION or KafkaError.ERR_SASL_AUTHENTICATION_FAILED)
        {
            throw Error($"the brokers refuse the login ({lastText}). Check config.sasl.mechanism, config.sasl.username and config.sasl.password", true);
        }

        if (lastCode == KafkaError.ERR__SSL)
        {
            throw Error($"the TLS connection to the brokers fails ({lastText}). Check config.ssl.ca.location, and that the port is one for TLS", true);
        }

        if (error == KafkaError.ERR_TOPIC_AUTHORIZATION_FAILED)
        {
            throw Error($"the brokers do not let this user use topic '{topic}'. Give the user the right to describe and write it", true);
        }
    }

    private void ThrowIfFailed(string topic, int error)
    {
        switch (error)
        {
            case KafkaError.ERR_NO_ERROR:
                return;
            case KafkaError.ERR_UNKNOWN_TOPIC_OR_PART:
                throw Error($"topic '{topic}' does not exist and the brokers do not create it. Create it, or name another one", true);
            case > 0:
                throw Error($"the brokers say about topic '{topic}': {KafkaError.Describe(error)}", false);
            default:
                string reason = _producer.LastError.Text ?? KafkaError.Describe(error);
                throw Error(
                    $"no broker of {_options.Brokers} answered within {(TimeoutMs / 1000).ToString(CultureInfo.InvariantCulture)} s ({reason}). "
                    + "Check that it runs and that address and protocol are right, or add start=lazy to the sink's options to start without it",
                    false);
        }
    }

    private SinkException Error(string problem, bool isConfiguration) =>
        new($"Sink '{_options.DisplayName}': {problem}.") { IsConfiguration = isConfiguration };
}
