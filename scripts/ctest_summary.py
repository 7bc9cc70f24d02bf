#!/usr/bin/env python3
"""ctest_summary.py REPORT.xml CTEST_STATUS [CTEST.log]: lists skipped tests with their reasons and failed ones with what they said, then the closing line.

The counts are ctest's own (its JUnit report). Exits 1 when a test failed, none ran, or ctest said so.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree


# Of the output of a failed test, from the end; and of how many of them.
SHOWN_LINES = 60
SHOWN_TESTS = 10


def load(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    # Test output may hold control characters that XML does not allow.
    return ElementTree.fromstring(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text))


def skip_reason(case):
    """GoogleTest prints `file:line: Skipped`, then the reason; scripts print lines that begin with `skipped: `."""
    output = case.findtext("system-out") or ""
    match = re.search(r": Skipped\n(.*?)\n*\[  SKIPPED \]", output, re.DOTALL)
    lines = re.findall(r"^skipped: (.*)$", output, re.MULTILINE)
    reason = " ".join(match.group(1).split()) if match else "; ".join(lines)
    return reason.removeprefix("skipped: ") or "no reason given"


def failed_attempts(log):
    """Names of the tests that failed at least once; the report knows only how each ended."""
    line = re.compile(r"Test\s+#\d+: (\S+) \.+\*\*\*(?!Skipped|Not Run)")
    with open(log, encoding="utf-8", errors="replace") as file:
        return {match.group(1) for match in map(line.search, file) if match}


def main():
    report, ctest_status = sys.argv[1], int(sys.argv[2])
    try:
        cases = load(report).findall("testcase")
    except (OSError, ElementTree.ParseError) as error:
        print(f"ctest left no report: {error}")
        print("0 passed, 1 failed")
        return 1
    passed, failed, skipped = [], [], []
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            failed.append(case)
        elif case.get("status") == "run":
            passed.append(case)
        elif case.find("skipped") is not None and "SKIP_" in (case.find("skipped").get("message") or ""):
            skipped.append(case)
        elif case.get("status") == "disabled":
            skipped.append(case)
        else:  # not run: a missing executable, a fixture that failed
            failed.append(case)

    slowest = sorted(cases, key=lambda case: float(case.get("time") or 0), reverse=True)[:5]
    print("\nslowest: " + ", ".join(f"{case.get('name')} {float(case.get('time') or 0):.1f} s" for case in slowest))
    for case in skipped:
        print(f"skipped: {case.get('name')}: {skip_reason(case)}")
    if len(sys.argv) > 3:
        for name in sorted(failed_attempts(sys.argv[3]) & {case.get("name") for case in passed}):
            print(f"unsteady: {name} failed first and passed at the second attempt")
    for case in failed[:SHOWN_TESTS]:
        print(f"\n--- {case.get('name')} said at its end:")
        print("\n".join((case.findtext("system-out") or "nothing").rstrip().splitlines()[-SHOWN_LINES:]))
    for case in failed:
        print(f"FAILED: {case.get('name')}")
    if not cases:
        print("no tests ran")
    line = f"{len(passed)} passed, {len(failed)} failed"
    print(line + (f", {len(skipped)} skipped" if skipped else ""))
    if ctest_status != 0 and not failed:
        print(f"ctest ended with status {ctest_status}", file=sys.stderr)
    return 1 if failed or not cases or ctest_status != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
