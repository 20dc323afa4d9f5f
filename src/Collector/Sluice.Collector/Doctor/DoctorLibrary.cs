// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Collector.Doctor;

/// <summary>A TLS library that a capture would tap.</summary>
/// <param name="Path">As people know it.</param>
/// <param name="Library">Kind and version, such as <c>OpenSSL 3.0.19</c>.</param>
/// <param name="Offsets">The versions whose measured struct offsets are used; null when none fit, and addresses then come from system calls only.</param>
/// <param name="OffsetsAreMeasured">False when this version itself was not measured and the nearest one is used.</param>
/// <param name="Processes">Processes that map it now.</param>
/// <param name="BuildId">GNU build id; null when the file has none.</param>
internal sealed record DoctorLibrary(string Path, string Library, string? Offsets, bool OffsetsAreMeasured, int Processes, string? BuildId);
