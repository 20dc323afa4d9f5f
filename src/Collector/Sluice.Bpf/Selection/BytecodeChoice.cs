// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Bpf.Selection;

/// <summary>Which build of an object is used, and why.</summary>
/// <param name="FileName">Such as <c>openssl_kern_noncore_less52.o</c>.</param>
/// <param name="IsCore">It is relocated against BTF at load.</param>
/// <param name="IsLess52">It has no global data and no loops: constants travel in the map <c>constants</c>.</param>
/// <param name="Reasons">One sentence for each decision, in the order they were made.</param>
/// <param name="Warnings">What may be wrong with the decision. It is made all the same.</param>
public sealed record BytecodeChoice(string FileName, bool IsCore, bool IsLess52, IReadOnlyList<string> Reasons, IReadOnlyList<string> Warnings);
