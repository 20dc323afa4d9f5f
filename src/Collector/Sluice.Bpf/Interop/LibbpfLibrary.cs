// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;

namespace Sluice.Bpf.Interop;

/// <summary>Answers once whether libbpf is there and new enough, with an error a user can act on.</summary>
internal static class LibbpfLibrary
{
    /// <summary>1.1 has every function that is imported here, and the options' fields.</summary>
    private const uint MinimumMinor = 1;

    private static readonly Lazy<string?> s_problem = new(FindProblem);

    /// <summary>The reason why libbpf cannot be used; null when it can.</summary>
    public static string? Problem => s_problem.Value;

    /// <summary>Name and version, for people. Only where there is no <see cref="Problem"/>.</summary>
    public static string Describe() =>
        string.Create(CultureInfo.InvariantCulture, $"{Libbpf.Library}, version {Libbpf.libbpf_major_version()}.{Libbpf.libbpf_minor_version()}");

    public static void EnsureUsable()
    {
        if (Problem is string problem)
        {
            throw new BpfException("dlopen", Errno.ENOENT, problem);
        }
    }

    private static string? FindProblem()
    {
        try
        {
            uint major = Libbpf.libbpf_major_version();
            uint minor = Libbpf.libbpf_minor_version();
            return major > 1 || (major == 1 && minor >= MinimumMinor)
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"{Libbpf.Library} is version {major}.{minor}, but 1.{MinimumMinor} or later is needed.");
        }
        catch (DllNotFoundException)
        {
            return $"{Libbpf.Library} was not found. Install the distribution's libbpf (Debian, Ubuntu: libbpf1; Fedora: libbpf).";
        }
    }
}
