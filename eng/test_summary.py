# SPDX-License-Identifier: Apache-2.0
"""Adds up the results that eng/test.sh collected and prints them; the last line is `N passed, N failed`.

Reads DIR/*.xml (xunit v2+ format) and DIR/*.error (one line: why a project did not finish, counted as one failure).
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def first_line(text):
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "no message")


def main(folder):
    passed = 0
    failures = []
    skips = []
    for path in sorted(folder.glob("*.xml")):
        try:
            root = ElementTree.parse(path).getroot()
        except ElementTree.ParseError as error:
            failures.append((path.stem, f"unreadable results: {error}"))
            continue
        tests = list(root.iter("test"))
        if not tests:
            print(f"warning: {path.stem} has no tests")
        for test in tests:
            result = test.get("result")
            if result == "Pass":
                passed += 1
            elif result == "Fail":
                failures.append((test.get("name"), first_line(test.findtext("failure/message"))))
            elif result == "Skip":
                skips.append((test.get("name"), first_line(test.findtext("reason"))))
        # Errors outside of a test: a fixture's or a class's clean-up.
        for error in root.iter("error"):
            failures.append((f"{path.stem}: {error.get('type')}", first_line(error.findtext("failure/message"))))
    for path in sorted(folder.glob("*.error")):
        failures.append((path.stem, path.read_text().strip()))

    print()
    if skips:
        print(f"{len(skips)} skipped:")
        for name, reason in skips:
            print(f"  {name}: {reason}")
    if failures:
        print(f"{len(failures)} failed:")
        for name, message in failures:
            print(f"  {name}: {message}")
    if passed == 0 and not failures:
        print("no test ran")
    print(f"{passed} passed, {len(failures)} failed", flush=True)
    return 1 if failures or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
