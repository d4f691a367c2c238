# SPDX-License-Identifier: LGPL-2.1-or-later
"""15,000 peers stay connected to one triad-tracker while others are served, and all are forgotten
when they have gone. Where fewer descriptors are allowed, that many.

usage: crowd_test.py TRIAD_TRACKER
"""
import contextlib
import resource
import sys

from peer import Peer, Tracker, announce

WANTED = 15_000
OTHERS = 200         # descriptors of either process that are no peer's
PER_ADDRESS = 150
MOST_MEMORY = 16384  # bytes for each


def address(number):
    return f"127.{1 + number // PER_ADDRESS // 200}.{number // PER_ADDRESS % 200}.1"


def join(tracker, number):
    peer = Peer(tracker, address(number))
    assert peer.upgrade(), f"peer {number} was refused"
    peer.say(announce(swarm=b"swarm %d" % (number % 1000), peer=b"peer %d" % number))
    assert peer.hear()["incomplete"] >= 1
    return peer


def main():
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
    count = WANTED if allowed == resource.RLIM_INFINITY else min(WANTED, allowed - OTHERS)
    with Tracker(sys.argv[1]) as tracker, contextlib.ExitStack() as crowd:
        empty, descriptors = tracker.memory(), tracker.descriptors()
        peers = [crowd.enter_context(join(tracker, number)) for number in range(count)]
        stats = tracker.stats()
        assert stats["leechers"] == count and stats["connections"] == count + 1, stats
        tracker.check_serves()
        each = (tracker.memory() - empty) / count
        print(f"{count} peers held ({allowed} descriptors allowed), {each / 1024:.1f} KiB for each")
        assert each < MOST_MEMORY
        for number in 0, count // 2, count - 1:  # the first one is as welcome as the last
            peers[number].say(announce(swarm=b"swarm %d" % (number % 1000),
                                       peer=b"peer %d" % number, event="completed", left=0))
            assert peers[number].hear()["complete"] >= 1
        crowd.close()
        while (stats := tracker.stats())["connections"] > 1:
            pass
        assert stats["leechers"] == stats["seeders"] == stats["swarms"] == 0, stats
        assert tracker.descriptors() <= descriptors + 1
        tracker.check_serves()


main()
