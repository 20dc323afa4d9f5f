// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Kafka;

/// <summary>
/// How long a record may be, so that neither librdkafka nor a broker refuses it: a broker measures the whole batch that the record is in, which is never
/// longer than this one record makes it.
/// </summary>
internal readonly struct RecordLimit
{
    /// <summary>Head of a record batch (Kafka's message format 2).</summary>
    private const int BatchHeadBytes = 61;

    /// <summary>The most that comes on top of key, value and headers: six varints and a byte (RD_KAFKAP_MESSAGE_V2_MAX_OVERHEAD of librdkafka).</summary>
    private const int RecordHeadBytes = 36;

    private readonly int _maxKeyAndValueBytes;

    /// <param name="messageMaxBytes"><c>message.max.bytes</c> of the producer.</param>
    /// <param name="headersBytes">What a record's headers take.</param>
    public RecordLimit(int messageMaxBytes, int headersBytes) =>
        _maxKeyAndValueBytes = messageMaxBytes - BatchHeadBytes - RecordHeadBytes - headersBytes;

    /// <summary>The longest value beside a key of this length; may be negative.</summary>
    public int MaxValueBytes(int keyBytes) => _maxKeyAndValueBytes - keyBytes;
}
