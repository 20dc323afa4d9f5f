// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Pipeline.Encoding;

/// <summary>Makes the parts of OTLP messages that are the same for many events. For set-up: it allocates.</summary>
internal static class OtlpMessage
{
    private const string ServiceName = "sluice";

    /// <summary>Of the attribute names: the semantic conventions that docs/event-schema.md was read from.</summary>
    private const string SchemaUrl = "https://opentelemetry.io/schemas/1.44.0";

    /// <summary>The field <c>resource</c> of a ResourceLogs: the service, the host's name and whatever else is known of the host.</summary>
    public static byte[] Resource(string hostName, IEnumerable<KeyValuePair<string, string>> attributes)
    {
        var content = new List<byte>();
        content.AddRange(Attribute("service.name", ServiceName));
        content.AddRange(Attribute("host.name", hostName));
        foreach ((string name, string value) in attributes)
        {
            content.AddRange(Attribute(name, value));
        }

        return Field(OtlpTag.ResourceLogsResource, [.. content]);
    }

    /// <summary>The fields of a ScopeLogs that come before its records: what wrote them, and which conventions their names follow.</summary>
    public static byte[] Scope()
    {
        string version = typeof(OtlpMessage).Assembly.GetName().Version!.ToString(fieldCount: 3);
        return
        [
            .. Field(OtlpTag.ScopeLogsScope, [.. Text(OtlpTag.ScopeName, ServiceName), .. Text(OtlpTag.ScopeVersion, version)]),
            .. Text(OtlpTag.ScopeLogsSchemaUrl, SchemaUrl),
        ];
    }

    /// <summary>A length-delimited field.</summary>
    public static byte[] Field(byte tag, ReadOnlySpan<byte> content)
    {
        Span<byte> length = stackalloc byte[Varint.MaxBytes];
        return [tag, .. length[..Varint.Write(length, (ulong)content.Length)], .. content];
    }

    private static byte[] Attribute(string name, string value) =>
        Field(OtlpTag.ResourceAttributes, [.. Text(OtlpTag.KeyValueKey, name), .. Field(OtlpTag.KeyValueValue, Text(OtlpTag.AnyValueString, value))]);

    private static byte[] Text(byte tag, string text) => Field(tag, System.Text.Encoding.UTF8.GetBytes(text));
}
