# SPDX-License-Identifier: LGPL-2.1-or-later
"""Links over bad networks carry every byte, and links whose other end is gone say so.

usage: conditions_test.py LINK_PEER DELAY_LINK
"""
import contextlib
import signal
import sys

import nat
from link_pair import LinkPair

BYTES = 2_000_000
# What is written beside the times: one way each, so a round trip takes 50 ms.
SLOW = {
    "50 ms": ["--delay", "25"],
    "50 ms, 20 Mbit/s": ["--delay", "25", "--rate", "20"],
    "50 ms, loss 0.5 %": ["--delay", "25", "--loss", "0.5"],
    "50 ms, loss 3 %": ["--delay", "25", "--loss", "3"],
}


@contextlib.contextmanager
def linked(internet, link_peer, one, other):
    with LinkPair(internet.inside(one, link_peer), internet.inside(other, link_peer)) as pair:
        pair.introduce()
        pair.connected = int(pair.wait_for("connected", peer=pair.offerer)[1])
        yield pair


def fetch(pair):
    """Everything, bit for bit: link_peer looks. Prints a row."""
    pair.offerer.tell(f"fetch {BYTES}")
    first = pair.wait_for("first", peer=pair.offerer)
    types = pair.wait_for("pair", peer=pair.offerer)
    fetched = pair.wait_for("fetched", peer=pair.offerer)
    assert fetched[1] == str(BYTES)
    seconds = (int(fetched[2]) - int(first[1])) / 1000
    return (f"{'/'.join(types[1:3])} | {pair.connected} | {first[1]} | {fetched[2]} | "
            f"{BYTES / 1e6 / max(seconds, 0.001):.1f} |")


def check_slow(link_peer, delay_link):
    print(f"| network | candidates | connected ms | first byte ms | {BYTES // 1000} kB ms | MB/s |\n"
          "|---|---|---|---|---|---|")
    for name, options in SLOW.items():
        with nat.Internet() as internet:
            internet.add_host("near", "none")
            internet.add_host("far", "none")
            internet.join_slowly("near", "far", delay_link, *options)
            with linked(internet, link_peer, "near", "far") as pair:
                print(f"| {name} |", fetch(pair), flush=True)
                pair.close()


def check_ipv6(link_peer):
    with nat.Internet() as internet:
        internet.add_host("one", "ipv6")
        internet.add_host("other", "ipv6")
        with linked(internet, link_peer, "one", "other") as pair:
            print("| IPv6 only |", fetch(pair), flush=True)
            pair.close()


def check_gone(link_peer):
    """Whatever takes the peer away: consent is lost, once, and only then."""
    def stop(_internet, pair):
        pair.answerer.process.send_signal(signal.SIGSTOP)

    def kill(_internet, pair):
        pair.answerer.process.kill()

    def move(internet, _pair):
        internet.move("other")

    print("| the peer | the other's end | ms since introduced |\n|---|---|---|")
    for name, happen in ("stopped", stop), ("killed", kill), ("has another address", move):
        with nat.Internet() as internet:
            internet.add_host("one", "open")
            internet.add_host("other", "open")
            with linked(internet, link_peer, "one", "other") as pair:
                fetch(pair)
                happen(internet, pair)
                closed = pair.wait_for("closed", peer=pair.offerer)
                print(f"| {name} | {closed[2]} | {closed[1]} |", flush=True)
                assert closed[2] == "consent_lost", closed
                if happen is stop:  # it learns of it, too, when it goes on
                    pair.answerer.process.send_signal(signal.SIGCONT)
                if happen is not kill:
                    closed = pair.wait_for("closed", peer=pair.answerer)
                    assert closed[2] in ("consent_lost", "closed_there"), closed


def main(link_peer, delay_link):
    check_slow(link_peer, delay_link)
    check_ipv6(link_peer)
    check_gone(link_peer)


main(*sys.argv[1:])
