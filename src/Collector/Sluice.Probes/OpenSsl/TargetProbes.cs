// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf;
using Sluice.Probes.Targets;

namespace Sluice.Probes.OpenSsl;

/// <summary>The probes on one library file. Disposing removes them.</summary>
internal sealed class TargetProbes : IDisposable
{
    private readonly List<BpfLink> _links = [];

    private TargetProbes()
    {
    }

    /// <summary>Functions that the file has but the kernel would not probe, with its reasons.</summary>
    public List<string> Refused { get; } = [];

    /// <summary>Puts probes on every function that the file has. What the capture cannot do without must succeed; the rest is listed in <see cref="Refused"/>.</summary>
    /// <exception cref="BpfException">SSL_read or SSL_write could not be probed; nothing is left attached.</exception>
    public static TargetProbes Attach(BpfObject bpf, TlsTarget target, uint layoutRow)
    {
        var probes = new TargetProbes();
        try
        {
            foreach (TlsProbePoint point in target.Symbols.Points)
            {
                probes.AttachPoint(bpf, target.AttachPath, point, layoutRow);
            }

            return probes;
        }
        catch
        {
            probes.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (BpfLink link in _links)
        {
            link.Dispose();
        }

        _links.Clear();
    }

    private static bool IsRequired(TlsProbePoint point) => point.Name is TlsFunctions.SslRead or TlsFunctions.SslWrite;

    private void AttachPoint(BpfObject bpf, string path, TlsProbePoint point, uint layoutRow)
    {
        if (!OpenSslPrograms.TryGet(point.Name, out OpenSslPrograms.Probe probe))
        {
            return;
        }

        try
        {
            // The return probe first: a call that enters in between is then reported, not half remembered.
            if (probe.HasReturn)
            {
                Add(bpf, OpenSslPrograms.Return, path, point, isReturn: true, layoutRow);
            }

            Add(bpf, probe.Program, path, point, probe.IsReturnOnly, layoutRow);
        }
        catch (BpfException refusal) when (!IsRequired(point))
        {
            Refused.Add($"{point.Name}: {refusal.Message}");
        }
    }

    private void Add(BpfObject bpf, string program, string path, TlsProbePoint point, bool isReturn, uint layoutRow) =>
        _links.Add(bpf.Program(program).AttachUprobe(new UprobeTarget(path, point.FileOffset, isReturn, UprobeTarget.AllProcesses, layoutRow)));
}
