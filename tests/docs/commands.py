# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the commands of a Markdown file as a reader would, from a checkout with its build folder.

Every ```sh block runs, in order and in one shell that stops at the first failure; what it left in
the background is ended afterwards. A comment before a block changes that:

    <!-- not run: REASON -->          the block is left out
    <!-- run with: OLD => NEW -->     NEW stands for OLD while it is tested

HOME is a folder of its own with two short tracks in ~/Music/Album; the programs are on the PATH,
and GStreamer finds the plugin.
usage: commands.py SOURCE_ROOT BUILD_ROOT MARKDOWN_FILE
"""
import os
import re
import signal
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"(?P<before>(?:^<!--.*?-->\n+)*)^```sh\n(?P<commands>.*?)^```$", re.M | re.S)
NOT_RUN = re.compile(r"<!-- not run: \S.*? -->", re.S)
RUN_WITH = re.compile(r"<!-- run with: (.*?) => (.*?) -->", re.S)


def script(text):
    """(the commands to run as one script, the number of blocks in it, of blocks left out)."""
    lines = ["set -euo pipefail"]
    run = left_out = 0
    for block in BLOCK.finditer(text):
        commands = block["commands"]
        if NOT_RUN.search(block["before"]):
            left_out += 1
            continue
        for old, new in RUN_WITH.findall(block["before"]):
            if old not in commands:
                raise SystemExit(f"run with: {old!r} is not in the block\n{commands}")
            commands = commands.replace(old, new)
        run += 1
        lines += ["set -x", commands.rstrip("\n"), "{ set +x; } 2>/dev/null"]
    return "\n".join(lines) + "\n", run, left_out


def make_tracks(folder):
    os.makedirs(folder)
    for name, pitch in ("01 One.ogg", 220), ("02 Two.ogg", 330):
        subprocess.run(
            ["gst-launch-1.0", "-q", "audiotestsrc", f"freq={pitch}", "num-buffers=130", "!",
             "audioconvert", "!", "vorbisenc", "!", "oggmux", "!", "filesink",
             "location=" + os.path.join(folder, name)], check=True)


def environment(build, home):
    own = {name: value for name, value in os.environ.items()
           if not name.startswith(("XDG_", "TRIAD_", "GST_"))}
    return own | {
        "HOME": home,
        "PATH": ":".join([os.path.join(build, "pipelines/triad"),
                          os.path.join(build, "pipelines/tracker"), os.environ["PATH"]]),
        "GST_PLUGIN_PATH": os.path.join(build, "plugins/gstreamer"),
        "GST_REGISTRY": os.path.join(home, "registry.bin"),
    }


def main():
    source, build, markdown = sys.argv[1:]
    with open(os.path.join(source, markdown), encoding="utf-8") as file:
        commands, run, left_out = script(file.read())
    with tempfile.TemporaryDirectory() as home:
        checkout = os.path.join(home, "triad")
        os.mkdir(checkout)
        for name in os.listdir(source):
            if not name.startswith("build"):
                os.symlink(os.path.join(source, name), os.path.join(checkout, name))
        os.symlink(build, os.path.join(checkout, "build"))
        make_tracks(os.path.join(home, "Music/Album"))
        shell = subprocess.Popen(["bash", "-c", commands], cwd=checkout, start_new_session=True,
                                 env=environment(build, home), stdin=subprocess.DEVNULL)
        try:
            status = shell.wait()
        finally:
            try:
                os.killpg(shell.pid, signal.SIGKILL)  # the session is this shell's alone
            except ProcessLookupError:
                pass
    print(f"{markdown}: {run} blocks run, {left_out} left out")
    sys.exit(1 if status or not run else 0)


main()
