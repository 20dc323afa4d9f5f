// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Encoding;

/// <summary>One encoding's way of writing fields. Implemented by ref structs and used through generics: no boxing, no virtual call.</summary>
internal interface IFieldWriter
{
    /// <summary>A whole number.</summary>
    void Number(EventField field, ulong value);

    /// <summary>A word that needs no escaping: ASCII without quotes, backslashes and control characters.</summary>
    void Token(EventField field, scoped ReadOnlySpan<byte> ascii);

    /// <summary>Any valid UTF-8.</summary>
    void Text(EventField field, scoped ReadOnlySpan<byte> utf8);

    /// <summary>64 bits as 16 hexadecimal digits.</summary>
    void Id(EventField field, ulong value);

    /// <summary>128 bits as 32 hexadecimal digits.</summary>
    void Uid(EventField field, ulong high, ulong low);

    /// <summary>An IP address of 4 or 16 bytes, as text.</summary>
    void Address(EventField field, scoped ReadOnlySpan<byte> address);

    /// <summary>A field that is there and true, or not there.</summary>
    void True(EventField field);

    /// <summary>A field that this encoding's <see cref="Text"/> made earlier, key and value.</summary>
    void Encoded(scoped ReadOnlySpan<byte> field);

    /// <summary>The payload: any bytes, not empty.</summary>
    void Body(scoped ReadOnlySpan<byte> payload);
}
