// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Sluice.Probes.Tests.Programs;

/// <summary>Map types as the BTF of an object declares them: <c>__uint(type, N)</c> is a member <c>type</c> that points to an array of N.</summary>
internal static class BtfMaps
{
    private const int HeaderBytes = 24;
    private const int ArrayKind = 3, Struct = 4, Variable = 14, DataSection = 15;

    public static Dictionary<string, int> Read(ReadOnlySpan<byte> btf)
    {
        List<BtfEntry> types = ReadTypes(btf);
        Dictionary<string, int> maps = [];
        foreach (BtfEntry section in types.Where(type => type.Kind == DataSection && type.Name == ".maps"))
        {
            foreach (uint[] variable in section.Tail.Chunk(3))
            {
                BtfEntry declared = types[(int)variable[0]];
                maps.Add(declared.Name, TypeOf(types, types[(int)declared.Size]));
            }
        }

        return maps;
    }

    private static int TypeOf(List<BtfEntry> types, BtfEntry definition)
    {
        uint[] member = definition.Tail.Chunk(3).First(candidate => types[0].NameAt(candidate[0]) == "type");
        return (int)types[(int)types[(int)member[1]].Size].Tail[2];
    }

    private static List<BtfEntry> ReadTypes(ReadOnlySpan<byte> btf)
    {
        int typesAt = HeaderBytes + (int)Word(btf, 8), typesEnd = typesAt + (int)Word(btf, 12);
        byte[] names = btf.Slice(HeaderBytes + (int)Word(btf, 16), (int)Word(btf, 20)).ToArray();
        List<BtfEntry> types = [new BtfEntry(names, 0, 0, 0, [])];
        for (int at = typesAt; at < typesEnd;)
        {
            uint info = Word(btf, at + 4);
            int kind = (int)(info >> 24 & 31), words = TailWords(kind, (int)(info & 0xffff));
            uint[] tail = new uint[words];
            for (int i = 0; i < words; i++)
            {
                tail[i] = Word(btf, at + 12 + 4 * i);
            }

            types.Add(new BtfEntry(names, Word(btf, at), kind, Word(btf, at + 8), tail));
            at += 12 + 4 * words;
        }

        return types;
    }

    private static int TailWords(int kind, int count) => kind switch
    {
        1 or Variable or 17 => 1,
        ArrayKind => 3,
        Struct or 5 or DataSection or 19 => 3 * count,
        6 or 13 => 2 * count,
        _ => 0,
    };

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    /// <param name="Size">Or the number of the type that this one refers to.</param>
    private sealed record BtfEntry(byte[] Names, uint NameOffset, int Kind, uint Size, uint[] Tail)
    {
        public string Name => NameAt(NameOffset);

        public string NameAt(uint offset) =>
            Encoding.ASCII.GetString(Names, (int)offset, Array.IndexOf(Names, (byte)0, (int)offset) - (int)offset);
    }
}
