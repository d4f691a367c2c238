# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws start.json: the ratios as a table (start.md) and a picture (start.png) beside it.

usage: chart.py START_JSON
"""
import json
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)

ROWS = {
    "cached": "complete track, start",
    "cold": "cold start from the server",
    "second": "another track of the release, connection idle",
    "prefetched": "next track, prefetched",
    "seek": "flush seek to the middle",
}


def ratio(row):
    if not row["triad_ms"] or not row["baseline_ms"]:
        return None
    return statistics.median(row["triad_ms"]) / statistics.median(row["baseline_ms"])


def table(data):
    lines = [
        f"{data['date']}, {data['processor']}, {data['gstreamer']}, {data['nginx']}, "
        f"{data['curl']}, Triad {data['triad']}. Medians in milliseconds.",
        "",
        "| what | RTT | release | bin | against | its ms | Triad's ms | ratio | goal |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in data["rows"]:
        value = ratio(row)
        if value is None:
            figures = f"- | - | failed {row['failed']} times"
        else:
            figures = (f"{statistics.median(row['baseline_ms']):.1f} | "
                       f"{statistics.median(row['triad_ms']):.1f} | {value:.2f}"
                       + (f" ({row['failed']} failed)" if row["failed"] else ""))
        goal = "" if row["goal"] is None else f"≤ {row['goal']}"
        if row["goal"] is not None and value is not None:
            goal += ", met" if value <= row["goal"] else ", **missed**"
        lines.append(f"| {ROWS[row['row']]} | {row['round_trip_ms']} ms | {row['release']} | "
                     f"{row['bin']} | {row['baseline']} | {figures} | {goal} |")
    return "\n".join(lines) + "\n"


def draw(data, path):
    rows = [r for r in data["rows"] if r["goal"] is not None and ratio(r) is not None
            and r["bin"] == "uridecodebin3"]
    names = [f"{ROWS[r['row']]}: {r['release']}" for r in rows]
    values = [ratio(r) for r in rows]
    goals = [r["goal"] for r in rows]
    figure, axes = plt.subplots(figsize=(9, 0.34 * len(rows) + 1.4))
    places = range(len(rows))
    axes.barh(places, values, height=0.6,
              color=["#4c956c" if v <= g else "#c8553d" for v, g in zip(values, goals)])
    axes.scatter(goals, places, marker="|", s=160, color="black", label="goal", zorder=3)
    axes.axvline(1, color="grey", linewidth=0.8, linestyle=":")
    axes.set_yticks(list(places), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("time until the first decoded buffer, Triad ÷ baseline (uridecodebin3)")
    axes.legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    stem = path.removesuffix(".json")
    with open(stem + ".md", "w", encoding="utf-8") as file:
        file.write(table(data))
    draw(data, stem + ".png")


main()
