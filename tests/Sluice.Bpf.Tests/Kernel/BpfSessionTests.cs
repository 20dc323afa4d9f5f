// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.IO;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Xunit;
using static Sluice.Bpf.Tests.Kernel.EngineObject;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>The lifecycle on the real kernel: what it edits, what it chooses, and that no failure leaves anything behind.</summary>
public sealed class BpfSessionTests
{
    private static readonly RawTracepointProbe s_good = new("at_raw_tracepoint", "sys_enter");

    [Fact]
    public void Session_WholeLife_RunsItsProbesBetweenAttachAndDetach()
    {
        KernelTest.RequirePrivilege();
        using BpfSession session = BpfSession.Open(Declare(s_good));

        session.Load();
        _ = File.Exists("/");
        Assert.Equal(0ul, session.Count(Hit.RawTracepoint));
        session.Attach();
        _ = File.Exists("/");
        Assert.NotEqual(0ul, session.Count(Hit.RawTracepoint));
        session.Detach();
        ulong detached = session.Count(Hit.RawTracepoint);
        _ = File.Exists("/");

        Assert.Equal(detached, session.Count(Hit.RawTracepoint));
        Assert.Equal("only", Assert.Single(session.Plans).Chosen);
        Assert.Empty(session.Refused);
    }

    [Fact]
    public void Edits_OfConstantsAndMaps_AreWhatTheKernelGets()
    {
        KernelTest.RequirePrivilege();
        using BpfSession session = BpfSession.Open(Declare(s_good) with
        {
            ConstantEditors = [Settings(step: 5)],
            Maps = [new MapEdit("table") { MaxEntries = 2, Type = BpfMapType.LruHash }, new MapEdit("lru_table") { IsCreated = false }],
        });

        session.Load();
        session.Attach();
        _ = File.Exists("/");
        session.Detach();

        Assert.Equal(0ul, session.Count(Hit.RawTracepoint) % 5);
        Assert.NotEqual(0ul, session.Count(Hit.RawTracepoint));
        Assert.Equal(2u, session.Map("table").MaxEntries);
        Assert.Equal(BpfMapType.LruHash, session.Map("table").Type);
        Assert.True(session.Map("lru_table").Fd < 0);
    }

    [Fact]
    public void ConstantEditors_ObjectWithoutGlobalData_WriteTheMapOfConstants()
    {
        KernelTest.RequirePrivilege();
        using BpfSession session = BpfSession.Open(ConstantsObject() with
        {
            ConstantEditors = [ConstantEditor.Of("answer", 40u), ConstantEditor.Of("limits", (Low: 7ul, High: 100ul)), ConstantEditor.Of("flag", (byte)2)],
        });

        session.Load();

        Assert.Equal(142u, session.Program("read_constants").TestRun([]).ReturnValue);
    }

