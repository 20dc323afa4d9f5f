// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Encoding;

/// <summary>
/// The tags of OTLP's logs messages: field number and wire type (0 varint, 1 fixed64, 2 length-delimited) in one byte. Names are those of
/// <c>opentelemetry/proto/{collector/logs,logs,resource,common}/v1</c>.
/// </summary>
internal static class OtlpTag
{
    public const byte RequestResourceLogs = (1 << 3) | Delimited;
    public const byte ResourceLogsResource = (1 << 3) | Delimited;
    public const byte ResourceLogsScopeLogs = (2 << 3) | Delimited;
    public const byte ResourceAttributes = (1 << 3) | Delimited;
    public const byte ScopeLogsScope = (1 << 3) | Delimited;
    public const byte ScopeLogsLogRecords = (2 << 3) | Delimited;
    public const byte ScopeLogsSchemaUrl = (3 << 3) | Delimited;
    public const byte ScopeName = (1 << 3) | Delimited;
    public const byte ScopeVersion = (2 << 3) | Delimited;
    public const byte RecordTimeUnixNano = (1 << 3) | Fixed64;
    public const byte RecordSeverityNumber = 2 << 3;
    public const byte RecordSeverityText = (3 << 3) | Delimited;
    public const byte RecordBody = (5 << 3) | Delimited;
    public const byte RecordAttributes = (6 << 3) | Delimited;
    public const byte RecordObservedTimeUnixNano = (11 << 3) | Fixed64;
    public const byte RecordEventName = (12 << 3) | Delimited;
    public const byte KeyValueKey = (1 << 3) | Delimited;
    public const byte KeyValueValue = (2 << 3) | Delimited;
    public const byte AnyValueString = (1 << 3) | Delimited;
    public const byte AnyValueBool = 2 << 3;
    public const byte AnyValueInt = 3 << 3;
    public const byte AnyValueBytes = (7 << 3) | Delimited;

    private const byte Fixed64 = 1;
    private const byte Delimited = 2;
}
