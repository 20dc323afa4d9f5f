using System;
using System.Diagnostics;
using Sluice.Probes.Targets;
using Xunit;
namespace Sluice.Probes.Tests.Targets;
public class Smoke(ITestOutputHelper output)
{
    [Fact]
    public void Scan_Host_Prints()
    {
        using var d = new TargetDiscovery(new TargetSelection());
        for (int i = 0; i < 5; i++)
        {
            long t = Stopwatch.GetTimestamp();
            TargetScan s = d.Scan();
            output.WriteLine($"{Stopwatch.GetElapsedTime(t).TotalMilliseconds} ms, {s.ProcessCount} processes, {s.UnreadableProcessCount}");
            if (i == 0) foreach (var f in s.Found) output.WriteLine($"{f.Target} {f.ProcessCount} {f.IsStanding} layout {f.Target.Layout} pts {f.Target.Symbols.Points.Count} {f.Target.AttachPath} {f.Target.Identity}");
        }
    }
}