    [Fact]
    public void ConstantEditors_NameThatDoesNotExist_NamesThoseThatDo()
    {
        KernelTest.RequirePrivilege();

        BpfSessionException global = Assert.Throws<BpfSessionException>(() => BpfSession.Open(Declare() with { ConstantEditors = [ConstantEditor.Of("nothing", 1)] }));
        BpfSessionException mapped = Assert.Throws<BpfSessionException>(() => BpfSession.Open(ConstantsObject() with { ConstantEditors = [ConstantEditor.Of("nothing", 1)] }));

        Assert.Equal(SessionStep.Edit, global.Step);
        Assert.Contains("no constant 'nothing'; it has: settings, spare.", global.Message, StringComparison.Ordinal);
        Assert.Contains("no constant 'nothing'; it has: limits, answer, flag.", mapped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plans_FirstOfSeveral_TakesTheFirstThatTheKernelAcceptsAndKeepsTheReasons()
    {
        KernelTest.RequirePrivilege();
        using BpfSession session = BpfSession.Open(WithAlternatives("absent", "load", "attach", "good", "other"));

        session.Load();
        session.Attach();
        _ = File.Exists("/");

        PlanOutcome outcome = Assert.Single(session.Plans);
        Assert.Equal("good", outcome.Chosen);
        Assert.Equal(["absent", "load", "attach"], outcome.Refusals.Select(static refusal => refusal.Alternative));
        Assert.Contains("no program 'no_such_program'", outcome.Refusals[0].Reason, StringComparison.Ordinal);
        Assert.Equal("load", outcome.Refusals[1].Probe);
        Assert.Contains("invalid mem access", outcome.Refusals[1].Reason, StringComparison.Ordinal);
        Assert.Equal(FailingProbe.Reason, outcome.Refusals[2].Reason);
        Assert.Equal("It needs another test.", outcome.Refusals[2].Hint);
        Assert.True(session.Program("rejected").Fd < 0, "a refused program was loaded");
        Assert.NotEqual(0ul, session.Count(Hit.RawTracepoint));
    }

    [Fact]
    public void Plans_WithheldAlternative_IsPassedOver()
    {
        KernelTest.RequirePrivilege();
        using BpfSession session = BpfSession.Open(WithAlternatives("good", "other"), new SessionOptions { WithheldAlternatives = ["good"] });

        PlanOutcome outcome = Assert.Single(session.Plans);
        Assert.Equal("other", outcome.Chosen);
        Assert.Contains("withheld", Assert.Single(outcome.Refusals).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Plans_NoneAccepted_FailsWithEveryReasonUnlessTheModuleCanDoWithout()
    {
        KernelTest.RequirePrivilege();
        BpfDeclaration declaration = WithAlternatives("load", "attach");

        BpfSessionException failure = Assert.Throws<BpfSessionException>(() => BpfSession.Open(declaration));
        using BpfSession session = BpfSession.Open(declaration with { ActivatedProbes = [declaration.ActivatedProbes[0] with { IsOptional = true }] });

        Assert.Equal(SessionStep.Choose, failure.Step);
        Assert.Contains("'job'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("invalid mem access", failure.Message, StringComparison.Ordinal);
        Assert.Contains(FailingProbe.Reason, failure.Message, StringComparison.Ordinal);
        Assert.Null(Assert.Single(session.Plans).Chosen);
        Assert.Equal(2, session.Plans[0].Refusals.Count);
    }

    [Fact]
    public void Probes_OptionalOneWhoseTargetLacksTheSymbol_IsReportedAndARequiredOneFails()
    {
        KernelTest.RequirePrivilege();
        UprobeProbe missing = new("at_uprobe", KernelTest.TargetLibrary) { Symbol = "no_such_symbol" };

        using (BpfSession session = BpfSession.Open(Declare(missing with { IsOptional = true }, s_good)))
        {
            session.Load();
            session.Attach();
            _ = File.Exists("/");

            AttachRefusal refusal = Assert.Single(session.Refused);
            Assert.Equal("at_uprobe", refusal.Probe);
            Assert.Contains("no_such_symbol", refusal.Reason, StringComparison.Ordinal);
            Assert.NotEqual(0ul, session.Count(Hit.RawTracepoint));
        }

        using BpfSession strict = BpfSession.Open(Declare(missing, s_good));
        strict.Load();
        Assert.Contains("no_such_symbol", Assert.Throws<BpfSessionException>(strict.Attach).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, SessionStep> Failures => new()
    {
        { "corrupt object", SessionStep.Open },
        { "empty object", SessionStep.Open },
        { "object of another machine", SessionStep.Open },
        { "no alternative", SessionStep.Choose },
        { "missing program", SessionStep.Edit },
        { "missing map", SessionStep.Edit },
        { "missing constant", SessionStep.Edit },
        { "constant of another size", SessionStep.Edit },
        { "map too large", SessionStep.Load },
        { "rejected program", SessionStep.Load },
        { "unknown helper", SessionStep.Load },
        { "refused probe", SessionStep.Attach },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Failure_AtEachStep_SaysWhereAndLeavesNothingOpenOrAttached(string fault, SessionStep step)
    {
        KernelTest.RequirePrivilege();
        RunToTheEnd(Declare(s_good));
        KernelObjects before = KernelObjects.Count();

        BpfSessionException failure = Assert.Throws<BpfSessionException>(() => RunToTheEnd(Break(fault)));

        Assert.Equal(step, failure.Step);
        Assert.StartsWith("Module test (", failure.Message, StringComparison.Ordinal);
        KernelObjects.AssertNoMoreThan(before);
    }

    [Fact]
    public void Failure_OfTheVerifier_CarriesTheWholeLog()
    {
        KernelTest.RequirePrivilege();

        BpfSessionException failure = Assert.Throws<BpfSessionException>(() => RunToTheEnd(Break("rejected program")));

        VerifierException rejection = Assert.IsType<VerifierException>(failure.InnerException);
        Assert.Equal("rejected", rejection.ProgramName);
        Assert.Contains("call bpf_map_lookup_elem", rejection.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Attach_TargetFoundLater_IsDetachedWithTheOthersAndNothingIsAttachedBehindThat()
    {
        KernelTest.RequirePrivilege();
        UprobeProbe late = new("at_uprobe", KernelTest.TargetLibrary) { Symbol = "sluice_test_target" };
        using BpfSession session = BpfSession.Open(Declare(s_good) with { Programs = ["at_uprobe"] });
        session.Load();
        session.Attach();

        BpfLink? first = session.Attach(late);
        TargetFunction.Call();
        session.Remove([first!]);
        TargetFunction.Call();
        Assert.Equal(1ul, session.Count(Hit.Uprobe));
        session.Attach(late);
        TargetFunction.Call();
        session.Detach();
        TargetFunction.Call();

        Assert.Equal(2ul, session.Count(Hit.Uprobe));
        Assert.Null(session.Attach(late));
    }

    [Fact]
    public void Session_ManyTimes_LeavesNothing()
    {
        KernelTest.RequirePrivilege();
        BpfDeclaration declaration = Declare(
            s_good,
            new UprobeProbe("at_uprobe", KernelTest.TargetLibrary) { Symbol = "sluice_test_target" },
            new UprobeProbe("at_uprobe", KernelTest.TargetLibrary) { Id = "return", Symbol = "sluice_test_target", IsReturn = true },
            new BtfTracepointProbe("at_btf_tracepoint"));
        RunToTheEnd(declaration);
        KernelObjects before = KernelObjects.Count();

        for (int i = 0; i < 20; i++)
        {
            RunToTheEnd(declaration);
        }

        KernelObjects.AssertNoMoreThan(before);
    }

    [Fact]
    public void CountSkippedRuns_RunInsideARun_CountsWhatNoCopyMadeUpFor()
    {
        KernelTest.RequirePrivilege();
        Assert.SkipWhen(KernelVersion.Read() < new KernelVersion(6, 3), "Needs a kernel that passes this tracepoint without a lock held, and counts: Linux 6.3.");
        BpfDeclaration declaration = Declare(new RawTracepointProbe("at_own_print", "bpf_trace_printk"), new RawTracepointProbe("at_print", "bpf_trace_printk"));

        Assert.Equal((1ul, 1ul, 2ul), PrintOnce(declaration));
        Assert.Equal((0ul, 1ul, 2ul), PrintOnce(declaration with { Copies = [["at_own_print", "at_print", "not_loaded"]] }));
    }

    [Fact]
    public void Steps_InAnotherOrder_AreRefused()
    {
        KernelTest.RequirePrivilege();
        using BpfSession session = BpfSession.Open(Declare(s_good));

        Assert.Throws<InvalidOperationException>(session.Attach);
        Assert.Throws<InvalidOperationException>(() => session.Attach(s_good));
        Assert.Throws<ArgumentException>(() => BpfSession.Open(Declare() with { ActivatedProbes = [AttachPlan.AllOf("job", "undeclared")] }));
    }

    private static void RunToTheEnd(BpfDeclaration declaration)
    {
        using BpfSession session = BpfSession.Open(declaration);
        session.Load();
        session.Attach();
        session.Detach();
    }

    /// <summary>The runs that were left out, and those of either program: the print of the test run, and the one that the first program makes.</summary>
    private static (ulong Skipped, ulong OwnPrint, ulong Print) PrintOnce(BpfDeclaration declaration)
    {
        using BpfSession session = BpfSession.Open(declaration with { Programs = ["print_once"] });
        session.Load();
        Assert.Equal(0ul, session.CountSkippedRuns());
        session.Attach();
        session.Program("print_once").TestRun([]);
        session.Detach();
        return (session.CountSkippedRuns(), session.Count(Hit.RawTracepoint), session.Count(Hit.Uprobe));
    }

    private static BpfDeclaration Break(string fault) => fault switch
    {
        "corrupt object" => Declare(s_good) with { Bytecode = Corrupt(0x40) },
        "empty object" => Declare(s_good) with { Bytecode = Array.Empty<byte>() },
        "object of another machine" => Declare(s_good) with { Bytecode = File.ReadAllBytes(KernelTest.TargetLibrary) },
        "no alternative" => WithAlternatives("load", "attach"),
        "missing program" => Declare(s_good with { Program = "no_such_program" }),
        "missing map" => Declare(s_good) with { Maps = [new MapEdit("no_such_map") { MaxEntries = 1 }] },
        "missing constant" => Declare(s_good) with { ConstantEditors = [ConstantEditor.Of("nothing", 1)] },
        "constant of another size" => Declare(s_good) with { ConstantEditors = [ConstantEditor.Of("spare", 1ul)] },
        "map too large" => Declare(s_good) with { Maps = [new MapEdit("table") { MaxEntries = uint.MaxValue }] },
        "rejected program" => Declare(s_good) with { Programs = ["rejected"] },
        "unknown helper" => Declare(s_good) with { Programs = ["unknown_helper"] },
        "refused probe" => Declare(s_good, new UprobeProbe("at_uprobe", KernelTest.TargetLibrary) { Symbol = "sluice_test_target" }, new FailingProbe("read_settings")),
        _ => throw new ArgumentException(fault, nameof(fault)),
    };

    /// <summary>The object with everything behind its ELF header overwritten.</summary>
    private static byte[] Corrupt(int from)
    {
        byte[] bytes = KernelTest.ReadObject("engine_test");
        bytes.AsSpan(from).Fill(0xa5);
        return bytes;
    }

    private static BpfDeclaration WithAlternatives(params string[] names) => Declare() with
    {
        Probes =
        [
            new RawTracepointProbe("rejected", "sys_enter") { Id = "load" },
            new FailingProbe("read_settings") { Id = "attach" },
            s_good with { Id = "good" },
            s_good with { Id = "other" },
            s_good with { Id = "absent", Program = "no_such_program" },
        ],
        ActivatedProbes = [AttachPlan.FirstOf("job", [.. names.Select(static name => new AttachAlternative(name, [name]))])],
    };

    private static BpfDeclaration ConstantsObject() => new()
    {
        Name = "test",
        ObjectName = "constants_test.o",
        Bytecode = KernelTest.ReadObject("constants_test"),
        Programs = ["read_constants"],
    };
}
