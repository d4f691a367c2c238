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
import urllib.parse

import faults
from faults import Failed, kill, total, wait_for

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../network"))
import nat  # noqa: E402

AT_ONCE = 8  # scenarios
MOST_LINKS = 60  # of a node, in all
MOST_MEMORY = 96 << 20  # bytes that a player may take
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

# Who goes in the first track; from whom more bytes are then awaited; who goes after that.
ORDERS = {
    "server_goes": ("server",),
    "peers_go": ("peers",),
    "tracker_goes_then_server": ("tracker", "peers", "server"),
    "server_goes_then_tracker": ("server", "peers", "tracker"),
    "peers_go_then_tracker": ("peers", "server", "tracker"),
    "tracker_goes_then_peers": ("tracker", "peers", "peers"),
    "server_goes_then_a_peer": ("server", "peers", "a peer"),
}


def go_in_order(stage, first, source=None, second=None):
    # One node that is left has to carry the music alone.
    player = carried_by_peers(stage, rate=(2 if second == "a peer" else 1) * faults.NODE_RATE)
    going = {"server": [stage.server], "tracker": [stage.tracker], "peers": stage.nodes,
             "a peer": stage.nodes[:1]}
    kill(*going[first])
    if second:
        wait_for_more(player, source)
        kill(*going[second])
    tracks = player.played()
    if first != "tracker" and total(tracks[1:], first):
        raise Failed(f"bytes came from what is dead ({first}): {tracks}")
    return told(tracks)


def scenario_peers_go_and_another_comes_then_server_goes(stage):
    player = carried_by_peers(stage)
    kill(*stage.nodes)
    wait_for_more(player, "server")
    stage.node(rate=3 * faults.NODE_RATE)
    # Not only a link, which may still be one to the dead.
    wait_for_more(player, "peers", 200000)
    kill(stage.server)
    return told(player.played())


def scenario_all_go_when_all_is_there(stage):
    player = carried_by_peers(stage, rate=5 * faults.NODE_RATE, tracks=1)
    wait_for("the whole track", lambda: any(track["complete"] for track in player.cached()))
    if player.process.poll() is not None:
        raise Failed("it was not there before the end")
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
    if "server" not in track["error"] or "peers that gave are gone" not in track["error"]:
        raise Failed(f"the error does not say what was tried: {track['error']}")
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


def with_bad_peers(stage, *manners):
    """Beside a good peer and a server: (what to tell, what the bad ones said, why links ended)."""
    stage.serve()
    stage.node(rate=2 * faults.NODE_RATE)
    early = [manner for manner in manners if manner != "offers"]
    bad = [stage.bad_peer(manner) for manner in early]
    player = faults.Player(stage, environment={"G_MESSAGES_DEBUG": "all"})
    player.wait_until("a second", lambda _t, seconds, _p, _b, _l: seconds >= 1)
    bad += [stage.bad_peer(manner) for manner in manners if manner == "offers"]
    wait_for_track(player, 3)
    memory = faults.most_memory(player.process.pid)
    if memory > MOST_MEMORY:
        raise Failed(f"the player took {memory >> 20} MiB")
    tracks = player.played()
    kill(*bad)
    said = [peer.stdout.read().split("\n") for peer in bad]
    for manner, lines in zip(manners, said):
        if manner != "offers" and "linked" not in lines:
            raise Failed(f"the bad peer ({manner}) was never met: {lines}")
    if total(tracks, "peers") < total(tracks, "server"):
        raise Failed(f"the good peer was not used: {told(tracks)}")
    ended = [line.split(": ", 2)[2].strip() for line in player.output
             if "closing a link: " in line or "a link ended: " in line]
    return f"{told(tracks)}, {memory >> 20} MiB", said, ended


def check_closed(told_before, said, ended, reason):
    """Each bad peer's link was closed; the player said why."""
    for lines in said:
        if not any(line.startswith("closed") for line in lines):
            raise Failed(f"the link to a bad peer stays: {lines}")
    if not any(reason in line for line in ended):
        raise Failed(f"no link ended for the reason '{reason}': {ended}")
    return f"{told_before}; link closed: {reason}"


