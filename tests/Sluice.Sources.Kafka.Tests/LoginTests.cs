// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading.Tasks;
using Sluice.Pipeline.Reading;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sources.Kafka.Tests;

public sealed class LoginTests
{
    [Fact]
    public async Task Check_SaslOverTls_WorksWithTheRightPasswordAndNamesTheWrongOne()
    {
        Assert.SkipUnless(RealBroker.HasProgram("openssl"), "Needs openssl.");
        using RealBroker broker = await RealBroker.StartNewAsync("--sasl");
        string topic = await Topics.CreateAsync(broker.Address);
        using var events = new NumberedEvents(broker.Address);
        events.Write(topic, "json", 1, 0, 100);
        events.Flush();
        string from = $"kafka://{broker.SecureAddress}/{topic}?config.security.protocol=SASL_SSL&config.ssl.ca.location={broker.AuthorityFile}"
            + "&config.sasl.mechanism=SCRAM-SHA-512&config.sasl.username=sluice&config.sasl.password=";

        using RelayUnderTest relay = await RelayUnderTest.StartAsync(from + "secret", "g");
        await relay.WaitForEventsAsync(100);
        await relay.StopAsync();

        SourceException e = await Assert.ThrowsAsync<SourceException>(() => RelayUnderTest.StartAsync(from + "wrong", "g"));
        Assert.True(e.IsConfiguration);
        Assert.Contains("the brokers refuse the login", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", e.Message, StringComparison.Ordinal);
    }
}
