// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Probes.Connections;

internal static partial class ConnectionsLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "Following {Job} connections by {Alternative} with {Bytecode}.")]
    public static partial void Following(ILogger logger, string job, string? alternative, string bytecode);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "Not used for {Job}: {Refusal}")]
    public static partial void Refused(ILogger logger, string job, string refusal);
}
