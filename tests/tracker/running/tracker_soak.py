# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hours of peers that come, go, break off and talk nonsense must leave triad-tracker as it was."""
import os
import random
import subprocess
import threading
import time

import growth
from growth import MIB
from peer import Peer, Tracker, announce, frame, offers

SAMPLES = 60
ROUNDS = 6  # a crowd each; every second one is killed and not seen off
COLUMNS = "connections", "leechers", "seeders", "swarms"


class Nonsense(threading.Thread):
    """Strangers who do whatever should not be done."""

    def __init__(self, tracker):
        super().__init__(daemon=True)
        self.tracker, self.stopped = tracker, threading.Event()
        self.chance = random.Random(1)
        self.held = []

    def run(self):
        while not self.stopped.is_set():
            try:
                self.misbehave(Peer(self.tracker, f"127.200.{self.chance.randrange(200)}.1"))
            except OSError:
                pass  # the tracker showed it the door
        for peer in self.held:
            peer.socket.close()

    def misbehave(self, peer):
        self.held.append(peer)
        if len(self.held) > 50:
            self.held.pop(self.chance.randrange(50)).socket.close()
        if self.chance.random() < 0.2:
            peer.send(self.chance.randbytes(500))
            return
        peer.upgrade()
        swarm = b"nonsense %d" % self.chance.randrange(10_000)
        peer.say(announce(swarm, self.chance.randbytes(20), offers=offers(3)))
        deed = self.chance.randrange(5)
        if deed == 0:
            peer.say(self.chance.randbytes(300))
        elif deed == 1:
            peer.say({"action": "scrape", "info_hash": ["x"] * 500})
        elif deed == 2:
            peer.send(frame(b"{" * 5000)[:-100])
        elif deed == 3:
            peer.send(frame(bytes(2000), opcode=3))
        self.stopped.wait(0.01)


def crowd(options, tracker, seconds):
    return subprocess.Popen(
        [os.path.join(options.build, "tests/bench/tracker_load/tracker_load"), "churn", "--peers",
         str(options.peers), "--swarms", str(max(1, options.peers // 20)), "--every", "10", "--life",
         "15", "--seconds", str(seconds), f"ws://127.0.0.1:{tracker.port}"],
        stdout=subprocess.DEVNULL)


def sample(tracker, began):
    stats = tracker.stats()
    return {"seconds": time.monotonic() - began, "memory": tracker.memory(),
            "descriptors": tracker.descriptors(), **{name: stats[name] for name in COLUMNS}}


def churn(options, tracker):
    """Lets crowds come and go; the samples taken meanwhile."""
    samples = []
    seconds = options.minutes * 60
    began = time.monotonic()
    for number in range(ROUNDS):
        peers = crowd(options, tracker, seconds / ROUNDS + 60)
        try:
            while time.monotonic() < began + seconds * (number + 1) / ROUNDS:
                time.sleep(seconds / SAMPLES)
                samples.append(sample(tracker, began))
            if peers.poll() is not None:
                raise SystemExit(f"the crowd ended with {peers.returncode}")
        finally:
            (peers.kill if number % 2 else peers.terminate)()
            peers.wait()
    return samples


def soak(options):
    """What was left or has grown."""
    with Tracker(os.path.join(options.build, "pipelines/tracker/triad-tracker"),
                 "--interval", "10", "--peer-lifetime", "30", "--idle", "10") as tracker:
        descriptors = tracker.descriptors()
        nonsense = Nonsense(tracker)
        nonsense.start()
        try:
            samples = churn(options, tracker)
        finally:
            nonsense.stopped.set()
            nonsense.join()
        growth.print_table(samples)
        faults = list(growth.grown(samples, {"memory": 2 * MIB, "descriptors": 50, "swarms": 50}))
        while (end := tracker.stats())["connections"] > 1:
            time.sleep(0.1)
        if any(end[name] for name in COLUMNS[1:]) or tracker.descriptors() > descriptors + 1:
            faults.append("remains")
        print(f"all gone: {tracker.memory() / MIB:.1f} MiB, {tracker.descriptors()} descriptors, "
              f"{end['totals']['announces']} announces, {end['totals']['failures']} failures")
    return faults
