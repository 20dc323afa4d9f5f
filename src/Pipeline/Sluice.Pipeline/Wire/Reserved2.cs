// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

namespace Sluice.Pipeline.Wire;

/// <summary>Two bytes without a meaning yet; 0.</summary>
[InlineArray(2)]
public struct Reserved2
{
    private byte _first;
}
