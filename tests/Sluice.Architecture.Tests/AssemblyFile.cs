// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Sluice.Architecture.Tests;

/// <summary>A built assembly of ours, read as metadata: nothing of it runs.</summary>
internal sealed class AssemblyFile : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    public AssemblyFile(string name)
    {
        _file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll")));
        _metadata = _file.GetMetadataReader();
    }

    /// <summary>Assemblies that the code really uses (the compiler leaves out references that it does not need).</summary>
    public IReadOnlyList<string> References =>
        [.. _metadata.AssemblyReferences.Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name))];

    /// <summary>Native libraries that P/Invoke methods name, those made by the LibraryImport generator included.</summary>
    public IReadOnlyList<string> NativeLibraries =>
        [.. _metadata.MethodDefinitions
            .Select(_metadata.GetMethodDefinition)
            .Where(static method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            .Select(method => _metadata.GetString(_metadata.GetModuleReference(method.GetImport().Module).Name))
            .Distinct()];

    /// <summary>Types of other assemblies that the code names, with their namespaces.</summary>
    public IReadOnlyList<string> ForeignTypes =>
        [.. _metadata.TypeReferences
            .Select(_metadata.GetTypeReference)
            .Select(type => _metadata.GetString(type.Namespace) + "." + _metadata.GetString(type.Name))];

    /// <summary>True for assemblies of the shared framework itself.</summary>
    public static bool IsFramework(string name) =>
        File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, name + ".dll"));

    public void Dispose() => _file.Dispose();
}
