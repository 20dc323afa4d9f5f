// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Sluice.Probes.Processes;
using Xunit;

namespace Sluice.Probes.Tests.Processes;

public class MapsLineTests
{
    [Theory]
    [InlineData("7f00-7f10 r-xp 00001000 fe:01 1234                       /usr/lib/libssl.so.3", "/usr/lib/libssl.so.3", false)]
    [InlineData("7f00-7f10 r-xp 00001000 fe:01 1234                       /opt/my lib/a  b.so", "/opt/my lib/a  b.so", false)]
    [InlineData("7f00-7f10 r-xp 00001000 fe:01 1234                       /tmp/lib.so (deleted)", "/tmp/lib.so", true)]
    [InlineData(@"7f00-7f10 r-xp 00001000 fe:01 1234                       /tmp/new\012line.so", "/tmp/new\nline.so", false)]
    [InlineData("7f00-7f10 r-xp 00001000 fe:01 1234                       /tmp/ü.so", "/tmp/ü.so", false)]
    [InlineData("7f00-7f10 r-xp 00001000 fe:01 1234", "", false)]
    public void TryParse_FileMapping_GivesItsPartsAndPath(string line, string path, bool looksDeleted)
    {
        Assert.True(MapsLine.TryParse(Encoding.UTF8.GetBytes(line), out MapsLine parsed));

        Assert.Equal((0x7f00ul, 0x7f10ul, true), (parsed.Start, parsed.End, parsed.IsExecutable));
        Assert.Equal((0xfeu, 1u, 1234ul), (parsed.Major, parsed.Minor, parsed.Inode));
        Assert.Equal(path, parsed.DecodePath());
        Assert.Equal(looksDeleted, parsed.LooksDeleted);
        Assert.Equal("7f00-7f10", parsed.MapFilesName());
    }

    [Theory]
    [InlineData("7ffc-7ffd rw-p 00000000 00:00 0                          [stack]", false)]
    [InlineData("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]", true)]
    public void TryParse_NoFile_HasNoInode(string line, bool isExecutable)
    {
        Assert.True(MapsLine.TryParse(Encoding.UTF8.GetBytes(line), out MapsLine parsed));

        Assert.Equal((isExecutable, 0ul), (parsed.IsExecutable, parsed.Inode));
    }

    [Theory]
    [InlineData("")]
    [InlineData("7f00")]
    [InlineData("7f00-7f10")]
    [InlineData("7f00-7f10 r-xp")]
    [InlineData("7f00-7f10 r-xp 0 fe:01")]
    [InlineData("7f00-7f10 r-xp 0 fe01 12 /a")]
    [InlineData("zz00-7f10 r-xp 0 fe:01 12 /a")]
    [InlineData("7f00-7f10 r-xp 0 fe:01 x /a")]
    [InlineData("7f00-7f10 r-xp 0 fffffffff:01 12 /a")]
    public void TryParse_NoMappingLine_IsRefused(string line) => Assert.False(MapsLine.TryParse(Encoding.UTF8.GetBytes(line), out _));
}
