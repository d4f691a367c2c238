# SPDX-License-Identifier: LGPL-2.1-or-later
"""clang-format would change nothing.

usage: format.py SOURCE_ROOT
"""
import os
import subprocess
import sys

import tree


def main():
    root = sys.argv[1]
    paths = tree.sources(root)
    run = subprocess.run(
        ["clang-format", "--dry-run", "--Werror", "--style=file",
         *(os.path.join(root, p) for p in paths)],
        capture_output=True, text=True)
    complaints = [line for line in run.stderr.split("\n") if ": error:" in line]
    if run.returncode != 0 and not complaints:
        complaints = [f"clang-format failed: {run.stderr}"]
    tree.finish(complaints, len(paths))


main()
