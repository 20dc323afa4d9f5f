// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;

namespace Sluice.Probes.Tests.Programs;

/// <summary>What old kernels take: every finding is a sentence about an object that they would refuse.</summary>
internal static class KernelRules
{
    /// <summary>The verifier's limit before Linux 5.2.</summary>
    private const int MaxInstructions = 4096;

    /// <summary>Helpers by number, with the kernel that brought them to tracing programs. What is not here was never looked up and is refused.</summary>
    private static readonly Dictionary<int, (string Name, Version Since)> s_helpers = new()
    {
        [1] = ("map_lookup_elem", new(4, 1)),
        [2] = ("map_update_elem", new(4, 1)),
        [3] = ("map_delete_elem", new(4, 1)),
        [4] = ("probe_read", new(4, 1)),
        [5] = ("ktime_get_ns", new(4, 1)),
        [8] = ("get_smp_processor_id", new(4, 1)),
        [12] = ("tail_call", new(4, 2)),
        [14] = ("get_current_pid_tgid", new(4, 2)),
        [15] = ("get_current_uid_gid", new(4, 2)),
        [16] = ("get_current_comm", new(4, 2)),
        [25] = ("perf_event_output", new(4, 4)),
        [35] = ("get_current_task", new(4, 8)),
        [37] = ("current_task_under_cgroup", new(4, 9)),
        [45] = ("probe_read_str", new(4, 11)),
        [80] = ("get_current_cgroup_id", new(4, 18)),
        [112] = ("probe_read_user", new(5, 5)),
        [113] = ("probe_read_kernel", new(5, 5)),
        [115] = ("probe_read_kernel_str", new(5, 5)),
        [130] = ("ringbuf_output", new(5, 8)),
    };

    private static readonly Dictionary<int, (string Name, Version Since)> s_mapTypes = new()
    {
        [1] = ("hash", new(3, 19)),
        [2] = ("array", new(3, 19)),
        [3] = ("program array", new(4, 2)),
        [4] = ("perf event array", new(4, 3)),
        [6] = ("per-CPU array", new(4, 6)),
        [8] = ("cgroup array", new(4, 8)),
        [9] = ("LRU hash", new(4, 10)),
    };

    private static readonly string[] s_globalData = [".rodata", ".data", ".bss"];

    /// <summary>For a whole <c>_less52</c> object.</summary>
    public static IEnumerable<string> FindTooNewForLess52(BpfElf elf)
    {
        Version kernel = new(5, 1);
        foreach (string section in elf.SectionNames.Where(name => s_globalData.Any(data => name.StartsWith(data, StringComparison.Ordinal))))
        {
            yield return $"section {section} is global data";
        }

        foreach ((string map, int type) in elf.MapTypes)
        {
            if (!s_mapTypes.TryGetValue(type, out (string Name, Version Since) known) || known.Since > kernel)
            {
                yield return $"map {map} has type {type}, which is newer than {kernel} or unknown";
            }
        }

        foreach (BpfFunction function in elf.Functions)
        {
            foreach (string finding in FindLoops(function).Concat(FindTooNew(function, kernel)))
            {
                yield return finding;
            }
        }
    }

    /// <summary>For one program of an object that has others for newer kernels, with all it calls.</summary>
    public static IEnumerable<string> FindTooNewForPlain(BpfElf elf, string program) =>
        elf.ReachedFrom(program).SelectMany(function => FindTooNew(function, new Version(5, 8)));

    private static IEnumerable<string> FindLoops(BpfFunction function)
    {
        if (function.Instructions.Count > MaxInstructions)
        {
            yield return $"{function.Name} has {function.Instructions.Count} instructions";
        }

        if (function.Called.Count > 0)
        {
            yield return $"{function.Name} calls {function.Called[0]}";
        }

        foreach (BpfInstruction instruction in function.Instructions)
        {
            if (instruction.IsJump && instruction.Offset < 0)
            {
                yield return $"{function.Name} jumps backwards";
            }

            if (instruction.IsJump32)
            {
                yield return $"{function.Name} compares 32 bits (Linux 5.1)";
            }
        }
    }

    private static IEnumerable<string> FindTooNew(BpfFunction function, Version kernel)
    {
        foreach (BpfInstruction instruction in function.Instructions)
        {
            if (instruction.IsModernAtomic)
            {
                yield return $"{function.Name} uses an atomic operation of Linux 5.12";
            }

            if (instruction.IsHelperCall && (!s_helpers.TryGetValue(instruction.Immediate, out (string Name, Version Since) known) || known.Since > kernel))
            {
                yield return $"{function.Name} calls helper {instruction.Immediate}, which is newer than {kernel} or unknown";
            }
        }
    }
}
