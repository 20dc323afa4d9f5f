// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading.Tasks;
using Sluice.Pipeline;

namespace Sluice.Collector.Hosting;

/// <summary>Completes a started pipeline on every way out, so that a start that fails half-way leaves closed files behind. After an orderly stop it does nothing.</summary>
internal sealed class PipelineEnding : IAsyncDisposable
{
    private readonly CapturePipeline _pipeline;
    private readonly TimeSpan _budget;

    public PipelineEnding(CapturePipeline pipeline, TimeSpan budget)
    {
        _pipeline = pipeline;
        _budget = budget;
    }

    public async ValueTask DisposeAsync()
    {
        // Idempotent: after an orderly stop this is the report of then, and the host has shown it. After a failed start it says nothing that matters
        // beside the failure that is on its way to the user.
        await _pipeline.CompleteAsync(_budget);
    }
}
