# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says how each second of a play was supplied, from what `triad play --json` printed.

Fails if a track is missing or ended in an error; with --cached also if a byte came from elsewhere.
usage: report.py REPORT TRACKS [--cached]
"""
import json
import os
import sys
import urllib.parse


def clock(milliseconds):
    seconds = round(milliseconds / 1000)
    return f"{seconds // 60}:{seconds % 60:02}"


def seconds_by_source(track):
    """The track's milliseconds, shared out by the bytes that each source gave."""
    total = sum(track["bytes"].values())
    duration = track["duration_ms"] or 0
    return {source: duration * count / total if total else 0
            for source, count in track["bytes"].items()}


def stalls(track):
    """How many, and how long together."""
    return f"{track['stalls']} ({track['stalled_ms'] / 1000:.1f} s)" if track["stalls"] else "0"


def main():
    path, expected = sys.argv[1], int(sys.argv[2])
    with open(path, encoding="utf-8") as file:
        tracks = json.load(file)["tracks"]
    complaints = []
    # Sources that gave nothing are not shown.
    sources = [s for s in ("cache", "peers", "server") if any(t["bytes"][s] for t in tracks)]
    sums = dict.fromkeys(sources, 0)
    print(f"{'track':32} {'length':>7}", *(f"{s:>7}" for s in sources), f"{'start':>8} stalls")
    for track in tracks:
        name = os.path.basename(urllib.parse.unquote(urllib.parse.urlsplit(track["uri"]).path))
        shares = seconds_by_source(track)
        for source in sources:
            sums[source] += shares[source]
        print(f"{name[:32]:32} {clock(track['duration_ms'] or 0):>7}",
              *(f"{clock(shares[s]):>7}" for s in sources),
              f"{track['start_ms'] or 0:>5.0f} ms {stalls(track):>6}")
        if track["error"]:
            complaints.append(f"{name}: {track['error']}")
        if "--cached" in sys.argv and track["bytes"]["peers"] + track["bytes"]["server"]:
            complaints.append(f"{name}: not all of it was in the cache")
    total = sum(sums.values())
    for source, part in sums.items():
        print(f"from the {source}: {clock(part)} of {clock(total)} ({100 * part / total:.0f} %)")
    if len(tracks) != expected:
        complaints.append(f"{len(tracks)} tracks were played, {expected} wanted")
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)


main()
