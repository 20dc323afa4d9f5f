// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Sluice.Probes.Elf;
using Xunit;

namespace Sluice.Probes.Tests.Elf;

public class ElfFileTests
{
    private const int GnuChainOffset = 16 + 8 + 4;
    private const int SysvBucketOffset = 8;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryFindDynamicSymbol_EitherHash_FindsEachFunctionAtItsFileOffset(bool gnuHash)
    {
        ElfFile file = Open(ElfImage.WithSslFunctions(gnuHash: gnuHash));

        Assert.True(file.TryFindDynamicSymbol("SSL_write", out ElfSymbol symbol));
        Assert.Equal(new ElfSymbol("SSL_write", ElfImage.Base + ElfImage.CodeOffset + 0x20, ElfImage.CodeOffset + 0x20, 8), symbol);
        Assert.True(file.TryFindDynamicSymbol("SSL_free", out _));
        Assert.False(file.TryFindDynamicSymbol("SSL_writ", out _));
        Assert.False(file.TryFindDynamicSymbol("SSL_write_ex", out _));
    }

    [Theory]
    [InlineData(0x12, 0, "undefined")]
    [InlineData(0x11, 1, "data")]
    [InlineData(0x1a, 1, "resolver")]
    [InlineData(0x12, 0xfff1, "absolute")]
    public void TryFindDynamicSymbol_NotAFunctionDefinedHere_IsNotFound(byte info, ushort section, string kind)
    {
        byte[] image = new ElfImage().AddFunction("SSL_read", 0x10, info, section).Build();

        Assert.False(Open(image).TryFindDynamicSymbol("SSL_read", out _), kind);
    }

    [Fact]
    public void Open_Library_ReadsNamesAndBuildId()
    {
        ElfFile file = Open(ElfImage.WithSslFunctions());

        Assert.Equal("libtest.so.1", file.SoName);
        Assert.Equal(["libc.so.6"], file.Needed);
        Assert.Equal("deadbeef", file.ReadBuildId());
        Assert.False(file.IsProgram);
    }

    [Fact]
    public void FindStaticSymbols_NothingExported_FindsFunctionsInTheSymbolTable()
    {
        byte[] image = new ElfImage { ExportSymbols = false, AddSymbolTable = true }
            .AddFunction("my_SSL_read", 0x50)
            .AddFunction("SSL_read", 0x40, info: 0x02)
            .AddFunction("SSL_read", 0x10)
            .AddFunction("SSL_write", 0x20, info: 0x02)
            .Build();

        IReadOnlyDictionary<string, ElfSymbol> found = Open(image).FindStaticSymbols(["SSL_read", "SSL_write", "SSL_free"]);

        Assert.Equal(["SSL_read", "SSL_write"], found.Keys.Order());
        Assert.Equal(ElfImage.CodeOffset + 0x10ul, found["SSL_read"].FileOffset);
        Assert.Equal(ElfImage.CodeOffset + 0x20ul, found["SSL_write"].FileOffset);
    }

    [Fact]
    public void FindStaticSymbols_FirstNameAbsent_ReadsNoSymbols()
    {
        byte[] image = new ElfImage { ExportSymbols = false, AddSymbolTable = true }.AddFunction("SSL_write", 0x20).Build();

        Assert.Empty(Open(image).FindStaticSymbols(["SSL_read", "SSL_write"]));
    }

