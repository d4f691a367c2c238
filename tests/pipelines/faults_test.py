# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers, peers and trackers that go, lie, stop or flood while an album plays in real time: what
the listener hears has no gap, or there is an error that says why.

usage: faults_test.py TRIAD TRACKER BAD_PEER [SCENARIO...]
"""
import concurrent.futures
import os
import signal
import sys
import tempfile
import time
import traceback

import faults
from faults import Failed, kill, total

AT_ONCE = 6  # scenarios
TIMEOUT = 15  # seconds: the element's default


# --- what helps ---

def carried_by_peers(stage, nodes=2, rate=faults.NODE_RATE, tracks=faults.TRACKS, **more):
    """A player that is five seconds in, most of whose bytes come from peers."""
    stage.serve()
    for _ in range(nodes):
        stage.node(rate=rate)
    player = faults.Player(stage, tracks=tracks, **more)
    player.wait_until("five seconds, from peers",
                      lambda track, seconds, peers, server, links:
                      track == 1 and seconds >= 5 and peers >= 300000 and links >= nodes)
    return player


def wait_for_more(player, source, bytes_wanted=400000):
    """Until so many more bytes have come from the source, for whatever track."""
    def counted(state):
        return state[0], state[2 if source == "peers" else 3]
    first = counted(player.state())
    player.wait_until(f"bytes from {source}", lambda *state:
                      counted(state)[1] - (first[1] if state[0] == first[0] else 0) >= bytes_wanted)


def wait_for_track(player, number):
    player.wait_until(f"track {number}", lambda track, *_: track >= number)


def told(tracks):
    return ", ".join(f"{source} {total(tracks, source) / 1e6:.1f} MB"
                     for source in ("peers", "server")) + (
                         f", stalled {stalled} ms" if (stalled := sum(
                             track["stalled_ms"] for track in tracks)) else "")


# --- what goes: by SIGKILL, while a track plays ---

def scenario_server_goes(stage):
    player = carried_by_peers(stage)
    kill(stage.server)
    tracks = player.played()
    if total(tracks[1:], "server"):
        raise Failed(f"a dead server gave bytes: {tracks}")
    return told(tracks)


def scenario_peers_go(stage):
    player = carried_by_peers(stage)
    kill(*stage.nodes)
    tracks = player.played()
    if total(tracks[1:], "peers"):
        raise Failed(f"dead peers gave bytes: {tracks}")
    return told(tracks)


def scenario_tracker_goes_then_server(stage):
    player = carried_by_peers(stage)
    kill(stage.tracker)
    wait_for_more(player, "peers")
    kill(stage.server)
    return told(player.played())


def scenario_server_goes_then_tracker(stage):
    player = carried_by_peers(stage)
    kill(stage.server)
    wait_for_more(player, "peers")
    kill(stage.tracker)
    return told(player.played())


def scenario_peers_go_then_tracker(stage):
    player = carried_by_peers(stage)
    kill(*stage.nodes)
    wait_for_more(player, "server")
    kill(stage.tracker)
    return told(player.played())


def scenario_tracker_goes_then_peers(stage):
    player = carried_by_peers(stage)
    kill(stage.tracker)
    wait_for_more(player, "peers")
    kill(*stage.nodes)
    return told(player.played())


def scenario_server_goes_then_a_peer(stage):
    player = carried_by_peers(stage, rate=2 * faults.NODE_RATE)
    kill(stage.server)
    wait_for_more(player, "peers")
    kill(stage.nodes[0])
    return told(player.played())


def scenario_peers_go_and_another_comes_then_server_goes(stage):
    player = carried_by_peers(stage)
    kill(*stage.nodes)
    wait_for_more(player, "server")
    stage.node(rate=3 * faults.NODE_RATE)
    player.wait_until("a link to the new peer", lambda _t, _s, _p, _b, links: links == 1)
    kill(stage.server)
    return told(player.played())


def scenario_all_go_when_all_is_there(stage):
    player = carried_by_peers(stage, rate=5 * faults.NODE_RATE, tracks=1)
    length = os.path.getsize(os.path.join(stage.album, "0.flac"))
    player.wait_until("the whole track", lambda _t, _s, peers, server, _l:
                      peers + server >= length + 5e4)
    kill(stage.server, *stage.nodes, stage.tracker)
    return told(player.played())


def scenario_all_go(stage):
    player = carried_by_peers(stage, rate=faults.NODE_RATE // 3, tracks=1)
    kill(stage.server, *stage.nodes, stage.tracker)
    gone = time.monotonic()
    track = player.wait_for_end()["tracks"][0]
    took = time.monotonic() - gone
    if not track["error"] or took < TIMEOUT:
        raise Failed(f"an error was to come after {TIMEOUT} s, but after {took}: {track}")
    player.check_cache(whole=False)
    return f"after {took:.1f} s: {track['error']}"


# --- the operator's dial ---

def scenario_dial_is_turned(stage):
    player = carried_by_peers(stage, rate=faults.NODE_RATE // 2)
    stage.dial(0)
    turned = time.monotonic()
    track, _, from_peers, _, _ = player.wait_until(
        "no link", lambda _t, _s, _p, _b, links: links == 0)
    took = time.monotonic() - turned
    wait_for_more(player, "server")
    now, _, later_from_peers, _, links = player.state()
    # The live line has tenths of megabytes.
    if links or (now == track and later_from_peers > from_peers + 100000):
        raise Failed(f"peers went on: {player.state()}, {from_peers} bytes before")
    wait_for_track(player, 2)
    stage.dial(100)
    player.wait_until("links again", lambda _t, _s, _p, _b, links: links > 0)
    wait_for_more(player, "peers", 200000)
    return f"links gone after {took:.2f} s; {told(player.played())}"


def scenario_excluded(stage):
    stage.serve(rate=2 * faults.SERVER_RATE)
    stage.node()
    stage.dial(0)
    tracks = faults.Player(stage).played()
    if total(tracks, "peers"):
        raise Failed(f"an excluded player used peers: {tracks}")
    return told(tracks)


# --- peers that misbehave ---

def scenario_peer_stops(stage):
    player = carried_by_peers(stage)
    os.kill(stage.nodes[0].pid, signal.SIGSTOP)
    return told(player.played())


def with_bad_peer(stage, *manners):
    """What the player said, its report, and what bad peers said; a good peer is there, too."""
    stage.serve()
    stage.node(rate=2 * faults.NODE_RATE)
    bad = [stage.bad_peer(manner) for manner in manners]
    player = faults.Player(stage, environment={"G_MESSAGES_DEBUG": "all"})
    player.wait_until("links to bad peers", lambda _t, seconds, _p, _b, _l: seconds >= 1)
    tracks = player.played()
    said = "".join(player.output)
    kill(*bad)
    return said, tracks, [peer.stdout.read().split("\n") for peer in bad]


def check_linked(said):
    for lines in said:
        if "linked" not in lines:
            raise Failed(f"a bad peer was never met: {lines}")


def check_peers(tracks, *, least):
    if total(tracks, "peers") < least * total(tracks, "server"):
        raise Failed(f"the good peer was not used: {told(tracks)}")


def scenario_liar(stage):
    said, tracks, peers = with_bad_peer(stage, "lies")
    check_linked(peers)
    if "asked" not in peers[0]:
        raise Failed(f"the liar was never asked: {peers}")
    if not any(line.startswith("closed") for line in peers[0]):
        raise Failed(f"the liar was not banned: {peers}")
    return f"{told(tracks)}; {reasons(said)}"


def reasons(said):
    """Of links that ended."""
    found = [line.split(": ", 1)[1] for line in said.splitlines()
             if "closing a link: " in line or "a peer is gone: " in line]
    return found


SCENARIOS = {name.removeprefix("scenario_"): scenario for name, scenario in list(globals().items())
             if name.startswith("scenario_")}


def run(name, programs, album):
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"triad-faults-{name}-") as folder:
        try:
            with faults.Stage(folder, programs, album) as stage:
                said = SCENARIOS[name](stage)
        except Exception as problem:  # one scenario's end is not the others'
            if not isinstance(problem, Failed):
                traceback.print_exc()
            return f"{name}: {problem}"
    print(f"{name}: {said or 'no gap'} ({time.monotonic() - began:.0f} s)", flush=True)
    return None


def main():
    triad, tracker, bad_peer, *wanted = sys.argv[1:]
    programs = {"triad": triad, "tracker": tracker, "bad_peer": bad_peer}
    with tempfile.TemporaryDirectory(prefix="triad-faults-") as folder:
        album = faults.make_album(folder)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            problems = [problem for problem in
                        pool.map(lambda name: run(name, programs, album), wanted or SCENARIOS)
                        if problem]
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    faults.enter()
    main()
