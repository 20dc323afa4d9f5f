// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Sluice.Bpf.Engine;

/// <summary>
/// Runs a <see cref="BpfDeclaration"/>: <see cref="Open"/> → <see cref="Load"/> → <see cref="Attach()"/> → (read maps and rings) →
/// <see cref="Detach"/> → <see cref="Dispose"/>. A step that fails disposes the session before it throws: nothing is left attached or open.
/// </summary>
/// <remarks>
/// The steps are called by one thread. <see cref="Attach(Probe)"/>, <see cref="Remove"/> and <see cref="Detach"/> may be called by any, and nothing is
/// attached behind a detach. Between Load and Attach the caller fills the maps that the programs read.
/// </remarks>
/// <example>
/// <code>
/// using BpfSession session = BpfSession.Open(declaration);
/// session.Load();
/// session.Map("filter").Update(pid, (byte)1);
/// session.Attach();
/// </code>
/// </example>
public sealed class BpfSession : IDisposable
{
    // Before 6.6 the kernel takes some 80 ms for each uprobe, one after the other: enough for a few hundred.
    private static readonly TimeSpan s_closingTime = TimeSpan.FromSeconds(30);

    private readonly BpfDeclaration _declaration;
    private readonly BpfObject _bpf;
    private readonly IReadOnlyList<Probe> _chosen;
    private readonly List<AttachRefusal> _refused = [];

    // Guards the links and _isDetached. Held while attaching, so that nothing is attached behind Detach.
    private readonly Lock _gate = new();
    private readonly HashSet<BpfLink> _links = [];
    private bool _isLoaded;
    private bool _isDetached;

    private BpfSession(BpfDeclaration declaration, BpfObject bpf, IReadOnlyList<Probe> chosen, IReadOnlyList<PlanOutcome> plans)
    {
        _declaration = declaration;
        _bpf = bpf;
        _chosen = chosen;
        Plans = plans;
    }

    /// <summary>What became of each activated plan, in the declaration's order.</summary>
    public IReadOnlyList<PlanOutcome> Plans { get; }

    /// <summary>The optional probes that were refused, with the reasons. Complete after <see cref="Attach()"/>.</summary>
    public IReadOnlyList<AttachRefusal> Refused => _refused;

    /// <summary>Whether <see cref="Detach"/> was called: nothing is attached any more, and nothing will be.</summary>
    public bool IsDetached
    {
        get
        {
            lock (_gate)
            {
                return _isDetached;
            }
        }
    }

    /// <summary>
    /// Parses the object, finds the alternatives that this kernel accepts (each that has a rival is tried: loaded, attached and taken away again,
    /// some 10 to 100 ms) and edits constants, maps and programs. Nothing is loaded or attached when it returns.
    /// </summary>
    /// <exception cref="BpfSessionException">The object cannot be parsed, lacks something, or every alternative of a needed plan was refused.</exception>
    /// <exception cref="ArgumentException">The declaration contradicts itself.</exception>
    public static BpfSession Open(BpfDeclaration declaration, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        options ??= new SessionOptions();
        PlanChooser chooser = new(declaration, options);
        BpfObject bpf = Step(declaration, SessionStep.Open, () => declaration.Open(options));
        try
        {
            List<PlanOutcome> plans = [];
            List<Probe> chosen = [];
            List<string> programs = [.. declaration.Programs];
            foreach (AttachPlan plan in declaration.ActivatedProbes)
            {
                PlanOutcome outcome = Step(declaration, SessionStep.Choose, () => chooser.Choose(plan));
                ThrowIfNothingIsLeft(declaration, plan, outcome);
                plans.Add(outcome);
                programs.AddRange(outcome.Chosen is null ? [] : plan.Programs);
                chosen.AddRange(plan.Alternatives.Where(alternative => alternative.Name == outcome.Chosen).SelectMany(chooser.ProbesOf));
            }

            Step(declaration, SessionStep.Edit, () => declaration.Edit(bpf, chosen, programs));
            return new BpfSession(declaration, bpf, chosen, plans);
        }
        catch
        {
            bpf.Dispose();
            throw;
        }
    }

    /// <summary>Creates the maps and has the kernel verify the programs. May take seconds for large programs.</summary>
    /// <exception cref="BpfSessionException">The kernel refused; a <see cref="VerifierException"/> inside has the verifier's log.</exception>
    public void Load()
    {
        DisposeOnFailure(() => Step(_declaration, SessionStep.Load, _bpf.Load));
        _isLoaded = true;
    }

    /// <summary>Attaches the chosen probes in the order of the declaration. When it returns, all but the <see cref="Refused"/> fire.</summary>
    /// <exception cref="BpfSessionException">A probe that is not optional was refused; all are detached, and the maps readable until the session is disposed.</exception>
    public void Attach()
    {
        ThrowIfNotLoaded();
        try
        {
            foreach (Probe probe in _chosen)
            {
                AttachChosen(probe);
            }
        }
        catch
        {
            // Not disposed: what the programs counted until now can still be read.
            Detach();
            throw;
        }
    }

