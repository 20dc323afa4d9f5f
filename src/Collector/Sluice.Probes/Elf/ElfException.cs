// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Probes.Elf;

/// <summary>A file is no ELF file that can be used. The message names the file and says what is wrong with it.</summary>
public sealed class ElfException : Exception
{
    public ElfException(string file, string reason, Exception? innerException = null)
        : base($"{file}: {reason}", innerException)
    {
        Reason = reason;
    }

    /// <summary>The message without the file's name.</summary>
    public string Reason { get; }
}
