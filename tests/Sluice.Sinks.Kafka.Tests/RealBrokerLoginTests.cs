// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    [Theory]
    [InlineData("nobody", "secret")]
    [InlineData("sluice", "wrong")]
    public async Task Start_WrongUserOrPassword_SaysThatTheLoginIsRefusedWithoutShowingThePassword(string user, string password)
    {
        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync(
            Uri("SCRAM-SHA-512", password).Replace("username=sluice", $"username={user}", StringComparison.Ordinal)));

        Assert.Contains("the brokers refuse the login", e.Message, StringComparison.Ordinal);
        Assert.Contains("config.sasl.username", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(password, e.Message, StringComparison.Ordinal);
        Assert.True(e.IsConfiguration);
    }

    [Fact]
    public async Task Start_CertificateOfAnUnknownAuthority_SaysThatTheTlsConnectionFails()
    {
        string authority = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(authority, CreateAuthority(), TestContext.Current.CancellationToken);

            SinkException e = await Assert.ThrowsAsync<SinkException>(
                () => SinkDriver.StartAsync(Uri("PLAIN", "secret").Replace(_broker!.AuthorityFile, authority, StringComparison.Ordinal)));

            Assert.Contains("the TLS connection to the brokers fails", e.Message, StringComparison.Ordinal);
            Assert.Contains("certificate verify failed", e.Message, StringComparison.Ordinal);
            Assert.Contains("config.ssl.ca.location", e.Message, StringComparison.Ordinal);
            Assert.True(e.IsConfiguration);
        }
        finally
        {
            File.Delete(authority);
        }
    }

    [Fact]
    public async Task Start_TlsOnAPortWithoutIt_SaysWhatTheListenerMayBe()
    {
        SinkException e = await Assert.ThrowsAsync<SinkException>(
            () => SinkDriver.StartAsync(Uri("PLAIN", "secret").Replace(_broker!.SecureAddress, _broker.Address, StringComparison.Ordinal)));

        // Not a mistake beyond doubt: a broker that stops in the middle of a handshake looks the same.
        Assert.Contains("connecting to a PLAINTEXT broker listener?", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsConfiguration);
    }

    private static string CreateAuthority()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=another CA", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return certificate.ExportCertificatePem();
    }

    private static string Topic(string mechanism) => $"tls-{mechanism}";

    private string Uri(string mechanism, string password) =>
        $"kafka://{_broker!.SecureAddress}/{Topic(mechanism)}?config.security.protocol=sasl_ssl&config.ssl.ca.location={_broker.AuthorityFile}"
        + $"&config.sasl.mechanism={mechanism}&config.sasl.username=sluice&config.sasl.password={password}";
}
