// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Engine;

/// <summary>A constant of the object and the value it gets before the load: in .rodata, or in the map <c>constants</c> of objects without global data.</summary>
public sealed class ConstantEditor
{
    private readonly byte[] _value;

    /// <summary>For a value whose bytes are known.</summary>
    public ConstantEditor(string name, ReadOnlySpan<byte> value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        _value = value.ToArray();
    }

    /// <summary>The variable's name in the C source.</summary>
    public string Name { get; }

    /// <summary>The value as C lays it out.</summary>
    public ReadOnlySpan<byte> Value => _value;

    /// <summary>For a value of a type that mirrors the C type.</summary>
    public static ConstantEditor Of<T>(string name, in T value)
        where T : unmanaged => new(name, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    internal void Apply(BpfObject bpf) => bpf.SetConstant(Name, Value);
}
