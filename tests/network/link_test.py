# SPDX-License-Identifier: LGPL-2.1-or-later
"""The slow link delays what crosses it, the wire beside it does not, and neither is left behind.

usage: link_test.py DELAY_LINK        (the other words are for the test's own processes)
"""
import os
import socket
import subprocess
import sys
import time

ONE_WAY_MS = 25


def inside(namespace, *words):
    return ["ip", "netns", "exec", os.environ[namespace], sys.executable, __file__, *words]


def serve(address):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 0))
    print(server.getsockname()[1], flush=True)
    while True:
        server.sendto(*server.recvfrom(100))


def ask(address, port):
    """Prints the milliseconds of the quickest of five echoes."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(10)
    times = []
    for _ in range(5):
        start = time.monotonic()
        client.sendto(b"echo", (address, int(port)))
        client.recv(100)
        times.append(time.monotonic() - start)
    print(min(times) * 1000)


def measure():
    times = []
    for address in os.environ["TRIAD_NEAR"], os.environ["TRIAD_FAR"]:
        server = subprocess.Popen(inside("TRIAD_SERVER_NS", "serve", address),
                                  stdout=subprocess.PIPE, text=True)
        try:
            port = server.stdout.readline().strip()
            asked = subprocess.run(inside("TRIAD_CLIENT_NS", "ask", address, port), check=True,
                                   stdout=subprocess.PIPE)
            times.append(float(asked.stdout))
        finally:
            server.kill()
            server.wait()
    wire, link = times
    print(f"wire {wire:.1f} ms, link {link:.1f} ms")
    assert link >= 2 * ONE_WAY_MS, "the link's delay is missing"
    assert wire < 2 * ONE_WAY_MS, "the wire is as slow as the link"


def test(delay_link):
    with_link = os.path.join(os.path.dirname(__file__), "with-link")
    run = subprocess.Popen([with_link, delay_link, "--delay", str(ONE_WAY_MS), "--",
                            sys.executable, __file__, "measure"])
    assert run.wait() == 0
    left = subprocess.run(["ip", "netns", "list"], check=True, stdout=subprocess.PIPE, text=True)
    assert f"triad-{run.pid}-" not in left.stdout, "a namespace is left"


steps = {"serve": serve, "ask": ask, "measure": measure}
if sys.argv[1] in steps:
    steps[sys.argv[1]](*sys.argv[2:])
else:
    test(sys.argv[1])
