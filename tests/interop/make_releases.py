# SPDX-License-Identifier: LGPL-2.1-or-later
"""Metainfo without servers, by the tools that people make it with."""
import os
import subprocess

import libtorrent
import sandbox

PIECE_LENGTH = 32 * 1024


def by_libtorrent(folder, out, tracker, flags):
    """v1, v2 or both (flags of create_torrent)."""
    files = libtorrent.file_storage()
    libtorrent.add_files(files, folder)
    torrent = libtorrent.create_torrent(files, PIECE_LENGTH, flags=flags)
    torrent.add_tracker(tracker)
    libtorrent.set_piece_hashes(torrent, os.path.dirname(folder))
    with open(out, "wb") as file:
        file.write(libtorrent.bencode(torrent.generate()))


def by_triad(triad, folder, out, tracker):
    """What `triad publish` makes, but for the server."""
    subprocess.run([triad, "publish", folder, "--server", "http://127.0.0.1:1/", "--tracker", tracker,
                    "--output", out], check=True, stdout=subprocess.DEVNULL)
    with open(out, "rb") as file:
        metainfo = libtorrent.bdecode(file.read())
    del metainfo[b"url-list"]
    with open(out, "wb") as file:
        file.write(libtorrent.bencode(metainfo))


def by_create_torrent(folder, out, tracker):
    """WebTorrent's own."""
    program = os.path.join(sandbox.HERE, "create_torrent.mjs")
    subprocess.run([sandbox.NODE, program, folder, out, tracker], check=True)


def by_mktorrent(folder, out, tracker):
    subprocess.run(["mktorrent", "-l", "15", "-a", tracker, "-o", out, folder], check=True,
                   stdout=subprocess.DEVNULL)


MAKERS = {
    "triad": by_triad,
    "create-torrent": lambda _, *places: by_create_torrent(*places),
    "mktorrent": lambda _, *places: by_mktorrent(*places),
    "libtorrent-v1": lambda _, *places: by_libtorrent(*places, libtorrent.create_torrent.v1_only),
    "libtorrent-hybrid": lambda _, *places: by_libtorrent(*places, 0),
    "libtorrent-v2": lambda _, *places: by_libtorrent(*places, libtorrent.create_torrent.v2_only),
}


def make(maker, triad, folder, out, tracker):
    """Writes the metainfo of `folder` to `out`."""
    MAKERS[maker](triad, folder, out, tracker)
