# SPDX-License-Identifier: LGPL-2.1-or-later
"""A link's parts, and links, with a real browser.

usage: chromium_test.py SCENARIO PROGRAM...
    SCENARIO  descriptions: session descriptions and host names; link: data over channels
"""
import os
import subprocess
import sys
import tempfile

import sandbox

sandbox.enter()
with tempfile.TemporaryDirectory() as folder:
    os.environ["TMPDIR"] = folder
    scenario, *programs = sys.argv[1:]
    subprocess.run([sandbox.NODE, os.path.join(sandbox.HERE, f"chromium_{scenario}.mjs"),
                    *programs], check=True)
