// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;

namespace Sluice.Pipeline.Encoding;

/// <summary>
/// Every field as an attribute of a LogRecord, up to its value, each in a slot as in <see cref="KeyTable"/>:
/// <code>
/// attributes tag | length | key tag | length | key | value tag | length | string tag ‖ the value
/// </code>
/// Both lengths that depend on the value are one byte, to be filled in by the writer.
/// </summary>
internal static class OtlpKeys
{
    /// <summary>Room for the longest name, of 27 bytes, and the seven bytes round it, up to a multiple of a machine word.</summary>
    private const int SlotBytes = 40;

    private static readonly byte[] s_slots;
    private static readonly int[] s_lengths;

    static OtlpKeys()
    {
        s_slots = new byte[EventFields.Names.Count * SlotBytes];
        s_lengths = new int[EventFields.Names.Count];
        for (int i = 0; i < s_lengths.Length; i++)
        {
            byte[] slot = Encode(EventFields.Names[i]);
            slot.CopyTo(s_slots.AsSpan(i * SlotBytes, SlotBytes));
            s_lengths[i] = slot.Length;
        }
    }

    /// <summary>Writes the slot to the head of <paramref name="destination"/>, which has room for all of it, and returns where the value's place is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Copy(EventField field, Span<byte> destination)
    {
        s_slots.AsSpan((int)field * SlotBytes, SlotBytes).CopyTo(destination);
        return s_lengths[(int)field];
    }

    private static byte[] Encode(string name) =>
    [
        OtlpTag.RecordAttributes, 0,
        .. OtlpMessage.Field(OtlpTag.KeyValueKey, System.Text.Encoding.ASCII.GetBytes(name)),
        OtlpTag.KeyValueValue, 0, OtlpTag.AnyValueString,
    ];
}
