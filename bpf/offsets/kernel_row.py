#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints a row of kernel.tsv from a kernel's own type information.

kernel_row.py MACHINE VERSION CONFIGURATION SOURCE BTF     BTF: a copy of /sys/kernel/btf/vmlinux, or a kernel image that holds it uncompressed
kernel_row.py --head                                       the line that names the columns
"""
import re
import struct
import sys
from pathlib import Path

FIELDS = Path(__file__).resolve().parent.parent / "include" / "kernel_fields.h"
STRUCT, UNION = 4, 5
# Bytes behind the twelve that every type has: fixed, and for each of its vlen members.
EXTRA = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0), 15: (0, 12), 17: (4, 0), 19: (0, 12)}
PASSED_THROUGH = (8, 9, 10, 11, 18)  # typedef, volatile, const, restrict, type tag


def read_fields():
    return re.findall(r"^\tF\((\w+), (\w+), ([\w.]+)\)", FIELDS.read_text(), re.M)


class Btf:
    def __init__(self, data):
        start = data.find(struct.pack("<HBBI", 0xEB9F, 1, 0, 24))
        if start < 0:
            sys.exit("There is no BTF in that file.")
        type_off, type_len, str_off, str_len = struct.unpack_from("<4I", data, start + 8)
        base = start + 24
        self.names = data[base + str_off:base + str_off + str_len]
        self.types = [None]
        at, end = base + type_off, base + type_off + type_len
        while at < end:
            name, info, size = struct.unpack_from("<3I", data, at)
            kind, count = info >> 24 & 31, info & 0xFFFF
            fixed, each = EXTRA.get(kind, (0, 0))
            members = [struct.unpack_from("<3I", data, at + 12 + 12 * i) for i in range(count)] if kind in (STRUCT, UNION) else []
            self.types.append((self.text(name), kind, size, info >> 31, members))
            at += 12 + fixed + each * count

    def text(self, offset):
        return self.names[offset:self.names.index(b"\0", offset)].decode()

    def resolve(self, index):
        while self.types[index][1] in PASSED_THROUGH:
            index = self.types[index][2]
        return index

    def member(self, index, wanted):
        """(bit offset, type) of a member, also inside anonymous ones; None when there is none."""
        _, kind, _, has_bit_fields, members = self.types[self.resolve(index)]
        for name_off, kind_index, place in members if kind in (STRUCT, UNION) else []:
            bits = place & 0xFFFFFF if has_bit_fields else place
            name = self.text(name_off)
            if name == wanted:
                return bits, kind_index
            found = self.member(kind_index, wanted) if not name else None
            if found:
                return bits + found[0], found[1]
        return None

    def offset(self, structure, path):
        at = next((i for i, t in enumerate(self.types) if t and t[0] == structure and t[1] == STRUCT), None)
        bits = 0
        for name in path.split("."):
            found = self.member(at, name) if at is not None else None
            if found is None:
                return None
            bits += found[0]
            at = found[1]
        return bits // 8


def main(arguments):
    fields = read_fields()
    if arguments == ["--head"]:
        print("\t".join(["machine", "version", "configuration", "source"] + [name for name, _, _ in fields]))
        return
    if len(arguments) != 5:
        sys.exit(__doc__)
    btf = Btf(Path(arguments[4]).read_bytes())
    offsets = [btf.offset(structure, path) for _, structure, path in fields]
    print("\t".join(arguments[:4] + ["-" if offset is None else str(offset) for offset in offsets]))


if __name__ == "__main__":
    main(sys.argv[1:])
