// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Reading;

/// <summary>Why an event that came from outside was not taken.</summary>
public enum EventProblem
{
    None,

    /// <summary>The bytes are not of the encoding, or end too early. What stands before them in the same record has been taken.</summary>
    NotReadable,

    /// <summary>A value stands where an event should be.</summary>
    NotAnEvent,

    /// <summary>Its name is not one that this version knows.</summary>
    UnknownEvent,

    /// <summary>A field that every event of the kind has is not there.</summary>
    MissingField,

    /// <summary>The field stands there twice.</summary>
    RepeatedField,

    /// <summary>The field does not belong to this kind of event, or not beside the others.</summary>
    MisplacedField,

    /// <summary>The value is of another type than the field's.</summary>
    WrongType,

    /// <summary>A value that a sample cannot hold: a number out of range, a word that is not known, text that is not UTF-8.</summary>
    BadValue,

    /// <summary>A text or payload that is longer than a sample can be.</summary>
    TooLong,
}
