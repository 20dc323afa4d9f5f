// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Bpf.Engine;
using Sluice.Probes.Targets;

namespace Sluice.Probes.OpenSsl;

/// <summary>Which programs of bpf/openssl_kern.bpf.c one kernel gets, and which of them belongs to which function of the library.</summary>
/// <param name="flavour">What the kernel's programs can do.</param>
/// <param name="useMulti">One link for all entries of a library and one for all returns; the modern flavour only.</param>
internal sealed class OpenSslPrograms(ProgramFlavour flavour, bool useMulti)
{
    /// <summary>All entries, and all returns, where the kernel has multi-uprobe links.</summary>
    public const string MultiEnter = "tls_enter";
    public const string MultiLeave = "tls_leave";

    public const string SocketSend = "socket_send";
    public const string SocketReceive = "socket_receive";
    public const string SystemCall = "system_call";
    public const string ThreadExit = "thread_exit";

    private const string ModernReturn = "ssl_return";
    private const string PlainReturn = "ssl_return_plain";
    private const string PlainChain = "send_more";

    /// <summary>The map through which the plain flavour's programs call the next one.</summary>
    private const string ChainMap = "send_chain";

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

    public ProgramFlavour Flavour => flavour;

    /// <summary>All entries of a library are one link, and all returns.</summary>
    public bool UseMulti { get; } = useMulti && flavour == ProgramFlavour.Modern;

    /// <summary>Probes can tell their program which library they are on.</summary>
    public bool HasCookies => flavour == ProgramFlavour.Modern;

    /// <summary>Ends every call that a single entry program remembered.</summary>
    public string Return => flavour == ProgramFlavour.Modern ? ModernReturn : PlainReturn;

    /// <summary>False for a function that is found but needs no probe.</summary>
    public static bool TryGet(string function, out Probe probe) => s_byFunction.TryGetValue(function, out probe);

    /// <summary>The programs that probes of libraries run, here: the kernel would refuse the others.</summary>
    public IReadOnlyList<string> OfLibraries => UseMulti
        ? [MultiEnter, MultiLeave]
        : [.. s_byFunction.Values.Select(probe => probe.Program).Distinct(), Return, .. flavour == ProgramFlavour.Plain ? [PlainChain] : Array.Empty<string>()];

    /// <summary>Shows the plain flavour's programs the one that goes on where they end. After the load.</summary>
    public void Link(BpfSession session)
    {
        if (flavour == ProgramFlavour.Plain)
        {
            session.Map(ChainMap).Update(0u, session.Program(PlainChain).Fd);
        }
    }

    /// <param name="Call">What the multi program is told through the cookie.</param>
    /// <param name="Program">Where each probe is a link of its own: the program at the function's entry, or at its return when that is the only place.</param>
    /// <param name="Places">Where the function is probed.</param>
    internal readonly record struct Probe(TlsCall Call, string Program, ProbePlaces Places);
}
