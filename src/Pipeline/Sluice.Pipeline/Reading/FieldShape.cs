// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Reading;

/// <summary>What the value of a field looks like.</summary>
internal enum FieldShape : byte
{
    /// <summary>A whole number in the field's range.</summary>
    Number,

    /// <summary>One of the field's words.</summary>
    Word,

    /// <summary>Any text.</summary>
    Text,

    /// <summary>16 hexadecimal digits.</summary>
    Id,

    /// <summary>32 hexadecimal digits.</summary>
    Uid,

    /// <summary>An IP address as text.</summary>
    Address,

    /// <summary><c>true</c>; the field is absent otherwise.</summary>
    True,

    /// <summary>The payload: text or bytes.</summary>
    Body,

    /// <summary>The payload in base64.</summary>
    Base64,
}
