// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.IO;
using Sluice.Bpf.Features;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf.Selection;

/// <summary>Tells whether a BTF file belongs to the running kernel, as far as that can be told.</summary>
public static class KernelTypes
{
    /// <summary>Structs that programs read and that nearly every kernel release and configuration changes.</summary>
    private static readonly string[] s_telling = ["task_struct", "sock", "sk_buff", "file", "net_device", "mm_struct"];

    /// <summary>
    /// Compares a file with the types that the kernel itself shows. Where it shows none, nothing can be said; neither of a struct that a reduced file
    /// leaves out.
    /// </summary>
    /// <returns>What differs, for people; null when nothing is known to.</returns>
    /// <exception cref="BpfException">The file has no BTF that libbpf understands.</exception>
    public static string? FindMismatch(string btfPath)
    {
        using BtfHandle given = BtfHandle.Parse(btfPath);
        if (!File.Exists(KernelFeatures.KernelBtfPath))
        {
            return null;
        }

        using BtfHandle own = BtfHandle.Parse(KernelFeatures.KernelBtfPath);
        foreach (string name in s_telling)
        {
            uint givenBytes = SizeOf(given, name), ownBytes = SizeOf(own, name);
            if (givenBytes != 0 && ownBytes != 0 && givenBytes != ownBytes)
            {
                return string.Create(CultureInfo.InvariantCulture, $"struct {name} has {givenBytes} bytes in the file and {ownBytes} in this kernel");
            }
        }

        return null;
    }

    private static unsafe uint SizeOf(BtfHandle btf, string structure)
    {
        using HandleLease lease = new(btf);
        int id = Libbpf.btf__find_by_name_kind(lease.Value, structure, Libbpf.BTF_KIND_STRUCT);

        // SAFETY: the id is of this BTF, which libbpf validated and the lease keeps.
        unsafe
        {
            return id < 0 ? 0 : Libbpf.btf__type_by_id(lease.Value, (uint)id)->size_or_type;
        }
    }
}
