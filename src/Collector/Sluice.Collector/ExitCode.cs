// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Collector;

/// <summary>What the process says to whoever started it.</summary>
public enum ExitCode
{
    /// <summary>Done, also when a signal, a limit or a closed output pipe ended it.</summary>
    Done = 0,

    /// <summary>Failed while running.</summary>
    Failed = 1,

    /// <summary>Bad usage or configuration.</summary>
    Usage = 2,

    /// <summary>This host cannot do it: privilege, kernel or library.</summary>
    HostCannot = 3,
}
