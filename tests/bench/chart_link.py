# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws link.json: tables (.md) and a picture (.png) beside it.

usage: chart_link.py LINK_JSON
"""
import json
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)

LEAST_RATE, MOST_CPU, MOST_MEMORY = 115, 15.5, 110  # MB/s, s/GB, KiB


def groups(data):
    found = {}
    for row in data["rows"]:
        found.setdefault((row["place"], row["links"]), []).append(row["told"])
    return found


def middle(runs, what, key):
    return statistics.median(run[what][key] for run in runs)


def verdict(met):
    return "met" if met else "**missed**"


def throughput(data):
    yield ("| where | links | TLS over TCP MB/s | CPU s/GB | links MB/s | CPU s/GB "
           "| CPU against TLS | set up ms | longest wait ms | goal |")
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for (place, links), runs in groups(data).items():
        its, ours = (middle(runs, who, "cpu_s_per_gb") for who in ("tls", "links"))
        rate = middle(runs, "links", "mb_per_s")
        goal = ""
        if (place, links) == ("loopback", 1):
            goal = (f"≥ {LEAST_RATE} MB/s, {verdict(rate >= LEAST_RATE)}; ≤ {MOST_CPU} s/GB, "
                    f"{verdict(ours <= MOST_CPU)}")
        yield (f"| {place} | {links} | {middle(runs, 'tls', 'mb_per_s'):.1f} | {its:.1f} | {rate:.1f} "
               f"| {ours:.1f} | {ours / its:.1f} | {middle(runs, 'links', 'setup_ms'):.0f} "
               f"| {middle(runs, 'links', 'longest_wait_ms'):.0f} | {goal} |")


def memory(data):
    runs = [run for found in groups(data).values() for run in found if "memory" in run]
    each = middle(runs, "memory", "kib_per_link")
    yield "| idle links of one process | KiB for each | threads of the process | goal |"
    yield "|---|---|---|---|"
    yield (f"| {runs[0]['memory']['links']} | {each:.0f} | {middle(runs, 'memory', 'threads'):.0f} "
           f"| ≤ {MOST_MEMORY} KiB, {verdict(each <= MOST_MEMORY)} |")


def draw(data, path):
    shown = groups(data)
    names = [f"{place}, {links} link{'s' if links > 1 else ''}" for place, links in shown]
    figure, (rate, cpu) = plt.subplots(1, 2, figsize=(11, 0.5 * len(names) + 1), sharey=True)
    for axes, key, label in ((rate, "mb_per_s", "MB/s"), (cpu, "cpu_s_per_gb", "CPU s/GB, both ends")):
        for at, (who, name, colour) in enumerate((("tls", "TLS over one TCP connection", "#8d99ae"),
                                                  ("links", "Triad's links", "#4c956c"))):
            bars = axes.barh([y + (at - 0.5) * 0.4 for y in range(len(names))],
                             [middle(runs, who, key) for runs in shown.values()], 0.38,
                             color=colour, label=name)
            axes.bar_label(bars, fmt="%.1f", fontsize=7)
        axes.set_xscale("log")
        axes.margins(x=0.12)
        axes.set_xlabel(label, fontsize=8)
    rate.set_yticks(range(len(names)), names, fontsize=8)
    rate.invert_yaxis()
    rate.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    stem = path.removesuffix(".json")
    loads = [row["load"] for row in data["rows"]]
    lines = [f"{data['date']}, {data['processor']}, Triad {data['triad']}; medians of "
             f"{data['rounds']} rounds; load average {min(loads):.0f} to {max(loads):.0f}."]
    for part in throughput, memory:
        lines += ["", *part(data)]
    draw(data, stem + ".png")
    with open(stem + ".md", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


main()
