// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;

namespace Sluice.Collector.Hosting;

/// <summary>The thread that empties the rings. When it ends before it was told to, the capture is blind, and the host hears of it.</summary>
internal sealed class ReaderThread
{
    private readonly Action _run;
    private readonly Action _stop;
    private readonly Action<Exception> _onDied;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private bool _isStarted;

    /// <param name="run">Reads until told to stop, and then drains what is left.</param>
    /// <param name="stop">Tells it; returns at once.</param>
    /// <param name="onDied">Called from the thread when <paramref name="run"/> has thrown.</param>
    /// <param name="logger">Hears when the thread may not run before others.</param>
    public ReaderThread(Action run, Action stop, Action<Exception> onDied, ILogger logger)
    {
        _run = run;
        _stop = stop;
        _onDied = onDied;
        _logger = logger;

        // In the background: a reader stuck in a sink must not keep a process alive that was told to end.
        _thread = new Thread(Loop) { Name = "sluice-reader", IsBackground = true };
    }

    /// <summary>What ended the reader before or during its last drain; null for nothing. To be read when <see cref="Stop"/> has returned true: joining the thread publishes it.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>False when it has ended, or was never started.</summary>
    public bool IsRunning => _thread.IsAlive;

    public void Start()
    {
        _isStarted = true;
        _thread.Start();
    }

    /// <summary>Asks for the last drain and waits for it; false when it has not ended in time. Idempotent.</summary>
    public bool Stop(TimeSpan timeout)
    {
        _stop();
        return !_isStarted || _thread.Join(timeout);
    }

    private void Loop()
    {
        if (!ReaderPriority.TryRaise())
        {
            HostLog.ReaderNotRaised(_logger);
        }

        try
        {
            _run();
        }
        catch (Exception e)
        {
            Failure = e;
            _onDied(e);
        }
    }
}
