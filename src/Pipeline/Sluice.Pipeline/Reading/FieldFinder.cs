// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>
/// Finds fields by name where events come one after another: writers have an order, so the field that followed the last one before is tried first. Not thread-safe.
/// </summary>
internal sealed class FieldFinder
{
    private readonly byte[] _following = new byte[EventFields.Names.Count];
    private int _last;

    /// <summary>False when no field has this name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(ReadOnlySpan<byte> name, out EventField field)
    {
        int guess = _following[_last];
        field = (EventField)guess;
        if (IsSame(name, FieldNames.NameOf(guess)))
        {
            _last = guess;
            return true;
        }

        return TryFindSlow(name, out field);
    }

    /// <summary>
    /// Both ends of the name by two loads that overlap where it is short: without the call that comparing spans of any length takes, which was a sixth of the time that an
    /// event of OTLP took. All but one name have 8 to 32 bytes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame(ReadOnlySpan<byte> name, ReadOnlySpan<byte> other)
    {
        if (name.Length != other.Length)
        {
            return false;
        }

        if (name.Length is >= 16 and <= 32)
        {
            return Vector128.Create(name) == Vector128.Create(other)
                && Vector128.Create(name[^16..]) == Vector128.Create(other[^16..]);
        }

        return name.Length is >= 8 and <= 16
            ? BinaryPrimitives.ReadUInt64LittleEndian(name) == BinaryPrimitives.ReadUInt64LittleEndian(other)
                && BinaryPrimitives.ReadUInt64LittleEndian(name[^8..]) == BinaryPrimitives.ReadUInt64LittleEndian(other[^8..])
            : name.SequenceEqual(other);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryFindSlow(ReadOnlySpan<byte> name, out EventField field)
    {
        if (!FieldNames.TryFind(name, out field))
        {
            return false;
        }

        _following[_last] = (byte)field;
        _last = (int)field;
        return true;
    }
}
