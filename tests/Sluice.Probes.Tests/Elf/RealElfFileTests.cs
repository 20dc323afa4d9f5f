// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Sluice.Bpf;
using Sluice.Probes.Elf;
using Xunit;

namespace Sluice.Probes.Tests.Elf;

/// <summary>The reader against binutils, on files of this machine.</summary>
public partial class RealElfFileTests
{
    public static TheoryData<string> Files() =>
        [.. ((string[])["libssl.so.3", "libcrypto.so.3", "libc.so.6"]).Select(TestHost.FindLibrary).Append("/usr/bin/node").Append("/usr/bin/openssl").Where(File.Exists)];

    [Theory]
    [MemberData(nameof(Files))]
    public void TryFindDynamicSymbol_SystemFile_AgreesWithNm(string path)
    {
        // name@version is an old version kept for old programs; the loader's lookup without a version may find either.
        Dictionary<string, ulong> expected = TestHost.Run("nm", "-D", "--defined-only", path)
            .Split('\n')
            .Select(static line => line.Split(' '))
            .Where(static parts => parts.Length == 3 && parts[1] is "T" && !OldVersion().IsMatch(parts[2]))
            .Take(3000)
            .GroupBy(static parts => parts[2].Split("@@")[0])
            .Where(static group => group.Count() == 1)
            .ToDictionary(static group => group.Key, static group => ulong.Parse(group.First()[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        using var opened = new OpenedElf(path);

        foreach ((string name, ulong address) in expected)
        {
            Assert.True(opened.File.TryFindDynamicSymbol(name, out ElfSymbol symbol), name);
            Assert.True(symbol.Address == address || path.Contains("libc.so", StringComparison.Ordinal), name);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_SystemFile_AgreesWithReadelf(string path)
    {
        string dynamic = TestHost.Run("readelf", "-dW", path);
        string notes = TestHost.Run("readelf", "-nW", path);
        using var opened = new OpenedElf(path);

        Assert.Equal(NeededEntry().Matches(dynamic).Select(static match => match.Groups[1].Value), opened.File.Needed);
        Assert.Equal(SoNameEntry().Match(dynamic) is { Success: true } soName ? soName.Groups[1].Value : null, opened.File.SoName);
        Assert.Equal(BuildIdEntry().Match(notes) is { Success: true } id ? id.Groups[1].Value : null, opened.File.ReadBuildId());
    }

    [Fact]
    public void TryFindDynamicSymbol_SectionHeadersRemoved_StillFindsTheFunction()
    {
        using var directory = new TempDirectory();
        string copy = directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        using (FileStream stream = File.OpenWrite(copy))
        {
            // e_shoff, e_shentsize, e_shnum, e_shstrndx
            stream.Position = 40;
            stream.Write(new byte[8]);
            stream.Position = 58;
            stream.Write(new byte[6]);
        }

        using var original = new OpenedElf(TestHost.FindLibrary("libssl.so.3"));
        using var stripped = new OpenedElf(copy);

        Assert.True(original.File.TryFindDynamicSymbol("SSL_write", out ElfSymbol expected));
        Assert.True(stripped.File.TryFindDynamicSymbol("SSL_write", out ElfSymbol symbol));
        Assert.Equal(expected, symbol);
        Assert.Empty(stripped.File.FindStaticSymbols(["SSL_write"]));
    }

    [Fact]
    public void EveryQuestion_SystemLibraryCutAnywhere_IsAnsweredOrRefused()
    {
        byte[] library = File.ReadAllBytes(TestHost.FindLibrary("libssl.so.3"));
        var random = new Random(20261122);
        for (int round = 0; round < 300; round++)
        {
            byte[] cut = library[..random.Next(library.Length)];
            Exception? exception = Record.Exception(() =>
            {
                ElfFile file = ElfFile.Open(new MemoryByteSource(cut), "cut");
                file.TryFindDynamicSymbol("SSL_write", out _);
                file.FindStaticSymbols(["SSL_write"]);
                file.ReadBuildId();
            });
            Assert.True(exception is null or ElfException, exception?.ToString());
        }
    }

    [GeneratedRegex(@"[^@]@[^@]")]
    private static partial Regex OldVersion();

    [GeneratedRegex(@"\(NEEDED\).*\[(.*)\]")]
    private static partial Regex NeededEntry();

    [GeneratedRegex(@"\(SONAME\).*\[(.*)\]")]
    private static partial Regex SoNameEntry();

    [GeneratedRegex("Build ID: ([0-9a-f]+)")]
    private static partial Regex BuildIdEntry();

    private sealed class OpenedElf : IDisposable
    {
        private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _handle;

        internal OpenedElf(string path)
        {
            Assert.True(HostFile.TryOpen(path, out Microsoft.Win32.SafeHandles.SafeFileHandle? handle, out _), path);
            _handle = handle!;
            File = ElfFile.Open(new FileByteSource(_handle), path);
        }

        internal ElfFile File { get; }

        public void Dispose() => _handle.Dispose();
    }
}
