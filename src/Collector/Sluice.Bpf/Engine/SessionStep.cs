// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Engine;

/// <summary>The steps of a session, in their order.</summary>
public enum SessionStep
{
    /// <summary>Parsing the object.</summary>
    Open,

    /// <summary>Trying which alternatives the kernel accepts.</summary>
    Choose,

    /// <summary>Setting constants and map sizes, and choosing programs.</summary>
    Edit,

    /// <summary>Creating maps, relocating and verifying programs.</summary>
    Load,

    /// <summary>Attaching probes.</summary>
    Attach,
}
