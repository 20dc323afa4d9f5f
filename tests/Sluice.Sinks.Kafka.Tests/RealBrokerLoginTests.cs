// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Apache Kafka with TLS and SASL; the options go through <c>config.</c> as they are.</summary>
public sealed class RealBrokerLoginTests : IAsyncLifetime
{
    private RealBroker? _broker;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(RealBroker.HasProgram("openssl"), "No openssl: apt-get install openssl.");
        _broker = await RealBroker.StartNewAsync("--sasl");
    }

    public ValueTask DisposeAsync()
    {
        _broker?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Sink_TlsAndSasl_DeliversOnlyWithTheRightPassword()
    {
        foreach (string mechanism in new[] { "PLAIN", "SCRAM-SHA-512" })
        {
            await using SinkDriver driver = await SinkDriver.StartAsync(Uri(mechanism, "secret"));
            await driver.WriteNumberedAsync(perConnection: 1_000);
            await driver.FlushAsync();
            driver.AssertCounts(delivered: 1_000);
            NumberedSamples.AssertComplete(TopicReader.ReadAll(_broker!.Address, Topic(mechanism)), connections: 1, perConnection: 1_000);

            SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync(Uri(mechanism, "wrong")));
            Assert.Contains("refuse the login", e.Message, StringComparison.Ordinal);
            Assert.True(e.IsConfiguration);
        }
    }

    private static string Topic(string mechanism) => $"tls-{mechanism}";

    private string Uri(string mechanism, string password) =>
        $"kafka://{_broker!.SecureAddress}/{Topic(mechanism)}?config.security.protocol=sasl_ssl&config.ssl.ca.location={_broker.AuthorityFile}"
        + $"&config.sasl.mechanism={mechanism}&config.sasl.username=sluice&config.sasl.password={password}";
}
