// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf;
using Sluice.Bpf.Engine;
using Sluice.Probes.Targets;

namespace Sluice.Probes.OpenSsl;

/// <summary>The probes on one library file. Disposing removes them.</summary>
internal sealed class TargetProbes : IDisposable
{
    private readonly List<BpfLink> _links = [];
    private readonly BpfSession _session;
    private readonly OpenSslPrograms _programs;

    private TargetProbes(BpfSession session, OpenSslPrograms programs)
    {
        _session = session;
        _programs = programs;
    }

    /// <summary>Functions that the file has but the kernel would not probe, with its reasons.</summary>
    public List<string> Refused { get; } = [];

    /// <summary>Puts probes on every function that the file has.</summary>
    /// <param name="session">Loaded. When it is detached meanwhile, nothing more is attached.</param>
    /// <param name="programs">Those of it that were loaded.</param>
    /// <param name="target">The file.</param>
    /// <param name="layoutRow">Its row of the layout table.</param>
    /// <exception cref="BpfException">SSL_read or SSL_write could not be probed; nothing is left attached.</exception>
    public static TargetProbes Attach(BpfSession session, OpenSslPrograms programs, TlsTarget target, uint layoutRow)
    {
        var probes = new TargetProbes(session, programs);
        try
        {
            if (programs.UseMulti)
            {
                probes.AttachMulti(target, layoutRow);
                return probes;
            }

            foreach (TlsProbePoint point in target.Symbols.Points)
            {
                probes.AttachOne(target.AttachPath, point, layoutRow);
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
        _session.Remove(_links);
        _links.Clear();
    }

    private static bool IsRequired(TlsProbePoint point) => point.Name is TlsFunctions.SslRead or TlsFunctions.SslWrite;

    private void AttachMulti(TlsTarget target, uint layoutRow)
    {
        try
        {
            AttachTogether(target, target.Symbols.Points, layoutRow);
            return;
        }
        catch (BpfException)
        {
            // One function that cannot be probed refuses them all; one at a time tells which.
            Dispose();
        }

        foreach (TlsProbePoint point in target.Symbols.Points)
        {
            try
            {
                AttachTogether(target, [point], layoutRow);
            }
            catch (BpfException refusal) when (!IsRequired(point))
            {
                Refused.Add($"{point.Name}: {refusal.Message}");
            }
        }
    }

    /// <summary>The returns first: a call that enters in between is then reported, not half remembered.</summary>
    private void AttachTogether(TlsTarget target, IReadOnlyList<TlsProbePoint> points, uint layoutRow)
    {
        AttachAt(OpenSslPrograms.MultiLeave, target, points, layoutRow, ProbePlaces.Return);
        AttachAt(OpenSslPrograms.MultiEnter, target, points, layoutRow, ProbePlaces.Entry);
    }

    private void AttachAt(string program, TlsTarget target, IReadOnlyList<TlsProbePoint> points, uint layoutRow, ProbePlaces place)
    {
        List<ulong> offsets = [], cookies = [];
        foreach (TlsProbePoint point in points)
        {
            if (OpenSslPrograms.TryGet(point.Name, out OpenSslPrograms.Probe probe) && (probe.Places & place) != 0)
            {
                offsets.Add(point.FileOffset);
                cookies.Add((ulong)probe.Call << 32 | layoutRow);
            }
        }

        if (offsets.Count > 0)
        {
            Add(new UprobeMultiProbe(program, new UprobeMultiTarget(target.AttachPath, offsets, cookies, IsReturn: place == ProbePlaces.Return)));
        }
    }

    private void AttachOne(string path, TlsProbePoint point, uint layoutRow)
    {
        if (!OpenSslPrograms.TryGet(point.Name, out OpenSslPrograms.Probe probe))
        {
            return;
        }

        try
        {
            if (probe.Places == ProbePlaces.Both)
            {
                Add(_programs.Return, path, point, isReturn: true, layoutRow);
            }

            Add(probe.Program, path, point, probe.Places == ProbePlaces.Return, layoutRow);
        }
        catch (BpfException refusal) when (!IsRequired(point))
        {
            Refused.Add($"{point.Name}: {refusal.Message}");
        }
    }

    private void Add(string program, string path, TlsProbePoint point, bool isReturn, uint layoutRow) => Add(new UprobeProbe(program, path)
    {
        Offset = point.FileOffset,
        IsReturn = isReturn,
        Cookie = _programs.HasCookies ? layoutRow : 0,
    });

    private void Add(Probe probe)
    {
        if (_session.Attach(probe) is { } link)
        {
            _links.Add(link);
        }
    }
}
