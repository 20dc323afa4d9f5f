// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Sluice.Bpf.Features;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>A call to the kernel or to libbpf failed; the message says which, on what, why, and where possible what to do.</summary>
public class BpfException : Exception
{
    private const string LibbpfPrefix = "libbpf: ";

    /// <summary>libbpf guesses this of every EPERM; the limit is raised already where it counts.</summary>
    private const string LibbpfGuess = "permission error while running as root";

    /// <summary>Makes an exception for a failed call.</summary>
    public BpfException(string call, int errno, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Call = call;
        Errno = errno;
        Summary = message;
    }

    /// <summary>The function that failed, by its C name.</summary>
    public string Call { get; }

    /// <summary>The Linux error number; 0 when the failure has none.</summary>
    public int Errno { get; }

    /// <summary>The message without advice and without the rest of what libbpf said: one line for a table.</summary>
    public string Summary { get; private init; }

    internal static BpfException FromErrno(string call, int errno, string subject, string details = "")
    {
        string failure = string.Create(CultureInfo.InvariantCulture, $"{call} failed for {subject}: {Reason(errno)} (errno {errno}).");
        string[] said = [.. details.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(static line => line.StartsWith(LibbpfPrefix, StringComparison.Ordinal) ? line[LibbpfPrefix.Length..] : line)
            .Where(static line => !line.StartsWith(LibbpfGuess, StringComparison.Ordinal))];
        return new BpfException(call, errno, failure + Remedy(errno) + (said.Length == 0 ? string.Empty : " libbpf says: " + string.Join("; ", said)))
        {
            Summary = said.Length == 0 ? failure : string.Create(CultureInfo.InvariantCulture, $"{said[0]} (errno {errno})"),
        };
    }

    /// <summary>The error number in words, also where libc has none.</summary>
    internal static string Reason(int errno) =>
        errno == Interop.Errno.ENOTSUPP ? "This kernel does not support it" : Marshal.GetPInvokeErrorMessage(errno);

    private static string Remedy(int errno) => errno switch
    {
        Interop.Errno.EPERM or Interop.Errno.EACCES => MayLoad()
            ? " The privilege is there: this kernel, its lockdown or a security module forbids it (see dmesg)."
            : " Run as root, or with CAP_BPF and CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8).",
        Interop.Errno.EMFILE => " Raise the limit of open files (ulimit -n).",
        Interop.Errno.ENOMEM => " Use smaller maps or buffers.",
        _ => string.Empty,
    };

    private static bool MayLoad()
    {
        try
        {
            CapabilitySet held = CapabilitySet.ReadCurrent();
            return held.Has(LinuxCapability.SysAdmin) || (held.Has(LinuxCapability.Bpf) && held.Has(LinuxCapability.Perfmon));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return false;
        }
    }
}
