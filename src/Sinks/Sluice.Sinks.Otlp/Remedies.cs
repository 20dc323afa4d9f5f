// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Otlp;

/// <summary>What a user can do about a server's refusal.</summary>
internal static class Remedies
{
    private const string Credentials = "check the credentials: header.NAME, or cert and key";
    private const string Address = "check that port and path are those of an OTLP receiver for logs";
    private const string Size = "lower max-request-bytes, or raise the server's limit";

    public static string Of(GrpcStatus status) => status switch
    {
        GrpcStatus.UNAUTHENTICATED or GrpcStatus.PERMISSION_DENIED => Credentials,
        GrpcStatus.UNIMPLEMENTED => Address,
        GrpcStatus.RESOURCE_EXHAUSTED => Size,
        _ => "",
    };

    public static string Of(int httpStatus) => httpStatus switch
    {
        401 or 403 => Credentials,
        404 or 405 or (>= 300 and < 400) => Address,
        413 => Size,
        _ => "",
    };

    /// <summary>What goes on behind a status: the server's words, and what to do.</summary>
    public static string Describe(string message, string remedy) =>
        (message.Length == 0 ? "" : $": {message.TrimEnd('.')}") + (remedy.Length == 0 ? "" : $" ({remedy})");
}
