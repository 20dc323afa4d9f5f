// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>
/// Resources that live and die together. As a SafeHandle it can be leased, so that disposing a reader whose thread still
/// runs takes effect when that thread is done instead of unmapping memory under it.
/// </summary>
internal sealed class ResourceGroup : SafeHandle
{
    private readonly List<IDisposable> _parts = [];

    public ResourceGroup()
        : base(invalidHandleValue: 0, ownsHandle: true) => SetHandle(1);

    public override bool IsInvalid => false;

    /// <summary>Takes ownership; disposed in reverse order.</summary>
    public T Add<T>(T part)
        where T : IDisposable
    {
        _parts.Add(part);
        return part;
    }

    protected override bool ReleaseHandle()
    {
        for (int i = _parts.Count - 1; i >= 0; i--)
        {
            _parts[i].Dispose();
        }

        return true;
    }
}
