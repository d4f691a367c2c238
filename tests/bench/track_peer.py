# SPDX-License-Identifier: LGPL-2.1-or-later
"""libtorrent, over TCP, as a seeder and as a leecher of a track.

A seeder prints "ready". A leecher, sequential and with a tick of 100 ms (the default is 500 ms,
which it waits before it connects), prints what track_probe prints.
usage: track_peer.py seed TORRENT FOLDER PORT
       track_peer.py leech TORRENT FOLDER ADDRESS:PORT...
"""
import json
import resource
import signal
import sys
import time

import libtorrent

SOME = 300_000


def session(port):
    return libtorrent.session({
        "listen_interfaces": f"0.0.0.0:{port}", "enable_dht": False, "enable_lsd": False,
        "enable_upnp": False, "enable_natpmp": False, "enable_outgoing_utp": False,
        "enable_incoming_utp": False, "allow_multiple_connections_per_ip": True,
        "tick_interval": 100, "alert_queue_size": 100_000,
        "alert_mask": libtorrent.alert.category_t.all_categories
        & ~libtorrent.alert.category_t.session_log_notification
        & ~libtorrent.alert.category_t.torrent_log_notification
        & ~libtorrent.alert.category_t.peer_log_notification})


def parameters(torrent, folder):
    added = libtorrent.add_torrent_params()
    added.ti = libtorrent.torrent_info(torrent)
    added.save_path = folder
    added.trackers = []
    flags = libtorrent.torrent_flags
    added.flags &= ~(flags.auto_managed | flags.paused)
    return added


def seed(torrent, folder, port):
    giver = session(int(port))
    added = parameters(torrent, folder)
    added.flags |= libtorrent.torrent_flags.seed_mode
    handle = giver.add_torrent(added)
    while not handle.status().is_seeding or not giver.listen_port():
        time.sleep(0.05)
    print("ready", flush=True)
    signal.pause()


def cpu_ms():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1000


def leech(torrent, folder, *addresses):
    taker = session(0)
    added = parameters(torrent, folder)
    added.flags |= libtorrent.torrent_flags.sequential_download
    pieces, length = added.ti.num_pieces(), added.ti.piece_length()
    began, cpu = time.perf_counter(), cpu_ms()
    handle = taker.add_torrent(added)
    for address in addresses:
        host, port = address.rsplit(":", 1)
        handle.connect_peer((host, int(port)))
    have, in_order, told = set(), 0, {}
    while in_order < pieces:
        taker.wait_for_alert(100)
        for alert in taker.pop_alerts():
            if not isinstance(alert, libtorrent.piece_finished_alert):
                continue
            have.add(alert.piece_index)
            while in_order in have:
                in_order += 1
            now = (time.perf_counter() - began) * 1000
            if in_order >= 1:
                told.setdefault("first_ms", now)
            if in_order * length >= SOME:
                told.setdefault("some_ms", now)
        if time.perf_counter() - began > 60:
            sys.exit("it takes too long")
    told["all_ms"] = (time.perf_counter() - began) * 1000
    told["bytes"] = added.ti.total_size()
    told["cpu_ms"] = cpu_ms() - cpu
    told["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    told["peers"] = handle.status().num_peers
    print(json.dumps(told), flush=True)


{"seed": seed, "leech": leech}[sys.argv[1]](*sys.argv[2:])
