# SPDX-License-Identifier: LGPL-2.1-or-later
"""What fault tests play with: a slow server, a tracker, nodes that give, and a player whose live
line is read while it plays. Every process is a real one.
"""
import contextlib
import filecmp
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

TRACKS = 3
TRACK_SECONDS = 16
NODE_RATE = 200000  # bytes per second; a second of the music has 176,000
SERVER_RATE = 250000  # of each connection, of which there are up to six
# What a lost source costs is seconds; a machine that is busy with others wakes a player late.
MOST_STALLED_MS = 250
PATIENCE = 120  # seconds until something hangs
NGINX = """
daemon off; user root; worker_processes 1; pid nginx.pid; error_log error.log;
events {{ worker_connections 64; }}
http {{
  log_format bare '$uri $bytes_sent'; access_log access.log bare;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4;
  scgi_temp_path t5;
  server {{ listen {address}:{port}; root www; limit_rate {rate}; }}
}}
"""
LIVE_LINE = re.compile(r"(\d+)/\d+ (\d+):(\d+).*  peers ([\d.]+ \w+)(?: \((\d+)\))?"
                       r"  server ([\d.]+ \w+)  ")
UNITS = {"B": 1, "kB": 1e3, "MB": 1e6}


class Failed(Exception):
    pass


def make_album(folder):
    """Noise, which no format makes small: as many bytes a second as a CD."""
    album = os.path.join(folder, "Noise")
    os.makedirs(album)
    for number in range(TRACKS):
        subprocess.run(
            ["gst-launch-1.0", "-q", "audiotestsrc", "wave=white-noise", "samplesperbuffer=4410",
             f"num-buffers={TRACK_SECONDS * 10}", "!", "audio/x-raw,channels=2,rate=44100", "!",
             "flacenc", "!", "filesink", f"location={album}/{number}.flac"], check=True)
    return album


def wait_for(what, condition):
    """Its value, as soon as there is one. What others' processes tell must be asked for."""
    until = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > until:
            raise Failed(f"{what} did not happen")
        time.sleep(0.05)
    return value