    /// <summary>Attaches a probe that was found later, such as one of a library that a process has just mapped. The session detaches it with the others.</summary>
    /// <returns>For <see cref="Remove"/>; null when the session is detached already.</returns>
    /// <exception cref="BpfException">The kernel refused; the session goes on without that probe.</exception>
    public BpfLink? Attach(Probe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        ThrowIfNotLoaded();
        lock (_gate)
        {
            if (_isDetached)
            {
                return null;
            }

            BpfLink link = probe.Attach(_bpf.Program(probe.Program));
            _links.Add(link);
            return link;
        }
    }

    /// <summary>Detaches some of the probes that <see cref="Attach(Probe)"/> gave, at once. Links that are gone already are no error.</summary>
    public void Remove(IReadOnlyCollection<BpfLink> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        lock (_gate)
        {
            BpfLink.DisposeAll(links.Where(_links.Remove));
        }
    }

    /// <summary>
    /// Takes every probe out. When it returns no program runs any more; maps and rings can still be read. The kernel may need longer to clear slow
    /// probes away (uprobes before Linux 6.6), which goes on behind. Idempotent.
    /// </summary>
    public void Detach()
    {
        lock (_gate)
        {
            _isDetached = true;
            BpfLink.DisposeAll(_links);
            _links.Clear();
        }
    }

    /// <summary>A map of the object.</summary>
    /// <exception cref="BpfException">The object has no such map.</exception>
    public BpfMap Map(string name) => _bpf.Map(name);

    /// <summary>A program of the object.</summary>
    /// <exception cref="BpfException">The object has no such program.</exception>
    public BpfProgram Program(string name) => _bpf.Program(name);

    /// <summary>Whether the object has such a map: not every build needs all.</summary>
    public bool HasMap(string name) => _bpf.HasMap(name);

    /// <summary>
    /// Runs that the kernel left out (<see cref="BpfProgram.RecursionMisses"/>) and no copy made up for, at most: of copies the one that missed least says how many
    /// all of them can have missed. From any thread between Load and Dispose.
    /// </summary>
    /// <exception cref="BpfException">The kernel refused to tell.</exception>
    public ulong CountSkippedRuns()
    {
        Dictionary<string, ulong> missed = [];
        foreach (BpfProgram program in _bpf.Programs)
        {
            if (program.Fd >= 0)
            {
                missed.Add(program.Name, program.RecursionMisses);
            }
        }

        ulong sum = 0;
        foreach (IReadOnlyList<string> copies in _declaration.Copies)
        {
            ulong[] ofCopies = [.. copies.Where(missed.ContainsKey).Select(name => missed[name])];
            sum += ofCopies.Length == 0 ? 0 : ofCopies.Min();
            foreach (string name in copies)
            {
                missed.Remove(name);
            }
        }

        return missed.Values.Aggregate(sum, static (total, misses) => total + misses);
    }

    /// <summary>Detaches, closes maps and programs, and waits until the kernel has cleared all probes away. Idempotent.</summary>
    public void Dispose()
    {
        Detach();
        _bpf.Dispose();
        BpfLink.WaitForClosing(s_closingTime);
    }

    private static void ThrowIfNothingIsLeft(BpfDeclaration declaration, AttachPlan plan, PlanOutcome outcome)
    {
        if (outcome.Chosen is not null || plan.IsOptional)
        {
            return;
        }

        string reasons = string.Join(" | ", outcome.Refusals);
        int errno = outcome.Refusals.Count == 0 ? 0 : outcome.Refusals[^1].Errno;
        throw Failure(
            declaration, SessionStep.Choose, new BpfException("attach", errno, $"this kernel accepts no way to attach '{plan.Name}': {reasons}"));
    }

    private static void Step(BpfDeclaration declaration, SessionStep step, Action action) =>
        Step(declaration, step, () =>
        {
            action();
            return true;
        });

    private static T Step<T>(BpfDeclaration declaration, SessionStep step, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (BpfException failure) when (failure is not BpfSessionException)
        {
            throw Failure(declaration, step, failure);
        }
    }

    private static BpfSessionException Failure(BpfDeclaration declaration, SessionStep step, BpfException failure)
    {
        string what = step switch
        {
            SessionStep.Open => "could not be opened",
            SessionStep.Choose => "could not be fitted to this kernel",
            SessionStep.Edit => "could not be set up",
            SessionStep.Load => "could not be loaded",
            _ => "could not be attached",
        };
        return new BpfSessionException(step, declaration.Name, $"Module {declaration.Name} ({declaration.ObjectName}) {what}: {failure.Message}", failure);
    }

    private void AttachChosen(Probe probe)
    {
        try
        {
            Attach(probe);
        }
        catch (BpfException refusal) when (probe.IsOptional)
        {
            _refused.Add(AttachRefusal.From(string.Empty, probe.Place, probe, refusal));
        }
        catch (BpfException refusal)
        {
            throw Failure(_declaration, SessionStep.Attach, new BpfException(refusal.Call, refusal.Errno, $"{refusal.Message} {probe.Requirement}", refusal));
        }
    }

    private void DisposeOnFailure(Action action)
    {
        try
        {
            action();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void ThrowIfNotLoaded()
    {
        if (!_isLoaded)
        {
            throw new InvalidOperationException($"Module {_declaration.Name} is not loaded.");
        }
    }
}
