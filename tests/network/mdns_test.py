# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names of hosts are found by multicast DNS over two interfaces, however a responder answers, and
nothing else is believed.

usage: mdns_test.py MDNS_QUERY        (the other words are for the test's own processes)
"""
import os
import socket
import struct
import subprocess
import sys

GROUP = {socket.AF_INET: "224.0.0.251", socket.AF_INET6: "ff02::fb"}
PORT = 5353
# Addresses of a host that are on no network of the asker's.
STRANGER = {socket.AF_INET: "198.51.100.1", socket.AF_INET6: "2001:db8:99::1"}


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def response(query_id, name, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    data = socket.inet_pton(family, address)
    kind = 28 if family == socket.AF_INET6 else 1
    return (struct.pack(">6H", query_id, 0x8400, 0, 1, 0, 0) + encode_name(name) +
            struct.pack(">HHIH", kind, 0x8001, 120, len(data)) + data)


def open_group(family, device):
    """A socket that hears the group on one interface, and may send to it there."""
    index = socket.if_nametoindex(device)
    responder = socket.socket(family, socket.SOCK_DGRAM)
    responder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        responder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        responder.bind(("::", PORT))
        responder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                             socket.inet_pton(family, GROUP[family]) + struct.pack("@I", index))
        responder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    else:
        responder.bind(("", PORT))
        request = struct.pack("@4s4si", socket.inet_aton(GROUP[family]), b"\0" * 4, index)
        responder.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        responder.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, request)
    return responder


def respond(family_name, device, far_address):
    """Answers the queries that come in by a device, each in the way that its name asks for."""
    family = getattr(socket, family_name)
    responder = open_group(family, device)
    stranger = socket.socket(family, socket.SOCK_DGRAM)
    stranger.bind((STRANGER[family], 0))
    print("ready", flush=True)
    asked = {}
    while True:
        query, source = responder.recvfrom(9000)
        query_id, flags, questions = struct.unpack(">3H", query[:6])
        if flags != 0 or questions != 2:
            continue
        length = query[12]
        name = query[13:13 + length].decode() + ".local"
        host = query[13:13 + length].decode()
        asked[host] = asked.get(host, 0) + 1
        # The two questions, to the byte: addresses of either family, an answer to the asker alone.
        assert query[12:] == b"".join(encode_name(name) + struct.pack(">HH", kind, 0x8001)
                                      for kind in (1, 28)), query
        right = response(query_id, name, far_address)
        everybody = (GROUP[family], PORT)
        if host == "alone":
            responder.sendto(right, source)
        elif host == "all":
            responder.sendto(response(0, name, far_address), everybody)
        elif host == "again":  # the first query is lost
            if asked[host] > 1:
                responder.sendto(right, source)
        elif host == "zone":  # an address that leads nowhere, then one that does
            responder.sendto(response(query_id, name, "fe80::1"), source)
            responder.sendto(right, source)
        elif host == "other":  # never believed: the name of another
            responder.sendto(response(query_id, "else.local", far_address), source)
        elif host == "id":  # never believed: not the query's
            responder.sendto(response(query_id ^ 1, name, far_address), source)
        elif host == "rubbish":
            responder.sendto(b"", source)
            responder.sendto(b"\x84", source)
            responder.sendto(right[:-1], source)
            responder.sendto(query, source)
        elif host == "far":  # never believed: from outside of the interface's network
            stranger.sendto(right, source)


class Namespaces:
    """An asker, and a host on each of its two interfaces: "one" has IPv4, "two" IPv6 only."""

    def __init__(self):
        self.prefix = f"triad-{os.getpid()}-"

    def ip(self, name, *words):
        subprocess.run(["ip", "-n", self.prefix + name, *words], check=True)

    def inside(self, name, *words):
        return ["ip", "netns", "exec", self.prefix + name, *words]

    def __enter__(self):
        for name in "asker", "one", "two":
            subprocess.run(["ip", "netns", "add", self.prefix + name], check=True)
            self.ip(name, "link", "set", "lo", "up")
            subprocess.run(self.inside(name, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0",
                                       "net.ipv6.conf.default.accept_dad=0"), check=True)
        for number, name in enumerate(("one", "two"), 1):
            self.ip("asker", "link", "add", name, "type", "veth", "peer", "name", "lan", "netns",
                    self.prefix + name)
            self.ip("asker", "link", "set", name, "up")
            self.ip(name, "link", "set", "lan", "up")
            self.ip("asker", "addr", "add", f"2001:db8:{number}::1/64", "dev", name, "nodad")
            self.ip(name, "addr", "add", f"2001:db8:{number}::2/64", "dev", "lan", "nodad")
        self.ip("asker", "addr", "add", "10.79.1.1/24", "dev", "one")
        self.ip("one", "addr", "add", "10.79.1.2/24", "dev", "lan")
        self.ip("one", "addr", "add", STRANGER[socket.AF_INET] + "/32", "dev", "lan")
        self.ip("two", "addr", "add", STRANGER[socket.AF_INET6] + "/128", "dev", "lan", "nodad")
        return self

    def __exit__(self, *_):
        for name in "asker", "one", "two":
            subprocess.run(["ip", "netns", "del", self.prefix + name], check=False)


def check(namespaces, mdns_query, name, family, device, address):
    """One responder, asked for all names at once."""
    found = ["alone", "all", "again", "zone"]
    not_found = ["other", "id", "rubbish", "far", "silence"]
    responder = subprocess.Popen(
        namespaces.inside(name, sys.executable, __file__, "respond", family, device, address),
        stdout=subprocess.PIPE, text=True)
    try:
        assert responder.stdout.readline() == "ready\n"
        asked = subprocess.run(
            namespaces.inside("asker", mdns_query, "3000",
                              *(host + ".local" for host in found + not_found), "no..name"),
            check=True, stdout=subprocess.PIPE, text=True)
        answers = dict(line.split() for line in asked.stdout.splitlines())
        print(name, answers)
        for host in found:
            assert answers.pop(host + ".local") == address, host
        assert answers == {host + ".local": "nothing" for host in not_found} | {
            "no..name": "nothing"}
        assert responder.poll() is None, "the responder found a query malformed"
    finally:
        responder.kill()
        responder.wait()
        responder.stdout.close()


def test(mdns_query):
    with Namespaces() as namespaces:
        check(namespaces, mdns_query, "one", "AF_INET", "lan", "10.79.1.2")
        check(namespaces, mdns_query, "two", "AF_INET6", "lan", "2001:db8:2::2")
        # More names than are waited for at a time: the rest gets nothing.
        names = [f"silence{i}.local" for i in range(20)]
        asked = subprocess.run(namespaces.inside("asker", mdns_query, "30", *names), check=True,
                               stdout=subprocess.PIPE, text=True)
        assert sorted(asked.stdout.splitlines()) == sorted(f"{name} nothing" for name in names)
        # Where there is no network at all, there is no answer either.
        asked = subprocess.run(["unshare", "--net", mdns_query, "30", "alone.local"], check=True,
                               stdout=subprocess.PIPE, text=True)
        assert asked.stdout == "alone.local nothing\n"


steps = {"respond": respond}
if sys.argv[1] in steps:
    steps[sys.argv[1]](*sys.argv[2:])
else:
    test(sys.argv[1])
