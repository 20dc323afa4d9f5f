# SPDX-License-Identifier: Apache-2.0
"""Writes an initramfs: an archive of the "newc" format, which the kernel unpacks into its first root file system."""

import os
import pathlib
import stat


class Initramfs:
    """Adds files one after the other; parents of a path are made as needed, and a path that is there already is kept."""

    def __init__(self, stream):
        self._stream = stream
        self._paths = set()

    def add_directory(self, path):
        path = _normalised(path)
        if path in self._paths or path == "":
            return
        self._write(path, stat.S_IFDIR | 0o755, b"")

    def add_bytes(self, path, content, mode=0o644):
        self._write(path, stat.S_IFREG | mode, content)

    def add_link(self, path, target):
        self._write(path, stat.S_IFLNK | 0o777, target.encode())

    def add_file(self, path, source):
        """Adds what `source` is itself: a link stays a link."""
        source = pathlib.Path(source)
        if source.is_symlink():
            self.add_link(path, os.readlink(source))
        elif source.is_file():
            self.add_bytes(path, source.read_bytes(), 0o755 if os.access(source, os.X_OK) else 0o644)
        elif source.is_dir():
            self.add_directory(path)

    def add_tree(self, path, source, without=()):
        """Adds everything below the folder `source`; names in `without` are left out, at any depth."""
        for folder, folders, files in os.walk(source):
            folders[:] = sorted(name for name in folders if name not in without)
            here = pathlib.PurePosixPath(path) / os.path.relpath(folder, source)
            self.add_directory(str(here))
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            for name in sorted(files) + links:
                if name not in without:
                    self.add_file(str(here / name), os.path.join(folder, name))

    def close(self):
        self._write_entry("TRAILER!!!", 0, b"", 0)
        self._stream.write(bytes(-self._stream.tell() % 512))

    def _write(self, path, mode, content):
        path = _normalised(path)
        if path in self._paths:
            return
        self.add_directory(str(pathlib.PurePosixPath(path).parent))
        self._paths.add(path)
        self._write_entry(path, mode, content, len(self._paths))

    def _write_entry(self, name, mode, content, inode):
        encoded = name.encode() + b"\0"
        # inode, mode, uid, gid, links, mtime, size, device numbers of the file and of the node, length of the name, checksum
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self._stream.write(header + bytes(-len(header) % 4))
        self._stream.write(content)
        self._stream.write(bytes(-len(content) % 4))


def _normalised(path):
    path = os.path.normpath(path).strip("/")
    return "" if path == "." else path
