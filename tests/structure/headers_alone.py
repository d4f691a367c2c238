# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each header compiles alone, with the compiler and the include paths of the build folder.

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

KEPT = re.compile(r"^-(I|isystem|D|std=)")


def command_line(build):
    """The build's compiler, and every include path and definition that it uses anywhere."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = [shlex.split(entry["command"]) for entry in json.load(file)]
    flags = dict.fromkeys(f for c in commands for f in c if KEPT.match(f))
    compiler = [w for w in commands[0][:2] if not w.startswith("-")]
    return compiler + list(flags)


def main():
    root, build = sys.argv[1:]
    command = command_line(build)
    headers = [p for p in tree.sources(root) if p.endswith(".h")]

    def compile_alone(path):
        run = subprocess.run(
            [*command, "-fsyntax-only", "-x", "c++", "-include", os.path.join(root, path),
             "/dev/null"], cwd=build, capture_output=True, text=True)
        return f"{path}: does not compile alone\n{run.stderr}" if run.returncode else None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [c for c in pool.map(compile_alone, headers) if c]
    tree.finish(complaints, len(headers))


main()
