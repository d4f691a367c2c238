# SPDX-License-Identifier: LGPL-2.1-or-later
"""The server's share of releases played in order, by nginx's own count, beside with-link's namespaces.

Server, tracker and three nodes stand in one namespace, one player of each release, with an empty
cache, in the other; all players play at the same time, in real time.
usage: measure_share.py BUILD MEDIA ROUNDS OUTPUT
"""
import collections
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

import serving
from serving import PORT, inside

TRACKER_PORT = 8000  # in a namespace of its own
NODES = 3


class Bench:
    """One place (near or far): its releases, and the processes that give them."""

    def __init__(self, build, media, folder, place):
        self.build, self.folder, self.place = os.path.abspath(build), folder, place
        self.address = os.environ["TRIAD_" + place.upper()]
        self.www = os.path.join(folder, "www")
        shutil.copytree(media, self.www, copy_function=os.link)
        self.tracker = f"ws://{self.address}:{TRACKER_PORT}/announce"
        self.uris = {name: self.publish(name) for name in sorted(os.listdir(self.www))}

    def program(self, name):
        return os.path.join(self.build, "pipelines", name)

    def publish(self, name):
        printed = subprocess.run(
            [self.program("triad/triad"), "publish", os.path.join(self.www, name), "--server",
             f"http://{self.address}:{PORT}/", "--tracker", self.tracker],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        return printed.split()

    @contextlib.contextmanager
    def givers(self):
        """nginx, triad-tracker and the nodes, until the block ends."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(serving.nginx(self.folder, self.www, self.address, self.log()))
            self.start(stack, "tracker", self.program("tracker/triad-tracker"), "--listen",
                       f"{self.address}:{TRACKER_PORT}")
            for number in range(NODES):
                self.start(stack, f"node-{number}", self.program("triad/triad"), "node",
                           "--cache-dir", os.path.join(self.folder, f"node-{number}"),
                           "--library", self.www)
            yield

    def start(self, stack, name, *command):
        log = stack.enter_context(open(os.path.join(self.folder, name + ".log"), "w",
                                       encoding="utf-8"))
        process = subprocess.Popen(inside("TRIAD_SERVER_NS", *command), stdout=subprocess.PIPE,
                                   stderr=log, text=True)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        for line in process.stdout:
            if line.startswith("ready"):
                return
        raise SystemExit(f"{name} ended with {process.wait()}")

    def play(self):
        """Reports of `triad play`, by release."""
        reports, players = {}, {}
        with contextlib.ExitStack() as stack:
            for name, uris in self.uris.items():
                cache = stack.enter_context(tempfile.TemporaryDirectory(dir=self.folder))
                report = os.path.join(self.folder, f"report-{name}")
                with open(report, "w", encoding="utf-8") as out, \
                        open(report + ".log", "w", encoding="utf-8") as log:
                    players[name] = subprocess.Popen(
                        inside("TRIAD_CLIENT_NS", self.program("triad/triad"), "play", "--json",
                               "--quiet", "--no-audio", "--cache-dir", cache, *uris),
                        stdout=out, stderr=log)
            for name, player in players.items():
                player.wait()
                with open(os.path.join(self.folder, f"report-{name}"), encoding="utf-8") as file:
                    reports[name] = json.load(file)["tracks"]
        return reports

    def counted(self, since):
        """What nginx has sent on track URLs after the log's first `since` bytes: requests by URL."""
        requests = collections.defaultdict(list)
        with open(self.log(), encoding="utf-8") as file:
            file.seek(since)
            for line in file:
                at, status, sent, body, span, uri = re.match(
                    r"(\S+) (\S+) (\S+) (\S+) (.*) (\S+)$", line).groups()
                if not uri.endswith(".torrent"):
                    requests[urllib.parse.unquote(uri)].append(
                        {"at": float(at), "status": int(status), "sent": int(sent),
                         "body": int(body), "range": span})
        return requests

    def log(self):
        return os.path.join(self.folder, "access.log")

    def measure(self, rounds):
        """A row for each release and round."""
        with self.givers():
            for number in range(rounds):
                began, load = time.time(), os.getloadavg()[0]
                since = os.path.getsize(self.log())
                reports = self.play()
                requests = self.counted(since)
                for name, tracks in reports.items():
                    yield self.row(name, tracks, requests, began) | {"round": number, "load": load}

    def row(self, name, tracks, requests, began):
        rows = []
        for track in tracks:
            path = f"/{name}/" + urllib.parse.unquote(track["uri"]).rsplit("/", 1)[1]
            rows.append({"track": path, "length": os.path.getsize(self.www + path),
                         "requests": [one | {"at": round(one["at"] - began, 3)}
                                      for one in requests[path]],
                         **{key: track[key] for key in ("start_ms", "stalls", "stalled_ms", "bytes",
                                                        "links", "wasted_bytes", "error")}})
        return {"release": name, "round_trip_ms": serving.ROUND_TRIP_MS[self.place],
                "length": sum(row["length"] for row in rows),
                "sent": sum(one["sent"] for row in rows for one in row["requests"]),
                "stalls": sum(row["stalls"] for row in rows),
                "failed": sum(row["error"] is not None for row in rows), "tracks": rows}


def main():
    build, media, rounds, output = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    rows = []
    for place in "far", "near":
        # Only the one way: otherwise ICE would find the other.
        other = {"far": "near", "near": "far"}[place]
        for namespace in "TRIAD_SERVER_NS", "TRIAD_CLIENT_NS":
            for device, state in (place, "up"), (other, "down"):
                subprocess.run(["ip", "-n", os.environ[namespace], "link", "set", device, state],
                               check=True)
        with tempfile.TemporaryDirectory(dir=build) as folder:
            rows += Bench(build, media, os.path.abspath(folder), place).measure(rounds)
    with open(output, "w", encoding="utf-8") as file:
        json.dump(serving.circumstances() | {"nodes": NODES, "rows": rows}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
