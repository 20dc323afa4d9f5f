// SPDX-License-Identifier: Apache-2.0
using Xunit;

namespace Sluice.Probes.Tests;

/// <summary>Tests that measure the whole process, so no other may run beside them.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;
