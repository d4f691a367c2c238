# SPDX-License-Identifier: LGPL-2.1-or-later
"""Routers do what their names say, and links find a way between hosts behind all 16 pairs of them
wherever ICE can: without TURN all but cone/symmetric and symmetric/symmetric, with it all.

usage: nat_test.py routers | pairs LINK_PEER      (the other words are for the test's own processes)
"""
import concurrent.futures
import json
import select
import socket
import subprocess
import sys
import time

import nat
from link_pair import LinkPair

FRIENDS = [(nat.SERVERS[0], 7001), (nat.SERVERS[1], 7001), (nat.SERVERS[0], 7002)]
STRANGERS = {"another port": (nat.SERVERS[0], 7009), "another address": (nat.SERVERS[1], 7009)}
GIVE_UP_SECONDS = 25
FETCHED_BYTES = 300_000


def udp(address=("0.0.0.0", 0)):
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(address)
    return opened


def reflect():
    """Friends tell a sender its address, after strangers have written to it."""
    strangers = {name: udp(address) for name, address in STRANGERS.items()}
    friends = [udp(address) for address in FRIENDS]
    print("ready", flush=True)
    while True:
        for friend in select.select(friends, [], [])[0]:
            _, sender = friend.recvfrom(100)
            for name, stranger in strangers.items():
                stranger.sendto(name.encode(), sender)
            friend.sendto(f"{sender[0]} {sender[1]}".encode(), sender)


def look(own_port):
    """Prints whom the friends saw, and which strangers came through."""
    own = udp(("0.0.0.0", int(own_port)))
    own.settimeout(10)
    seen, heard = [], set()
    for friend in FRIENDS:
        own.sendto(b"who am I", friend)
        while True:
            text, sender = own.recvfrom(100)
            if sender == friend:
                break
            # A friend of before is no stranger to the router: those that never were count.
            heard.add(text.decode())
        seen.append(text.decode())
    print(json.dumps({"seen": seen, "heard": sorted(heard)}))


def check_routers():
    with nat.Internet() as internet:
        reflector = subprocess.Popen(
            internet.inside("public", sys.executable, "-B", __file__, "reflect"),
            stdout=subprocess.PIPE, text=True)
        try:
            assert reflector.stdout.readline() == "ready\n"
            for kind in nat.NATS:
                internet.add_host(kind, kind)
                # As if two programs had the same port: what a router keeps of ports is not luck.
                for own_port in 40000, 50000:
                    check_router(internet, kind, own_port)
            check_public(internet)
        finally:
            reflector.kill()
            reflector.wait()
            reflector.stdout.close()


def check_public(internet):
    """Hosts that came have not changed what the others know of the public network."""
    known = subprocess.run(
        internet.inside("public", "ip", "neigh", "show", nat.NOBODY), check=True,
        stdout=subprocess.PIPE, text=True).stdout
    assert "PERMANENT" in known, f"what goes nowhere is not swallowed: {known!r}"


def check_router(internet, kind, own_port):
    looked = subprocess.run(
        internet.inside(kind, sys.executable, "-B", __file__, "look", str(own_port)), check=True,
        stdout=subprocess.PIPE).stdout
    seen, heard = json.loads(looked).values()
    print(f"{kind}: seen as {seen}, heard {heard or 'no stranger'}", flush=True)
    addresses = {place.split()[0] for place in seen}
    ports = {place.split()[1] for place in seen}
    assert len(addresses) == 1
    translated = addresses != {internet.addresses[kind]}
    assert translated == (kind != "open")
    if kind == "symmetric":
        assert len(ports) == len(FRIENDS), "destinations see the same port"
    else:
        assert ports == {str(own_port)}, "the port is not the one"
    assert heard == (sorted(STRANGERS) if kind in ("open", "full") else []), "the filter is another"


def relay(host, option="--turn"):
    return option, host, nat.TURN_USER, nat.TURN_PASSWORD


def connect(internet, link_peer, offerer, answerer, turn):
    """One row of the table: (seen, candidate types, described, connected, first byte). The times are
    milliseconds; the last two since both descriptions were there."""
    options = ["--stun", nat.SERVERS[0]]
    if turn:
        options += relay(nat.SERVERS[1])
    with LinkPair(internet.inside("a-" + offerer, link_peer, *options),
                  internet.inside("b-" + answerer, link_peer, *options)) as pair:
        begun = time.monotonic()
        pair.introduce()
        described = round((time.monotonic() - begun) * 1000)
        ended = pair.wait_for("connected", "closed", peer=pair.offerer)
        if ended[0] == "closed":
            other = pair.wait_for("closed", peer=pair.answerer)
            return ended[2], "", described, max(int(ended[1]), int(other[1])), None
        pair.offerer.tell(f"fetch {FETCHED_BYTES}")
        first = pair.wait_for("first", peer=pair.offerer)
        types = pair.wait_for("pair", peer=pair.offerer)
        pair.wait_for("fetched", peer=pair.offerer)
        pair.close()
        return "connected", "/".join(types[1:3]), described, int(ended[1]), int(first[1])


