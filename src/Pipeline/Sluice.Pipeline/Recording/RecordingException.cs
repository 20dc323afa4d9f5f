// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Recording;

/// <summary>A file is no recording that can be read here. The message is for the user, and names the file.</summary>
public sealed class RecordingException : FormatException
{
    public RecordingException(string message)
        : base(message)
    {
    }
}
