# SPDX-License-Identifier: Apache-2.0
"""What is in a guest besides its payload: busybox, and programs of this host with the shared libraries that they need."""

import pathlib
import re
import shutil
import subprocess

# Without busybox there is no guest; the others are there when the host has them, and whoever runs them finds out.
BUSYBOX = "busybox"
PROGRAMS = ("bpftool", "openssl", "curl", "nc.openbsd", "setpriv", "/usr/bin/python3")
# Loaded at run time, so that no program's list of libraries names them.
LIBRARIES = ("libbpf.so.1", "libelf.so.1", "libz.so.1", "libssl.so.3", "libcrypto.so.3", "libstdc++.so.6", "libgcc_s.so.1", "libm.so.6",
             "libdl.so.2", "librt.so.1", "libpthread.so.0", "libnss_files.so.2", "libgssapi_krb5.so.2", "libsasl2.so.2", "libzstd.so.1",
             "liblz4.so.1")
FILES = ("/etc/ssl/openssl.cnf", "/usr/lib/ssl", "/etc/protocols", "/etc/services")
# Large, and of no use to a guest without a terminal.
PYTHON_WITHOUT = ("__pycache__", "test", "tests", "idlelib", "lib2to3", "tkinter", "ensurepip", "pydoc_data", "turtledemo", "distutils",
                  "dist-packages")
TEXTS = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/resolv.conf": "",
}


class GuestError(Exception):
    """The host lacks what a guest needs; the message says what to do."""


def add_host_programs(archive):
    """Makes a root file system out of this host's programs."""
    # One directory for all of them, as on the host: /lib is a link to /usr/lib, and so on.
    for name in ("bin", "sbin", "lib", "lib64"):
        archive.add_directory(f"/usr/{name}")
        archive.add_link(f"/{name}", f"usr/{name}")
    _add_busybox(archive)
    found = [path for path in map(_which, PROGRAMS) if path]
    loadable = [path for path in map(_library, LIBRARIES) if path]
    python = _python_library()
    extensions = sorted(str(path) for path in python.glob("lib-dynload/*.so")) if python else []
    for path in sorted(set(found + loadable + _libraries_of(found + loadable + extensions))):
        _add_resolved(archive, path)
    if python:
        archive.add_tree(str(python), python, PYTHON_WITHOUT)
    for path in FILES:
        _add_resolved(archive, path)
    add_texts(archive)


def add_texts(archive):
    for path, text in TEXTS.items():
        archive.add_bytes(path, text.encode())
    for path in ("/proc", "/sys", "/dev", "/run", "/tmp", "/root", "/output", "/payload", "/var/run"):
        archive.add_directory(path)


def _add_busybox(archive):
    busybox = _which(BUSYBOX)
    if not busybox:
        raise GuestError("busybox is missing: run `eng/setup.sh kernels` (Debian: busybox-static).")
    if _libraries_of([busybox]):
        raise GuestError(f"{busybox} is linked with shared libraries; a guest needs the static one (Debian: busybox-static).")
    archive.add_bytes("/usr/bin/busybox", pathlib.Path(busybox).read_bytes(), 0o755)
    archive.add_link("/usr/bin/sh", "busybox")


def _which(name):
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    return found


def _library(name):
    cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    match = re.search(rf"^\s{re.escape(name)} .*x86-64.* => (/\S+)$", cache, re.MULTILINE)
    return match.group(1) if match else None


def _libraries_of(paths):
    if not paths:
        return []
    # Fails for a static program, and prints nothing then that looks like a library.
    listing = subprocess.run(["ldd", *paths], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(?:=> |^\t)(/\S+)(?= \(0x)", listing, re.MULTILINE)


def _python_library():
    probe = subprocess.run(["/usr/bin/python3", "-c", "import os; print(os.path.dirname(os.__file__))"],
                           capture_output=True, text=True, check=False)
    return pathlib.Path(probe.stdout.strip()) if probe.returncode == 0 else None


def _add_resolved(archive, path):
    """Adds a file, and what it points to when it is a link, under the names that they have on the host."""
    path = pathlib.Path(path)
    while path.exists() or path.is_symlink():
        if path.is_dir() and not path.is_symlink():
            archive.add_tree(str(_merged(path)), path)
            return
        archive.add_file(str(_merged(path)), path)
        if not path.is_symlink():
            return
        path = path.parent / path.readlink()


def _merged(path):
    """/lib/x is /usr/lib/x here, whatever the host calls it: the archive cannot go through links."""
    text = re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", str(path))
    return pathlib.PurePosixPath(text)
