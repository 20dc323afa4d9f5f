// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Integration.Tests.Support;

/// <summary>What a run of tls_load said of itself.</summary>
/// <param name="Pid">Process id of both sides.</param>
/// <param name="ClientPort">TCP port of the client; 0 when the connection has none.</param>
/// <param name="ServerPort">TCP port of the server; 0 when the connection has none.</param>
/// <param name="Waiting">Threads that were inside SSL_read at the same time.</param>
internal sealed record TlsLoadResult(int Pid, int ClientPort, int ServerPort, int Waiting);
