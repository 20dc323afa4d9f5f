// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Reading;

/// <summary>What the head of a MessagePack value says, as far as events need it.</summary>
internal enum MessagePackType : byte
{
    /// <summary>A whole number that is not negative.</summary>
    Number,
    Text,
    Binary,
    True,
    False,
    Array,
    Map,

    /// <summary>Nil, a negative number, a fraction, an extension: its bytes are passed over already.</summary>
    Other,
}
