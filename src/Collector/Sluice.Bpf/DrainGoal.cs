// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>Bounds a last drain: everything that was in the rings at one moment, however much arrives later.</summary>
internal readonly struct DrainGoal<TRing>
    where TRing : IRing
{
    private readonly TRing[] _rings;
    private readonly ulong[] _ends;

    /// <summary>Takes the moment.</summary>
    public DrainGoal(TRing[] rings)
    {
        _rings = rings;
        _ends = new ulong[rings.Length];
        for (int i = 0; i < rings.Length; i++)
        {
            _ends[i] = rings[i].ProducerPosition;
        }
    }

    public bool IsReached
    {
        get
        {
            for (int i = 0; i < _rings.Length; i++)
            {
                // The difference, not the order: positions may overflow.
                if ((long)(_ends[i] - _rings[i].Position) > 0)
                {
                    return false;
                }
            }

            return true;
        }
    }
}
