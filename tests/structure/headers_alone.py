# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each header compiles alone, with the compiler and the include paths of the build folder.

A header that a .cc file includes before anything else was compiled alone when the tree was built;
the others are tried here.
usage: headers_alone.py SOURCE_ROOT BUILD_ROOT
"""
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

import tree

FIRST_INCLUDE = re.compile(r'\A(?:\s*//[^\n]*\n|\s*\n|#define[^\n]*\n)*#include "([^"]+)"')
KEPT = re.compile(r"^-(I|isystem|D|std=)")


def command_line(build):
    """The build's compiler, and every include path and definition that it uses anywhere."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = [shlex.split(entry["command"]) for entry in json.load(file)]
    flags = dict.fromkeys(f for c in commands for f in c if KEPT.match(f))
    compiler = [w for w in commands[0][:2] if not w.startswith("-")]
    return compiler + list(flags)


def first_included(root, path):
    """The header that a .cc file includes first; beside it, or named from a folder above."""
    match = FIRST_INCLUDE.search(tree.read(root, path))
    if not match:
        return set()
    folder, name = os.path.dirname(path), match[1]
    return {os.path.join(folder, name), os.path.join(os.path.dirname(folder), name)}


def main():
    root, build = sys.argv[1:]
    command = command_line(build)
    sources = tree.sources(root)
    tried = set().union(*(first_included(root, p) for p in sources if p.endswith(".cc")))
    headers = [p for p in sources if p.endswith(".h") and p not in tried]

    def compile_alone(path):
        run = subprocess.run(
            [*command, "-fsyntax-only", "-x", "c++", "-include", os.path.join(root, path),
             "/dev/null"], cwd=build, capture_output=True, text=True)
        return f"{path}: does not compile alone\n{run.stderr}" if run.returncode else None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [c for c in pool.map(compile_alone, headers) if c]
    tree.finish(complaints, len(headers))


main()
