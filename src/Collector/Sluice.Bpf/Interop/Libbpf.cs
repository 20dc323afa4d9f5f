// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>
/// The part of libbpf 1.x that this library uses. Errors are negative returns (negated errno), or NULL with errno set.
/// </summary>
internal static unsafe partial class Libbpf
{
    public const string Library = "libbpf.so.1";

    public const uint BTF_KIND_STRUCT = 4;
    public const uint BTF_KIND_VAR = 14;
    public const uint BTF_KIND_DATASEC = 15;
    public const uint BTF_VAR_GLOBAL_ALLOCATED = 1;

    [LibraryImport(Library)]
    public static partial nint libbpf_set_print(delegate* unmanaged[Cdecl]<int, byte*, nint, int> callback);

    [LibraryImport(Library)]
    public static partial int libbpf_num_possible_cpus();

    [LibraryImport(Library)]
    public static partial uint libbpf_major_version();

    [LibraryImport(Library)]
    public static partial uint libbpf_minor_version();

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint bpf_object__open_mem(void* elf, nuint size, bpf_object_open_opts* options);

    [LibraryImport(Library)]
    public static partial int bpf_object__load(nint obj);

    [LibraryImport(Library)]
    public static partial void bpf_object__close(nint obj);

    [LibraryImport(Library)]
    public static partial nint bpf_object__btf(nint obj);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial nint bpf_object__find_map_by_name(nint obj, string name);

    [LibraryImport(Library)]
    public static partial nint bpf_object__next_program(nint obj, nint previous);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int btf__find_by_name_kind(nint btf, string name, uint kind);

    [LibraryImport(Library)]
    public static partial btf_type* btf__type_by_id(nint btf, uint id);

    [LibraryImport(Library)]
    public static partial byte* btf__name_by_offset(nint btf, uint offset);

    /// <summary>Parses raw BTF or an ELF file with it. The caller frees what it gets.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial nint btf__parse(string path, nint* extensions);

    [LibraryImport(Library)]
    public static partial void btf__free(nint btf);

    /// <summary>Bytes of a type, through typedefs and qualifiers; negative when it has none.</summary>
    [LibraryImport(Library)]
    public static partial long btf__resolve_size(nint btf, uint id);

    [LibraryImport(Library)]
    public static partial uint bpf_map__btf_value_type_id(nint map);

    [LibraryImport(Library)]
    public static partial int bpf_map__set_type(nint map, int type);

    [LibraryImport(Library)]
    public static partial int bpf_map__set_key_size(nint map, uint size);

    [LibraryImport(Library)]
    public static partial int bpf_map__set_value_size(nint map, uint size);

    [LibraryImport(Library)]
    public static partial int bpf_map__set_map_flags(nint map, uint flags);

    [LibraryImport(Library)]
    public static partial nint bpf_object__next_map(nint obj, nint previous);

    [LibraryImport(Library)]
    public static partial byte* bpf_map__name(nint map);

    [LibraryImport(Library)]
    public static partial int bpf_map__fd(nint map);

    [LibraryImport(Library)]
    public static partial int bpf_map__type(nint map);

    [LibraryImport(Library)]
    public static partial uint bpf_map__key_size(nint map);

    [LibraryImport(Library)]
    public static partial uint bpf_map__value_size(nint map);

    [LibraryImport(Library)]
    public static partial uint bpf_map__max_entries(nint map);

    [LibraryImport(Library)]
    public static partial uint bpf_map__map_flags(nint map);

    [LibraryImport(Library)]
    public static partial int bpf_map__set_max_entries(nint map, uint maxEntries);

    [LibraryImport(Library)]
    public static partial int bpf_map__set_autocreate(nint map, byte autocreate);

    [LibraryImport(Library)]
    public static partial void* bpf_map__initial_value(nint map, nuint* size);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int bpf_map_create(
        int type, string name, uint keySize, uint valueSize, uint maxEntries, bpf_map_create_opts* options);

