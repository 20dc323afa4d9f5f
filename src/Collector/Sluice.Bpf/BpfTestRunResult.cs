// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>The outcome of BPF_PROG_TEST_RUN.</summary>
/// <param name="ReturnValue">What the program returned.</param>
/// <param name="DurationNs">Average duration of a run; 0 for the program types that do not measure it (raw tracepoints).</param>
public readonly record struct BpfTestRunResult(uint ReturnValue, uint DurationNs);
