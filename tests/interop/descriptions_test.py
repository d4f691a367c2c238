# SPDX-License-Identifier: LGPL-2.1-or-later
"""Session descriptions and host names of a real browser.

usage: descriptions_test.py DESCRIPTIONS MDNS_QUERY
"""
import os
import subprocess
import sys
import tempfile

import sandbox

sandbox.enter()
with tempfile.TemporaryDirectory() as folder:
    os.environ["TMPDIR"] = folder
    subprocess.run([sandbox.NODE, os.path.join(sandbox.HERE, "chromium_descriptions.mjs"),
                    *sys.argv[1:]], check=True)
