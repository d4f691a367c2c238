# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two processes and a tracker, no server: one has the files and seeds by merely playing them, the
other plays them from it through triadsrc, bit for bit; by the metainfo and by a magnet link.
usage: two_nodes.py TRIAD TRIAD_TRACKER PLUGIN_FOLDER
"""
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile

PATIENCE = 90  # seconds until something hangs


class Failed(Exception):
    pass


def run(words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=PATIENCE, **more)
    if done.returncode != 0:
        raise Failed(f"{words[0]}: {done.stdout}")
    return done.stdout


def environment(folder, plugins, cache):
    return dict(os.environ, GST_PLUGIN_PATH=plugins, TRIAD_CACHE_DIR=os.path.join(folder, cache),
                GST_REGISTRY=os.path.join(folder, "registry"), XDG_CONFIG_HOME=folder)


def source(uri):
    return ["triadsrc", "location=" + uri, "sources=cache+peers", f"timeout={PATIENCE // 3}"]


def play(name, uri, folder, plugins, track):
    """Plays into a file; checks it, and that all of it came from one peer."""
    out = os.path.join(folder, name)
    text = run(["gst-launch-1.0", "-m", *source(uri), "!", "filesink", "location=" + out],
               env=environment(folder, plugins, "cache-" + name))
    if not filecmp.cmp(out, track, shallow=False):
        raise Failed(f"{name}: other bytes came: {text}")
    last = [line for line in text.splitlines() if "triad-stats" in line][-1]
    size = os.path.getsize(track)
    for field, wanted in ("bytes-peers", size), ("bytes-server", 0), ("bytes-wasted", 0):
        if f"{field}=(guint64){wanted}," not in last:
            raise Failed(f"{name}: {field} is not {wanted}: {last}")
    if last.count("triad-peer\\,") != 1:
        raise Failed(f"{name}: not one peer: {last}")
    if text.count("triad-peers,") != 1:
        raise Failed(f"{name}: the first use of peers was not told once: {text}")


def check(folder, triad, tracker_url, plugins):
    owner, guest = os.path.join(folder, "owner"), os.path.join(folder, "guest")
    track = os.path.join(owner, "Album", "01 Noise.flac")
    os.makedirs(os.path.dirname(track))
    os.mkdir(guest)
    run(["gst-launch-1.0", "-q", "audiotestsrc", "num-buffers=600", "wave=white-noise", "!",
         "audio/x-raw,rate=44100,channels=1", "!", "flacenc", "!", "filesink",
         "location=" + track])
    run([triad, "publish", os.path.join(owner, "Album"), "--server", "http://127.0.0.1:9/",
         "--tracker", tracker_url])
    metainfo = os.path.join(owner, "Album.torrent")
    shutil.copy(metainfo, guest)
    hashes = re.findall(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b", run([triad, "inspect", metainfo]))
    v1 = next(digest for digest in hashes if len(digest) == 40)

    # Plays so slowly that it is there until it is ended.
    seeder = subprocess.Popen(
        ["gst-launch-1.0", *source(f"triad+file://{owner}/Album.torrent/01%20Noise.flac"),
         "blocksize=4096", "!", "identity", "sleep-time=1000000", "!", "fakesink", "sync=false"],
        env=environment(folder, plugins, "cache-owner"), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        play("by-metainfo", f"triad+file://{guest}/Album.torrent/01%20Noise.flac", folder,
             plugins, track)
        # The tracker is at a private address, to which no magnet link may lead: settings do.
        os.environ["TRIAD_TRACKERS"] = tracker_url
        play("by-magnet", f"magnet:?xt=urn:btih:{v1}", folder, plugins, track)
    finally:
        seeder.kill()
        seeder.wait()


def main(triad, tracker_program, plugins):
    with tempfile.TemporaryDirectory(prefix="triad-two-nodes-") as folder:
        tracker = subprocess.Popen([tracker_program, "--listen", "127.0.0.1:0"],
                                   stdout=subprocess.PIPE, text=True)
        try:
            url = tracker.stdout.readline().split()[1] + "/announce"
            check(folder, triad, url, plugins)
        finally:
            tracker.kill()
            tracker.wait()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failed as failure:
        sys.exit(str(failure))
