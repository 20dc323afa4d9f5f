// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Reading;

/// <summary>The words of one field and the numbers that they stand for. Made from <see cref="EventWords"/>, so the two say the same.</summary>
internal sealed class WordTable
{
    /// <summary>For <c>_OTHER</c>: no errno has this number, and it is written as that again.</summary>
    private const ushort OtherErrno = ushort.MaxValue;

    private const ushort MaxErrno = 4095;

    private readonly byte[][] _words;
    private readonly ushort[] _values;

    /// <summary>Where the last word was found: the next one is often the same. Any thread may set it; a stale one costs a comparison.</summary>
    private int _last;

    private WordTable(params IReadOnlyList<(byte[] Word, ushort Value)> entries)
    {
        _words = new byte[entries.Count][];
        _values = new ushort[entries.Count];
        for (int i = 0; i < _words.Length; i++)
        {
            (_words[i], _values[i]) = entries[i];
        }
    }

    private delegate ReadOnlySpan<byte> WordOf(ushort value);

    public static WordTable EventName { get; } = From(byte.MaxValue, static value => EventNames.Utf8((EventKind)value));

    public static WordTable TrafficDirection { get; } = From(byte.MaxValue, static value => EventWords.Direction((TrafficDirection)value));

    public static WordTable AddressSource { get; } = From(byte.MaxValue, static value => EventWords.AddressSource((AddressSource)value));

    public static WordTable Library { get; } = From(byte.MaxValue, static value => EventWords.Library((TlsLibrary)value));

    public static WordTable Action { get; } = From(byte.MaxValue, static value => EventWords.Action((ConnectionAction)value));

    public static WordTable ConnectionDirection { get; } = From(byte.MaxValue, static value => EventWords.Direction((ConnectionDirection)value));

    public static WordTable Errno { get; } = From(MaxErrno, static value => EventWords.Errno(value == MaxErrno ? OtherErrno : value));

    /// <summary>Versions of TLS over streams, and of DTLS: the same words for other numbers.</summary>
    public static WordTable StreamVersion { get; } = From(0x03ff, static value => EventWords.TlsVersion(value));

    /// <inheritdoc cref="StreamVersion"/>
    public static WordTable DatagramVersion { get; } = From(
        ushort.MaxValue, static value => EventWords.IsDatagramTls(value) ? EventWords.TlsVersion(value) : default);

    public static WordTable Transport { get; } = new([("tcp"u8.ToArray(), 6), ("udp"u8.ToArray(), 17), ("unix"u8.ToArray(), UnixTransport)]);

    public static WordTable NetworkType { get; } = new([("ipv4"u8.ToArray(), 4), ("ipv6"u8.ToArray(), 6)]);

    public static WordTable ProtocolName { get; } = new([("dtls"u8.ToArray(), 1)]);

    public static WordTable TruncatedBy { get; } = new(
    [
        ("limit"u8.ToArray(), (ushort)SampleFlags.Truncated),
        ("read_fault"u8.ToArray(), (ushort)(SampleFlags.Truncated | SampleFlags.ReadFault)),
    ]);

    /// <summary>Stands for <c>unix</c>, which is a family and not a transport in a sample.</summary>
    public const ushort UnixTransport = 0x100;

    /// <summary>False when the word is not one of the field's.</summary>
    public bool TryFind(ReadOnlySpan<byte> word, out ushort value)
    {
        int last = _last;
        if (word.SequenceEqual(_words[last]))
        {
            value = _values[last];
            return true;
        }

        return TryFindSlow(word, out value);
    }

    private bool TryFindSlow(ReadOnlySpan<byte> word, out ushort value)
    {
        byte[][] words = _words;
        for (int i = 0; i < words.Length; i++)
        {
            if (word.SequenceEqual(words[i]))
            {
                _last = i;
                value = _values[i];
                return true;
            }
        }

        value = 0;
        return false;
    }

    private static WordTable From(ushort last, WordOf wordOf)
    {
        var entries = new List<(byte[] Word, ushort Value)>();
        for (int value = 0; value <= last; value++)
        {
            ReadOnlySpan<byte> word = wordOf((ushort)value);
            if (!word.IsEmpty && (last != MaxErrno || value == MaxErrno || !word.SequenceEqual("_OTHER"u8)))
            {
                entries.Add((word.ToArray(), (ushort)value));
            }
        }

        return new WordTable(entries);
    }
}
