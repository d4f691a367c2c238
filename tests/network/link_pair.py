# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two link_peer processes that a test introduces to each other, and what they say."""
import queue
import subprocess
import threading

GUARD_SECONDS = 120  # against a test that hangs; nothing is judged by it


class Words(list):
    """A line of a peer, split; `rest` is what follows its first word, `peer` says whose it is."""

    def __init__(self, peer, line):
        super().__init__(line.split(" "))
        self.rest = line.partition(" ")[2]
        self.peer = peer


class LinkPeer:
    def __init__(self, command, said):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.said = said
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.said.put(Words(self, line.rstrip("\n")))
        self.said.put(Words(self, "over"))

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()


class LinkPair:
    def __init__(self, offerer_command, answerer_command):
        self.said = queue.Queue()
        self.kept = []  # what nobody has waited for yet
        self.offerer = LinkPeer(offerer_command, self.said)
        self.answerer = LinkPeer(answerer_command, self.said)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.offerer.end()
        self.answerer.end()

    def other(self, peer):
        return self.answerer if peer is self.offerer else self.offerer

    def introduce(self):
        """The offer goes over, then the answer; candidates that come later follow by themselves.
        Returns the offer, escaped."""
        self.offerer.tell("offer")
        offer = self.wait_for("description", peer=self.offerer).rest
        self.answerer.tell("take " + offer)
        self.offerer.tell("take " + self.wait_for("description", peer=self.answerer).rest)
        return offer

    def close(self):
        """The offerer closes; both say so and end well."""
        self.offerer.tell("close")
        ends = [self.wait_for("closed", peer=peer)[2] for peer in (self.offerer, self.answerer)]
        assert ends == ["closed_here", "closed_there"], ends
        for peer in self.offerer, self.answerer:
            assert peer.process.wait(GUARD_SECONDS) == 0, peer.process.args

    def wait_for(self, *words, peer=None):
        """The first line that begins with one of the words, from that peer if one is given."""
        seen = 0
        while True:
            for place, line in enumerate(self.kept[seen:], seen):
                if line[0] in words and peer in (None, line.peer):
                    # By its place: both peers may have said the same.
                    return self.kept.pop(place)
                if line[0] in ("over", "refused", "wrong") and peer in (None, line.peer):
                    raise AssertionError(f"{line} while waiting for {words}, after {self.kept}")
            seen = len(self.kept)
            line = self.said.get(timeout=GUARD_SECONDS)
            if line[0] == "candidate":
                self.other(line.peer).tell(" ".join(line))
            else:
                self.kept.append(line)
