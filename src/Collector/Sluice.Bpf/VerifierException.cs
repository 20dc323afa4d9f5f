// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Sluice.Bpf;

/// <summary>
/// The kernel's verifier rejected a program. The message has the last telling line of its log, <see cref="Log"/> all of it.
/// </summary>
public sealed class VerifierException : BpfException
{
    private const string BeginMark = "-- BEGIN PROG LOAD LOG --";
    private const string EndMark = "-- END PROG LOAD LOG --";

    /// <summary>Makes an exception for one rejected program.</summary>
    public VerifierException(string call, int errno, string programName, string log)
        : base(call, errno, Describe(errno, programName, log))
    {
        ProgramName = programName;
        Log = log;
    }

    /// <summary>The program that was rejected.</summary>
    public string ProgramName { get; }

    /// <summary>The verifier's whole log.</summary>
    public string Log { get; }

    /// <summary>Finds the rejected program's log in what libbpf printed: <c>prog 'x': -- BEGIN … -- END …</c>.</summary>
    internal static VerifierException? FromLibbpfOutput(string call, int errno, string output)
    {
        // libbpf retries some programs; the last log belongs to the load that failed for good.
        int begin = output.LastIndexOf(BeginMark, StringComparison.Ordinal);
        if (begin < 0)
        {
            return null;
        }

        int end = output.IndexOf(EndMark, begin, StringComparison.Ordinal);
        int logStart = begin + BeginMark.Length;
        string log = (end < 0 ? output[logStart..] : output[logStart..end]).Trim('\n');
        return log.Length == 0 ? null : new VerifierException(call, errno, ProgramNameBefore(output, begin), log);
    }

    /// <summary>The line that says why: the last one that is not the verifier's statistics.</summary>
    internal static string LastTellingLine(string log)
    {
        string[] lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        for (int i = lines.Length - 1; i >= 0; i--)
        {
            if (!IsStatistics(lines[i]))
            {
                return lines[i];
            }
        }

        return "(the verifier gave no reason)";
    }

    private static bool IsStatistics(string line) =>
        line.StartsWith("processed ", StringComparison.Ordinal)
        || line.StartsWith("verification time ", StringComparison.Ordinal)
        || line.StartsWith("stack depth ", StringComparison.Ordinal);

    private static string ProgramNameBefore(string output, int position)
    {
        int lineStart = output.LastIndexOf('\n', position) + 1;
        string[] parts = output[lineStart..position].Split('\'');
        return parts.Length >= 3 ? parts[1] : "?";
    }

    private static string Describe(int errno, string programName, string log) => string.Create(
        CultureInfo.InvariantCulture,
        $"The kernel's verifier rejected the BPF program '{programName}': {LastTellingLine(log)} ({Marshal.GetPInvokeErrorMessage(errno)}, errno {errno}). The whole log is kept with this error.");
}
