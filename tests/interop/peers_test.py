# SPDX-License-Identifier: LGPL-2.1-or-later
"""Triad and real WebTorrent peers give each other music. No server runs, the metainfo names none
(but for seeds), and the others' own counters tell who sent what.

usage: peers_test.py TRIAD TRACKER WHAT
    TRACKER  the program triad-tracker, or "reference" (bittorrent-tracker's own server)
    WHAT     give: Triad to each kind of peer; fetch: from each; swarm: all of them together, one
             track from a Triad node and a browser at once; formats: releases by all tools;
             seeds: WebTorrent has no peer, and gets the release from its web seed alone
"""
import contextlib
import filecmp
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import make_releases
import sandbox

sys.path.append(os.path.join(sandbox.HERE, "../tracker/running"))
from peer import make_certificate  # noqa: E402

MUSIC = "/usr/share/games/frozen-bubble/snd"
TRACKS = "introzik.ogg", "pause.ogg"
NGINX = """
daemon off; user root; pid nginx.pid; error_log error.log;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
  uwsgi_temp_path t4; scgi_temp_path t5;
  server { listen 127.0.0.1:8081; root www; }
}
"""


def program(name, *arguments):
    return sandbox.NODE, os.path.join(sandbox.HERE, name), *arguments


class Peer(sandbox.Process):
    """A WebTorrent peer: "ready" is its first line, unless it had everything ("done") before."""

    def __init__(self, *command, **environment):
        super().__init__(*command, **environment)
        self.lines = [self.first_line]

    def wait_for(self, line):
        while line not in self.lines:
            self.lines.append(self.process.stdout.readline().strip())
            if not self.lines[-1]:
                raise RuntimeError(f"a peer ended with {self.process.wait()}")

    def end(self):
        """Its counters."""
        self.process.terminate()
        return json.loads(self.process.stdout.readlines()[-1])


def node_peer(torrent, folder, tracker):
    return Peer(*program("node_peer.mjs", torrent, folder, tracker))


def chromium_peer(what, torrent, *rest, literal=True, **environment):
    if literal:
        environment["TRIAD_LITERAL_CANDIDATES"] = "1"
    return Peer(*program("chromium_peer.mjs", what, torrent, *rest), **environment)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def files_below(folder):
    for place, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(place, name), folder)


def same_files(original, copy):
    for path in files_below(original):
        if not filecmp.cmp(os.path.join(original, path), os.path.join(copy, path), shallow=False):
            raise AssertionError(f"{copy}: {path} has other bytes")


