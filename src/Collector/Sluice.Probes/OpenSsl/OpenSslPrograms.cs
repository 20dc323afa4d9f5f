// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Linq;
using Sluice.Bpf;
using Sluice.Probes.Targets;

namespace Sluice.Probes.OpenSsl;

/// <summary>Which programs of bpf/openssl_kern.bpf.c belong to which function of the library.</summary>
internal static class OpenSslPrograms
{
    public const string ObjectName = "openssl_kern_core.o";

    /// <summary>All entries, and all returns, where the kernel has multi-uprobe links.</summary>
    public const string MultiEnter = "tls_enter";
    public const string MultiLeave = "tls_leave";

    /// <summary>Ends every call that a single entry program remembered.</summary>
    public const string Return = "ssl_return";

    public const string SocketSend = "socket_send";
    public const string SocketReceive = "socket_receive";
    public const string SystemCall = "system_call";
    public const string ThreadExit = "thread_exit";
    public const string WhoAmI = "sluice_whoami";

    private static readonly Dictionary<string, Probe> s_byFunction = new()
    {
        [TlsFunctions.SslWrite] = new(TlsCall.Write, "ssl_write", ProbePlaces.Both),
        [TlsFunctions.SslRead] = new(TlsCall.Read, "ssl_read", ProbePlaces.Both),
        [TlsFunctions.SslWriteEx] = new(TlsCall.WriteEx, "ssl_write_ex", ProbePlaces.Both),
        [TlsFunctions.SslWriteEx2] = new(TlsCall.WriteEx2, "ssl_write_ex2", ProbePlaces.Both),
        [TlsFunctions.SslReadEx] = new(TlsCall.ReadEx, "ssl_read_ex", ProbePlaces.Both),
        [TlsFunctions.SslWriteEarlyData] = new(TlsCall.WriteEarly, "ssl_write_early_data", ProbePlaces.Both),
        [TlsFunctions.SslReadEarlyData] = new(TlsCall.ReadEarly, "ssl_read_early_data", ProbePlaces.Both),
        [TlsFunctions.SslSetFd] = new(TlsCall.SetFd, "ssl_set_fd", ProbePlaces.Both),
        [TlsFunctions.SslSetRfd] = new(TlsCall.SetFd, "ssl_set_fd", ProbePlaces.Both),
        [TlsFunctions.SslSetWfd] = new(TlsCall.SetFd, "ssl_set_fd", ProbePlaces.Both),
        [TlsFunctions.SslSetBio] = new(TlsCall.SetBio, "ssl_set_bio", ProbePlaces.Entry),
        [TlsFunctions.SslSet0Rbio] = new(TlsCall.SetBio, "ssl_set_bio", ProbePlaces.Entry),
        [TlsFunctions.SslSet0Wbio] = new(TlsCall.SetBio, "ssl_set_bio", ProbePlaces.Entry),
        [TlsFunctions.SslClear] = new(TlsCall.Clear, "ssl_clear", ProbePlaces.Entry),
        [TlsFunctions.SslNew] = new(TlsCall.New, "ssl_new_return", ProbePlaces.Return),
    };

    /// <summary>False for a function that is found but needs no probe.</summary>
    public static bool TryGet(string function, out Probe probe) => s_byFunction.TryGetValue(function, out probe);

    /// <summary>Has the object load only the programs that this kernel will use. Before the load.</summary>
    public static void Select(BpfObject bpf, bool useMulti)
    {
        foreach (string name in s_byFunction.Values.Select(probe => probe.Program).Append(Return).Distinct())
        {
            bpf.Program(name).SetAutoLoad(!useMulti);
        }

        foreach (string name in new[] { MultiEnter, MultiLeave })
        {
            bpf.Program(name).SetAutoLoad(useMulti);
            if (useMulti)
            {
                bpf.Program(name).UseUprobeMulti();
            }
        }
    }

    /// <param name="Call">What the multi program is told through the cookie.</param>
    /// <param name="Program">Where each probe is a link of its own: the program at the function's entry, or at its return when that is the only place.</param>
    /// <param name="Places">Where the function is probed.</param>
    internal readonly record struct Probe(TlsCall Call, string Program, ProbePlaces Places);
}
