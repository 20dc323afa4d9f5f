// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using Sluice.Bpf.Interop;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Bpf.Tests.Layout;

/// <summary>What Interop/ says about libbpf and the kernel, judged by the C compiler.</summary>
public sealed class InteropLayoutTests
{
    private const string LibbpfHeaders = "#include <bpf/libbpf.h>\n#include <bpf/bpf.h>\n#include <bpf/btf.h>";
    private const string KernelHeaders =
        "#include <linux/perf_event.h>\n#include <linux/bpf.h>\n#include <sys/syscall.h>\n#include <sys/mman.h>\n#include <sys/epoll.h>\n#include <sys/eventfd.h>\n#include <sys/ioctl.h>\n#include <string.h>\n#include <errno.h>";

    [Theory]
    [InlineData(typeof(bpf_object_open_opts))]
    [InlineData(typeof(bpf_map_create_opts))]
    [InlineData(typeof(bpf_map_batch_opts))]
    [InlineData(typeof(bpf_tc_hook))]
    [InlineData(typeof(bpf_tc_opts))]
    [InlineData(typeof(btf_member))]
    [InlineData(typeof(bpf_test_run_opts))]
    [InlineData(typeof(bpf_prog_load_opts))]
    [InlineData(typeof(btf_var_secinfo))]
    public async Task LibbpfStruct_EveryField_LiesWhereTheCompilerPutsIt(Type type)
    {
        Assert.SkipUnless(File.Exists("/usr/include/bpf/libbpf.h"), "Needs the headers of libbpf (libbpf-dev).");

        // An unnamed bit field in C, which offsetof cannot ask for.
        FieldInfo[] fields = [.. ManagedLayout.FieldsOf(type).Where(field => field.Name != nameof(bpf_object_open_opts.unused))];
        string[] expressions = [.. fields.SelectMany(field => new[]
        {
            $"offsetof(struct {type.Name}, {field.Name})",
            $"sizeof(((struct {type.Name} *)0)->{field.Name})",
        }), $"sizeof(struct {type.Name})"];

        long[] judged = await CCompiler.EvaluateAsync(LibbpfHeaders, expressions);

        Assert.Equal(judged, fields
            .SelectMany(field => new long[] { ManagedLayout.OffsetOf(field), ManagedLayout.SizeOf(field.FieldType) })
            .Append(ManagedLayout.SizeOf(type)));
    }

    [Fact]
    public async Task PerfEventAttr_FieldsAndFlags_AreTheKernels()
    {
        string[] fields = ["type", "size", "config", "sample_period", "sample_type", "read_format", "wakeup_events", "bp_type", "config1", "config2"];
        string[] flags = ["disabled", "mmap", "watermark", "mmap2"];
        string prologue = KernelHeaders + "\nstatic unsigned long long bits(struct perf_event_attr attr)\n{\n"
            + "\tunsigned long long value;\n\tmemcpy(&value, (char *)&attr + 40, 8);\n\treturn value;\n}";

        long[] judged = await CCompiler.EvaluateAsync(
            prologue,
            [
                .. fields.Select(field => $"offsetof(struct perf_event_attr, {field})"),
                .. flags.Select(flag => $"bits((struct perf_event_attr){{ .{flag} = 1 }})"),
                "PERF_ATTR_SIZE_VER1",
            ]);

        string[] managed = ["type", "size", "config", "sample_period", "sample_type", "read_format", "wakeup_events_or_watermark", "bp_type", "config1", "config2"];
        Assert.Equal(40, ManagedLayout.OffsetOf(typeof(PerfEventAttr).GetField(nameof(PerfEventAttr.flags))!));
        long[] expected =
        [
            .. managed.Select(name => (long)ManagedLayout.OffsetOf(typeof(PerfEventAttr).GetField(name)!)),
            (long)PerfEventAttr.FLAG_DISABLED,
            (long)PerfEventAttr.FLAG_MMAP,
            (long)PerfEventAttr.FLAG_WATERMARK,
            (long)PerfEventAttr.FLAG_MMAP2,
            ManagedLayout.SizeOf(typeof(PerfEventAttr)),
        ];
        Assert.Equal(judged, expected);
    }

