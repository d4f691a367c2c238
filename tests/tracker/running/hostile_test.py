# SPDX-License-Identifier: LGPL-2.1-or-later
"""What strangers may send to triad-tracker, over ws and wss: it refuses, and goes on serving
everybody else.

usage: hostile_test.py TRIAD_TRACKER
"""
import json
import random
import ssl
import struct
import sys
import unittest

from peer import Peer, Tracker, announce, frame, name, offers

MIB = 1024 * 1024
WRONG = [None, True, -1, 0.5, 1e308, 2**70, "", "short", "x" * 5000, [], {}, [[]], {"sdp": []},
         [None] * 50, ["\0" * 20, 7], "\ud800", "\U0001f600" * 20]


class Hostile(unittest.TestCase):
    TLS = False

    def setUp(self):
        self.start("--idle", "10")

    def start(self, *options, messages_per_second="2000"):
        self.tracker = self.enterContext(Tracker(
            sys.argv[1], *options, "--max-queue", "65536",
            "--max-messages-per-second", messages_per_second, tls=self.TLS))
        self.tracker.check_serves()
        self.memory = self.tracker.memory()

    def tearDown(self):
        self.tracker.check_serves()
        self.check_memory()

    def check_memory(self):
        self.assertLess(self.tracker.memory() - self.memory, 32 * MIB)

    def websocket(self, address="127.0.0.1"):
        peer = self.enterContext(Peer(self.tracker, address))
        self.assertTrue(peer.upgrade())
        return peer

    def expect_reply(self, peer):
        """The connection is as good as before: an announce is replied to."""
        peer.say(announce(swarm=b"after", peer=b"the same"))
        while True:
            message = peer.hear()
            self.assertIsNotNone(message, "the connection was ended")
            if message.get("info_hash") == name(b"after"):
                return

    def test_malformed_json(self):
        peer = self.websocket()
        whole = json.dumps(announce(offers=offers(2))).encode()
        texts = [whole[:at] for at in range(0, len(whole), 7)]
        texts += [b"", b"\0", b"null", b"[]", b"1", b'"text"', b"{}", b"{,}", b'{"action"}', b"{" * 9,
                  whole + b"}", whole + whole, b"\xff\xfe" + whole, whole.replace(b"a", b"\xc3"),
                  b'{"action":"announce","action":"scrape"}', b'{"action":"\\ud83d"}', b"\xef\xbb\xbf{}"]
        for text in texts:
            with self.subTest(text=text):
                peer.say(text)
                self.expect_reply(peer)

    def test_wrong_types(self):
        peer = self.websocket()
        good = announce(offers=offers(1), answer={"type": "answer", "sdp": "v=0"},
                        to_peer_id=name(b"other"), offer_id=name(b"offer0"))
        for action in "announce", "scrape", "frob", 3:
            for key in [*good, "triad"]:
                for value in WRONG:
                    with self.subTest(action=action, key=key, value=value):
                        peer.say(good | {"action": action} | {key: value})
                self.expect_reply(peer)

    def test_wrong_offers(self):
        peer = self.websocket()
        self.websocket().say(announce(peer=b"other"))
        for key in "offer", "offer_id", "sdp", "type":
            for value in WRONG:
                offer = offers(1)[0]
                (offer["offer"] if key in offer["offer"] else offer)[key] = value
                peer.say(announce(offers=[offer] * 3))
            self.expect_reply(peer)

    def test_deep_nesting(self):
        peer = self.websocket()
        for text in (b"[" * 120_000, b'{"a":' * 20_000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
                     b'{"action":"announce","offers":' + b"[" * 50_000 + b"]" * 50_000 + b"}"):
            peer.say(text)
            self.expect_reply(peer)

    def test_absurd_lengths(self):
        too_long = announce(offers=offers(1, sdp="x" * 300_000))
        for data in (struct.pack("!BBQ", 0x81, 0xff, 2**63 - 1), struct.pack("!BBQ", 0x81, 0xff, 2**30),
                     struct.pack("!BBQ", 0x82, 0xff, 2**64 - 1) + bytes(1000),
                     frame(json.dumps(too_long).encode()),
                     struct.pack("!BBH", 0x89, 0xfe, 1000) + bytes(1004)):
            with self.subTest(data=data[:20]):
                peer = self.websocket()
                peer.send(data)
                peer.wait_for_end()

    def test_a_message_without_end(self):
        peer = self.websocket()
        part = frame(b"x" * 1000, opcode=1, last=False)
        more = frame(b"x" * 1000, opcode=0, last=False)
        with self.assertRaises(OSError):
            peer.send(part)
            while True:
                peer.send(more)
                self.check_memory()

    def test_a_request_without_end(self):
        chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        for begin, part in ((b"", b"GET /" + b"x" * 1000), (b"", b"\0" * 4000),
                            (b"GET / HTTP/1.1\r\n", b"A: b\r\n" * 1000),
                            (chunked + b"1;", b"x" * 1000), (chunked, b"1;x\r\nx\r\n" * 1000),
                            (chunked + b"0\r\n", b"A: b\r\n" * 1000)):
            peer = self.enterContext(Peer(self.tracker))
            with self.subTest(begin=begin, part=part[:20]), self.assertRaises(OSError):
                peer.send(begin)
                while True:
                    peer.send(part)
                    self.check_memory()

    def test_noise(self):
        chance = random.Random(1)
        for number in range(300):
            peer = Peer(self.tracker)
            with peer:
                if number % 2:
                    peer.upgrade()
                try:
                    peer.send(chance.randbytes(chance.randrange(1, 3000)))
                except OSError:
                    pass  # it was told to go in the middle of it

    def test_peers_that_are_no_longer_there(self):
        """Half-open: the other side is gone without a word, so it answers no ping."""
        silent = [self.enterContext(Peer(self.tracker)), self.websocket(), self.websocket()]
        silent[0].send(b"GET / HT")
        silent[1].say(announce(swarm=b"gone", peer=b"gone"))
        silent[2].send(frame(b"x" * 50)[:20])
        for peer in silent:
            peer.wait_for_end()
        alive = self.websocket()
        alive.say(announce(swarm=b"gone", peer=b"alive"))
        self.assertEqual(alive.hear()["incomplete"], 1)

    def test_a_slow_reader(self):
        """What waits for it is bounded: it is disconnected, others notice nothing."""
        slow = self.enterContext(Peer(self.tracker, buffer=4096))
        self.assertTrue(slow.upgrade())
        slow.say(announce(peer=b"slow"))
        busy = self.websocket("127.0.0.4")
        leechers = 2
        while leechers > 1:  # the slow one counts until it is disconnected
            busy.say(announce(peer=b"busy", offers=offers(5, sdp="x" * 15_000)))
            leechers = busy.hear()["incomplete"]
            self.check_memory()

    def test_one_address_floods(self):
        # Nobody is let go for his silence meanwhile, and the slowest tracker reads more than may be.
        self.start("--idle", "600", messages_per_second="200")
        held = []
        for _ in range(1000):
            try:
                peer = self.enterContext(Peer(self.tracker, "127.0.0.5"))
                if peer.upgrade():
                    held.append(peer)
            except OSError:
                pass
        self.assertEqual(len(held), 200)
        self.assertGreaterEqual(sum(self.tracker.stats()["refusals"].values()), 800)
        held[0].send(frame(json.dumps({"action": "scrape", "info_hash": []}).encode()) * 30_000)
        held[0].wait_for_end()


class HostileTls(Hostile):
    TLS = True

    def test_noise_without_tls(self):
        chance = random.Random(2)
        hello = self.client_hello()
        for number in range(300):
            with Peer(self.tracker, plain=True) as peer:
                noise = chance.randbytes(chance.randrange(1, 3000))
                try:
                    peer.send(hello[:chance.randrange(len(hello))] + noise if number % 2 else noise)
                except OSError:
                    pass

    def test_handshakes_that_stop(self):
        hello = self.client_hello()
        stopped = [self.enterContext(Peer(self.tracker, plain=True)) for _ in range(150)]
        for number, peer in enumerate(stopped):
            peer.send(hello[:number * len(hello) // (len(stopped) - 1)])
        self.tracker.check_serves()
        for peer in stopped:
            peer.wait_for_end()

    def client_hello(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        with self.assertRaises(ssl.SSLWantReadError):
            self.tracker.tls.wrap_bio(incoming, outgoing).do_handshake()
        return outgoing.read()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
