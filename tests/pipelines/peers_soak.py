# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ten processes play and give to each other, some are killed and come back; nothing may grow."""
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time

import growth

TRACKS = 3
TRACK_SECONDS = 12
SAMPLES = 60
CHURN_SECONDS = 7  # so often a node is killed and comes back
# Each with its cache: none (it keeps all in memory, and soon asks for nothing), one that is too
# small for the album, ones that hold all. The caches are cleared by turns, or nobody would be asked
# for anything after the first minute.
PLAYERS = (["--sources", "peers,server"], ["--cache-size", "500K"], [], [], [])
NODES = 4
# Chance, for each process. Links come and go with the nodes: in half an hour a player's descriptors
# swing between 35 and 61, with medians of 37 and 52 in one third and the next.
SPARE = {"memory": 8 * growth.MIB, "descriptors": 25, "threads": 5}


def make_album(folder):
    album = os.path.join(folder, "Noise")
    os.makedirs(album)
    for number in range(TRACKS):
        buffers = TRACK_SECONDS * 44100 // 1024
        subprocess.run(
            ["gst-launch-1.0", "-q", "audiotestsrc", "wave=pink-noise", f"num-buffers={buffers}",
             "!", "audio/x-raw,channels=2,rate=44100", "!", "vorbisenc", "bitrate=192000", "!",
             "oggmux", "!", "filesink", f"location={album}/{number}.ogg"], check=True)
    return album


class Running:
    """A process whose needs can be seen."""

    def __init__(self, command, log, **more):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True,
                                        **more)

    def lines_until_ready(self):
        lines = []
        for line in self.process.stdout:
            if line.strip() == "ready":
                return lines
            lines.append(line.strip())
        raise SystemExit(f"{self.process.args} ended with {self.process.wait()}")

    def needs(self):
        place = f"/proc/{self.process.pid}/"
        with open(place + "status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        return (int(status["VmRSS"].split()[0]) * 1024, len(os.listdir(place + "fd")),
                int(status["Threads"]))

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        rest = self.process.stdout.read()
        self.process.wait()
        return rest


class Company:
    """A server with its tracker, nodes and players."""

    def __init__(self, triad, folder, stack, log):
        self.triad, self.folder, self.stack, self.log = triad, folder, stack, log
        self.album = make_album(folder)
        self.server = self.start("serve", self.album, "--listen", "127.0.0.1:0", "--tracker-listen",
                                 "127.0.0.1:0")
        self.uris = self.server.lines_until_ready()
        with open(log.name, encoding="utf-8") as file:
            self.tracker = file.read().split("the tracker is at ")[1].split()[0]
        self.nodes = [self.node(number) for number in range(NODES)]

    def start(self, *words):
        started = Running([self.triad, *words], self.log)
        self.stack.callback(started.end, signal.SIGKILL)
        return started

    def node(self, number):
        node = self.start("node", "--cache-dir", os.path.join(self.folder, f"node-{number}"),
                          "--library", self.folder, "--tracker", self.tracker)
        node.lines_until_ready()
        return node

    def clear_cache(self, number):
        """What is not being played goes."""
        subprocess.run([self.triad, "cache", "clear", "--cache-dir",
                        os.path.join(self.folder, f"player-{number}")], check=True,
                       stdout=subprocess.DEVNULL)

    def player(self, number, options, seconds):
        rounds = 2 + round(seconds / TRACK_SECONDS / TRACKS)
        return self.start("play", "--json", "--quiet", "--no-audio", "--cache-dir",
                          os.path.join(self.folder, f"player-{number}"), *options,
                          *self.uris * rounds)


def late_bytes_from_peers(tracks):
    """Of what was played in the last third of the time."""
    return sum(track["bytes"]["peers"] for track in tracks[2 * len(tracks) // 3:])


def sample(process, began):
    memory, descriptors, threads = process.needs()
    return {"seconds": time.monotonic() - began, "memory": memory, "descriptors": descriptors,
            "threads": threads}


def soak(options):
    """What has grown, and what players complained of."""
    seconds = options.minutes * 60
    faults = []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        log = stack.enter_context(open(os.path.join(folder, "log"), "w", encoding="utf-8"))
        company = Company(os.path.join(options.build, "pipelines/triad/triad"), folder, stack, log)
        players = [company.player(*each, seconds) for each in enumerate(PLAYERS)]
        # The first node is never killed, so that it is compared with itself.
        lasting = {"server": company.server, "node": company.nodes[0],
                   **{f"player-{number}": each for number, each in enumerate(players)}}
        samples = {name: [] for name in lasting}
        began, churned = time.monotonic(), 0
        while (now := time.monotonic() - began) < seconds:
            time.sleep(seconds / SAMPLES)
            for name, process in lasting.items():
                if process.process.poll() is not None:
                    raise SystemExit(f"{name} ended early")
                samples[name].append(sample(process, began))
            if now > (churned + 1) * CHURN_SECONDS:
                churned += 1
                number = 1 + churned % (NODES - 1)
                company.nodes[number].end(signal.SIGKILL)
                company.nodes[number] = company.node(number)
                company.clear_cache(1 + churned % (len(PLAYERS) - 1))
        for name, its in samples.items():
            print(name)
            growth.print_table(its, rows=6)
            faults += [f"{what} of {name}" for what in growth.grown(its, SPARE)]
        totals = dict.fromkeys(("cache", "peers", "server"), 0)
        stalls = played = late = 0
        for player in players:
            tracks = json.loads(player.end(signal.SIGINT))["tracks"]
            late += late_bytes_from_peers(tracks)
            for track in tracks:
                played += 1
                stalls += track["stalls"]
                for source in totals:
                    totals[source] += track["bytes"][source]
                if track["error"]:
                    faults.append(f"{track['uri']}: {track['error']}")
        print(f"{played} tracks played, {stalls} stalls, {churned} nodes killed; bytes: {totals}; "
              f"{late} from peers in the last third")
        if not late:
            faults.append("no byte came from a peer any more")
    return faults