class Test:
    def __init__(self, triad, tracker, folder):
        self.triad, self.tracker, self.folder = triad, tracker, folder
        self.environment = {"XDG_CACHE_HOME": os.path.join(folder, "xdg")}

    def place(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        return path

    def album(self, maker="triad"):
        """A published release in a library of its own: (library, folder, metainfo)."""
        library = self.place("library-" + maker)
        album = os.path.join(library, "Album " + maker)
        if not os.path.isdir(album):
            os.makedirs(album)
            for track in TRACKS:
                shutil.copy(os.path.join(MUSIC, track), album)
            make_releases.make(maker, self.triad, album, album + ".torrent", self.tracker)
        return library, album, album + ".torrent"

    def triad_node(self, name, *options):
        """A seeding node; ends with the block."""
        return sandbox.Process(self.triad, "node", "--cache-dir", self.place("cache-" + name), *options,
                               **self.environment)

    def play(self, name, torrent, sources="cache,peers"):
        """Plays the release from peers alone: (report by track, folder of what was fetched)."""
        # Alone, or the files beside it would be played.
        metainfo = os.path.join(self.place("metainfo-" + name), os.path.basename(torrent))
        shutil.copy(torrent, metainfo)
        cache = self.place("cache-" + name)
        played = subprocess.run(
            [self.triad, "play", "--json", "--quiet", "--fast", "--cache-dir", cache, "--sources",
             sources, "triad+file://" + metainfo.replace(" ", "%20")],
            stdout=subprocess.PIPE, text=True, check=False, env=os.environ | self.environment)
        tracks = json.loads(played.stdout)["tracks"]
        errors = [track["error"] for track in tracks if track["error"]]
        if played.returncode or errors:
            raise AssertionError(f"{name}: {played.returncode}, {errors}")
        listed = subprocess.run(
            [self.triad, "cache", "list", "--json", "--cache-dir", cache], stdout=subprocess.PIPE,
            check=True, env=os.environ | self.environment)
        files = {track["path"]: track["file"] for track in json.loads(listed.stdout)["tracks"]}
        return tracks, files

    def check_played(self, name, album, tracks, files):
        for path in files_below(album):
            if not filecmp.cmp(os.path.join(album, path), files[path], shallow=False):
                raise AssertionError(f"{name}: {path} has other bytes")
        sizes = sum(os.path.getsize(os.path.join(album, path)) for path in files_below(album))
        came = sum(track["bytes"]["peers"] for track in tracks)
        if came < sizes or any(track["bytes"]["server"] for track in tracks):
            raise AssertionError(f"{name}: {came} bytes of {sizes} from peers, {tracks}")

    # --- what is tested ---

    def give(self):
        library, album, torrent = self.album()
        sizes = sum(os.path.getsize(os.path.join(album, path)) for path in files_below(album))
        with self.triad_node("giver", "--library", library):
            copy = self.place("node")
            with node_peer(torrent, copy, self.tracker) as peer:
                peer.wait_for("done")
                received = peer.end()["received"]
            same_files(album, os.path.join(copy, os.path.basename(album)))
            assert received >= sizes, (received, sizes)
            print(f"{self.tracker}: WebTorrent in Node has the album of Triad", flush=True)
            for literal in True, False:
                with chromium_peer("fetch", torrent, self.tracker, literal=literal) as peer:
                    peer.wait_for("done")
                    told = peer.end()
                for path in files_below(album):
                    name = os.path.join(os.path.basename(album), path)
                    assert told["sha256"][name] == sha256(os.path.join(album, path)), told
                assert told["received"] >= sizes, (told, sizes)
                print(f"{self.tracker}: Chromium ({'addresses' if literal else '.local names'}) has "
                      "the album of Triad", flush=True)

    def fetch(self):
        library, album, torrent = self.album()
        with node_peer(torrent, self.place("node"), self.tracker) as peer:
            # It makes its own copy: pads are files for it, which the album does not have.
            with self.triad_node("first", "--library", library):
                peer.wait_for("done")
            self.check_played("from-node", album, *self.play("from-node", torrent))
            counters = peer.end()
        sizes = sum(os.path.getsize(os.path.join(album, path)) for path in files_below(album))
        assert counters["uploaded"] >= sizes, (counters, sizes)
        print(f"{self.tracker}: Triad has the album of WebTorrent in Node", flush=True)
        original = os.path.join(MUSIC, TRACKS[0])
        for literal in True, False:
            torrent = os.path.join(self.place("chromium"), f"{literal}.torrent")
            with chromium_peer("give", torrent, original, self.tracker, literal=literal) as peer:
                peer.wait_for("ready")
                name = f"from-chromium-{literal}"
                tracks, files = self.play(name, torrent)
                assert filecmp.cmp(original, files[TRACKS[0]], shallow=False), name
                uploaded = peer.end()["uploaded"]
            assert uploaded >= os.path.getsize(original) <= tracks[0]["bytes"]["peers"], tracks
            print(f"{self.tracker}: Triad has the track of Chromium "
                  f"({'addresses' if literal else '.local names'})", flush=True)

    def swarm(self):
        """Two slow sources are both needed: a Triad node and a browser supply one playing track."""
        library, album, torrent = self.album()
        with contextlib.ExitStack() as stack:
            stack.enter_context(
                self.triad_node("slow", "--library", library, "--upload-rate", "100000"))
            browser = stack.enter_context(
                chromium_peer("fetch", torrent, self.tracker, TRIAD_UPLOAD_LIMIT="100000"))
            node = stack.enter_context(node_peer(torrent, self.place("node"), self.tracker))
            browser.wait_for("done")
            node.wait_for("done")
            node.end()
            tracks, files = self.play("swarm", torrent)
            self.check_played("swarm", album, tracks, files)
            told = browser.end()
        first = tracks[0]
        givers = [peer for peer in first["peers"] if peer["bytes"] > 0]
        assert len(givers) >= 2, first
        assert told["uploaded"] > 0, told
        print(f"{self.tracker}: {len(givers)} peers gave one track: {givers}", flush=True)

    def formats(self):
        for maker in make_releases.MAKERS:
            library, album, torrent = self.album(maker)
            with self.triad_node("of-" + maker, "--library", library):
                tracks, files = self.play("has-" + maker, torrent)
                self.check_played(maker, album, tracks, files)
                print(f"{self.tracker}: Triad has the release of {maker} from Triad", flush=True)
                if maker == "libtorrent-v2":  # WebTorrent knows v1 alone
                    continue
                copy = self.place("webtorrent-" + maker)
                with node_peer(torrent, copy, self.tracker) as peer:
                    peer.wait_for("done")
                    peer.end()
                same_files(album, os.path.join(copy, os.path.basename(album)))
                print(f"{self.tracker}: WebTorrent has the release of {maker} from Triad",
                      flush=True)


    def seeds(self):
        """What a publisher's HTTP tree must hold: every file that the metainfo names, pads (BEP 47)
        too, at URL/NAME/path (BEP 19)."""
        _, album, _ = self.album()
        track = shutil.copy(os.path.join(MUSIC, TRACKS[0]), self.place("track"))
        for serving in self.serve, self.nginx:
            for original in album, track:
                place = self.place(f"{serving.__name__}-{os.path.basename(original)}")
                torrent, copy = os.path.join(place, "its.torrent"), os.path.join(place, "copy")
                with serving(original, place) as seed:
                    name = urllib.parse.quote(os.path.basename(original))
                    with urllib.request.urlopen(f"{seed}{name}.torrent") as answer:
                        metainfo = answer.read()
                    with open(torrent, "wb") as file:
                        file.write(metainfo)
                    # It asks for a single file at the seed's address itself.
                    told = seed + name * (original == track)
                    with Peer(*program("node_peer.mjs", torrent, copy),
                              TRIAD_WEB_SEED="" if b"url-list" in metainfo else told) as peer:
                        peer.wait_for("done")
                        received = peer.end()["received"]
                pads = metainfo.count(b"4:.pad")
                assert pads == (original == album), metainfo
                got = os.path.join(copy, os.path.basename(original))
                if pads:
                    same_files(original, got)
                else:
                    assert filecmp.cmp(original, got, shallow=False)
                print(f"{serving.__name__}: WebTorrent has {os.path.basename(original)} from the web "
                      f"seed alone, {received} bytes, {pads} pads", flush=True)

    @contextlib.contextmanager
    def serve(self, original, _):
        """`triad serve`, whose metainfo names no address."""
        with sandbox.Process(self.triad, "serve", original, "--listen", "127.0.0.1:8080",
                             **self.environment) as server:
            while server.process.stdout.readline() != "ready\n":
                pass
            yield "http://127.0.0.1:8080/"

    @contextlib.contextmanager
    def nginx(self, original, place):
        """A static host, with what `triad publish --pads` writes."""
        url = "http://127.0.0.1:8081/"
        www = self.place(f"{place}/www")
        copy = shutil.copytree if os.path.isdir(original) else shutil.copy
        copied = copy(original, os.path.join(www, os.path.basename(original)))
        subprocess.run([self.triad, "publish", copied, "--server", url, "--pads"], check=True,
                       stdout=subprocess.DEVNULL)
        with open(os.path.join(place, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(NGINX)
        server = subprocess.Popen(["nginx", "-p", place, "-c", "nginx.conf", "-e", "error.log"])
        try:
            while not os.path.exists(os.path.join(place, "nginx.pid")):
                assert server.poll() is None, "nginx ended"
                time.sleep(0.05)
            yield url
        finally:
            server.terminate()
            server.wait()


@contextlib.contextmanager
def run_tracker(what, folder):
    if what == "reference":
        certificate, key = make_certificate(folder)
        with sandbox.Process(*program("tracker.mjs", certificate, key)) as tracker:
            yield "ws://127.0.0.1:" + tracker.first_line.split()[0]
    else:
        with sandbox.Process(what, "--listen", "127.0.0.1:0", "--interval", "5") as tracker:
            yield tracker.first_line.split()[-1]


def main():
    triad, tracker, what = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        with run_tracker(tracker, folder) as url:
            getattr(Test(triad, url, folder), what)()


sandbox.enter()
main()
