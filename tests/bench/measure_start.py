# SPDX-License-Identifier: LGPL-2.1-or-later
"""The measurements of tests/bench/start, run beside the namespaces of tests/network/with-link.

Baseline and Triad take turns, each cold measurement in a fresh process with an empty cache.
usage: measure_start.py BUILD REPS OUTPUT
"""
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

import serving
from serving import PORT, first_line, inside

BINS = ["uridecodebin3", "playbin3", "playbin"]
FORMATS = ["ogg", "opus", "mp3", "flac"]
# The most that Triad may take, as a ratio; by row, then by release. Held at 50 ms.
GOALS = {
    "cached": {"ogg": 1.15, "opus": 1.15, "mp3": 1.15, "flac": 1.15},
    "cold": {"ogg": 0.6, "opus": 0.6, "album-ogg": 0.6, "mp3": 1.6, "flac": 1.15},
    "second": {"album-mp3": 1.0, "album-flac": 0.8, "album-ogg": 0.6},
    "prefetched": {"short-ogg": 1.15},
    "seek": {"mp3": 1.0, "ogg": 0.7, "flac": 0.7},
}


class Bench:
    """The server, the published releases, and one probe's run."""

    def __init__(self, build, folder):
        self.build = os.path.abspath(build)
        self.folder = folder
        self.media = os.path.join(self.build, "media")
        self.addresses = {"near": os.environ["TRIAD_NEAR"], "far": os.environ["TRIAD_FAR"]}
        self.uris = {place: self.publish(place) for place in self.addresses}

    def url(self, place, path=""):
        return f"http://{self.addresses[place]}:{PORT}/{place}/{path}"

    def publish(self, place):
        """Triad URIs by release: {"ogg": [uri], "album-ogg": [uri, ...], ...}."""
        www = os.path.join(self.folder, "www", place)
        shutil.copytree(self.media, www, copy_function=os.link)
        uris = {}
        for name in sorted(os.listdir(www)):
            printed = subprocess.run(
                [os.path.join(self.build, "pipelines/triad/triad"), "publish",
                 os.path.join(www, name), "--server", self.url(place)],
                check=True, stdout=subprocess.PIPE, text=True).stdout
            uris[name.removeprefix("track.")] = printed.split()
        return uris

    def probe(self, bin_name, steps, cache):
        """One process: the milliseconds of each step that is measured."""
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("TRIAD_", "XDG_", "GST_"))}
        environment |= {
            "GST_PLUGIN_PATH": os.path.join(self.build, "plugins/gstreamer"),
            "GST_REGISTRY": os.path.join(self.folder, "registry.bin"),
            "XDG_CACHE_HOME": cache,
            "XDG_CONFIG_HOME": os.path.join(self.folder, "no-settings"),
        }
        program = os.path.join(self.build, "tests/bench/start_probe")
        run = subprocess.run(inside("TRIAD_CLIENT_NS", program, bin_name, *map(str, steps)),
                             stdout=subprocess.PIPE, text=True, env=environment, check=False)
        if run.returncode != 0:
            print("failed:", bin_name, *steps, file=sys.stderr)
            return None
        return [json.loads(line)["ms"] for line in run.stdout.splitlines()]

    @contextlib.contextmanager
    def empty_cache(self):
        with tempfile.TemporaryDirectory(dir=self.folder) as cache:
            yield cache

    def cold(self, bin_name, steps):
        with self.empty_cache() as cache:
            return self.probe(bin_name, steps, cache)


class Results:
    """Measurements by row; each a list of milliseconds for Triad and for the baseline."""

    def __init__(self):
        self.rows = {}

    def add(self, row, place, bin_name, release, baseline, who, values):
        key = (row, place, bin_name, release, baseline)
        entry = self.rows.setdefault(key, {"triad": [], baseline: [], "failed": 0})
        if values is None:
            entry["failed"] += 1
        else:
            entry[who] += values

    def listed(self):
        for (row, place, bin_name, release, baseline), entry in self.rows.items():
            goal = GOALS.get(row, {}).get(release) if place == "far" or row == "cached" else None
            yield {"row": row, "round_trip_ms": serving.ROUND_TRIP_MS[place], "bin": bin_name,
                   "release": release, "baseline": baseline, "goal": goal,
                   "failed": entry["failed"],
                   "triad_ms": entry["triad"], "baseline_ms": entry[baseline]}


