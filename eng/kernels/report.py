# SPDX-License-Identifier: Apache-2.0
"""What came out of the kernel suite: as a table for people, in docs/kernels.md, and as test results."""

import xml.etree.ElementTree as ElementTree

PASS, FAIL, LACKING = "Pass", "Fail", "Lacking"
WORDS = {PASS: "ok", FAIL: "**failed**", LACKING: "lacks"}
AREAS = ("bytecode", "probe", "tls", "filter", "connections", "lockdown")
BEGIN = "<!-- kernel report: begin (make test-kernels ARGS=--write-docs) -->"
END = "<!-- kernel report: end -->"


def broken_run(reason):
    return {"kernel": "", "area": "suite", "variant": "-", "subject": "run", "result": FAIL, "detail": reason, "seconds": 0}


def verified_object(line):
    """A line of in-guest/verify_objects.sh: release, object, programs, seconds, what bpftool said when it failed."""
    release, name, programs, seconds, said = line.split("\t")
    family, _, variant = name.removesuffix(".o").partition("_kern_")
    return {"kernel": release, "area": "bytecode", "variant": variant, "subject": f"{family}_kern", "result": FAIL if said else PASS,
            "detail": said or f"{programs} programs verified", "seconds": float(seconds)}


def table(results):
    """Markdown: a row for each step, a column for each kernel."""
    cells = {}
    for kernel, all_of in results.items():
        for result in all_of:
            cells.setdefault((result["area"], result["variant"], result["subject"]), {})[kernel] = WORDS[result["result"]]
    head = ["what", "variant", "subject", *results]
    # In the suite's order, also where single steps were repeated later.
    ordered = sorted(cells.items(), key=lambda cell: AREAS.index(cell[0][0]) if cell[0][0] in AREAS else len(AREAS))
    rows = [[*key, *(row.get(kernel, "") for kernel in results)] for key, row in ordered]
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def write_docs(path, results):
    releases = ", ".join(f"{kernel} = {all_of[0]['kernel']}" for kernel, all_of in results.items() if all_of)
    lacking = sorted({reason(result) for all_of in results.values() for result in all_of if result["result"] == LACKING})
    text = path.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    reasons = "".join(f"* {line}\n" for line in lacking)
    why = f"\n\"lacks\": tried, refused by the kernel, and known to be missing there:\n\n{reasons}" if lacking else ""
    path.write_text(f"{before}{BEGIN}\nBooted: {releases}. An empty cell was not tried.\n\n{table(results)}\n{why}{END}{after}")


def reason(result):
    """The table's reason, without what the kernel said, which has numbers and paths of one run."""
    return result["detail"].split("; it said:")[0]


def write_xml(path, results, skipped):
    """The elements of xunit's format that eng/test_summary.py looks at."""
    root = ElementTree.Element("assemblies")
    collection = ElementTree.SubElement(ElementTree.SubElement(root, "assembly"), "collection")
    for kernel, all_of in results.items():
        for result in all_of:
            name = f"Kernel {kernel}: {result['area']} {result['variant']} {result['subject']}"
            test = ElementTree.SubElement(collection, "test", name=name, time=str(result["seconds"]),
                                          result={PASS: "Pass", FAIL: "Fail", LACKING: "Skip"}[result["result"]])
            if result["result"] == FAIL:
                ElementTree.SubElement(ElementTree.SubElement(test, "failure"), "message").text = result["detail"]
            elif result["result"] == LACKING:
                ElementTree.SubElement(test, "reason").text = result["detail"]
    for kernel, why in skipped.items():
        test = ElementTree.SubElement(collection, "test", name=f"Kernel {kernel}", result="Skip")
        ElementTree.SubElement(test, "reason").text = why
    ElementTree.ElementTree(root).write(path)
