// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Otlp;

/// <summary>
/// The TLS options of a sink: <c>tls=true</c>, <c>ca=FILE</c>, <c>cert=FILE</c>, <c>key=FILE</c>, <c>server-name=NAME</c>. Each of the others turns TLS on as well.
/// </summary>
internal static class TlsOptions
{
    /// <summary>Null when the sink does not use TLS. Reads the files.</summary>
    /// <exception cref="SinkUriException">Options that contradict each other, or a file that is none or does not hold what it should.</exception>
    public static SslClientAuthenticationOptions? Parse(SinkUri uri)
    {
        bool? wanted = uri.TakeBool("tls");
        string? ca = uri.Take("ca");
        string? cert = uri.Take("cert");
        string? key = uri.Take("key");
        string? serverName = uri.Take("server-name");
        bool isConfigured = (ca ?? cert ?? key ?? serverName) is not null;
        if (wanted == false && isConfigured)
        {
            throw uri.Error("tls=false contradicts its other TLS options; leave one or the other out");
        }

        if (key is not null && cert is null)
        {
            throw uri.Error("option 'key' needs the certificate that it belongs to; add cert=FILE");
        }

        return wanted == true || isConfigured ? Build(uri, ca, cert, key ?? cert, serverName) : null;
    }

    private static SslClientAuthenticationOptions Build(SinkUri uri, string? ca, string? cert, string? key, string? serverName)
    {
        // The client takes the name it expects from the request's Host (OtlpClient); here it is for whoever asks what was configured.
        var options = new SslClientAuthenticationOptions { TargetHost = serverName };
        if (ca is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                VerificationFlags = X509VerificationFlags.NoFlag,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(ReadCertificates(uri, "ca", ca));
        }

        if (cert is not null)
        {
            // What stands behind the first certificate in the file are those that signed it: a server may know only the root.
            X509Certificate2Collection chain = ReadCertificates(uri, "cert", cert);
            options.ClientCertificateContext = SslStreamCertificateContext.Create(ReadWithKey(uri, cert, key!), chain, offline: true);
        }

        return options;
    }

    private static X509Certificate2Collection ReadCertificates(SinkUri uri, string option, string path) => Read(uri, option, path, () =>
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(path);
        return certificates.Count != 0 ? certificates : throw new CryptographicException("there is no certificate in PEM form in it");
    });

    private static X509Certificate2 ReadWithKey(SinkUri uri, string cert, string key) =>
        Read(uri, "key", key, () => X509Certificate2.CreateFromPemFile(cert, key));

    private static T Read<T>(SinkUri uri, string option, string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw uri.Error($"option '{option}' names the file '{path}', which cannot be used: {e.Message.TrimEnd('.')}");
        }
    }
}