def measure_cached(bench, results, reps):
    """A complete track: the second and later pipelines of a process, so that plugins are loaded."""
    with bench.empty_cache() as cache:
        for release in FORMATS:
            uri = bench.uris["near"][release][0]
            fill = inside(
                "TRIAD_CLIENT_NS", "env", f"XDG_CACHE_HOME={cache}",
                "GST_PLUGIN_PATH=" + os.path.join(bench.build, "plugins/gstreamer"),
                "gst-launch-1.0", "-q", "triadsrc", f"location={uri}", "!", "fakesink")
            subprocess.run(fill, check=True)
            plain = "file://" + os.path.join(bench.media, "track." + release)
            for bin_name in BINS:
                for _ in range(reps):
                    for who, played in ("filesrc", plain), ("triad", uri):
                        values = bench.probe(bin_name, ["play", played] * 4, cache)
                        results.add("cached", "near", bin_name, release, "filesrc", who,
                                    values and values[1:])


def measure_cold(bench, results, reps):
    """A first start from the server, and a seek soon after it."""
    for place in "near", "far":
        for release in [*FORMATS, "album-ogg", "album-flac"]:
            uri = bench.uris[place][release][0]
            path = f"{release}/01.{release.removeprefix('album-')}" if "-" in release \
                else f"track.{release}"
            for bin_name in BINS if release in FORMATS else BINS[:1]:
                for _ in range(reps):
                    for who, played in ("souphttpsrc", bench.url(place, path)), ("triad", uri):
                        steps = ["play", played, "wait", 0.3, "seek", 0.5]
                        values = bench.cold(bin_name, steps) or [None, None]
                        for row, value in zip(("cold", "seek"), values):
                            results.add(row, place, bin_name, release, "souphttpsrc", who,
                                        value if value is None else [value])


def measure_second(bench, results, reps):
    """A track of a release of which another was played, 3 s after that one stopped."""
    for release in "album-ogg", "album-mp3", "album-flac":
        suffix = release.removeprefix("album-")
        plain = [bench.url("far", f"{release}/0{n}.{suffix}") for n in (1, 3)]
        triad = [bench.uris["far"][release][n] for n in (0, 2)]
        for _ in range(reps):
            for who, (first, second) in ("souphttpsrc", plain), ("triad", triad):
                steps = ["play", first, "wait", 0.5, "idle", 3.5, "play", second]
                values = bench.cold("uridecodebin3", steps)
                results.add("second", "far", "uridecodebin3", release, "souphttpsrc", who,
                            values and values[1:])


def measure_prefetched(bench, results, reps):
    """The next track, which Triad fetched by itself, beside the same track when all is cached."""
    first, second = bench.uris["far"]["short-ogg"][:2]
    for _ in range(reps):
        with bench.empty_cache() as cache:
            steps = ["play", first, "wait", 10, "idle", 0, "play", second]
            values = bench.probe("uridecodebin3", steps, cache)
            results.add("prefetched", "far", "uridecodebin3", "short-ogg", "cached", "triad",
                        values and values[1:])
            bench.probe("uridecodebin3", ["play", second, "wait", 2], cache)
            steps = ["play", first, "wait", 1, "idle", 0, "play", second]
            values = bench.probe("uridecodebin3", steps, cache)
            results.add("prefetched", "far", "uridecodebin3", "short-ogg", "cached", "cached",
                        values and values[1:])


def main():
    build, reps, output = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    results = Results()
    with tempfile.TemporaryDirectory(dir=build) as folder:
        bench = Bench(build, os.path.abspath(folder))
        with serving.nginx(bench.folder, os.path.join(bench.folder, "www"),
                           bench.addresses["near"]):
            for measure in measure_cached, measure_cold, measure_second, measure_prefetched:
                start = time.monotonic()
                measure(bench, results, reps)
                print(f"{measure.__name__}: {time.monotonic() - start:.0f} s", flush=True)
    with open(output, "w", encoding="utf-8") as file:
        json.dump(serving.circumstances() | {
            "kernel": platform.release(),
            "gstreamer": first_line("gst-launch-1.0", "--gst-version"),
            "curl": first_line("curl-config", "--version"),
            "rows": list(results.listed())}, file, indent=1)
        file.write("\n")


main()
