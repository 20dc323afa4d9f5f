// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Probes;

internal static partial class ModuleLog
{
    [LoggerMessage(EventId = 101, Level = LogLevel.Debug, Message = "The bytecode is {FileName}. {Reasons}")]
    public static partial void BytecodeChosen(ILogger logger, string fileName, string reasons);

    [LoggerMessage(EventId = 102, Level = LogLevel.Debug, Message = "For {Job}: by {Alternative} with {Bytecode}.")]
    public static partial void PlanChosen(ILogger logger, string job, string alternative, string bytecode);

    [LoggerMessage(EventId = 103, Level = LogLevel.Debug, Message = "Not used for {Job}: {Refusal}")]
    public static partial void AlternativeRefused(ILogger logger, string job, string refusal);

    [LoggerMessage(EventId = 104, Level = LogLevel.Warning, Message = "Events of {Module} will carry no addresses, no counts of bytes, and names of threads in place of their process's: {Reason}")]
    public static partial void KernelOffsetsUnknown(ILogger logger, string module, string reason);

    [LoggerMessage(EventId = 105, Level = LogLevel.Warning, Message = "Events of {Module} will not say how many bytes a connection carried: {Reason}")]
    public static partial void TrafficOffsetsUnknown(ILogger logger, string module, string reason);
}