    [LibraryImport(Library)]
    public static partial int bpf_map_update_elem(int fd, void* key, void* value, ulong flags);

    [LibraryImport(Library)]
    public static partial int bpf_map_lookup_elem(int fd, void* key, void* value);

    [LibraryImport(Library)]
    public static partial int bpf_map_delete_elem(int fd, void* key);

    [LibraryImport(Library)]
    public static partial int bpf_map_lookup_and_delete_elem(int fd, void* key, void* value);

    [LibraryImport(Library)]
    public static partial int bpf_map_get_next_key(int fd, void* key, void* nextKey);

    [LibraryImport(Library)]
    public static partial int bpf_map_lookup_batch(
        int fd, void* inBatch, void* outBatch, void* keys, void* values, uint* count, bpf_map_batch_opts* options);

    [LibraryImport(Library)]
    public static partial int bpf_map_lookup_and_delete_batch(
        int fd, void* inBatch, void* outBatch, void* keys, void* values, uint* count, bpf_map_batch_opts* options);

    [LibraryImport(Library)]
    public static partial byte* bpf_program__name(nint program);

    [LibraryImport(Library)]
    public static partial byte* bpf_program__section_name(nint program);

    [LibraryImport(Library)]
    public static partial int bpf_program__fd(nint program);

    [LibraryImport(Library)]
    public static partial int bpf_program__set_expected_attach_type(nint program, uint type);

    [LibraryImport(Library)]
    public static partial int bpf_program__set_autoload(nint program, byte autoload);

    [LibraryImport(Library)]
    public static partial byte bpf_program__autoload(nint program);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int bpf_program__set_attach_target(nint program, int targetProgram, string function);

    [LibraryImport(Library)]
    public static partial uint bpf_program__expected_attach_type(nint program);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint bpf_program__attach_trace(nint program);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint bpf_program__attach_cgroup(nint program, int cgroup);

    [LibraryImport(Library)]
    public static partial int bpf_prog_attach(int program, int target, uint type, uint flags);

    [LibraryImport(Library)]
    public static partial int bpf_prog_detach2(int program, int target, uint type);

    [LibraryImport(Library)]
    public static partial int bpf_tc_hook_create(bpf_tc_hook* hook);

    [LibraryImport(Library)]
    public static partial int bpf_tc_hook_destroy(bpf_tc_hook* hook);

    [LibraryImport(Library)]
    public static partial int bpf_tc_attach(bpf_tc_hook* hook, bpf_tc_opts* options);

    [LibraryImport(Library)]
    public static partial int bpf_tc_detach(bpf_tc_hook* hook, bpf_tc_opts* options);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint bpf_program__attach(nint program);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial nint bpf_program__attach_raw_tracepoint(nint program, string name);

    [LibraryImport(Library)]
    public static partial int bpf_link__destroy(nint link);

    [LibraryImport(Library)]
    public static partial int bpf_prog_test_run_opts(int fd, bpf_test_run_opts* options);

    /// <summary>Writes what the kernel knows of a program, as far as both sides know the structure; <paramref name="size"/> becomes what was written.</summary>
    [LibraryImport(Library)]
    public static partial int bpf_obj_get_info_by_fd(int fd, bpf_prog_info* info, uint* size);

    /// <summary>1: the kernel knows the helper for this type of program; 0: it does not; negative: that could not be found out.</summary>
    [LibraryImport(Library)]
    public static partial int libbpf_probe_bpf_helper(int programType, int helper, void* options);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int libbpf_find_vmlinux_btf_id(string name, uint attachType);

    /// <summary>A null name: the program was bound to its tracepoint or function by the load.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int bpf_raw_tracepoint_open(string? name, int program);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int bpf_prog_load(
        int type, string name, string license, ulong* instructions, nuint count, bpf_prog_load_opts* options);
}
