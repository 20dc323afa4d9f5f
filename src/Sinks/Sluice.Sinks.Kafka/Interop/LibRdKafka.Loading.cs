// SPDX-License-Identifier: Apache-2.0
using System;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Sluice.Sinks.Kafka.Interop;

internal static unsafe partial class LibRdKafka
{
    /// <summary>
    /// The builds of librdkafka that its package holds for Linux, best first. The first one has Kerberos and, in the published package, is linked with
    /// the Cyrus SASL library of Red Hat's distributions (libsasl2.so.3), which Debian and Ubuntu do not have; the second one is the same without Kerberos; the
    /// third one is for musl.
    /// </summary>
    private static readonly string[] s_builds = [Library, "centos8-librdkafka", "alpine-librdkafka"];

    static LibRdKafka() => NativeLibrary.SetDllImportResolver(typeof(LibRdKafka).Assembly, Resolve);

    /// <summary>Loads the first build whose own libraries are there; 0 leaves the search, and the error, to the runtime.</summary>
    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name == Library)
        {
            foreach (string build in s_builds)
            {
                if (NativeLibrary.TryLoad(build, assembly, searchPath, out nint library))
                {
                    return library;
                }
            }
        }

        return 0;
    }
}
