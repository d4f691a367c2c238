# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests/run asks: which tests and targets a tree needs, and how many cases passed.

usage: tally.py targets BUILD SELECTION
       tally.py tests BUILD SELECTION WITHOUT SKIPPED_FILE
       tally.py sum RESULTS

SELECTION: all; sanitized: the suites unit, element and sanitized (and the fuzz targets); threaded:
of those the units that have threads. WITHOUT: suites between commas.
"""
import glob
import json
import os
import sys
import xml.etree.ElementTree

SANITIZED = {"unit", "element", "sanitized"}
THREADED = {"node", "triadsrc", "server", "cache"}


def introspect(build, what):
    with open(os.path.join(build, "meson-info", f"intro-{what}.json"), encoding="utf-8") as file:
        return json.load(file)


def suites(test):
    return {suite.split(":")[-1] for suite in test["suite"]}


def folder_of(target):
    return os.path.basename(os.path.dirname(target["defined_in"]))


def selected(build, selection):
    """The tests that a tree runs, each with the targets it depends on."""
    by_id = {target["id"]: target for target in introspect(build, "targets")}
    by_file = {name: t for t in by_id.values() for name in t["filename"]}
    for test in introspect(build, "tests"):
        program = by_file.get(test["cmd"][0])
        needed = [by_id[i] for i in test["depends"] if i in by_id]
        if selection != "all":
            tested = program or next(iter(needed), None)
            if not tested or not suites(test) & SANITIZED:
                continue
            if selection == "threaded" and folder_of(tested) not in THREADED:
                continue
        yield test, ([program] if program else []) + needed


def targets(build, selection):
    if selection == "all":
        print("all")
        return
    files = {f for _, needed in selected(build, selection) for t in needed for f in t["filename"]}
    if selection == "sanitized":
        files |= {f for t in introspect(build, "targets") if t["name"].startswith("fuzz_")
                  for f in t["filename"]}
    print(*sorted(os.path.relpath(f, build) for f in files))


def tests(build, selection, without, skipped_file):
    without = set(filter(None, without.split(",")))
    skipped = 0
    for test, _ in selected(build, selection):
        if suites(test) & without:
            skipped += 1
        else:
            print(test["name"])
    with open(skipped_file, "w", encoding="utf-8") as file:
        print(skipped, file=file)


def count_cases(path, chosen):
    """(passed, failed) of a JUnit file; a case that skipped itself failed: nobody asked for it.
    `chosen`: of those that the command line chose; Boost.Test calls the others skipped."""
    try:
        suite = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return 0, 0
    cases = [case for case in suite.iter("testcase")
             if not chosen or case.find("skipped") is None]
    failed = sum(any(c.find(k) is not None for k in ("failure", "error", "skipped")) for c in cases)
    return len(cases) - failed, failed


def count_log(path):
    """(passed, failed) of one tree's meson log, by cases where a program wrote them down."""
    folder = path.removesuffix(".json")
    all_passed = all_failed = 0
    with open(path, encoding="utf-8") as file:
        for entry in map(json.loads, file):
            program = os.path.basename(next(
                (w for w in entry["command"] if not w.endswith("/tests/counted")), ""))
            chosen = any(w.startswith(("--run_test", "-t")) for w in entry["command"])
            passed, failed = count_cases(os.path.join(folder, program + ".xml"), chosen)
            if entry["result"] == "OK":
                passed = passed or 1
            else:
                failed = failed or 1
                print(f"FAILED: {entry['name']} ({os.path.basename(folder)}): {entry['result']}")
            all_passed += passed
            all_failed += failed
    return all_passed, all_failed


def total(results):
    passed = failed = skipped = 0
    for path in sorted(glob.glob(os.path.join(results, "*.json"))):
        more_passed, more_failed = count_log(path)
        passed += more_passed
        failed += more_failed
    for path in sorted(glob.glob(os.path.join(results, "*.failed"))):
        with open(path, encoding="utf-8") as file:
            print("FAILED:", file.read().strip())
        failed += 1
    for kind in ("passed", "skipped"):
        count = 0
        for path in glob.glob(os.path.join(results, "*." + kind)):
            with open(path, encoding="utf-8") as file:
                count += int(file.read())
        passed, skipped = (passed + count, skipped) if kind == "passed" else (passed, count)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or not passed else 0)


{"targets": targets, "tests": tests, "sum": total}[sys.argv[1]](*sys.argv[2:])
