// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>A call to the kernel or to libbpf failed; the message says which, on what, why, and where possible what to do.</summary>
public class BpfException : Exception
{
    /// <summary>Makes an exception for a failed call.</summary>
    public BpfException(string call, int errno, string message)
        : base(message)
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>The function that failed, by its C name.</summary>
    public string Call { get; }

    /// <summary>The Linux error number; 0 when the failure has none.</summary>
    public int Errno { get; }

    internal static BpfException FromErrno(string call, int errno, string subject, string details = "")
    {
        string reason = Marshal.GetPInvokeErrorMessage(errno);
        string message = string.Create(CultureInfo.InvariantCulture, $"{call} failed for {subject}: {reason} (errno {errno}).{Remedy(errno)}");
        return new BpfException(call, errno, AppendDetails(message, details));
    }

    private protected static string AppendDetails(string message, string details) =>
        string.IsNullOrWhiteSpace(details) ? message : message + " libbpf says: " + details.Trim();

    private static string Remedy(int errno) => errno switch
    {
        Interop.Errno.EPERM or Interop.Errno.EACCES =>
            " Run as root, or with CAP_BPF and CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8).",
        Interop.Errno.EMFILE => " Raise the limit of open files (ulimit -n).",
        Interop.Errno.ENOMEM => " Use smaller maps or buffers.",
        _ => string.Empty,
    };
}
