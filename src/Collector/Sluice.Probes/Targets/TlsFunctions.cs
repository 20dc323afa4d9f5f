// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Probes.Targets;

/// <summary>The functions of libssl that are probed, under their own names.</summary>
public static class TlsFunctions
{
    public const string SslRead = "SSL_read";
    public const string SslWrite = "SSL_write";
    public const string SslReadEx = "SSL_read_ex";
    public const string SslWriteEx = "SSL_write_ex";
    public const string SslWriteEx2 = "SSL_write_ex2";
    public const string SslReadEarlyData = "SSL_read_early_data";
    public const string SslWriteEarlyData = "SSL_write_early_data";
    public const string SslSetFd = "SSL_set_fd";
    public const string SslSetRfd = "SSL_set_rfd";
    public const string SslSetWfd = "SSL_set_wfd";
    public const string SslSetBio = "SSL_set_bio";
    public const string SslSet0Rbio = "SSL_set0_rbio";
    public const string SslSet0Wbio = "SSL_set0_wbio";
    public const string SslClear = "SSL_clear";
    public const string SslFree = "SSL_free";
    public const string SslNew = "SSL_new";

    /// <summary>Every probed function, the most telling first: that order names an address which several share.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        SslRead, SslWrite, SslReadEx, SslWriteEx, SslWriteEx2, SslReadEarlyData, SslWriteEarlyData,
        SslSetFd, SslSetRfd, SslSetWfd, SslSetBio, SslSet0Rbio, SslSet0Wbio, SslClear, SslFree, SslNew,
    ];

    /// <summary>The functions that make a file a target; without them there is nothing to capture.</summary>
    public static IReadOnlyList<string> Required { get; } = [SslRead, SslWrite];
}
