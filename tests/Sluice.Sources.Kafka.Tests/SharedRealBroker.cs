// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading.Tasks;
using Sluice.TestSupport;

namespace Sluice.Sources.Kafka.Tests;

/// <summary>The broker of <c>SLUICE_KAFKA</c>, or one of our own that is started for the first test that asks and stopped after the last.</summary>
public sealed class SharedRealBroker : IDisposable
{
    private Task<RealBroker>? _broker;

    /// <summary>Skips the test when there is no broker to be had.</summary>
    public async Task<string> GetAddressAsync()
    {
        if (Environment.GetEnvironmentVariable("SLUICE_KAFKA") is { Length: > 0 } address)
        {
            return address;
        }

        // Tests of one class run one after another.
        _broker ??= RealBroker.StartNewAsync();
        return (await _broker).Address;
    }

    public void Dispose()
    {
        if (_broker is { IsCompletedSuccessfully: true } broker)
        {
            broker.Result.Dispose();
        }
    }
}
