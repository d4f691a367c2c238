# SPDX-License-Identifier: LGPL-2.1-or-later
"""What stands where, how long files are, and what no file may mention.

usage: files.py SOURCE_ROOT
"""
import re
import statistics
import sys

import tree

TOP_LEVEL = {
    "meson.build", "meson_options.txt", "README.md", "LICENSE", "plugins", "elements", "pipelines",
    "tests", "docs",
}
ELEMENT_FOLDERS = {"release", "schedule", "cache", "server", "peers", "node", "triadsrc"}
LONGEST = 800
MEDIAN_BELOW = 200
# Places that exist on some machines only, and promises that nobody keeps. Written in two parts, so
# that this file does not complain of itself.
UNWELCOME = re.compile("|".join([
    r"\.\./" + "shared", "/work" + "/", r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bX" + r"XX\b"]))
BINARY = (".png", ".ogg", ".opus", ".mp3", ".flac", ".m4a", ".torrent", ".ico")


def main():
    root = sys.argv[1]
    complaints = []
    lengths = {}
    paths = tree.files(root)
    everything = set(paths)
    for path in paths:
        parts = path.split("/")
        if parts[0] not in TOP_LEVEL and not parts[0].startswith("."):
            complaints.append(f"{path}: does not belong at the top of the tree")
        if parts[0] == "elements" and len(parts) > 2 and parts[1] not in ELEMENT_FOLDERS:
            complaints.append(f"{path}: no such folder in elements/")
        if {"common", "util", "utils", "misc"} & set(parts):
            complaints.append(f"{path}: a folder or file named for nothing in particular")
        if path.endswith(BINARY) or path.startswith("tests/fuzz/corpus/"):
            continue
        text = tree.read(root, path)
        for match in UNWELCOME.finditer(text):
            complaints.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}")
        lines = text.count("\n")
        script = text.startswith("#!") or path.endswith(".py")
        if path.endswith((".cc", ".h")):
            lengths[path] = lines
            described = path.endswith(".cc") and path[:-2] + "h" in everything
            check_head(path, text, described, complaints)
        if (script or path in lengths) and lines > LONGEST:
            complaints.append(f"{path}: {lines} lines, {LONGEST} at most")
    median = statistics.median(lengths.values())
    if median >= MEDIAN_BELOW:
        complaints.append(f"the median file has {median} lines, under {MEDIAN_BELOW} is wanted")
    tree.finish(complaints, len(paths))


def check_head(path, text, described, complaints):
    """The licence, and what the file is for, which a header may say for its .cc."""
    lines = text.split("\n", 3)
    if lines[0] != "// SPDX-License-Identifier: LGPL-2.1-or-later":
        complaints.append(f"{path}: the first line names no licence")
    elif not described and not lines[1].startswith("// "):
        complaints.append(f"{path}: the second line does not say what the file is for")
    if path.endswith(".h") and "#pragma once" not in text:
        complaints.append(f"{path}: no #pragma once")


main()