    [Fact]
    public async Task Constants_OfInterop_HaveTheHeadersValues()
    {
        (string Expression, long Value)[] constants =
        [
            ("PERF_TYPE_SOFTWARE", PerfEventAttr.PERF_TYPE_SOFTWARE),
            ("PERF_COUNT_SW_DUMMY", (long)PerfEventAttr.PERF_COUNT_SW_DUMMY),
            ("PERF_COUNT_SW_BPF_OUTPUT", (long)PerfEventAttr.PERF_COUNT_SW_BPF_OUTPUT),
            ("PERF_SAMPLE_RAW", (long)PerfEventAttr.PERF_SAMPLE_RAW),
            ("PERF_EVENT_IOC_ENABLE", (long)PerfEventAttr.PERF_EVENT_IOC_ENABLE),
            ("PERF_EVENT_IOC_SET_BPF", (long)PerfEventAttr.PERF_EVENT_IOC_SET_BPF),
            ("PERF_TYPE_TRACEPOINT", PerfEventAttr.PERF_TYPE_TRACEPOINT),
            ("BPF_PERF_EVENT", Libc.BPF_PERF_EVENT),
            ("BPF_F_ALLOW_MULTI", Libc.BPF_F_ALLOW_MULTI),
            ("EBADF", Errno.EBADF),
            ("EEXIST", Errno.EEXIST),
            ("ENODEV", Errno.ENODEV),
            ("ENOSPC", Errno.ENOSPC),
            ("PERF_FLAG_FD_CLOEXEC", (long)PerfEventAttr.PERF_FLAG_FD_CLOEXEC),
            ("PERF_RECORD_LOST", PerfRing.PERF_RECORD_LOST),
            ("PERF_RECORD_SAMPLE", PerfRing.PERF_RECORD_SAMPLE),
            ("PERF_RECORD_MMAP2", PerfRing.PERF_RECORD_MMAP2),
            ("offsetof(struct perf_event_mmap_page, data_head)", PerfRing.DataHeadOffset),
            ("offsetof(struct perf_event_mmap_page, data_tail)", PerfRing.DataTailOffset),
            ("__NR_perf_event_open", Libc.NR_perf_event_open),
            ("PROT_READ", Libc.PROT_READ),
            ("PROT_WRITE", Libc.PROT_WRITE),
            ("MAP_SHARED", Libc.MAP_SHARED),
            ("EPOLL_CTL_ADD", Libc.EPOLL_CTL_ADD),
            ("EPOLLIN", Libc.EPOLLIN),
            ("(unsigned)EPOLLET", Libc.EPOLLET),
            ("EPOLL_CLOEXEC", Libc.EPOLL_CLOEXEC),
            ("EFD_NONBLOCK", Libc.EFD_NONBLOCK),
            ("EFD_CLOEXEC", Libc.EFD_CLOEXEC),
            ("sizeof(struct epoll_event) <= 16 && offsetof(struct epoll_event, events) == 0", 1),
            ("BPF_F_TEST_RUN_ON_CPU", bpf_test_run_opts.BPF_F_TEST_RUN_ON_CPU),
            ("BPF_MAP_TYPE_PERF_EVENT_ARRAY", (long)BpfMapType.PerfEventArray),
            ("BPF_MAP_TYPE_PERCPU_ARRAY", (long)BpfMapType.PerCpuArray),
            ("BPF_MAP_TYPE_CGROUP_ARRAY", (long)BpfMapType.CgroupArray),
            ("BPF_MAP_TYPE_ARRAY_OF_MAPS", (long)BpfMapType.ArrayOfMaps),
            ("BPF_MAP_TYPE_SK_STORAGE", (long)BpfMapType.SkStorage),
            ("BPF_MAP_TYPE_RINGBUF", (long)BpfMapType.RingBuffer),
            ("BPF_MAP_TYPE_TASK_STORAGE", (long)BpfMapType.TaskStorage),
            ("offsetof(struct bpf_prog_info, recursion_misses)", ManagedLayout.OffsetOf(typeof(bpf_prog_info).GetField(nameof(bpf_prog_info.recursion_misses))!)),
            ("EOPNOTSUPP", Errno.EOPNOTSUPP),
            ("E2BIG", Errno.E2BIG),
            ("ENOSYS", Errno.ENOSYS),
        ];

        long[] judged = await CCompiler.EvaluateAsync(KernelHeaders, [.. constants.Select(constant => constant.Expression)]);

        Assert.Equal(constants, constants.Zip(judged, (constant, value) => (constant.Expression, value)));
    }
}
