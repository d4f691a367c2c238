# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real clients meet at a tracker, over ws and wss.

usage: interop_test.py TRACKER WHAT [RECORD]
       interop_test.py TRACKER nodes PROGRAM
    TRACKER  the program triad-tracker, or "reference": bittorrent-tracker's own server, which shows
             that a failure is the tracker's and not the test's
    WHAT     client: bittorrent-tracker's client; webtorrent: WebTorrent in Node and in Chromium;
             stats: Chromium and the tracker's page (not the reference's); nodes: PROGRAM, which is
             tracker_nodes.cc
    RECORD   with the reference: a file for all frames of its ws connections
"""
import contextlib
import filecmp
import os
import random
import subprocess
import sys
import tempfile

import sandbox

sys.path.append(os.path.join(sandbox.HERE, "../tracker/running"))
from peer import make_certificate  # noqa: E402

FILE_BYTES = 1_500_000


def node(program, *arguments):
    return sandbox.NODE, os.path.join(sandbox.HERE, program), *arguments


@contextlib.contextmanager
def triad_tracker(program, certificate, key):
    # As often as the reference lets peers announce, see tracker.mjs.
    common = program, "--listen", "127.0.0.1:0", "--interval", "5"
    tls = "--tls-cert", certificate, "--tls-key", key
    with sandbox.Process(*common) as plain, sandbox.Process(*common, *tls) as secure:
        yield [tracker.first_line.split()[-1] for tracker in (plain, secure)]


@contextlib.contextmanager
def reference(certificate, key, *record):
    with sandbox.Process(*node("tracker.mjs", certificate, key, *record)) as tracker:
        ws, wss = tracker.first_line.split()
        yield f"ws://127.0.0.1:{ws}", f"wss://127.0.0.1:{wss}"


def nodes(url, _folder):
    """Triad's nodes have all their conversations."""
    subprocess.run((sys.argv[3], url, os.environ["NODE_EXTRA_CA_CERTS"]), check=True)


def client(url, _folder):
    """bittorrent-tracker's client has all its conversations."""
    subprocess.run(node("tracker_client.mjs", url), check=True)


def webtorrent(url, folder):
    """A file goes from each kind of peer to each."""
    original = os.path.join(folder, "original")
    with open(original, "wb") as file:
        file.write(random.randbytes(FILE_BYTES))
    for seeder in "node", "chromium":
        torrent = os.path.join(folder, seeder + ".torrent")
        with sandbox.Process(*node(seeder + "_seed.mjs", url, original, torrent)):
            for leecher in "node", "chromium":
                copy = os.path.join(folder, f"{seeder}-{leecher}")
                subprocess.run(node(leecher + "_leech.mjs", url, torrent, copy), check=True)
                if not filecmp.cmp(original, copy, shallow=False):
                    raise AssertionError(f"{url}: {leecher} got other bytes from {seeder}")
                print(f"{url}: {leecher} has the file of {seeder}", flush=True)


def stats(url, folder):
    """Chromium shows the tracker's page of statistics."""
    original, torrent = os.path.join(folder, "original"), os.path.join(folder, "torrent")
    with open(original, "wb") as file:
        file.write(random.randbytes(FILE_BYTES))
    with sandbox.Process(*node("node_seed.mjs", url, original, torrent)) as seeder:
        page = url.replace("ws", "http", 1) + "/stats"
        subprocess.run(node("chromium_stats.mjs", page, seeder.first_line), check=True)


scenarios = {"nodes": nodes, "client": client, "webtorrent": webtorrent, "stats": stats}


def main():
    tracker, what, *record = sys.argv[1:]
    record = [] if what == "nodes" else record
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        certificate, key = make_certificate(folder)
        os.environ["NODE_EXTRA_CA_CERTS"] = certificate
        trackers = (reference(certificate, key, *record) if tracker == "reference" else
                    triad_tracker(tracker, certificate, key))
        with trackers as urls:
            for url in urls:
                scenarios[what](url, folder)


sandbox.enter()
main()
