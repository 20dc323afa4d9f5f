// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Engine;

/// <summary>
/// A hook of the processes of a cgroup and those below it (Linux 5.7), which one the program's section says: cgroup_skb/ingress, cgroup_skb/egress,
/// cgroup/sock_create, cgroup/connect4, cgroup/connect6, cgroup/sendmsg4, sockops and their like.
/// </summary>
/// <param name="Program">A program of such a section.</param>
/// <param name="CgroupPath">A directory of cgroup v2.</param>
public sealed record CgroupProbe(string Program, string CgroupPath) : Probe(Program)
{
    /// <inheritdoc/>
    public override string Place => "cgroup " + CgroupPath;

    internal override string Requirement => "Programs of cgroups need cgroup v2, CONFIG_CGROUP_BPF, CAP_NET_ADMIN and Linux 5.7.";

    internal override BpfLink Attach(BpfProgram program)
    {
        // The link keeps the cgroup by itself.
        using CgroupDirectory cgroup = CgroupDirectory.Open(CgroupPath);
        return program.AttachCgroup(cgroup);
    }
}
