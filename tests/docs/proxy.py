# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the nginx of docs/tracker.md with a tracker behind it, and announces through both.

usage: proxy.py SOURCE_ROOT TRIAD_TRACKER
"""
import base64
import contextlib
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile

NGINX_BLOCK = re.compile(r"^```nginx\n(.*?)^```$", re.M | re.S)
GUARD = 30  # seconds


def replaced(text, old, new):
    if old not in text:
        raise SystemExit(f"docs/tracker.md: {old!r} is not in the nginx block")
    return text.replace(old, new)


@contextlib.contextmanager
def ended(process):
    try:
        yield process
    finally:
        process.terminate()
        process.wait(GUARD)


def start_tracker(program):
    process = subprocess.Popen(
        [program, "--listen", "127.0.0.1:0", "--trusted-proxies", "1",
         "--max-connections-per-address", "1"], stdout=subprocess.PIPE, text=True)
    ready, url = process.stdout.readline().split()
    assert ready == "ready", ready
    return process, int(url.rsplit(":", 1)[1])


def start_nginx(folder, server, listener):
    """nginx takes over a socket that listens already, so nobody waits until it is up."""
    config = f"""daemon off; user root; worker_processes 1; pid {folder}/pid; error_log stderr;
events {{ worker_connections 64; }}
http {{ access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{server} }}
"""
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config)
    descriptor = listener.fileno()
    return subprocess.Popen(["nginx", "-p", folder, "-c", path, "-e", "stderr"],
                            pass_fds=[descriptor], env=os.environ | {"NGINX": f"{descriptor};"})


class Client:
    """One TLS connection to the proxy."""

    def __init__(self, port, certificate, source="127.0.0.1"):
        context = ssl.create_default_context(cafile=certificate)
        plain = socket.create_connection(("127.0.0.1", port), GUARD, (source, 0))
        self.stream = context.wrap_socket(plain, server_hostname="tracker.example.org")
        self.bytes = self.stream.makefile("rb")

    def request(self, path, *headers):
        lines = [f"GET {path} HTTP/1.1", "Host: tracker.example.org", *headers, "", ""]
        self.stream.sendall("\r\n".join(lines).encode())
        status = int(self.bytes.readline().split()[1])
        fields = {}
        while (line := self.bytes.readline().strip()):
            name, value = line.decode().split(":", 1)
            fields[name.lower()] = value.strip()
        return status, fields

    def get(self, path):
        status, fields = self.request(path)
        return status, self.bytes.read(int(fields.get("content-length", 0)))

    def upgrade(self, *headers):
        key = base64.b64encode(bytes(16)).decode()
        return self.request("/", "Connection: Upgrade", "Upgrade: websocket",
                            "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *headers)[0]

    def send(self, message):
        text = json.dumps(message).encode()
        self.stream.sendall(struct.pack("!BBH4x", 0x81, 0x80 | 126, len(text)) + text)

    def receive(self):
        kind, length = self.bytes.read(2)
        if length == 126:
            length, = struct.unpack("!H", self.bytes.read(2))
        assert kind == 0x81, kind
        return json.loads(self.bytes.read(length))


def announce(peer, **more):
    return {"action": "announce", "info_hash": "h" * 20, "peer_id": peer * 20,
            "event": "started", "left": 1, **more}


def check(port, certificate):
    status, body = Client(port, certificate).get("/health")
    assert (status, body) == (200, b"ok\n"), (status, body)
    first = Client(port, certificate)
    assert first.upgrade("X-Forwarded-For: 203.0.113.9") == 101
    first.send(announce("a"))
    assert first.receive()["incomplete"] == 1
    # One connection for each address, and the address is what the proxy saw, not what it was told.
    for claimed in [], ["X-Forwarded-For: 198.51.100.7"]:
        assert Client(port, certificate).upgrade(*claimed) == 429, claimed
    second = Client(port, certificate, "127.0.0.2")
    assert second.upgrade() == 101
    sdp = "v=0\r\n" * 2000
    second.send(announce("b", offers=[
        {"offer_id": "o" * 20, "offer": {"type": "offer", "sdp": sdp}}]))
    assert first.receive()["offer"]["sdp"] == sdp
    assert second.receive()["incomplete"] == 2


def main():
    source, program = sys.argv[1:]
    with open(os.path.join(source, "docs/tracker.md"), encoding="utf-8") as file:
        server = NGINX_BLOCK.search(file.read())[1]
    tracker, tracker_port = start_tracker(program)
    with ended(tracker), tempfile.TemporaryDirectory() as folder, socket.socket() as listener:
        certificate, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=tracker.example.org", "-addext",
             "subjectAltName=DNS:tracker.example.org", "-keyout", key, "-out", certificate],
            check=True, stderr=subprocess.DEVNULL)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        server = replaced(server, "listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
        server = replaced(server, "/etc/ssl/certs/tracker.pem", certificate)
        server = replaced(server, "/etc/ssl/private/tracker.key", key)
        server = replaced(server, "127.0.0.1:8000", f"127.0.0.1:{tracker_port}")
        with ended(start_nginx(folder, server, listener)):
            check(port, certificate)


main()