    [Theory]
    [InlineData(0, "too short")]
    [InlineData(63, "too short")]
    [InlineData(64, "ends before its program headers")]
    public void Open_CutInTheHeaders_SaysSo(int length, string message)
    {
        ElfException exception = Assert.Throws<ElfException>(() => Open(ElfImage.WithSslFunctions()[..length]));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.StartsWith("test: ", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0x23, "not an ELF file")]
    [InlineData(4, 1, "32-bit")]
    [InlineData(5, 2, "big-endian")]
    [InlineData(16, 1, "neither a program nor a shared library")]
    [InlineData(54, 32, "no program headers")]
    [InlineData(57, 0xff, "the kernel takes")]
    public void Open_UnsupportedKind_SaysWhich(int position, byte value, string message)
    {
        byte[] image = ElfImage.WithSslFunctions();
        image[position] = value;

        Assert.Contains(message, Assert.Throws<ElfException>(() => Open(image)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryFindDynamicSymbol_SysvChainLoops_EndsWithAnError()
    {
        var builder = new ElfImage { UseGnuHash = false };
        byte[] image = builder.AddFunction("SSL_read", 0x10).AddFunction("SSL_write", 0x20).Build();

        // chain[2] = 1: the second symbol leads back to the first.
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(builder.HashOffset + SysvBucketOffset + 4 + 8), 1);

        Assert.Contains("endless chain", Assert.Throws<ElfException>(() => Open(image).TryFindDynamicSymbol("absent", out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryFindDynamicSymbol_GnuChainWithoutEnd_EndsWithAnErrorAfterBoundedReading()
    {
        var builder = new ElfImage();
        byte[] image = builder.AddFunction("SSL_read", 0x10).Build();
        int chain = builder.HashOffset + GnuChainOffset;

        // A megabyte of zeros behind the last symbol: no hash in it matches, no entry has the end mark.
        byte[] hostile = new byte[chain + (1 << 20)];
        image.AsSpan(0, chain).CopyTo(hostile);
        image.AsSpan(builder.DynamicOffset).CopyTo(hostile.AsSpan(hostile.Length - 4096));
        BinaryPrimitives.WriteUInt64LittleEndian(hostile.AsSpan(64 + 32), (ulong)hostile.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(hostile.AsSpan(120 + 8), (ulong)hostile.Length - 4096);
        var source = new MemoryByteSource(hostile);
        ElfFile file = ElfFile.Open(source, "test");

        Assert.Contains("endless chain", Assert.Throws<ElfException>(() => file.TryFindDynamicSymbol("absent", out _)).Message, StringComparison.Ordinal);
        Assert.InRange(source.BytesRead, 0, 1 << 20);
    }

    [Fact]
    public void EveryQuestion_CutAtEachPosition_IsAnsweredOrRefused()
    {
        byte[] image = new ElfImage { AddSymbolTable = true, ReadOnlyText = "OpenSSL 3.0.19 27 Jan 2026" }
            .AddFunction("SSL_read", 0x10).AddFunction("SSL_write", 0x20).Need("libcrypto.so.3").Build();
        int answered = 0;
        for (int length = 0; length <= image.Length; length++)
        {
            answered += AskEverything(image[..length]) ? 1 : 0;
        }

        Assert.InRange(answered, 1, image.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryQuestion_FileShrinksWhileItIsRead_IsAnsweredOrRefused(bool gnuHash)
    {
        byte[] image = ElfImage.WithSslFunctions(gnuHash: gnuHash);
        for (int length = 0; length <= image.Length; length += 8)
        {
            byte[] rest = image[..length];
            Assert.Null(Record.Exception(() => AskEverything(new MemoryByteSource(rest, image.Length))));
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void EveryQuestion_RandomDamage_IsAnsweredOrRefusedWithBoundedReading(int seed, bool gnuHash)
    {
        byte[] image = new ElfImage { UseGnuHash = gnuHash, AddSymbolTable = true, ReadOnlyText = "OpenSSL 3.0.19 27 Jan 2026" }
            .AddFunction("SSL_read", 0x10).AddFunction("SSL_write", 0x20).Need("libcrypto.so.3").Build();
        var random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 4000; round++)
        {
            byte[] damaged = [.. image];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                Damage(damaged, random);
            }

            var source = new MemoryByteSource(damaged);
            refused += AskEverything(source) ? 0 : 1;
            Assert.InRange(source.BytesRead, 0, 64 << 20);
        }

        Assert.InRange(refused, 100, 3999);
    }

    [Fact]
    public void SearchReadOnlyData_TextAcrossChunks_IsFoundOnceAndWhole()
    {
        const int ChunkBytes = 256 * 1024;
        foreach (int at in (int[])[ChunkBytes - 1, ChunkBytes - 8, ChunkBytes - 20, ChunkBytes, ChunkBytes + 1])
        {
            byte[] file = MakeSearchable(ChunkBytes * 3);
            Encoding.ASCII.GetBytes("OpenSSL 3.0.19 27 Jan 2026").CopyTo(file, at);
            var texts = new List<string>();

            Open(file).SearchReadOnlyData("OpenSSL "u8, 26, text =>
            {
                texts.Add(Encoding.ASCII.GetString(text));
                return false;
            });

            Assert.Equal(["OpenSSL 3.0.19 27 Jan 2026"], texts);
        }
    }

    [Fact]
    public void SearchReadOnlyData_TextAtTheEnd_IsHandedOverShort()
    {
        byte[] file = MakeSearchable(8192);
        "SSL"u8.CopyTo(file.AsSpan(file.Length - 3));
        string? found = null;

        bool ended = Open(file).SearchReadOnlyData("SSL"u8, 64, text =>
        {
            found = Encoding.ASCII.GetString(text);
            return true;
        });

        Assert.True(ended);
        Assert.Equal("SSL", found);
    }

    [Fact]
    public void SearchReadOnlyData_ThousandOverlappingSegments_ReadsTheFileAboutOnce()
    {
        const int Segments = 1000;
        byte[] file = new byte[1 << 20];
        ElfImage.WithSslFunctions().AsSpan(0, 64).CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), Segments);
        for (int i = 0; i < Segments; i++)
        {
            Span<byte> header = file.AsSpan(64 + (i * 56));
            BinaryPrimitives.WriteUInt32LittleEndian(header, 1);
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)file.Length);
        }

        var source = new MemoryByteSource(file);
        Assert.False(ElfFile.Open(source, "test").SearchReadOnlyData("OpenSSL "u8, 64, _ => true));

        Assert.InRange(source.BytesRead, file.Length, file.Length * 2);
    }

    private static byte[] MakeSearchable(int length)
    {
        byte[] file = new byte[length];
        ElfImage.WithSslFunctions().AsSpan(0, 120).CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(64 + 32), (ulong)length);
        return file;
    }

    private static void Damage(byte[] image, Random random)
    {
        // Half of the damage goes where the structure is dense: headers, dynamic section, tables behind the code.
        int position = random.Next(2) == 0 ? random.Next(0, 232) : random.Next(ElfImage.CodeOffset + ElfImage.CodeBytes, image.Length - 8);
        switch (random.Next(4))
        {
            case 0: image[position] ^= (byte)(1 << random.Next(8)); break;
            case 1: image[position] = (byte)random.Next(256); break;
            case 2: BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(position & ~3), uint.MaxValue >> random.Next(32)); break;
            default: BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(position & ~7), ulong.MaxValue >> random.Next(64)); break;
        }
    }

    private static ElfFile Open(byte[] image) => ElfFile.Open(new MemoryByteSource(image), "test");

    private static bool AskEverything(byte[] image) => AskEverything(new MemoryByteSource(image));

    /// <summary>True when every question was answered, false when the file was refused. Any exception but the one for refusal fails the test.</summary>
    private static bool AskEverything(MemoryByteSource source)
    {
        try
        {
            ElfFile file = ElfFile.Open(source, "test");
            file.ReadBuildId();
            file.TryFindDynamicSymbol("SSL_read", out _);
            file.TryFindDynamicSymbol("SSL_write", out _);
            file.TryFindDynamicSymbol("absent", out _);
            file.SearchReadOnlyData("OpenSSL "u8, 64, _ => false);
            file.FindStaticSymbols(["SSL_write", "SSL_read", "SSL_free"]);
            return true;
        }
        catch (ElfException)
        {
            return false;
        }
    }
}
