// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.Probes.Tests.Programs;

/// <summary>The embedded objects hold nothing that the kernels they are for would refuse. No kernel is asked.</summary>
public sealed class KernelRulesTests
{
    private static readonly string[] s_modern = ["tls_enter", "tls_leave", "ssl_return"];

    [Theory]
    [InlineData("x86", "openssl_kern_core_less52.o")]
    [InlineData("x86", "openssl_kern_noncore_less52.o")]
    [InlineData("arm64", "openssl_kern_core_less52.o")]
    [InlineData("arm64", "openssl_kern_noncore_less52.o")]
    [InlineData("x86", "connections_kern_core_less52.o")]
    [InlineData("x86", "connections_kern_noncore_less52.o")]
    [InlineData("arm64", "connections_kern_core_less52.o")]
    [InlineData("arm64", "connections_kern_noncore_less52.o")]
    public void Less52Object_EveryInstruction_IsOneOfLinux51(string machine, string name)
    {
        BpfElf elf = new(Bytecode.Read(machine, name));

        Assert.Contains(elf.Functions, function => function.Instructions.Count > 100);
        Assert.Contains("constants", elf.MapTypes.Keys);
        Assert.Empty(KernelRules.FindTooNewForLess52(elf));
    }

    [Theory]
    [InlineData("x86", "openssl_kern_core.o")]
    [InlineData("x86", "openssl_kern_noncore.o")]
    [InlineData("arm64", "openssl_kern_core.o")]
    [InlineData("arm64", "openssl_kern_noncore.o")]
    public void PlainPrograms_EveryInstruction_IsOneOfLinux58(string machine, string name)
    {
        BpfElf elf = new(Bytecode.Read(machine, name));
        string[] called = [.. elf.Functions.SelectMany(function => function.Called)];
        string[] programs = [.. elf.Functions.Select(function => function.Name).Except(s_modern).Except(called).Where(program => program != "send_piece_of_many")];

        Assert.Contains("ssl_return_plain", programs);
        Assert.Contains("send_more", programs);
        Assert.All(programs, program => Assert.Empty(KernelRules.FindTooNewForPlain(elf, program)));
    }

    [Fact]
    public void FindTooNewForPlain_ModernPrograms_FindsThem()
    {
        BpfElf elf = new(Bytecode.Read("x86", "openssl_kern_core.o"));

        Assert.All(s_modern, program => Assert.NotEmpty(KernelRules.FindTooNewForPlain(elf, program)));
        Assert.Contains(KernelRules.FindTooNewForPlain(elf, "ssl_return"), finding => finding.Contains("5.12", StringComparison.Ordinal));
        Assert.Contains(KernelRules.FindTooNewForPlain(elf, "ssl_return"), finding => finding.Contains("helper 181", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("const volatile int limit = 3; int run(void *ctx) { return limit; }", "section .rodata")]
    [InlineData("int sum = 0; int run(void *ctx) { return sum++; }", "section .bss")]
    [InlineData("int run(void *ctx) { unsigned i, n = bpf_get_prandom_u32(), s = 0; for (i = 0; i < n; i++) s += bpf_ktime_get_ns(); return s; }", "jumps backwards")]
    [InlineData("int run(void *ctx) { return bpf_get_attach_cookie(ctx); }", "helper 174")]
    [InlineData("struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(\".maps\"); int run(void *ctx) { return bpf_ktime_get_ns() + (long)&ring; }", "map ring has type 27")]
    [InlineData("static __noinline int inner(unsigned long *x) { return bpf_ktime_get_ns() + *x; } int run(unsigned long *ctx) { return inner(ctx) + inner(ctx + 1); }", "calls inner")]
    [InlineData("struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, long); } m SEC(\".maps\"); int run(void *ctx) { int k = 0; long *v = bpf_map_lookup_elem(&m, &k); return v ? __sync_fetch_and_add(v, 1) : 0; }", "5.12")]
    [InlineData("int run(void *ctx) {\n#pragma unroll\nfor (int i = 0; i < 4200; i++) asm volatile(\"r0 = 0\"); return 0; }", "instructions")]
    public async Task FindTooNewForLess52_ObjectThatBreaksOneRule_NamesIt(string source, string finding)
    {
        BpfElf elf = new(await CompileAsync(source));

        Assert.Contains(KernelRules.FindTooNewForLess52(elf), found => found.Contains(finding, StringComparison.Ordinal));
    }

    [Fact]
    public async Task FindTooNewForLess52_ObjectThatBreaksNone_FindsNothing()
    {
        BpfElf elf = new(await CompileAsync("struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, int); __type(value, long); } m SEC(\".maps\"); int run(void *ctx) { int k = 0; bpf_map_delete_elem(&m, &k); return 0; }"));

        Assert.Equal(["m"], elf.MapTypes.Keys);
        Assert.Empty(KernelRules.FindTooNewForLess52(elf));
    }

    private static async Task<byte[]> CompileAsync(string source)
    {
        using var directory = new TempDirectory();
        string input = Path.Combine(directory.Path, "program.c"), output = Path.Combine(directory.Path, "program.o");
        int functionAt = source.LastIndexOf("int run", StringComparison.Ordinal);
        await File.WriteAllTextAsync(input, $"#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n{source.Insert(functionAt, "SEC(\"uprobe\") ")}\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n", TestContext.Current.CancellationToken);
        using Process clang = Process.Start("clang", ["-O2", "-g", "-target", "bpf", "-mcpu=v3", "-I/usr/include/" + Multiarch(), "-c", input, "-o", output]);
        await clang.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, clang.ExitCode);
        return await File.ReadAllBytesAsync(output, TestContext.Current.CancellationToken);
    }

    private static string Multiarch() => Bytecode.Machine == "x86" ? "x86_64-linux-gnu" : "aarch64-linux-gnu";
}
