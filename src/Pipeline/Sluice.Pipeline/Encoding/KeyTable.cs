// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;

namespace Sluice.Pipeline.Encoding;

/// <summary>
/// Every field name as an encoding writes it, each in a slot of <see cref="SlotBytes"/> bytes. A key is written by copying its whole
/// slot, a constant number of bytes that the compiler turns into vector moves, and advancing by its real length.
/// </summary>
/// <remarks>The tables are arrays in static fields of the writers and not objects, so that the compiler knows their addresses and lengths.</remarks>
internal static class KeyTable
{
    /// <summary>Room for the longest key with its punctuation. The writer's buffer has this much room behind every key.</summary>
    public const int SlotBytes = 32;

    /// <param name="encode">Gives a name's bytes in the encoding.</param>
    public static (byte[] Slots, int[] Lengths) Build(Func<string, byte[]> encode)
    {
        byte[] slots = new byte[EventFields.Names.Count * SlotBytes];
        int[] lengths = new int[EventFields.Names.Count];
        for (int i = 0; i < lengths.Length; i++)
        {
            byte[] key = encode(EventFields.Names[i]);
            key.CopyTo(slots.AsSpan(i * SlotBytes, SlotBytes));
            lengths[i] = key.Length;
        }

        return (slots, lengths);
    }

    /// <summary>Writes a key to the head of <paramref name="destination"/>, which has room for a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopySlot(byte[] slots, EventField field, Span<byte> destination) =>
        slots.AsSpan((int)field * SlotBytes, SlotBytes).CopyTo(destination);
}
