// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;

namespace Sluice.KernelSuite;

/// <summary>What all steps share.</summary>
internal sealed class SuiteSetting(SuiteOptions options, RunningKernel kernel) : IDisposable
{
    private int _captures;

    public RunningKernel Kernel => kernel;

    /// <summary>This kernel is the suite's own and ends with it.</summary>
    public bool IsGuest => options.IsGuest;

    public bool IsQuick => options.IsQuick;

    public string Bytecode => options.Bytecode;

    public string KindsObject { get; } = Path.Combine(AppContext.BaseDirectory, "kinds.o");

    public Workspace Workspace { get; } = new();

    /// <summary>The variants for which there are objects of Sluice's modules.</summary>
    public BytecodeVariant[] Variants { get; } = [.. BytecodeVariant.All.Where(variant => File.Exists(Path.Combine(options.Bytecode, variant.FileOf("openssl_kern"))))];

    public string NextCaptureName() => "capture" + ++_captures;

    public void Dispose() => Workspace.Dispose();
}
