// SPDX-License-Identifier: Apache-2.0
using Xunit;

namespace Sluice.Bpf.Tests;

public sealed class VerifierExceptionTests
{
    [Theory]
    [InlineData("0: r0 = 1\nR0 invalid mem access 'scalar'\nprocessed 3 insns (limit 1000000) max_states_per_insn 0", "R0 invalid mem access 'scalar'")]
    [InlineData("The sequence of 8193 jumps is too complex.\nverification time 285 usec\nstack depth 8\nprocessed 9 insns\n", "The sequence of 8193 jumps is too complex.")]
    [InlineData("processed 9 insns\n\n", "(the verifier gave no reason)")]
    public void LastTellingLine_Log_SkipsTheStatisticsBehindTheReason(string log, string expected) =>
        Assert.Equal(expected, VerifierException.LastTellingLine(log));

    [Fact]
    public void FromLibbpfOutput_SeveralLogs_TakesTheLastOne()
    {
        const string output =
            "libbpf: prog 'first': -- BEGIN PROG LOAD LOG --\nold reason\n-- END PROG LOAD LOG --\n"
            + "libbpf: prog 'second': BPF program load failed: Permission denied\n"
            + "libbpf: prog 'second': -- BEGIN PROG LOAD LOG --\n0: code\nnew reason\n-- END PROG LOAD LOG --\n"
            + "libbpf: failed to load object 'x'\n";

        VerifierException? error = VerifierException.FromLibbpfOutput("bpf_object__load", 13, output);

        Assert.NotNull(error);
        Assert.Equal("second", error.ProgramName);
        Assert.Equal("0: code\nnew reason", error.Log);
        Assert.Contains("new reason", error.Message, System.StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("libbpf: Error in bpf_create_map_xattr(rings):Operation not permitted(-1)")]
    [InlineData("libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n-- END PROG LOAD LOG --")]
    public void FromLibbpfOutput_NoLog_IsNoRejection(string output) =>
        Assert.Null(VerifierException.FromLibbpfOutput("bpf_object__load", 1, output));
}
