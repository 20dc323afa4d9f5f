// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using System.Text;
using Sluice.Pipeline.Wire;

namespace Sluice.TestSupport;

/// <summary>Builds reports of loss in wire format.</summary>
public static class LossSample
{
    public static byte[] Build(string cause, ulong lost, ulong total)
    {
        var head = new CaptureLossHeader
        {
            Header = new EventHeader
            {
                Kind = EventKind.CaptureLoss,
                Size = CaptureLossHeader.SizeInBytes,
                KtimeNs = 1_000_000_789,
                Cpu = 3,
                CpuSequence = 0x2a,
            },
            Lost = lost,
            Total = total,
        };
        Encoding.ASCII.GetBytes(cause, head.Cause);
        byte[] sample = new byte[CaptureLossHeader.SizeInBytes];
        MemoryMarshal.Write(sample, in head);
        return sample;
    }
}
