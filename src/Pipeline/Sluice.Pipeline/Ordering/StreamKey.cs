// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Ordering;

/// <summary>What has one sequence of numbers: a direction of a connection.</summary>
internal readonly struct StreamKey(ulong connectionId, TrafficDirection direction) : IEquatable<StreamKey>
{
    private readonly ulong _connectionId = connectionId;
    private readonly TrafficDirection _direction = direction;

    public bool Equals(StreamKey other) => _connectionId == other._connectionId && _direction == other._direction;

    public override bool Equals(object? obj) => obj is StreamKey other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_connectionId, _direction);
}
