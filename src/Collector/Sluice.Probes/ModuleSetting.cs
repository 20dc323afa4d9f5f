// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;

namespace Sluice.Probes;

/// <summary>What a module's declaration depends on.</summary>
/// <param name="Options">What the user asked for.</param>
/// <param name="Bytecode">The build of its object.</param>
/// <param name="Kernel">The running kernel, whatever the user has it taken for.</param>
/// <param name="Transport">Ring buffer or perf.</param>
internal sealed record ModuleSetting(CaptureOptions Options, BytecodeChoice Bytecode, KernelVersion Kernel, CaptureTransport Transport);
