// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using Sluice.Bpf.Features;

namespace Sluice.Collector.Hosting;

/// <summary>What this host and this program say of themselves, as OpenTelemetry resource attributes. What cannot be read is left out.</summary>
internal static class HostAttributes
{
    private const string MachineIdPath = "/etc/machine-id";
    private const string OsReleasePath = "/etc/os-release";

    /// <summary>The attributes beside <c>service.name</c> and <c>host.name</c>.</summary>
    /// <param name="environment">Where this process runs.</param>
    /// <param name="root">Folder that the files are looked for in; for tests.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(HostEnvironment environment, string root = "")
    {
        var attributes = new List<KeyValuePair<string, string>>();
        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                attributes.Add(new(name, value));
            }
        }

        // A container's files tell of its image and not of the host.
        Dictionary<string, string> release = environment.ContainerHint is null ? ReadRelease(root + OsReleasePath) : [];
        string kernel = "Linux " + environment.KernelRelease;
        Add("service.version", ProductVersion.Text);
        Add("host.id", environment.ContainerHint is null ? ReadText(root + MachineIdPath)?.Trim() : null);
        Add("host.arch", Architecture());
        Add("os.type", "linux");
        Add("os.name", release.GetValueOrDefault("NAME"));
        Add("os.version", release.GetValueOrDefault("VERSION_ID"));
        Add("os.description", release.GetValueOrDefault("PRETTY_NAME") is { Length: > 0 } name ? $"{name}, {kernel}" : kernel);
        return attributes;
    }

    /// <summary>By the names of the semantic conventions.</summary>
    private static string Architecture() => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Lines <c>NAME=value</c>, the value perhaps in quotes (os-release(5)).</summary>
    private static Dictionary<string, string> ReadRelease(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in (ReadText(path) ?? "").Split('\n', StringSplitOptions.TrimEntries))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[0] != '#')
            {
                values[line[..equals]] = line[(equals + 1)..].Trim('"', '\'');
            }
        }

        return values;
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
