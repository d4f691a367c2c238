# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws tracker.json: medians and ratios as tables (tracker.md) and a picture (tracker.png).

usage: chart_tracker.py TRACKER_JSON
"""
import json
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)

RIVAL, TRIAD, BARE = "bittorrent-tracker", "triad-tracker", "bare loop"
COLOURS = {RIVAL: "#9aa5b1", TRIAD: "#4c956c", BARE: "#e0c097"}
FASTER = {0: 2.5, 5: 3.0}  # times the rival's announces a second, by offers; of 5,000 peers
SMALLER = 1 / 3            # of the rival's memory per announced peer


def median(row, server, *path):
    """Of all rounds; None if the server was not measured."""
    values = []
    for run in row["runs"].get(server, []):
        for name in path:
            run = run[name]
        values.append(run)
    return statistics.median(values) if values else None


def rows(data, name):
    return [row for row in data["rows"] if row["row"] == name]


def count(value):
    return "-" if value is None else f"{value:,.0f}"


def times(row, server, *path):
    fifty, ninety_nine = (median(row, server, *path, name) for name in ("p50_ms", "p99_ms"))
    return "-" if fifty is None else f"{fifty:.2f} / {ninety_nine:.1f}"


def percent(value):
    return "-" if value is None else f"{100 * value:.0f} %"


def verdict(value, goal, met):
    return f"{goal}, met" if met(value) else f"{goal}, **missed**"


def bare_row(data, row):
    """Swarms mean nothing to the bare loop, so it ran with one number of them."""
    return next(other for other in rows(data, "announce")
                if other["runs"].get(BARE) and other["peers"] == row["peers"]
                and other["offers"] == row["offers"])


def throughput(data):
    yield ("| connected | swarms | offers | its announces/s | Triad's | ratio | goal | bare loop's "
           "| Triad's share | its p50 / p99 ms | Triad's | its CPU | Triad's |")
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for row in rows(data, "announce"):
        its, ours = (median(row, who, "load", "per_s") for who in (RIVAL, TRIAD))
        bare = median(bare_row(data, row), BARE, "load", "per_s")
        goal = FASTER[row["offers"]] if row["peers"] == 5000 else None
        cells = [count(row["peers"]), count(row["swarms"]), row["offers"], count(its), count(ours),
                 f"{ours / its:.2f}" if ours else "-",
                 verdict(ours / its, f"≥ {goal}", lambda v, g=goal: v >= g)
                 if ours and goal else "",
                 count(bare), percent(ours / bare if ours else None),
                 times(row, RIVAL, "load"), times(row, TRIAD, "load"),
                 percent(median(row, RIVAL, "load", "tracker_cpu")),
                 percent(median(row, TRIAD, "load", "tracker_cpu"))]
        yield "| " + " | ".join(map(str, cells)) + " |"


def paced(data):
    yield ("| connected | offers | announces/s | its p50 / p99 ms | Triad's | goal for p99 "
           "| its CPU | Triad's |")
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows(data, "rival's rate") + rows(data, "listeners"):
        its, ours = (median(row, who, "load", "p99_ms") for who in (RIVAL, TRIAD))
        rate = count(median(row, RIVAL, "rate"))
        goal = ""
        if row["row"] == "listeners":
            rate += " (each peer every 120 s)"
        elif ours is not None:
            goal = verdict(ours, f"≤ {its:.1f}", lambda v, g=its: v <= g)
        cells = [count(row["peers"]), row["offers"], rate, times(row, RIVAL, "load"),
                 times(row, TRIAD, "load"), goal,
                 *(f"{100 * cpu:.1f} %" if cpu is not None else "-"
                   for cpu in (median(row, who, "load", "tracker_cpu")
                               for who in (RIVAL, TRIAD)))]
        yield "| " + " | ".join(map(str, cells)) + " |"


def per_peer(row, server, when):
    """Kilobytes of 1,000 bytes that a peer added; None if not measured."""
    found = []
    for run in row["runs"].get(server, []):
        after = run["rss_end_kb"] if when == "end" else run["rss_kb"][when]
        found.append((after - run["rss_kb"]["start"]) * 1.024 / run["peers"])
    return statistics.median(found) if found else None


MOMENTS = [("connected", "idle connection"), ("joined", "announced peer"),
           ("end", "announced peer, after the load")]


def memory_row(data, peers):
    return next(row for row in rows(data, "announce") if row["peers"] == peers and row["offers"])


def memory(data):
    yield "| connected | what | its kB | Triad's kB | ratio | goal |"
    yield "|---|---|---|---|---|---|"
    for peers in 5000, 15000:
        row = memory_row(data, peers)
        for when, what in MOMENTS:
            its, ours = (per_peer(row, who, when) for who in (RIVAL, TRIAD))
            ratio = ours / its if ours is not None else None
            goal = verdict(ratio, "≤ 0.33", lambda v: v <= SMALLER) \
                if ratio is not None and when == "joined" else ""
            yield (f"| {count(peers)} | {what} | {its:.1f} | "
                   + (f"{ours:.1f} | {ratio:.2f} | {goal} |" if ratio is not None else "- | - | |"))


def growth(row, server, name):
    """Of a counter of churn, by the second; None if not measured."""
    found = [(run["to"][name] - run["from"][name]) / (run["to"]["at"] - run["from"]["at"])
             for run in row["runs"].get(server, [])]
    return statistics.median(found) if found else None


def answered(data):
    yield ("| half of the offers are answered: | announces/s | offers delivered/s "
           "| answers delivered/s | CPU | CPU µs for an announce and what follows |")
    yield "|---|---|---|---|---|---|"
    for row in rows(data, "answered"):
        for who in RIVAL, TRIAD:
            rates = [growth(row, who, name) for name in ("replies", "offers", "answers", "cpu_s")]
            if rates[0]:
                yield (f"| {who} | {' | '.join(map(count, rates[:3]))} | {100 * rates[3]:.1f} % "
                       f"| {1e6 * rates[3] / rates[0]:.0f} |")


def joining(data):
    yield "| 15,000 peers connect and announce | seconds in all | p50 / p99 ms of one |"
    yield "|---|---|---|"
    for row in rows(data, "join"):
        for who in RIVAL, TRIAD, BARE:
            seconds = median(row, who, "join", "seconds")
            if seconds is not None:
                yield f"| {who} | {seconds:.2f} | {times(row, who, 'join')} |"


def document(data):
    lines = [f"{data['date']}, {data['processor']}, {data['rival']} on Node {data['node']}, Triad "
             f"{data['triad']}; medians of {data['rounds']} rounds. *Its*: bittorrent-tracker's."]
    for part in throughput, paced, memory, answered, joining:
        lines += ["", *part(data)]
    return "\n".join(lines) + "\n"


def draw(data, path):
    figure, (rate, space) = plt.subplots(1, 2, figsize=(11, 3.6), width_ratios=[2, 1])
    shown = [row for row in rows(data, "announce") if row["runs"].get(BARE)]
    for at, who in enumerate((RIVAL, TRIAD, BARE)):
        values = [median(row, who, "load", "per_s") or 0 for row in shown]
        bars = rate.bar([x + (at - 1) * 0.27 for x in range(len(shown))], values, 0.25,
                        color=COLOURS[who], label=who)
        rate.bar_label(bars, [count(value) if value else "" for value in values], fontsize=7)
    rate.set_xticks(range(len(shown)), [f"{count(row['peers'])} peers,\n"
                                        + (f"{row['offers']} offers" if row["offers"]
                                           else "no offers") for row in shown], fontsize=8)
    rate.set_title("announces a second, one core", fontsize=9)
    rate.legend(fontsize=8)
    row = memory_row(data, 15000)
    for at, who in enumerate((RIVAL, TRIAD)):
        values = [per_peer(row, who, when) or 0 for when, _ in MOMENTS]
        bars = space.bar([x + (at - 0.5) * 0.4 for x in range(len(MOMENTS))], values, 0.38,
                         color=COLOURS[who], label=who)
        space.bar_label(bars, [f"{value:.1f}" if value else "" for value in values], fontsize=7)
    space.set_xticks(range(len(MOMENTS)),
                     [what.replace(" ", "\n", 1).replace(", ", ",\n") for _, what in MOMENTS],
                     fontsize=8)
    space.set_title("kB of each, 15,000 peers", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    stem = path.removesuffix(".json")
    with open(stem + ".md", "w", encoding="utf-8") as file:
        file.write(document(data))
    draw(data, stem + ".png")


main()
