// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Targets;

/// <summary>Why what the user named cannot be a target.</summary>
public enum TargetError
{
    /// <summary>No such file.</summary>
    FileNotFound,

    /// <summary>The file is there but may not be read, or is no regular file.</summary>
    FileUnreadable,

    /// <summary>Not an ELF file of this machine, or a broken one.</summary>
    NotElf,

    /// <summary>An ELF file without SSL_read or SSL_write.</summary>
    SymbolsMissing,

    /// <summary>No process has this id.</summary>
    NoSuchProcess,

    /// <summary>The process exists but its mappings may not be read.</summary>
    ProcessUnreadable,
}
