// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.KernelSuite;

/// <summary>The list of all that is tried, in its order: first what the rest is built on.</summary>
internal static class SuiteSteps
{
    public static IEnumerable<Step> All(SuiteSetting setting) =>
    [
        .. BytecodeSteps.All(setting),
        .. ProbeSteps.All(setting),
        .. TlsSteps.All(setting),
        .. FilterSteps.All(setting),
        .. ConnectionSteps.All(setting),
        .. LockdownSteps.All(setting),
    ];
}
