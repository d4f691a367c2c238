# SPDX-License-Identifier: LGPL-2.1-or-later
"""What real clients said to bittorrent-tracker's server, they say to triad-tracker again: the replies
are equivalent. The recordings come from tests/interop/interop_test.py.

usage: replay_test.py TRIAD_TRACKER RECORDING...
    RECORDING: a line of JSON for each frame: "peer" (a number), "from" ("peer" or "tracker"),
               "text" (null: the peer closed the connection)
"""
import contextlib
import json
import sys

from peer import Peer, Tracker


def key(message):
    """What a frame is about: frames to one peer may come in another order."""
    kind = next((k for k in ("offer", "answer", "failure reason") if k in message), "reply")
    return kind, message.get("action"), message.get("info_hash", ""), message.get("peer_id", "")


def shape(value):
    return {k: shape(v) for k, v in value.items()} if isinstance(value, dict) else type(value)


def check(expected, got, offered):
    """The same, but for the key "triad", the interval and what a scrape counts; which of a peer's offers
    are handed out is the tracker's choice."""
    got.pop("triad", None)
    if "offer" in expected:
        assert (got.pop("offer_id"), json.dumps(got.pop("offer"))) in offered, got
        expected = {k: v for k, v in expected.items() if k not in ("offer", "offer_id")}
        assert got == expected, (expected, got)
    elif "answer" in expected or "failure reason" in expected:
        assert got == expected, (expected, got)
    else:
        assert shape(got) == shape(expected), (expected, got)
        for name in "action", "info_hash", "complete", "incomplete":
            assert got.get(name) == expected.get(name), (expected, got)


def replay(tracker, recording):
    """Says each peer's frames in their order, and compares all replies before the next is said."""
    with open(recording, encoding="utf-8") as file:
        frames = [json.loads(line) for line in file]
    peers, offered, compared = {}, set(), 0
    with contextlib.ExitStack() as all_peers:
        for at, one in enumerate(frames):
            number, text = one["peer"], one["text"]
            if one["from"] == "tracker":
                continue
            if number not in peers:
                peers[number] = all_peers.enter_context(Peer(tracker))
                assert peers[number].upgrade()
            if text is None:
                peers.pop(number).socket.close()
                while tracker.stats()["connections"] > len(peers) + 1:
                    pass
                continue
            for offer in json.loads(text).get("offers") or []:
                offered.add((offer["offer_id"], json.dumps(offer["offer"])))
            peers[number].say(text.encode())
            compared += hear(peers, frames, at, offered)
    print(f"{recording}: {compared} replies are equivalent")
    assert compared > 0


def hear(peers, frames, at, offered):
    """Compares the frames from the tracker that follow frames[at]; how many those are."""
    expected = {}
    for one in frames[at + 1:]:
        if one["from"] == "peer":
            break
        expected.setdefault(one["peer"], []).append(json.loads(one["text"]))
    for number, messages in expected.items():
        if number in peers:
            got = [peers[number].hear() for _ in messages]
            for pair in zip(sorted(messages, key=key), sorted(got, key=key)):
                check(*pair, offered)
    return sum(map(len, expected.values()))


with Tracker(sys.argv[1]) as running:
    for path in sys.argv[2:]:
        replay(running, path)
