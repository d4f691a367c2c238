# SPDX-License-Identifier: LGPL-2.1-or-later
"""A tracker process, and a WebSocket peer on a bare socket that can also misbehave."""
import json
import os
import socket
import ssl
import struct
import subprocess
import tempfile

PATIENCE = 120  # seconds, for what must happen; only guards against hanging


class Tracker:
    """triad-tracker on loopback; ending it must work, or the test fails."""

    def __init__(self, program, *options, tls=False):
        self.tls = trusting_all() if tls else None
        self.folder = tempfile.TemporaryDirectory(prefix="triad-tracker-")
        if tls:
            certificate, key = make_certificate(self.folder.name)
            options += "--tls-cert", certificate, "--tls-key", key
        # AddressSanitizer keeps what was freed, which is no growth.
        checks = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
        self.process = subprocess.Popen([program, "--listen", "127.0.0.1:0", *options],
                                        env=os.environ | {"ASAN_OPTIONS": checks},
                                        stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline().split()
        assert ready and ready[0] == "ready", ready
        self.port = int(ready[1].rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        alive = self.process.poll() is None
        self.process.terminate()
        status = self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()
        assert alive and status == 0, f"the tracker ended with {status}, alive before: {alive}"

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stats(self, address="127.0.0.2"):
        with Peer(self, address) as peer:
            peer.send(b"GET /stats.json HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            head, _, body = peer.rest().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        return json.loads(body)

    def check_serves(self, address="127.0.0.3"):
        """Somebody well-behaved gets what he came for."""
        with Peer(self, address) as peer:
            peer.upgrade()
            peer.say(announce(swarm=b"well-behaved"))
            reply = peer.hear()
        assert reply["action"] == "announce" and reply["incomplete"] >= 1, reply


class Peer:
    """One connection from `address` (127.0.0.0/8), as yet without WebSocket."""

    def __init__(self, tracker, address="127.0.0.1", buffer=None, plain=False):
        """`buffer`: bytes that the system takes for it; `plain`: TLS is left out in any case."""
        self.received = b""
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.bind((address, 0))
        try:
            self.socket.connect(("127.0.0.1", tracker.port))
            if tracker.tls and not plain:
                self.socket = tracker.tls.wrap_socket(self.socket)
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def upgrade(self):
        """True: a WebSocket is open; False: refused."""
        self.send(b"GET / HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        while b"\r\n\r\n" not in self.received:
            if not self._more():
                return False
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        return head.startswith(b"HTTP/1.1 101")

    def say(self, message):
        """Sends text, or anything as JSON, in one frame."""
        if not isinstance(message, bytes):
            message = json.dumps(message).encode()
        self.send(frame(message))

    def hear(self):
        """The next JSON message; None: the tracker ended the connection."""
        while True:
            while (size := self._frame_size()) is None:
                if not self._more():
                    return None
            one, self.received = self.received[:size], self.received[size:]
            if one[0] & 0x0f == 1:
                return json.loads(one[2 if one[1] < 126 else 4 if one[1] == 126 else 10:])
            if one[0] & 0x0f == 9:
                self.send(frame(one[2:], opcode=10))

    def wait_for_end(self):
        """Reads on, answering nothing, until the tracker ends the connection."""
        while self._more():
            self.received = b""

    def rest(self):
        while self._more():
            pass
        return self.received

    def _frame_size(self):
        if len(self.received) < 2:
            return None
        short = self.received[1] & 0x7f
        extra = {126: 2, 127: 8}.get(short, 0)
        if len(self.received) < 2 + extra:
            return None
        length = int.from_bytes(self.received[2:2 + extra], "big") if extra else short
        whole = 2 + extra + length
        return whole if len(self.received) >= whole else None

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
            return False
        self.received += data
        return bool(data)


def make_certificate(folder):
    """A self-made certificate for 127.0.0.1: (certificate, key), both PEM files."""
    certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "1", "-subj", "/CN=triad test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    return certificate, key


def trusting_all():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def frame(payload, opcode=1, last=True):
    """A frame as clients send it, masked with zeros (RFC 6455 section 5.2)."""
    first = opcode | (0x80 if last else 0)
    if len(payload) < 126:
        head = struct.pack("!BB", first, 0x80 | len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, len(payload))
    return head + bytes(4) + payload


def name(text):
    """Twenty bytes as trackers' JSON has them."""
    return text.ljust(20, b"-")[:20].decode("latin-1")


def announce(swarm=b"swarm", peer=b"peer", **more):
    return {"action": "announce", "info_hash": name(swarm), "peer_id": name(peer), "numwant": 5,
            "uploaded": 0, "downloaded": 0, "left": 1000, "event": "started"} | more


def offers(count, sdp="v=0\r\n"):
    return [{"offer": {"type": "offer", "sdp": sdp}, "offer_id": name(b"offer%d" % i)}
            for i in range(count)]
