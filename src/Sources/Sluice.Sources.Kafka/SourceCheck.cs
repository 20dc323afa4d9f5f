// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using Confluent.Kafka;
using Sluice.Pipeline.Reading;

namespace Sluice.Sources.Kafka;

/// <summary>Finds out at the start whether the brokers can be reached and have the topics. Blocks.</summary>
internal sealed class SourceCheck
{
    private const int TimeoutMs = 5_000;

    /// <summary>How often cancellation and hopeless errors are looked for.</summary>
    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(500);

    private readonly IConsumer<Ignore, Nothing> _consumer;
    private readonly KafkaSourceOptions _options;
    private readonly BrokerState _state;

    public SourceCheck(IConsumer<Ignore, Nothing> consumer, KafkaSourceOptions options, BrokerState state)
    {
        _consumer = consumer;
        _options = options;
        _state = state;
    }

    /// <summary>Returns when the brokers know every topic. Patterns may match none yet.</summary>
    /// <exception cref="SourceException">No broker answered in time, or a topic does not exist or is not ours to read.</exception>
    public void WaitUntilReady(CancellationToken cancellationToken)
    {
        using IAdminClient admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
        long start = Stopwatch.GetTimestamp();
        IEnumerable<string?> topics = _options.Topics.Select(static topic => KafkaSourceOptions.IsPattern(topic) ? null : topic).Distinct();
        foreach (string? topic in topics)
        {
            ErrorCode error;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                error = Ask(admin, topic);
                ThrowIfHopeless(topic, error);
            }
            while (error != ErrorCode.NoError && Stopwatch.GetElapsedTime(start).TotalMilliseconds < TimeoutMs);
            ThrowIfFailed(topic, error);
        }
    }

    private ErrorCode Ask(IAdminClient admin, string? topic)
    {
        try
        {
            // Without a subscription there is nothing to read: this only brings the client's errors.
            _consumer.Consume(TimeSpan.Zero);
            Metadata metadata = topic is null ? admin.GetMetadata(s_slice) : admin.GetMetadata(topic, s_slice);
            ErrorCode error = topic is null ? ErrorCode.NoError : metadata.Topics.FirstOrDefault()?.Error.Code ?? ErrorCode.UnknownTopicOrPart;
            if (error is ErrorCode.UnknownTopicOrPart or ErrorCode.LeaderNotAvailable)
            {
                Thread.Sleep(100);
            }

            return error;
        }
        catch (KafkaException e)
        {
            return e.Error.Code;
        }
    }

    private void ThrowIfHopeless(string? topic, ErrorCode error)
    {
        if (_state.LastError is { Code: ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed } refused)
        {
            throw Failure($"the brokers refuse the login ({refused.Reason}). Check config.sasl.mechanism, config.sasl.username and config.sasl.password", true);
        }

        if (error == ErrorCode.TopicAuthorizationFailed)
        {
            throw Failure($"the brokers do not let this user use topic '{topic}'. Give the user the right to describe and read it", true);
        }
    }

    private void ThrowIfFailed(string? topic, ErrorCode error)
    {
        switch (error)
        {
            case ErrorCode.NoError:
                return;
            case ErrorCode.UnknownTopicOrPart:
                throw Failure($"topic '{topic}' does not exist. Create it, or name another one", true);
            case > 0:
                throw Failure($"the brokers say about topic '{topic}': {new Error(error).Reason}", false);
            default:
                string reason = _state.LastError?.Reason ?? new Error(error).Reason;
                throw Failure(
                    $"no broker of {_options.Brokers} answered within {(TimeoutMs / 1000).ToString(CultureInfo.InvariantCulture)} s ({reason}). "
                    + "Check that it runs and that address and protocol are right",
                    false);
        }
    }

    private SourceException Failure(string problem, bool isConfiguration) =>
        new($"Source '{_options.DisplayName}': {problem}.") { IsConfiguration = isConfiguration };
}
