// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Text.Json;
using Sluice.Pipeline.Encoding;
using Xunit;

namespace Sluice.Pipeline.Tests.Encoding;

public sealed class JsonTextTests
{
    private static string Escape(byte[] utf8)
    {
        byte[] destination = new byte[JsonText.MaxEscapedBytes(utf8.Length)];
        return System.Text.Encoding.UTF8.GetString(destination, 0, JsonText.Escape(utf8, destination));
    }

    [Fact]
    public void Escape_EveryAsciiByte_IsGolden()
    {
        byte[] ascii = [.. Enumerable.Range(0, 128).Select(value => (byte)value)];

        string expected = @"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"
            + @"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"
            + " !\\\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\u007f";
        Assert.Equal(expected, Escape(ascii));
    }

    /// <summary>Escapes at every pair of places in and around the vectors.</summary>
    [Fact]
    public void Escape_TwoEscapesAnywhere_ParsesBack()
    {
        for (int length = 1; length <= 70; length++)
        {
            for (int first = 0; first < length; first++)
            {
                int second = (first * 7 % length);
                byte[] text = [.. Enumerable.Range(0, length).Select(i => (byte)('A' + (i % 26)))];
                text[second] = (byte)'"';
                text[first] = 0x1f;

                string parsed = JsonSerializer.Deserialize<string>("\"" + Escape(text) + "\"")!;

                Assert.Equal(System.Text.Encoding.UTF8.GetString(text), parsed);
            }
        }
    }

    [Fact]
    public void Escape_RightSizedDestination_IsEnoughForTheWorst()
    {
        for (int length = 0; length < 100; length++)
        {
            Assert.Equal(6 * length, Escape(new byte[length]).Length);
        }
    }
}
