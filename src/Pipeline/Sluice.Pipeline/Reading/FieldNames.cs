// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>Finds a field by its name: one multiplication, one look into a table without collisions, one comparison.</summary>
internal static class FieldNames
{
    private const int SlotBits = 9;
    private const int NoField = -1;

    private static readonly byte[][] s_names = Array.ConvertAll([.. EventFields.Names], System.Text.Encoding.ASCII.GetBytes);
    private static readonly ulong s_multiplier = FindMultiplier();
    private static readonly short[] s_slots = Fill(s_multiplier)!;

    /// <summary>The name of a field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> NameOf(int field) => s_names[field];

    /// <summary>False when no field has this name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFind(ReadOnlySpan<byte> name, out EventField field)
    {
        int found = s_slots[Slot(name, s_multiplier)];
        field = (EventField)found;
        return found != NoField && name.SequenceEqual(s_names[found]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Slot(ReadOnlySpan<byte> name, ulong multiplier)
    {
        ulong mixed = name.Length >= sizeof(ulong)
            ? BinaryPrimitives.ReadUInt64LittleEndian(name) ^ BitOperations.RotateLeft(BinaryPrimitives.ReadUInt64LittleEndian(name[^sizeof(ulong)..]), 29)
            : Short(name);
        return (int)(((mixed + (ulong)name.Length) * multiplier) >> (64 - SlotBits));
    }

    private static ulong Short(ReadOnlySpan<byte> name)
    {
        ulong mixed = 0;
        foreach (byte letter in name)
        {
            mixed = (mixed << 8) | letter;
        }

        return mixed;
    }

    /// <summary>The first odd number of a fixed series that gives every name a slot of its own: one of seven does.</summary>
    private static ulong FindMultiplier()
    {
        ulong multiplier = 0x9e37_79b9_7f4a_7c15;
        while (Fill(multiplier) is null)
        {
            multiplier = (multiplier * 6_364_136_223_846_793_005) + 2;
        }

        return multiplier;
    }

    private static short[]? Fill(ulong multiplier)
    {
        short[] slots = new short[1 << SlotBits];
        Array.Fill(slots, (short)NoField);
        for (int field = 0; field < s_names.Length; field++)
        {
            ref short slot = ref slots[Slot(s_names[field], multiplier)];
            if (slot != NoField)
            {
                return null;
            }

            slot = (short)field;
        }

        return slots;
    }
}
