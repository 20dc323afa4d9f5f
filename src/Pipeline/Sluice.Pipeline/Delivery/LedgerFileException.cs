// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Delivery;

/// <summary>The ledger file cannot be written. The message is for the user.</summary>
public sealed class LedgerFileException : Exception
{
    public LedgerFileException(string path, Exception innerException)
        : base($"Cannot write the ledger file '{path}': {innerException.Message}. Give --ledger a path in a directory that exists and can be written.", innerException)
    {
    }
}