def scenario_liar(stage):
    heard, said, ended = with_bad_peers(stage, "lies")
    if "asked" not in said[0]:
        raise Failed(f"the liar was never asked: {said}")
    return check_closed(heard, said, ended, "it sent wrong bytes of piece")


def scenario_silent_peer(stage):
    heard, said, _ = with_bad_peers(stage, "silent")
    if "asked" not in said[0]:
        raise Failed(f"the silent one was never asked: {said}")
    return heard


def scenario_greedy_peer(stage):
    heard, said, _ = with_bad_peers(stage, "greedy")
    if "stops" not in said[0]:
        raise Failed(f"it was given nothing: {said}")
    return heard


def scenario_endless_message(stage):
    heard, said, ended = with_bad_peers(stage, "endless")
    return check_closed(heard, said, ended, "bytes long, 65536 are allowed")


def scenario_rubbish(stage):
    heard, said, ended = with_bad_peers(stage, "rubbish")
    return check_closed(heard, said, ended, "bytes long, 65536 are allowed")


def scenario_flood(stage):
    heard, said, ended = with_bad_peers(stage, "flood")
    return check_closed(heard, said, ended, "a block that it was not asked for")


def scenario_thousand_offers(stage):
    heard, said, ended = with_bad_peers(stage, "offers", "offers")
    for lines in said:
        if "offered" not in lines:
            raise Failed(f"not all was offered: {lines}")
    links = sum("no pair of addresses works" in line for line in ended)
    if not 0 < links <= MOST_LINKS:
        raise Failed(f"{links} links were begun: {ended}")
    return f"{heard}; {links} links were begun"


# --- the network ---

def scenario_without_peers(stage):
    """Nothing but the server is spoken to, though the release names a tracker that has a peer."""
    stage.serve(rate=2 * faults.SERVER_RATE)
    stage.node()
    calls = os.path.join(stage.folder, "calls")
    player = faults.Player(
        stage, "--sources", "cache,server", tracks=1,
        inside=("strace", "-f", "-qq", "-e", "trace=bind,connect,sendto,sendmsg,sendmmsg", "-o",
                calls))
    player.wait_until("five seconds", lambda _t, seconds, _p, _b, _l: seconds >= 5)
    known = stage.tracker_stats()
    if known["leechers"] or known["totals"]["announces"] > known["seeders"]:
        raise Failed(f"it was announced: {known}")
    tracks = player.played()
    if total(tracks, "peers"):
        raise Failed(f"peers gave bytes: {tracks}")
    port = urllib.parse.urlsplit(stage.uris[0].removeprefix("triad+")).port
    with open(calls, encoding="utf-8", errors="replace") as file:
        addressed = [line.strip() for line in file if "AF_INET" in line]
    others = [line for line in addressed
              if f"sin_port=htons({port})" not in line or " connect(" not in line]
    if others or not addressed:
        raise Failed(f"others than the server were spoken to: {others}")
    return f"{len(addressed)} connections, all to the server"


def scenario_address_changes(stage):
    with nat.Internet() as internet:
        for name in "server", "peer", "player":
            internet.add_host(name, "open")
        stage.serve(address=internet.addresses["server"], inside=internet.inside("server"))
        stage.node(inside=internet.inside("peer"))
        player = faults.Player(stage, inside=internet.inside("player"))
        player.wait_until("five seconds, from peers",
                          lambda track, seconds, peers, server, links:
                          seconds >= 5 and peers >= 200000 and links == 1)
        internet.move("player")
        wait_for_more(player, "peers")
        kill(stage.server)
        return told(player.played())


SCENARIOS = {name: lambda stage, order=order: go_in_order(stage, *order)
             for name, order in ORDERS.items()}
SCENARIOS |= {name.removeprefix("scenario_"): scenario for name, scenario in list(globals().items())
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
            return name, str(problem)
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
    # What matters stands last: long logs are cut.
    for name, problem in problems:
        print(f"{name}: {problem}", flush=True)
    if problems:
        sys.exit("\n".join(f"failed: {name}: {problem[:300]}" for name, problem in problems))


if __name__ == "__main__":
    faults.enter()
    main()
