// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Probes.Connections;

internal static partial class ConnectionsLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "UDP flows are not followed on this host, TCP connections are: {Reason}")]
    public static partial void NoUdp(ILogger logger, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning,
        Message = "UDP flows are followed for this container only: {Path} is not the root of the host's cgroups. Run it in the host's cgroup namespace (docker: --cgroupns=host).")]
    public static partial void UdpOfContainer(ILogger logger, string path);
}
