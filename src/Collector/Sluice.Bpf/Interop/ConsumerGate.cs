// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;

namespace Sluice.Bpf.Interop;

/// <summary>Lets one consumer at a time at a reader's rings, and keeps their memory mapped while it is there.</summary>
internal sealed class ConsumerGate
{
    private readonly ResourceGroup _resources;
    private int _taken;

    public ConsumerGate(ResourceGroup resources) => _resources = resources;

    /// <exception cref="InvalidOperationException">Another consumer is there.</exception>
    /// <exception cref="ObjectDisposedException">The rings are gone.</exception>
    public Turn Enter()
    {
        // Full barrier; pairs with the one in Leave: this consumer sees the rings' positions as the last one left them.
        if (Interlocked.CompareExchange(ref _taken, 1, 0) != 0)
        {
            throw new InvalidOperationException("Another Run or DrainOnce is under way; a ring has one consumer at a time.");
        }

        try
        {
            return new Turn(this, new HandleLease(_resources));
        }
        catch
        {
            Leave();
            throw;
        }
    }

    /// <summary>Full barrier; pairs with the one in <see cref="Enter"/>.</summary>
    private void Leave() => Interlocked.Exchange(ref _taken, 0);

    public readonly ref struct Turn
    {
        private readonly ConsumerGate _gate;
        private readonly HandleLease _lease;

        public Turn(ConsumerGate gate, HandleLease lease)
        {
            _gate = gate;
            _lease = lease;
        }

        public void Dispose()
        {
            _gate.Leave();
            _lease.Dispose();
        }
    }
}
