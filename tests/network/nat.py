# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small internet of network namespaces: a public network, hosts on it and behind routers that
translate addresses in the four classic ways, slow links, and a STUN and TURN server. Needs root.

    with nat.Internet() as internet:
        internet.add_host("anna", "cone")
        internet.start_relay()
        subprocess.run(internet.inside("anna", "ping", "-c1", nat.SERVERS[0]))
"""
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile

SERVERS = "203.0.113.1", "203.0.113.2"  # the public network's own addresses (RFC 5737)
SERVERS_IPV6 = "2001:db8::1"
NOBODY = "203.0.113.254"  # swallows what is sent to addresses that are not there
STUN_PORT = 3478
TURN_USER, TURN_PASSWORD = "triad", "secret"
# open: a public address. full: who knows the outer port may send to it. cone: only the address and
# port that were sent to. symmetric: as cone, and each destination sees another port. ipv6: public,
# without IPv4. no-udp: as cone, but for TCP alone, as some offices have it.
NATS = "open", "full", "cone", "symmetric"

MASQUERADE = """
table ip nat {{
  chain incoming {{ type nat hook prerouting priority -100; {to_host} }}
  chain outgoing {{ type nat hook postrouting priority 100; oifname "wan" masquerade {ports}; }}
}}
table ip filter {{
  chain forwarded {{ type filter hook forward priority 0; policy drop;
    {drop}
    iifname "lan" oifname "wan" accept;
    ct state established,related accept;
    {accept_to_host}
  }}
  chain own {{ type filter hook input priority 0; iifname "wan" ct state new drop; }}
}}
"""
_number = itertools.count()


def ice_can(one, other, turn):
    """Whether there is a way between hosts behind these two of NATS."""
    return turn or "symmetric" not in (one, other) or not {one, other} <= {"cone", "symmetric"}


def run(*command, text=None):
    subprocess.run(command, input=text, text=True, check=True)


class Internet:
    def __init__(self):
        self.prefix = f"triad-{os.getpid()}-{next(_number)}-"
        self.namespaces = []
        self.addresses = {}
        self.processes = []
        self.folder = tempfile.mkdtemp(prefix="triad-internet-")

    def __enter__(self):
        try:
            self._make_public()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        for name in self.namespaces:
            subprocess.run(["ip", "netns", "del", self.prefix + name], check=False)
        shutil.rmtree(self.folder)

    def inside(self, name, *command):
        """The command that runs a command on a host, or on "public"; it keeps its process id."""
        return ["ip", "netns", "exec", self.prefix + name, *command]

    def ip(self, name, commands):
        run("ip", "-n", self.prefix + name, "-batch", "-", text=commands)

    def add_host(self, name, nat):
        """A host of that name; `nat` is one of NATS, or ipv6, no-udp, or none: on no network yet."""
        number = 10 + len(self.addresses)
        self._add_namespace(name, ipv6=nat == "ipv6")
        if nat == "none":
            return
        if nat == "ipv6":
            self._plug_in(name)
            self.addresses[name] = f"2001:db8::{number}"
            self.ip(name, f"addr add 2001:db8::{number}/64 dev wan nodad\n"
                          f"route add default via {SERVERS_IPV6}\n")
        elif nat == "open":
            self._plug_in(name)
            self._set_public_address(name, number)
            self.addresses[name] = f"203.0.113.{number}"
        else:
            self._add_router(name, nat, number)
            self.addresses[name] = f"192.168.{number}.2"

    def join_slowly(self, one, other, delay_link, *options):
        """A slow link between two hosts: 10.78.1.1 and 10.78.1.2. The options are the program's."""
        devices = [word for name in (one, other) for word in (self.prefix + name, "slow")]
        joined = subprocess.Popen([delay_link, *devices, *options], stdout=subprocess.PIPE)
        self.processes.append(joined)
        if joined.stdout.readline() != b"up\n":
            raise RuntimeError("the slow link is not up")
        for number, name in enumerate((one, other), 1):
            self.ip(name, f"addr add 10.78.1.{number}/24 dev slow\nlink set slow up\n"
                          f"route add default via 10.78.1.{3 - number}\n")
            self.addresses[name] = f"10.78.1.{number}"

    def move(self, name):
        """Gives an open host another address, as another network does."""
        number = self.addresses[name].split(".")[-1]
        moved = f"203.0.113.{int(number) + 100}"
        self.ip(name, f"addr del {self.addresses[name]}/24 dev wan\naddr add {moved}/24 dev wan\n")
        self._swallow(name, "wan")
        self.addresses[name] = moved

    def start_relay(self):
        """coturn: STUN and TURN on both of SERVERS; there when this returns."""
        settings = os.path.join(self.folder, "turn.conf")
        with open(settings, "w", encoding="utf-8") as file:
            file.write("".join(f"listening-ip={address}\n" for address in SERVERS) + f"""
listening-port={STUN_PORT}
relay-ip={SERVERS[1]}
min-port=50000
max-port=50999
lt-cred-mech
user={TURN_USER}:{TURN_PASSWORD}
realm=triad.test
no-tls
no-dtls
no-cli
simple-log
log-file={self.folder}/turn.log
pidfile={self.folder}/turn.pid
userdb={self.folder}/turn.db
""")
        with open(os.path.join(self.folder, "turn.out"), "w", encoding="utf-8") as out:
            self.processes.append(subprocess.Popen(
                self.inside("public", "turnserver", "-c", settings), stdout=out, stderr=out))
        run(*self.inside("public", "python3", "-B", __file__, "await-stun", *SERVERS))

    def _add_namespace(self, name, ipv6=False):
        run("ip", "netns", "add", self.prefix + name)
        self.namespaces.append(name)
        self.ip(name, "link set lo up\n")
        # No addresses of the devices' own beside those that a test gives.
        run(*self.inside(name, "sysctl", "-qw", "net.ipv4.ip_forward=0",
                         f"net.ipv6.conf.all.disable_ipv6={0 if ipv6 else 1}",
                         f"net.ipv6.conf.default.disable_ipv6={0 if ipv6 else 1}"))

    def _make_public(self):
        self._add_namespace("public", ipv6=True)
        # An address of its own: else the bridge takes the lowest of its ports', a new host may change
        # it, and who has asked for it before sends into the void for half a minute.
        self.ip("public", "link add bridge address 02:00:00:00:00:01 type bridge\n" +
                "".join(f"addr add {address}/24 dev bridge\n" for address in SERVERS) +
                f"addr add {SERVERS_IPV6}/64 dev bridge nodad\nlink set bridge up\n")
        self._swallow("public", "bridge")

    def _swallow(self, name, device):
        """A default route that leads nowhere, silently: as the internet does with packets to private
        addresses. An error instead would end a relay's allocation, or a check, at once."""
        self.ip(name, f"neigh replace {NOBODY} lladdr 02:00:00:00:00:99 dev {device} nud permanent\n"
                      f"route replace default via {NOBODY}\n")

    def _plug_in(self, name):
        """Gives a namespace the device "wan", on the public network."""
        port = f"port{len(self.namespaces)}"
        self.ip("public", f"link add {port} type veth peer name wan netns {self.prefix}{name}\n"
                          f"link set {port} master bridge\nlink set {port} up\n")
        self.ip(name, "link set wan up\n")

    def _set_public_address(self, name, number):
        self.ip(name, f"addr add 203.0.113.{number}/24 dev wan\n")
        self._swallow(name, "wan")

    def _add_router(self, name, nat, number):
        router = name + "-router"
        self._add_namespace(router)
        self._plug_in(router)
        self._set_public_address(router, number)
        self.ip(router, f"link add lan type veth peer name lan netns {self.prefix}{name}\n"
                        f"addr add 192.168.{number}.1/24 dev lan\nlink set lan up\n")
        self.ip(name, f"addr add 192.168.{number}.2/24 dev lan\nlink set lan up\n"
                      f"route add default via 192.168.{number}.1\n")
        incoming = 'iifname "wan" udp dport 1024-65535 ' if nat == "full" else ""
        run(*self.inside(router, "nft", "-f", "-"), text=MASQUERADE.format(
            to_host=incoming and incoming + f"dnat to 192.168.{number}.2;",
            accept_to_host=incoming and incoming + "accept;",
            drop="meta l4proto udp drop;" if nat == "no-udp" else "",
            ports="fully-random" if nat == "symmetric" else ""))
        run(*self.inside(router, "sysctl", "-qw", "net.ipv4.ip_forward=1"))


def await_stun(*addresses):
    """Asks until each address has answered a STUN binding request."""
    request = bytes.fromhex("000100002112a442") + os.urandom(12)
    for address in addresses:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect((address, STUN_PORT))
            client.settimeout(0.2)
            for _ in range(150):
                try:
                    client.send(request)
                    if client.recv(500)[:2] == b"\x01\x01":
                        break
                except (ConnectionRefusedError, TimeoutError):
                    pass
            else:
                raise RuntimeError(f"no STUN server on {address}")


if __name__ == "__main__":
    assert sys.argv[1] == "await-stun"
    await_stun(*sys.argv[2:])
