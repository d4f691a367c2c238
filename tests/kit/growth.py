# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether something grows while it runs: samples are dictionaries of numbers, one after another."""
import statistics

MIB = 1024 * 1024


def print_table(samples, rows=20):
    """Some of the samples; memory in MiB."""
    names = list(samples[0])
    print(" ".join(f"{name:>11}" for name in names))
    for one in samples[:-1:max(1, len(samples) // rows)] + samples[-1:]:
        print(" ".join(f"{one[name] / MIB:11.1f}" if name == "memory" else f"{one[name]:11.0f}"
                       for name in names), flush=True)


def grown(samples, spare):
    """Names of what the last third needed more of than the third before, beyond a tenth and what
    `spare` (by name) leaves to chance."""
    third = len(samples) // 3
    for name, chance in spare.items():
        before, after = (statistics.median(one[name] for one in part)
                         for part in (samples[third:2 * third], samples[2 * third:]))
        print(f"{name}: {before:.0f}, then {after:.0f}")
        if after > before * 1.1 + chance:
            yield name