def most_memory(pid):
    """Bytes that it ever took."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))


class Player:
    """triad play in real time; `state` is what its live line says."""

    def __init__(self, stage, *options, tracks=TRACKS, inside=(), **more):
        self.stage, self.count = stage, tracks
        self.cache = os.path.join(stage.folder, "player")
        terminal, own = os.openpty()
        self.screen = ""
        self.output = []
        self.process = stage.start(
            *inside, stage.programs["triad"], "play", "--json", "--no-audio", "--cache-dir",
            self.cache, *options, *stage.uris[:tracks], stdin=subprocess.DEVNULL, stderr=own,
            **more)
        os.close(own)
        self.terminal = terminal
        self.readers = [threading.Thread(target=self._read_screen),
                        threading.Thread(target=self._read_output)]
        for reader in self.readers:
            reader.start()

    def _read_screen(self):
        with contextlib.suppress(OSError), os.fdopen(self.terminal, "rb") as terminal:
            while data := os.read(terminal.fileno(), 65536):
                self.screen += data.decode(errors="replace")

    def _read_output(self):
        self.output += self.process.stdout

    def state(self):
        """(track from 1, seconds, bytes of it from peers, from the server, links), or nothing."""
        for line in reversed(self.screen.split("\r")[-3:]):
            if told := LIVE_LINE.search(line):
                track, minutes, seconds, peers, links, server = told.groups()
                return (int(track), int(minutes) * 60 + int(seconds), size(peers), size(server),
                        int(links or 0))
        return None

    def wait_until(self, what, condition):
        """`condition` of track, seconds, bytes from peers, from the server, links."""
        def true():
            if self.process.poll() is not None:
                raise Failed(f"{what}: the player ended before, {''.join(self.output[-1:])}")
            return (state := self.state()) and condition(*state) and state
        return wait_for(what, true)

    def wait_for_end(self):
        """The report."""
        self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.join()
        return json.loads(next(line for line in self.output if line.startswith('{"tracks"')))

    def played(self):
        """The tracks of the report; all were heard to their ends, without a gap, and are right."""
        tracks = self.wait_for_end()["tracks"]
        if self.process.returncode or len(tracks) != self.count:
            raise Failed(f"the player ended with {self.process.returncode}: {tracks}")
        for track in tracks:
            if track["error"] or track["start_ms"] is None:
                raise Failed(f"{track['uri']} was not played: {track}")
            if track["stalled_ms"] > MOST_STALLED_MS:
                raise Failed(f"a gap: {track}")
            seconds = track["duration_ms"] / 1000
            if abs(seconds - TRACK_SECONDS) > 0.1:
                raise Failed(f"only {seconds} s of {TRACK_SECONDS}: {track}")
        self.check_cache(whole=True)
        return tracks

    def cached(self):
        listed = subprocess.run(
            [self.stage.programs["triad"], "cache", "list", "--json", "--cache-dir", self.cache],
            stdout=subprocess.PIPE, check=True, env=self.stage.environment)
        return json.loads(listed.stdout)["tracks"]

    def check_cache(self, whole):
        """No wrong byte is in it; `whole`: what was played is there."""
        for track in self.cached():
            original = os.path.join(self.stage.album, track["path"])
            if track["complete"] and not filecmp.cmp(track["file"], original, shallow=False):
                raise Failed(f"the cache's {track['path']} has other bytes")
        complete = sum(track["complete"] for track in self.cached())
        if whole and complete < self.count:
            raise Failed(f"only {complete} tracks are whole in the cache: {self.cached()}")
        verified = subprocess.run(
            [self.stage.programs["triad"], "cache", "verify", "--json", "--cache-dir", self.cache],
            stdout=subprocess.PIPE, check=True, env=self.stage.environment)
        if json.loads(verified.stdout)["bad_pieces"]:
            raise Failed(f"the cache has bad pieces: {verified.stdout}")


def size(text):
    number, unit = text.split()
    return float(number) * UNITS[unit]


def total(tracks, source):
    return sum(track["bytes"][source] for track in tracks)


class Stage:
    """A folder, the programs and the processes of one scenario; all end with the block."""

    def __init__(self, folder, programs, album):
        self.folder, self.programs = folder, programs
        self.album = os.path.join(folder, os.path.basename(album))
        shutil.copytree(album, self.album)
        self.environment = os.environ | {"XDG_CACHE_HOME": folder, "XDG_CONFIG_HOME": folder}
        self.processes = []
        self.nodes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        kill(*self.processes)

    def start(self, *command, environment=(), **more):
        more.setdefault("stderr", subprocess.DEVNULL)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                   start_new_session=True,
                                   env=self.environment | dict(environment), **more)
        self.processes.append(process)
        return process

    def start_until_ready(self, *command, **more):
        process = self.start(*command, **more)
        line = process.stdout.readline().split()
        if line[:1] != ["ready"]:
            raise Failed(f"{command} ended with {process.wait()}")
        return process, line

    def serve(self, rate=SERVER_RATE, address="127.0.0.1", inside=()):
        """Starts the server and the tracker, and publishes the album there."""
        token = os.path.join(self.folder, "admin-token")
        with open(token, "w", encoding="ascii") as file:
            file.write("fault-test\n")
        self.tracker, line = self.start_until_ready(
            *inside, self.programs["tracker"], "--listen", f"{address}:0", "--interval", "5",
            "--admin-token", token)
        self.tracker_url = line[1]
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        www = os.path.join(self.folder, "www")
        os.mkdir(www)
        subprocess.run(
            [self.programs["triad"], "publish", self.album, "--server", f"http://{address}:{port}/",
             "--tracker", self.tracker_url], check=True, env=self.environment,
            stdout=subprocess.DEVNULL)
        name = os.path.basename(self.album)
        shutil.copy(self.album + ".torrent", www)
        os.symlink(self.album, os.path.join(www, name))
        self.uris = [f"triad+http://{address}:{port}/{name}.torrent/{number}.flac"
                     for number in range(TRACKS)]
        with open(os.path.join(self.folder, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(NGINX.format(address=address, port=port, rate=rate))
        listening.listen(64)  # nginx takes it over: nobody has to wait until it is up
        more = {}
        if not inside:
            more = {"pass_fds": [listening.fileno()],
                    "environment": {"NGINX": f"{listening.fileno()};"}}
        self.server = self.start(*inside, "nginx", "-p", self.folder, "-c", "nginx.conf", "-e",
                                 "error.log", **more)
        wait_for("nginx", lambda: os.path.exists(os.path.join(self.folder, "nginx.pid")))
        listening.close()

    def node(self, inside=(), rate=NODE_RATE):
        number = len(self.nodes)
        process, _ = self.start_until_ready(
            *inside, self.programs["triad"], "node", "--cache-dir",
            os.path.join(self.folder, f"node-{number}"), "--library", self.folder, "--tracker",
            self.tracker_url, "--upload-rate", str(rate))
        self.nodes.append(process)
        return process

    def bad_peer(self, manner):
        process, _ = self.start_until_ready(self.programs["bad_peer"], manner, self.tracker_url,
                                            self.album + ".torrent")
        return process

    def tracker_http(self, path, **form):
        request = urllib.request.Request(
            "http" + self.tracker_url.removeprefix("ws") + path,
            urllib.parse.urlencode(form).encode() if form else None,
            {"Authorization": "Bearer fault-test"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def dial(self, share):
        self.tracker_http("/dial", peer_share=share)

    def tracker_stats(self):
        return json.loads(self.tracker_http("/stats.json"))


def kill(*processes):
    """At once, so that nothing is said to anybody; nginx with its worker."""
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    for process in processes:
        process.wait()


NETWORK = """
link set lo up
link add here type veth peer name there
addr add 10.79.0.1/24 dev here
link set here up
link set there up
"""


def enter():
    """Runs this program again in a network and with process ids of its own; returns inside only."""
    if os.environ.get("TRIAD_FAULTS") == "inside":
        subprocess.run(["ip", "-batch", "-"], input=NETWORK, text=True, check=True)
        return
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    inside = subprocess.run(
        ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *as_root,
         sys.executable, *sys.argv], env=os.environ | {"TRIAD_FAULTS": "inside"}, check=False)
    sys.exit(inside.returncode)
