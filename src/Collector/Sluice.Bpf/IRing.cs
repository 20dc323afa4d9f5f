// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>What a reader needs of its rings, besides draining, whatever their kind.</summary>
internal interface IRing
{
    ulong Position { get; }

    ulong ProducerPosition { get; }

    /// <summary>The consumer as the producers see it.</summary>
    ulong PublishedPosition { get; }

    ulong SizeBytes { get; }

    void Publish();
}