def check_relay_only(internet, link_peer):
    """Who wants relays only shows his address to nobody, though a straight way is there."""
    options = "--relay-only", "--stun", nat.SERVERS[0], *relay(nat.SERVERS[1])
    with LinkPair(internet.inside("a-open", link_peer, *options),
                  internet.inside("b-open", link_peer)) as pair:
        offer = pair.introduce()
        assert internet.addresses["a-open"] not in offer, offer
        pair.answerer.tell(f"fetch {FETCHED_BYTES}")
        words = pair.wait_for("pair", peer=pair.answerer)
        assert words[4].startswith(nat.SERVERS[1] + ":"), words
        print("relays only:", *words[1:])


def check_no_udp(internet, link_peer):
    """Where UDP is not let through, a relay over TCP is the way."""
    internet.add_host("office", "no-udp")
    stun = "--stun", nat.SERVERS[0]
    for offerer, answerer in ("office", "b-cone"), ("b-symmetric", "office"):
        options = {"office": relay(nat.SERVERS[1], "--turn-tcp")}
        with LinkPair(internet.inside(offerer, link_peer, *stun, *options.get(offerer, ())),
                      internet.inside(answerer, link_peer, *stun, *options.get(answerer, ()))) as pair:
            pair.introduce()
            connected = pair.wait_for("connected", peer=pair.offerer)
            pair.offerer.tell(f"fetch {FETCHED_BYTES}")
            words = pair.wait_for("pair", peer=pair.offerer)
            pair.close()
            print(f"relay over TCP, {offerer} offers:", *words[1:], connected[1], "ms")


def check_dead_servers(internet, link_peer):
    """Servers that don't answer, and a relay that refuses, keep nobody from a way without them."""
    nowhere = "203.0.113.99"
    wrong = "--turn", nat.SERVERS[1], nat.TURN_USER, "wrong"
    for name, options in ("no answer", ("--stun", nowhere)), \
            ("no relay's answer", relay(nowhere)), ("wrong password", wrong):
        with LinkPair(internet.inside("a-cone", link_peer, *options),
                      internet.inside("b-open", link_peer, *options)) as pair:
            pair.introduce()
            connected = pair.wait_for("connected", peer=pair.offerer)
            pair.close()
            print(f"{name}: connected after {connected[1]} ms")


def check_row(row):
    offerer, answerer, turn, seen, types, _, milliseconds, _ = row
    if nat.ice_can(offerer, answerer, turn):
        assert seen == "connected", row
    else:
        assert seen in ("ice_failed", "timeout"), row
        assert milliseconds < GIVE_UP_SECONDS * 1000, row
    # Relays are for those who can't do without, and only if they are allowed.
    assert ("relay" in types) <= turn, row
    if turn and not nat.ice_can(offerer, answerer, False):
        assert "relay" in types, row


def check_pairs(link_peer):
    cases = [(offerer, answerer, turn) for turn in (False, True) for offerer in nat.NATS
             for answerer in nat.NATS]
    # Who must fail takes his time, beside the others.
    cases.sort(key=lambda case: nat.ice_can(*case))
    with nat.Internet() as internet:
        for kind in nat.NATS:
            internet.add_host("a-" + kind, kind)
            internet.add_host("b-" + kind, kind)
        internet.start_relay()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda case: connect(internet, link_peer, *case), cases))
        check_relay_only(internet, link_peer)
        check_no_udp(internet, link_peer)
        check_dead_servers(internet, link_peer)
    rows = dict(zip(cases, results))
    print("| offerer | answerer | TURN | expected | seen | candidates | described ms | "
          "connected or failed ms | first byte ms |\n|---|---|---|---|---|---|---|---|---|")
    for case in sorted(cases, key=lambda case: (case[2], nat.NATS.index(case[0]),
                                                nat.NATS.index(case[1]))):
        seen, types, *times = rows[case]
        expected = "connected" if nat.ice_can(*case) else "fails"
        print(f"| {case[0]} | {case[1]} | {'yes' if case[2] else 'no'} | {expected} | {seen} | "
              f"{types} | {' | '.join(str(ms or '') for ms in times)} |", flush=True)
    for case, result in rows.items():
        check_row((*case, *result))


steps = {"routers": check_routers, "pairs": check_pairs, "reflect": reflect, "look": look}
steps[sys.argv[1]](*sys.argv[2:])
