# SPDX-License-Identifier: LGPL-2.1-or-later
"""The measurements of tests/bench/link: links and TLS over TCP, in turns.

usage: measure_link.py BUILD ROUNDS OUTPUT
"""
import json
import os
import subprocess
import sys

import serving

SECONDS = 8
# Where, how many links, and delay_link's options for each direction; none: loopback.
PLACES = [
    ("loopback", 1, None),
    ("loopback", 8, None),
    ("50 ms, 200 Mbit/s", 1, ["--delay", "25", "--rate", "200", "--queue", "2500"]),
    ("50 ms, 200 Mbit/s, 0.5 % lost", 1,
     ["--delay", "25", "--rate", "200", "--queue", "2500", "--loss", "0.5"]),
    ("50 ms, 20 Mbit/s, 0.5 % lost", 1,
     ["--delay", "25", "--rate", "20", "--queue", "250", "--loss", "0.5"]),
    ("50 ms, 20 Mbit/s, 0.5 % lost", 4,
     ["--delay", "25", "--rate", "20", "--queue", "250", "--loss", "0.5"]),
]
# The wire without delay would be the nearer way.
FAR_ONLY = """
for namespace in "$TRIAD_SERVER_NS" "$TRIAD_CLIENT_NS"; do ip -n "$namespace" link set near down; done
exec "$@" "$TRIAD_SERVER_NS" "$TRIAD_CLIENT_NS" "$TRIAD_FAR"
"""


def measure(build, links, options):
    command = [os.path.join(build, "tests/bench/link_bench"), str(SECONDS), str(links)]
    if options:
        command = ["tests/network/with-link", os.path.join(build, "tests/network/delay_link"),
                   *options, "--", "sh", "-c", FAR_ONLY, "sh", *command]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def main():
    build, rounds, output = os.path.abspath(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    data = serving.circumstances() | {"rounds": rounds, "rows": []}
    for number in range(rounds):
        for place, links, options in PLACES:
            row = {"place": place, "links": links, "round": number, "load": os.getloadavg()[0],
                   "told": {told.pop("what"): told for told in measure(build, links, options)}}
            print(json.dumps(row), flush=True)
            data["rows"].append(row)
    with open(output, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
        file.write("\n")


main()
