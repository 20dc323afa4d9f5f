// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Delivery;

/// <summary>Why a spool did not take a batch. It can be tried again.</summary>
/// <param name="Message">For the user: what, where, what to do.</param>
public sealed record SpoolProblem(string Message);
