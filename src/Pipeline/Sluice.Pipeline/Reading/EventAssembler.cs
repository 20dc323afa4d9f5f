// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Unicode;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Reading;

/// <summary>
/// Puts a sample together from the fields of one event, in whatever order they come: <see cref="Begin"/>, one call for each field, <see cref="TryFinish"/>.
/// The first thing that is wrong stays in <see cref="Problem"/>; what comes after it changes nothing. Not thread-safe.
/// </summary>
internal sealed partial class EventAssembler
{
    /// <summary>No sample is longer: the pipeline's batches have this much room.</summary>
    public const int MaxSampleBytes = BatchPool.DefaultArenaBytes;

    public const int MaxPayloadBytes = MaxSampleBytes - TlsDataHeader.SizeInBytes;

    /// <summary>Four times what the kernel lets a host's name be.</summary>
    private const int MaxHostBytes = 256;

    /// <summary>The value of every hexadecimal digit; 255 for what is none.</summary>
    private static readonly byte[] s_nibbles = BuildNibbles();

    private readonly byte[] _sample = GC.AllocateUninitializedArray<byte>(MaxSampleBytes, pinned: true);
    private readonly byte[] _hostName = new byte[MaxHostBytes];
    private readonly OriginTable.Maker _makeOrigin;
    private readonly ulong[] _numbers = new ulong[FieldRules.Count];
    private readonly OriginTable _origins = new();

    /// <summary>One bit for every field that the event has.</summary>
    private ulong _seen;

    private int _hostBytes;
    private int _payloadBytes;
    private int _localBytes;
    private int _peerBytes;
    private ulong _runId;
    private ulong _eventNumber;
    private Comm16 _comm;
    private Cause32 _cause;
    private Address16 _local;
    private Address16 _peer;

    /// <param name="makeOrigin">Makes an origin of what the encoding says of the host; null where that is the host's name alone.</param>
    public EventAssembler(OriginTable.Maker? makeOrigin = null) =>
        _makeOrigin = makeOrigin ?? (static (hostName, runId) => new EventOrigin(System.Text.Encoding.UTF8.GetString(hostName), runId));

    /// <summary>What is wrong with the event; <see cref="EventProblem.None"/> so far.</summary>
    public EventProblem Problem { get; private set; }

    /// <summary>Name of the field that <see cref="Problem"/> is about; null for none.</summary>
    public string? ProblemField { get; private set; }

    /// <summary>Starts a new event.</summary>
    public void Begin()
    {
        _numbers.AsSpan().Clear();
        _seen = 0;
        _payloadBytes = 0;
        _localBytes = 0;
        _peerBytes = 0;
        Problem = EventProblem.None;
        ProblemField = null;
    }

    /// <summary>A whole number that is not negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Number(EventField field, ulong value)
    {
        if (FieldRules.ShapeOf(field) == FieldShape.Number && FieldRules.IsInRange(field, value) && TryMark(field))
        {
            _numbers[(int)field] = value;
        }
        else
        {
            Refuse(FieldRules.ShapeOf(field) == FieldShape.Number ? EventProblem.BadValue : EventProblem.WrongType, field);
        }
    }

    /// <summary>Text; whether it is UTF-8 is looked at here where it matters.</summary>
    public void Text(EventField field, scoped ReadOnlySpan<byte> utf8)
    {
        if (!TryMark(field))
        {
            return;
        }

        EventProblem problem = FieldRules.ShapeOf(field) switch
        {
            FieldShape.Word => TakeWord(field, utf8),
            FieldShape.Id => TakeId(field, utf8),
            FieldShape.Uid => TakeUid(utf8),
            FieldShape.Address => TakeAddress(field, utf8),
            FieldShape.Text => TakeText(field, utf8),
            FieldShape.Body => Utf8.IsValid(utf8) ? TakePayload(utf8) : EventProblem.BadValue,
            FieldShape.Base64 => TakeBase64(utf8),
            _ => EventProblem.WrongType,
        };
        if (problem != EventProblem.None)
        {
            Refuse(problem, field);
        }
    }

    /// <summary>Bytes, where the encoding tells them from text.</summary>
    public void Bytes(EventField field, scoped ReadOnlySpan<byte> bytes)
    {
        EventProblem problem = field == EventField.Body ? TakePayload(bytes) : EventProblem.WrongType;
        if (!TryMark(field))
        {
            return;
        }

        if (problem != EventProblem.None)
        {
            Refuse(problem, field);
        }
    }

    public void Flag(EventField field, bool value)
    {
        if (FieldRules.ShapeOf(field) != FieldShape.True)
        {
            Refuse(EventProblem.WrongType, field);
        }
        else if (!value)
        {
            Refuse(EventProblem.BadValue, field);
        }
        else
        {
            TryMark(field);
        }
    }

    /// <summary>A value of a type that no field has.</summary>
    public void WrongType(EventField field) => Refuse(EventProblem.WrongType, field);

    /// <summary>The value cannot be read.</summary>
    public void BadValue(EventField field) => Refuse(EventProblem.BadValue, field);

