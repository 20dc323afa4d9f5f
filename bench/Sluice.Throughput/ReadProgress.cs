// SPDX-License-Identifier: Apache-2.0
using System.Threading;

namespace Sluice.Throughput;

/// <summary>How many samples the reader has taken, for a generator that must not run ahead of it.</summary>
internal sealed class ReadProgress
{
    private long _published;

    /// <summary>The reader's own count; only its thread touches it.</summary>
    public long Count { get; set; }

    /// <summary>The count at the end of the reader's last pass; from any thread.</summary>
    public long Published => Volatile.Read(ref _published);

    // Pairs with the Volatile.Read above: the room of the samples that are counted here has been freed.
    public void Publish() => Volatile.Write(ref _published, Count);
}
