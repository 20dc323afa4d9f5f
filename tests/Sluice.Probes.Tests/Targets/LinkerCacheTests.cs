// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Sluice.Probes.Targets;
using Xunit;

namespace Sluice.Probes.Tests.Targets;

public class LinkerCacheTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    public void ParseDirectories_Cache_GivesEachDirectoryOnceInOrder(int bytesBefore)
    {
        byte[] cache = [.. new byte[bytesBefore], .. Make("/opt/b/libssl.so.3", "/usr/lib/libc.so.6", "/opt/b/libcrypto.so.3")];

        Assert.Equal(["/opt/b", "/usr/lib"], LinkerCache.ParseDirectories(cache));
    }

    [Fact]
    public void ParseDirectories_CutAnywhereOrDamaged_GivesWhatIsThere()
    {
        byte[] cache = Make("/opt/b/libssl.so.3", "/usr/lib/libc.so.6");
        for (int length = 0; length < cache.Length; length++)
        {
            Assert.Subset(new HashSet<string> { "/opt/b", "/usr/lib" }, LinkerCache.ParseDirectories(cache.AsSpan(0, length)).ToHashSet());
        }

        BinaryPrimitives.WriteUInt32LittleEndian(cache.AsSpan(20), uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(cache.AsSpan(48 + 8), uint.MaxValue);
        Assert.Contains("/usr/lib", LinkerCache.ParseDirectories(cache));
    }

    [Fact]
    public void ReadDirectories_ThisHost_NamesTheDirectoryOfLibc()
    {
        Assert.SkipUnless(File.Exists("/etc/ld.so.cache"), "This host has no /etc/ld.so.cache.");

        string libc = Path.GetFileName(Path.GetDirectoryName(TestHost.FindLibrary("libc.so.6")))!;
        Assert.Contains(LinkerCache.ReadDirectories("/etc/ld.so.cache"), directory => directory.EndsWith(libc, StringComparison.Ordinal));
    }

    [Fact]
    public void ReadDirectories_NoFile_IsEmpty() => Assert.Empty(LinkerCache.ReadDirectories("/nonexistent/ld.so.cache"));

    private static byte[] Make(params string[] paths)
    {
        byte[] table = new byte[48 + (24 * paths.Length)];
        "glibc-ld.so.cache1.1"u8.CopyTo(table);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(20), (uint)paths.Length);
        var strings = new List<byte>();
        for (int i = 0; i < paths.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(48 + (24 * i) + 8), (uint)(table.Length + strings.Count));
            strings.AddRange(Encoding.UTF8.GetBytes(paths[i] + "\0"));
        }

        return [.. table, .. strings];
    }
}
