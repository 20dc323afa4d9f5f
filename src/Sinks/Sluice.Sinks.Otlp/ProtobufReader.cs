// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Otlp;

/// <summary>
/// Reads the fields of one Protocol Buffers message, whatever the bytes are: <see cref="TryRead"/> until it is false, then <see cref="IsMalformed"/> says whether that
/// was the end. Enough for servers' answers; no groups.
/// </summary>
internal ref struct ProtobufReader
{
    private const int WireVarint = 0;
    private const int WireFixed64 = 1;
    private const int WireDelimited = 2;
    private const int WireFixed32 = 5;

    private ReadOnlySpan<byte> _rest;

    public ProtobufReader(ReadOnlySpan<byte> message) => _rest = message;

    /// <summary>Number of the field just read.</summary>
    public int Field { get; private set; }

    /// <summary>Its value when it is a varint; 0 else.</summary>
    public ulong Number { get; private set; }

    /// <summary>Its content when it is delimited by a length; empty else.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>The bytes are no message.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Goes to the next field. Never throws, never reads past the message.</summary>
    public bool TryRead()
    {
        if (_rest.IsEmpty || IsMalformed)
        {
            return false;
        }

        Number = 0;
        Content = default;
        IsMalformed = !TryReadVarint(out ulong tag) || tag >> 3 is 0 or > 0x1fff_ffff || !TryReadValue((int)(tag & 7));
        Field = (int)(tag >> 3);
        return !IsMalformed;
    }

    private bool TryReadValue(int wireType)
    {
        switch (wireType)
        {
            case WireVarint when TryReadVarint(out ulong number):
                Number = number;
                return true;
            case WireDelimited when TryReadVarint(out ulong length) && length <= (ulong)_rest.Length:
                Content = _rest[..(int)length];
                _rest = _rest[(int)length..];
                return true;
            case WireFixed64:
                return TrySkip(sizeof(ulong));
            case WireFixed32:
                return TrySkip(sizeof(uint));
            default:
                return false;
        }
    }

    private bool TrySkip(int bytes)
    {
        if (_rest.Length < bytes)
        {
            return false;
        }

        _rest = _rest[bytes..];
        return true;
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 64 && !_rest.IsEmpty; shift += 7)
        {
            byte next = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
