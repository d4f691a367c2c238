# SPDX-License-Identifier: LGPL-2.1-or-later
"""A node that gives behind one router and a player behind another, in all 16 pairs of NATs: where
ICE can, most comes from the peer; where it can't, the server plays it all; nobody hears a gap. With
TURN and the user's consent it always can.

usage: nat_play_test.py TRIAD TRACKER
"""
import concurrent.futures
import os
import sys
import tempfile

import faults
from faults import Failed, total

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../network"))
import nat  # noqa: E402

AT_ONCE = 8  # pairs
RATE = 3 * faults.NODE_RATE  # bytes per second that a node gives
# Of a track of 16 s, its first 5 s are the server's to give.
LEAST_SHARE = 0.5


def play(internet, programs, album, giver, listener, turn):
    """What the player's track says of its bytes."""
    more = {}
    if turn:
        more["environment"] = {"TRIAD_TURN_SERVER":
                               f"turn://{nat.TURN_USER}:{nat.TURN_PASSWORD}@{nat.SERVERS[1]}"}
    with tempfile.TemporaryDirectory(prefix="triad-nat-play-") as folder:
        with faults.Stage(folder, programs, album) as stage:
            stage.serve(address=nat.SERVERS[0], inside=internet.inside("public"),
                        rate=2 * faults.SERVER_RATE)
            stage.node(inside=internet.inside("a-" + giver), rate=RATE)
            player = faults.Player(stage, inside=internet.inside("b-" + listener), tracks=1, **more)
            return player.played()[0]


def check(giver, listener, turn, track):
    from_peers, all_bytes = track["bytes"]["peers"], sum(track["bytes"].values())
    if nat.ice_can(giver, listener, turn):
        if from_peers < LEAST_SHARE * all_bytes:
            raise Failed(f"only {from_peers} bytes of {all_bytes} came from the peer")
    elif from_peers:
        raise Failed(f"{from_peers} bytes came where there is no way")


def run(internet, programs, album, case):
    name = f"{case[0]} gives to {case[1]}, {'with' if case[2] else 'without'} TURN"
    try:
        track = play(internet, programs, album, *case)
        print(f"{name}: peers {total([track], 'peers')}, server {total([track], 'server')} bytes, "
              f"stalled {track['stalled_ms']} ms", flush=True)
        check(*case, track)
    except Failed as problem:
        return f"{name}: {problem}"
    return None


def main():
    programs = {"triad": sys.argv[1], "tracker": sys.argv[2]}
    cases = [(giver, listener, False) for giver in nat.NATS for listener in nat.NATS]
    # One side's relay is enough.
    cases += [(giver, listener, True) for giver, listener, _ in cases
              if not nat.ice_can(giver, listener, False)]
    with tempfile.TemporaryDirectory(prefix="triad-nat-play-") as folder, \
            nat.Internet() as internet:
        for kind in nat.NATS:
            internet.add_host("a-" + kind, kind)
            internet.add_host("b-" + kind, kind)
        internet.start_relay()
        album = faults.make_album(folder)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            results = list(pool.map(lambda case: run(internet, programs, album, case), cases))
    if problems := [problem for problem in results if problem]:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    faults.enter()
    main()
