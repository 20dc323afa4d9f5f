// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sluice.Pipeline.Wire;
using Sluice.Probes.Elf;
using Sluice.Probes.Targets;
using Sluice.Probes.Tests.Elf;
using Xunit;

namespace Sluice.Probes.Tests.Targets;

public class LibraryIdentifierTests
{
    [Theory]
    [InlineData("OpenSSL 3.0.19 27 Jan 2026", TlsLibrary.OpenSsl, "3.0.19")]
    [InlineData("OpenSSL 1.1.1w  11 Sep 2023", TlsLibrary.OpenSsl, "1.1.1w")]
    [InlineData("OpenSSL 1.0.2k-fips  26 Jan 2017", TlsLibrary.OpenSsl, "1.0.2k")]
    [InlineData("OpenSSL 3.0.15+quic 3 Sep 2024", TlsLibrary.OpenSsl, "3.0.15+quic")]
    [InlineData("OpenSSL 3.5.0-beta1 25 Mar 2025", TlsLibrary.OpenSsl, "3.5.0")]
    [InlineData("OpenSSL 3.6.0-dev xx XXX xxxx", TlsLibrary.OpenSsl, "3.6.0")]
    [InlineData("LibreSSL 3.8.2\0", TlsLibrary.LibreSsl, "3.8.2")]
    public void TryParseVersionText_ReleaseText_GivesLibraryAndVersion(string text, TlsLibrary library, string version)
    {
        Assert.True(LibraryIdentifier.TryParseVersionText(Encoding.ASCII.GetBytes(text + "\0junk"), out TlsLibrary foundLibrary, out var foundVersion, out string foundText));

        Assert.Equal((library, version), (foundLibrary, foundVersion.ToString()));
        Assert.Equal(text.TrimEnd('\0'), foundText);
    }

    [Theory]
    [InlineData("OpenSSL 1.1.1 or later is required")]
    [InlineData("OpenSSL 1.1.1 (compatible; BoringSSL)")]
    [InlineData("OpenSSL internal error")]
    [InlineData("OpenSSL 3.0.19")]
    [InlineData("LibreSSL 3.8.2 is not supported")]
    [InlineData("")]
    public void TryParseVersionText_OtherText_IsRefused(string text) =>
        Assert.False(LibraryIdentifier.TryParseVersionText(Encoding.ASCII.GetBytes(text), out _, out _, out _));

    [Fact]
    public void Identify_TextInTheFile_IsAStaticLibrary()
    {
        LibraryIdentity identity = Identify(ElfImage.WithSslFunctions("OpenSSL 9 needed\0OpenSSL 3.0.19 27 Jan 2026"));

        Assert.Equal("OpenSSL 3.0.19 (static)", identity.ToString());
        Assert.Equal("deadbeef", identity.BuildId);
    }

    [Fact]
    public void Identify_QuicFunctionsWithoutTheMark_IsTheFork()
    {
        byte[] image = new ElfImage { SoName = "libssl.so.3", ReadOnlyText = "OpenSSL 3.0.15 3 Sep 2024" }.AddFunction("SSL_set_quic_method", 0x10).Build();

        Assert.Equal("quictls 3.0.15+quic", Identify(image).ToString());
    }

    [Theory]
    [InlineData("SSL_CTX_set_grease_enabled", "libssl.so", "BoringSSL")]
    [InlineData("SSL_CTX_use_certificate_chain_mem", "libssl.so.53", "LibreSSL")]
    [InlineData("SSL_read", "libssl.so.1.1", "OpenSSL")]
    [InlineData("SSL_read", "libssl.so.99", "unknown TLS library")]
    public void Identify_NoText_GoesByFunctionsAndName(string function, string soName, string expected)
    {
        byte[] image = new ElfImage { SoName = soName }.AddFunction(function, 0x10).Build();

        Assert.Equal(expected, Identify(image).ToString());
    }

    [Fact]
    public void Identify_TextInLibcrypto_IsReadThere()
    {
        using var directory = new TempDirectory();
        string crypto = directory.File("libcrypto.so.3");
        File.WriteAllBytes(crypto, new ElfImage { ReadOnlyText = "OpenSSL 3.2.1 30 Jan 2024" }.Build());
        byte[] image = new ElfImage { SoName = "libssl.so.3" }.AddFunction("SSL_read", 0x10).Need("libc.so.6").Need("libcrypto.so.3").Build();
        string? asked = null;

        LibraryIdentity identity = LibraryIdentifier.Identify(Open(image), soName =>
        {
            asked = soName;
            return File.OpenHandle(crypto);
        });

        Assert.Equal("libcrypto.so.3", asked);
        Assert.Equal("OpenSSL 3.2.1", identity.ToString());
        Assert.Equal("OpenSSL 3.2.1 30 Jan 2024", identity.VersionText);
    }

    [Fact]
    public void Identify_BrokenLibcrypto_KeepsTheKind()
    {
        using var directory = new TempDirectory();
        string crypto = directory.Write("libcrypto.so.3", "not an ELF file at all, but long enough to have a header of sixty-four bytes");
        byte[] image = new ElfImage { SoName = "libssl.so.3" }.AddFunction("SSL_read", 0x10).Need("libcrypto.so.3").Build();

        Assert.Equal("OpenSSL", LibraryIdentifier.Identify(Open(image), _ => File.OpenHandle(crypto)).ToString());
    }

    private static ElfFile Open(byte[] image) => ElfFile.Open(new MemoryByteSource(image), "test");

    private static LibraryIdentity Identify(byte[] image) => LibraryIdentifier.Identify(Open(image), static _ => (SafeFileHandle?)null);
}
