#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command on another kernel, in a virtual machine without KVM.

    eng/kernels/boot.py 5.10 --payload artifacts/bpf/x86 -- bpftool prog loadall x.o /sys/fs/bpf/x

The guest is a Debian cloud kernel (kernels.tsv; fetched once through apt) with an initramfs: busybox, this host's bpftool, openssl, curl,
nc and python3, the payload folders under /payload, the current directory there. What the command prints appears here as it comes; files
that it leaves in /output go to --output. The command is run as root and without a network besides loopback.

Exit code: the command's own; 124 when the time limit ended it; 125 when the guest ended without an answer (the kernel's last words are
printed); 2 wrong usage; 3 something is missing on this machine.
"""

import argparse
import io
import lzma
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading

import guest
import initramfs

HERE = pathlib.Path(__file__).resolve().parent
TIMED_OUT, NO_ANSWER, UNUSABLE, WRONG_USAGE = 124, 125, 3, 2
# The first two are the way out of the guest; the others are what `tc` attachments need.
MODULES = ("virtio_pci", "virtio_console", "sch_ingress", "cls_bpf", "veth", "dummy")
MACHINES = {
    # Everything that can be emulated: newer user space asks for more than the oldest processors have.
    "amd64": ["qemu-system-x86_64", "-machine", "q35", "-cpu", "max"],
    "arm64": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a72"],
}
# QEMU 7.2 sometimes leaves garbage in the flags after a cmpxchg16b without lock, which the kernel's allocator then dies of; without that
# processor feature (141: CX16) the kernel uses a lock instead.
PARAMETERS = {"amd64": "console=ttyS0 clearcpuid=141", "arm64": "console=ttyAMA0"}


def main():
    options = parse(sys.argv[1:])
    try:
        kernel = fetch(options.kernel, options.arch)
        with tempfile.TemporaryDirectory(prefix="sluice-guest.") as folder:
            folder = pathlib.Path(folder)
            with open(folder / "initramfs", "wb") as stream:
                write_initramfs(stream, kernel, options)
            return run(kernel, folder, options)
    except guest.GuestError as error:
        print(f"boot: {error}", file=sys.stderr)
        return UNUSABLE


def parse(arguments):
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(prog="boot.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage="boot.py KERNEL [options] -- COMMAND…")
    parser.add_argument("kernel", help="a name of kernels.tsv: 5.10, 6.1, 6.12, 7.2")
    parser.add_argument("--arch", choices=sorted(MACHINES), default="amd64")
    parser.add_argument("--payload", action="append", default=[], metavar="DIR", help="its content goes to /payload; repeatable")
    parser.add_argument("--root", metavar="DIR", help="the guest's root file system instead of this host's programs (must have busybox)")
    parser.add_argument("--output", metavar="DIR", help="where the files of the guest's /output go")
    parser.add_argument("--hide-btf", action="store_true", help="the guest finds no /sys/kernel/btf/vmlinux")
    parser.add_argument("--memory", type=int, default=2048, metavar="MIB")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--time-limit", type=int, default=300, metavar="SECONDS", help="from the start of the guest (300)")
    parser.add_argument("--append", default="", metavar="TEXT", help="more kernel parameters")
    parser.add_argument("--console", metavar="FILE", help="keeps what the kernel printed")
    options = parser.parse_args(arguments[:split])
    options.command = arguments[split + 1:]
    if not options.command:
        parser.error("no command (after --)")
    for folder in options.payload + ([options.root] if options.root else []):
        if not os.path.isdir(folder):
            parser.error(f"no such folder: {folder}")
    return options


def fetch(name, arch):
    fetched = subprocess.run([HERE / "fetch.sh", name, arch], stdout=subprocess.PIPE, text=True, check=False)
    if fetched.returncode != 0:
        # A mirror that does not answer is as good as none.
        sys.exit(fetched.returncode if fetched.returncode == WRONG_USAGE else UNUSABLE)
    return pathlib.Path(fetched.stdout.strip())


def write_initramfs(stream, kernel, options):
    archive = initramfs.Initramfs(stream)
    archive.add_file("/init", HERE / "in-guest" / "init")
    if options.root:
        archive.add_tree("/", options.root)
        guest.add_texts(archive)
    else:
        guest.add_host_programs(archive)
    names = []
    for path in modules_to_load(kernel):
        names.append(path.name.removesuffix(".xz"))
        packed = path.read_bytes()
        archive.add_bytes(f"/usr/lib/modules/{names[-1]}", lzma.decompress(packed) if path.suffix == ".xz" else packed)
    archive.add_file(f"/boot/config-{(kernel / 'release').read_text().strip()}", kernel / "config")
    archive.add_bytes("/run/modules", "".join(f"{name}\n" for name in names).encode())
    archive.add_bytes("/run/command", (shlex.join(options.command) + "\n").encode())
    if options.hide_btf:
        archive.add_bytes("/run/hide-btf", b"")
    for folder in options.payload:
        archive.add_tree("/payload", folder)
    archive.close()


def modules_to_load(kernel):
    """The files of MODULES and what they need, in the order of loading. What the kernel has built in has no file."""
    needs = {}
    for line in (kernel / "modules" / "modules.dep").read_text().splitlines():
        path, _, others = line.partition(":")
        # The file that has to be loaded first stands last.
        needs[pathlib.Path(path).name.split(".ko")[0]] = [*reversed(others.split()), path]
    paths = dict.fromkeys(path for name in MODULES for path in needs.get(name, []))
    return [kernel / "modules" / path for path in paths]


def command_line(kernel, folder, options):
    # panic=-1 with -no-reboot: a kernel that panics ends the guest at once.
    parameters = f"{PARAMETERS[options.arch]} loglevel=5 panic=-1 rdinit=/init {options.append}"
    return [
        *MACHINES[options.arch], "-accel", "tcg,thread=multi", "-smp", str(options.cpus), "-m", str(options.memory),
        "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-nic", "none",
        "-kernel", str(kernel / "vmlinuz"), "-initrd", str(folder / "initramfs"), "-append", parameters.strip(),
        "-serial", f"file:{folder / 'console'}",
        "-device", "virtio-serial-pci",
        "-chardev", "file,id=printed,path=/dev/stdout", "-device", "virtserialport,nr=1,chardev=printed",
        "-chardev", f"file,id=answer,path={folder / 'answer'}", "-device", "virtserialport,nr=2,chardev=answer",
    ]


def run(kernel, folder, options):
    command = command_line(kernel, folder, options)
    if not shutil.which(command[0]):
        raise guest.GuestError(f"{command[0]} is missing: run `eng/setup.sh kernels`.")
    machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    expired = threading.Event()

    def expire():
        expired.set()
        machine.kill()

    limit = threading.Timer(options.time_limit, expire)
    limit.start()
    # Whoever ends this program ends the guest: it would go on using the processors.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        while chunk := machine.stdout.read1(65536):
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
        machine.wait()
    finally:
        limit.cancel()
        machine.kill()
        machine.wait()
    return conclude(folder, options, expired.is_set())


def conclude(folder, options, expired):
    console = folder / "console"
    if options.console and console.exists():
        shutil.copyfile(console, options.console)
    code = unpack(folder / "answer", options.output)
    if code is not None:
        return code
    tail = console.read_text(errors="replace").splitlines()[-15:] if console.exists() else []
    print("\n".join(f"  kernel: {line}" for line in tail), file=sys.stderr)
    if expired:
        print(f"boot: {options.kernel}: not finished after {options.time_limit} s (--time-limit); the guest was ended.", file=sys.stderr)
        return TIMED_OUT
    print(f"boot: {options.kernel}: the guest ended without an answer; above are the kernel's last words.", file=sys.stderr)
    return NO_ANSWER


def unpack(answer, output):
    """The exit code out of the guest's archive, after putting its files in place; None when the archive is not whole."""
    if not answer.exists():
        return None
    try:
        with tarfile.open(fileobj=io.BytesIO(answer.read_bytes())) as archive:
            code = int(archive.extractfile("run/exit-code").read())
            for member in archive.getmembers():
                name = member.name.removeprefix("output").lstrip("/")
                if not output or member.name == "run/exit-code" or not name:
                    continue
                target = pathlib.Path(output) / name
                if member.isdir():
                    target.mkdir(parents=True, exist_ok=True)
                elif member.isfile():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.extractfile(member).read())
            return code
    except (tarfile.TarError, KeyError, ValueError):
        return None


if __name__ == "__main__":
    sys.exit(main())