    public void TooLong(EventField field) => Refuse(EventProblem.TooLong, field);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryMark(EventField field)
    {
        ulong bit = 1ul << (int)field;
        if ((_seen & bit) != 0)
        {
            Refuse(EventProblem.RepeatedField, field);
            return false;
        }

        _seen |= bit;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refuse(EventProblem problem, EventField field)
    {
        if (Problem == EventProblem.None)
        {
            Problem = problem;
            ProblemField = EventFields.Names[(int)field];
        }
    }

    private void Refuse(EventProblem problem, ulong fields) => Refuse(problem, (EventField)BitOperations.TrailingZeroCount(fields));

    private EventProblem TakeWord(EventField field, ReadOnlySpan<byte> word)
    {
        WordTable table = FieldRules.WordsOf(field);
        bool isKnown = table.TryFind(word, out ushort value);
        _numbers[(int)field] = value;
        return isKnown ? EventProblem.None : field == EventField.EventName ? EventProblem.UnknownEvent : EventProblem.BadValue;
    }

    private EventProblem TakeId(EventField field, ReadOnlySpan<byte> hex) =>
        hex.Length == HexText.Digits && TryReadHex(hex, out _numbers[(int)field]) ? EventProblem.None : EventProblem.BadValue;

    private EventProblem TakeUid(ReadOnlySpan<byte> hex) =>
        hex.Length == 2 * HexText.Digits && TryReadHex(hex[..HexText.Digits], out _runId) && TryReadHex(hex[HexText.Digits..], out _eventNumber)
            ? EventProblem.None
            : EventProblem.BadValue;

    /// <summary>Digits in both cases; all of them are looked at, and whether one was none is asked once.</summary>
    private static bool TryReadHex(ReadOnlySpan<byte> hex, out ulong value)
    {
        value = 0;
        int all = 0;
        ReadOnlySpan<byte> nibbles = s_nibbles;
        foreach (byte digit in hex)
        {
            int nibble = nibbles[digit];
            all |= nibble;
            value = (value << 4) | (uint)nibble;
        }

        return all <= 0xf;
    }

    private static byte[] BuildNibbles()
    {
        byte[] nibbles = new byte[256];
        Array.Fill(nibbles, byte.MaxValue);
        for (int value = 0; value < 16; value++)
        {
            nibbles["0123456789abcdef"[value]] = (byte)value;
            nibbles["0123456789ABCDEF"[value]] = (byte)value;
        }

        return nibbles;
    }

    private EventProblem TakeAddress(EventField field, ReadOnlySpan<byte> text)
    {
        bool isLocal = field == EventField.NetworkLocalAddress;
        ref Address16 address = ref isLocal ? ref _local : ref _peer;
        int length = IpAddressReading.Read(text, address);
        (isLocal ? ref _localBytes : ref _peerBytes) = length;

        // A sample has zeros where no address is known.
        return length != 0 && ((ReadOnlySpan<byte>)address)[..length].ContainsAnyExcept((byte)0) ? EventProblem.None : EventProblem.BadValue;
    }

    private EventProblem TakeText(EventField field, ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            return EventProblem.BadValue;
        }

        switch (field)
        {
            case EventField.ProcessExecutableName:
                return TakeShortText(utf8, _comm);
            case EventField.LossCause:
                return TakeShortText(utf8, _cause);
            default:
                return TakeHostName(utf8);
        }
    }

    /// <summary>
    /// A text that a sample keeps in few bytes, ended by NUL. An encoder makes one U+FFFD (three bytes) of each part that is not UTF-8, so a text can be longer than
    /// the bytes that it came from: then each U+FFFD becomes a byte that is not UTF-8, and is written as U+FFFD again.
    /// </summary>
    private static EventProblem TakeShortText(ReadOnlySpan<byte> utf8, Span<byte> destination)
    {
        if (utf8.Contains((byte)0))
        {
            return EventProblem.BadValue;
        }

        destination.Clear();
        if (utf8.Length <= destination.Length)
        {
            utf8.CopyTo(destination);
            return EventProblem.None;
        }

        ReadOnlySpan<byte> replacement = "\uFFFD"u8;
        int written = 0;
        while (!utf8.IsEmpty)
        {
            bool isReplaced = utf8.StartsWith(replacement);
            if (written == destination.Length)
            {
                return EventProblem.TooLong;
            }

            destination[written++] = isReplaced ? byte.MaxValue : utf8[0];
            utf8 = utf8[(isReplaced ? replacement.Length : 1)..];
        }

        return EventProblem.None;
    }

    private EventProblem TakeHostName(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxHostBytes)
        {
            return EventProblem.TooLong;
        }

        utf8.CopyTo(_hostName);
        _hostBytes = utf8.Length;
        return EventProblem.None;
    }

    private EventProblem TakePayload(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxPayloadBytes)
        {
            return EventProblem.TooLong;
        }

        payload.CopyTo(_sample.AsSpan(TlsDataHeader.SizeInBytes));
        _payloadBytes = payload.Length;
        return EventProblem.None;
    }

    private EventProblem TakeBase64(ReadOnlySpan<byte> text)
    {
        OperationStatus status = Base64.DecodeFromUtf8(text, _sample.AsSpan(TlsDataHeader.SizeInBytes), out int consumed, out _payloadBytes);
        return status switch
        {
            OperationStatus.Done when consumed == text.Length => EventProblem.None,
            OperationStatus.DestinationTooSmall => EventProblem.TooLong,
            _ => EventProblem.BadValue,
        };
    }
}
