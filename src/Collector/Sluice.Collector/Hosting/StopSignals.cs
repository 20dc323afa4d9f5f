// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Sluice.Collector.Hosting;

/// <summary>
/// The signals that end a capture: the first asks for an orderly stop, the second for the end at once. SIGPIPE is no signal for us: the runtime ignores
/// it, and a sink whose reader went away gets an error on its write. A service takes SIGHUP for something else.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly PosixSignal[] s_signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT];

    private readonly PosixSignalRegistration[] _registrations;
    private readonly StopRequest _stop;
    private readonly Action _abandon;
    private int _received;

    /// <param name="stop">Told of the first signal.</param>
    /// <param name="abandon">Called on the second one; it is expected to end the process.</param>
    /// <param name="reload">What SIGHUP does instead of stopping; null when it stops as the others do.</param>
    public StopSignals(StopRequest stop, Action abandon, Action? reload = null)
    {
        _stop = stop;
        _abandon = abandon;
        Action<PosixSignalContext> onHangup = reload is null ? OnSignal : context =>
        {
            context.Cancel = true;
            reload();
        };
        _registrations =
        [
            .. Array.ConvertAll(s_signals, signal => PosixSignalRegistration.Create(signal, OnSignal)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, onHangup),
        ];
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        // Without this the runtime ends the process with the default action.
        context.Cancel = true;

        // Pairs with itself: two signals may be handled on two threads at once, and only one of them is the first.
        if (Interlocked.Increment(ref _received) == 1)
        {
            _stop.TryStop(context.Signal.ToString());
        }
        else
        {
            _abandon();
        }
    }
}
