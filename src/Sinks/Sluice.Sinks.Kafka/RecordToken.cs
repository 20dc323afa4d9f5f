// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Kafka;

/// <summary>What librdkafka carries with a record (its opaque) and gives back with the delivery report.</summary>
/// <remarks>Bits 0–31: events in the record; 32–47: the arena that its value lies in; 48–55: where its headers go back to; 63: dead letter.</remarks>
internal readonly record struct RecordToken(nint Value)
{
    private const int ArenaShift = 32;
    private const int HeadersShift = 48;
    private const int DeadLetterShift = 63;

    /// <param name="events">Events in the record; the ledger counts these.</param>
    /// <param name="arena">Number of the arena that holds the value; 0 when librdkafka has a copy of its own.</param>
    /// <param name="headers">Which headers the record has; 0 for none that are used again.</param>
    /// <param name="isDeadLetter">The record was cut for the dead-letter topic.</param>
    public RecordToken(int events, int arena = 0, int headers = 0, bool isDeadLetter = false)
        : this((nint)((uint)events | ((ulong)(ushort)arena << ArenaShift) | ((ulong)(byte)headers << HeadersShift)
            | (isDeadLetter ? 1UL << DeadLetterShift : 0)))
    {
    }

    public int Events => (int)Value;

    public int Arena => (ushort)(Value >> ArenaShift);

    public int Headers => (byte)(Value >> HeadersShift);

    public bool IsDeadLetter => Value < 0;
}
