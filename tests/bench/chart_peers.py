# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws share.json or track.json: tables (.md) and a picture (.png) beside it.

usage: chart_peers.py SHARE_JSON|TRACK_JSON
"""
import json
import os
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)

START_GOALS = {"ogg": 0.5, "mp3": 0.8, "flac": 0.8}


def head(data):
    loads = [row["load"] for row in data["rows"]]
    return [f"{data['date']}, {data['processor']}, Triad {data['triad']}; load average "
            f"{min(loads):.0f} to {max(loads):.0f}.", ""]


def share_table(data):
    lines = head(data) + [
        "| release | RTT | tracks' bytes | nginx sent | share | goal | limit | stalls | failed |",
        "|---|---|---|---|---|---|---|---|---|"]
    for row in data["rows"]:
        share = 100 * row["sent"] / row["length"]
        lines.append(
            f"| {row['release']} | {row['round_trip_ms']} ms | {row['length']:,} | {row['sent']:,} "
            f"| {share:.1f} % | ≤ 5 %, {'met' if share <= 5 else '**missed**'} "
            f"| ≤ 10 %, {'met' if share <= 10 else '**missed**'} "
            f"| {row['stalls']} | {row['failed']} |")
    return lines


def groups(data):
    found = {}
    for row in data["rows"]:
        key = row["round_trip_ms"], row["peers"], row["kind"]
        found.setdefault(key, []).append(row["told"])
    return found


def track_table(data):
    lines = head(data) + [
        "| RTT | peers | leecher | runs (failed) | first bytes ms | 300 KB ms | all ms | MB/s after "
        "the first | CPU ms | memory MB |", "|---|---|---|---|---|---|---|---|---|---|"]
    for (trip, peers, kind), told in sorted(groups(data).items()):
        good = [one for one in told if one]
        cells = ["-"] * 6
        if good:
            def middle(key):
                return statistics.median(one[key] for one in good)
            rate = statistics.median(
                one["bytes"] / 1000 / (one["all_ms"] - one["first_ms"]) for one in good)
            cells = [f"{middle('first_ms'):.0f}", f"{middle('some_ms'):.0f}",
                     f"{middle('all_ms'):.0f}", f"{rate:.1f}", f"{middle('cpu_ms'):.0f}",
                     f"{middle('memory_mb'):.0f}"]
        lines.append(f"| {trip} ms | {peers} | {kind} | {len(told)} ({len(told) - len(good)}) | "
                     + " | ".join(cells) + " |")
    lines += ["", "| start at 50 ms | souphttpsrc ms | Triad ms, from a peer | ratio | goal |",
              "|---|---|---|---|---|"]
    for release, goal in START_GOALS.items():
        rows = [row for row in data["starts"] if row["release"] == release]
        its, ours = (statistics.median(row[key] for row in rows if row[key] is not None)
                     for key in ("souphttpsrc_ms", "triad_ms"))
        lines.append(f"| {release} | {its:.0f} | {ours:.0f} | {ours / its:.2f} | ≤ {goal}, "
                     f"{'met' if ours / its <= goal else '**missed**'} |")
    return lines


def bars(names, values, label, path):
    figure, axes = plt.subplots(figsize=(9, 0.34 * len(names) + 1.2))
    axes.barh(range(len(names)), values, height=0.6,
              color=["#4c956c" if "triad" in n or "ms RTT" in n else "#8d99ae" for n in names])
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(label)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    stem = path.removesuffix(".json")
    if os.path.basename(stem) == "share":
        lines = share_table(data)
        bars([f"{row['release']}, {row['round_trip_ms']} ms RTT" for row in data["rows"]],
             [100 * row["sent"] / row["length"] for row in data["rows"]],
             "% of the tracks' bytes that the server sent", stem + ".png")
    else:
        lines = track_table(data)
        good = {key: [one for one in told if one] for key, told in sorted(groups(data).items())}
        good = {key: told for key, told in good.items() if told}
        bars([f"{kind}, {peers} peers, {trip} ms" for trip, peers, kind in good],
             [statistics.median(one["all_ms"] for one in told) for told in good.values()],
             "ms until all 30 MB are there", stem + ".png")
    with open(stem + ".md", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


main()
