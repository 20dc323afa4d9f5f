// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Xunit;

namespace Sluice.Bpf.Tests.Rings;

public sealed class MappingRecordsTests
{
    private const uint Mmap2 = 10;

    [Fact]
    public void DrainRecords_MappingOfAFile_IsReportedWithItsFields()
    {
        using FakePerfBuffer fake = new(startPosition: FakePerfBuffer.Size - 40);
        fake.AppendRecord(Mmap2, Body(4711, 8, 1, 123456789012, "/usr/lib/libssl.so.3"));

        (List<ExecutableMapping> mappings, _) = Drain(fake);

        Assert.Equal(new ExecutableMapping(4711, 8, 1, 123456789012, "/usr/lib/libssl.so.3"), Assert.Single(mappings));
    }

    [Theory]
    [InlineData(0ul, "//anon")]
    [InlineData(0ul, "[vdso]")]
    [InlineData(5ul, "[heap]")]
    [InlineData(5ul, "")]
    public void DrainRecords_MappingWithoutAFile_IsLeftOut(ulong inode, string path)
    {
        using FakePerfBuffer fake = new();
        fake.AppendRecord(Mmap2, Body(1, 0, 0, inode, path));

        Assert.Empty(Drain(fake).Mappings);
    }

    [Fact]
    public void DrainRecords_Lost_IsReported()
    {
        using FakePerfBuffer fake = new();
        fake.AppendLost(17);

        Assert.Equal(17ul, Assert.Single(Drain(fake).Lost));
    }

    [Fact]
    public void DrainRecords_RecordTooShort_Throws()
    {
        using FakePerfBuffer fake = new();
        fake.AppendRecord(Mmap2, new byte[56]);

        Assert.Throws<InvalidDataException>(() => Drain(fake));
    }

    private static (List<ExecutableMapping> Mappings, List<ulong> Lost) Drain(FakePerfBuffer fake)
    {
        List<ExecutableMapping> mappings = [];
        List<ulong> lost = [];
        MappingRecords records = new(mappings.Add, lost.Add);
        _ = fake.Ring.DrainRecords(0, ref records);
        return (mappings, lost);
    }

    private static byte[] Body(int pid, uint major, uint minor, ulong inode, string path)
    {
        byte[] body = new byte[64 + ((path.Length + 8) & ~7)];
        BinaryPrimitives.WriteInt32LittleEndian(body, pid);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(32), major);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(36), minor);
        BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(40), inode);
        Encoding.UTF8.GetBytes(path).CopyTo(body.AsSpan(64));
        return body;
    }
}
