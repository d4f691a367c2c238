# SPDX-License-Identifier: LGPL-2.1-or-later
"""The project's own files, for the checks of this folder."""
import os
import subprocess
import sys


def files(root):
    """Paths, relative to root: what git tracks or would track; in an unpacked archive, all."""
    if os.path.exists(os.path.join(root, ".git")):
        listed = subprocess.run(
            ["git", "-c", f"safe.directory={root}", "-C", root, "ls-files", "-z", "--cached",
             "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout
        paths = [p for p in listed.split("\0") if p]
    else:
        paths = []
        for folder, folders, names in os.walk(root):
            folders[:] = [f for f in folders if f != "node_modules"
                          and not os.path.exists(os.path.join(folder, f, "meson-private"))]
            paths += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(p for p in set(paths) if os.path.isfile(os.path.join(root, p)))


def sources(root):
    """The C++ files of the tree."""
    return [p for p in files(root) if p.endswith((".cc", ".h"))]


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def finish(complaints, checked):
    """Ends the program: prints the complaints and fails if there are any."""
    for complaint in complaints:
        print(complaint)
    print(f"{checked} checked, {len(complaints)} complaints")
    sys.exit(1 if complaints or not checked else 0)
