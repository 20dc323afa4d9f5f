// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Sluice.Probes.Targets;

namespace Sluice.Probes.OpenSsl;

/// <summary>Which programs of bpf/openssl_kern.bpf.c belong to which function of the library.</summary>
internal static class OpenSslPrograms
{
    public const string ObjectName = "openssl_kern_core.o";

    /// <summary>Ends every call that an entry program remembered.</summary>
    public const string Return = "ssl_return";

    public const string SocketSend = "socket_send";
    public const string SocketReceive = "socket_receive";
    public const string SystemCall = "system_call";
    public const string ThreadExit = "thread_exit";
    public const string WhoAmI = "sluice_whoami";

    private static readonly Dictionary<string, Probe> s_byFunction = new()
    {
        [TlsFunctions.SslWrite] = new("ssl_write", HasReturn: true),
        [TlsFunctions.SslRead] = new("ssl_read", HasReturn: true),
        [TlsFunctions.SslWriteEx] = new("ssl_write_ex", HasReturn: true),
        [TlsFunctions.SslWriteEx2] = new("ssl_write_ex2", HasReturn: true),
        [TlsFunctions.SslReadEx] = new("ssl_read_ex", HasReturn: true),
        [TlsFunctions.SslWriteEarlyData] = new("ssl_write_early_data", HasReturn: true),
        [TlsFunctions.SslReadEarlyData] = new("ssl_read_early_data", HasReturn: true),
        [TlsFunctions.SslSetFd] = new("ssl_set_fd", HasReturn: true),
        [TlsFunctions.SslSetRfd] = new("ssl_set_fd", HasReturn: true),
        [TlsFunctions.SslSetWfd] = new("ssl_set_fd", HasReturn: true),
        [TlsFunctions.SslSetBio] = new("ssl_set_bio", HasReturn: false),
        [TlsFunctions.SslSet0Rbio] = new("ssl_set_bio", HasReturn: false),
        [TlsFunctions.SslSet0Wbio] = new("ssl_set_bio", HasReturn: false),
        [TlsFunctions.SslClear] = new("ssl_clear", HasReturn: false),
        [TlsFunctions.SslNew] = new("ssl_new_return", HasReturn: false, IsReturnOnly: true),
    };

    /// <summary>False for a function that is found but needs no probe.</summary>
    public static bool TryGet(string function, out Probe probe) => s_byFunction.TryGetValue(function, out probe);

    /// <param name="Program">At the function's entry, or at its return when <paramref name="IsReturnOnly"/>.</param>
    /// <param name="HasReturn">The shared return program is attached as well.</param>
    /// <param name="IsReturnOnly">The program needs what the function returns, not its arguments.</param>
    internal readonly record struct Probe(string Program, bool HasReturn, bool IsReturnOnly = false);
}
