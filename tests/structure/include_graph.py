# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may include whom.

release <- {schedule, cache, server, peers/*} <- node <- {triadsrc, programs}.

Siblings never include each other, pure units know no socket, thread, clock or GLib, and each
library behind a unit is included in that unit only.
usage: include_graph.py SOURCE_ROOT
"""
import os
import re
import sys

import tree

ELEMENTS = {
    "release": set(),
    "schedule": {"release"},
    "cache": {"release"},
    "server": {"release"},
    "peers/signal": {"release"},
    "peers/wire": {"release"},
    "peers/link": {"release"},
    "peers/company": {"release", "peers/signal", "peers/wire", "peers/link"},
    "node": {"release", "schedule", "cache", "server", "peers/company"},
    "triadsrc": {"release", "cache", "server", "node"},
}
# Folders beside the elements, and what of the elements they may include.
OTHERS = {
    "plugins": {"triadsrc"},
    "pipelines": {"release", "cache", "server", "peers/signal", "node", "triadsrc"},
    "tests": set(ELEMENTS),
}
PURE = {"release", "schedule", "peers/signal", "peers/wire"}
PURE_FOLDERS = ("pipelines/tracker/swarms/", "pipelines/tracker/access/")
IMPURE_HEADERS = re.compile(
    r"^(glib|gio|gst|curl|sqlite3|boost/(asio|beast)|hiredis|sys/(socket|epoll|eventfd)|netinet|"
    r"arpa|netdb|poll\.h|pthread|thread$|mutex$|shared_mutex$|condition_variable$|future$|"
    r"semaphore$|ctime$|time\.h|sys/time)")
CLOCK_READ = re.compile(r"\b\w*_clock::now\s*\(|\bclock_gettime\s*\(|\bgettimeofday\s*\(")
# A library's headers, and the one unit that may include them.
LIBRARIES = {
    "libtorrent/": "release",
    "curl/": "server",
    "sqlite3.h": "cache",
    "gst/": "triadsrc",
    "simdjson.h": "peers/signal",
    "nice/": "peers/link",
    "usrsctp.h": "peers/link",
    "wslay/": "peers/company",
}
HEAVY_FILES = 3  # that compile libtorrent's headers, which take seconds each
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def unit_of(path):
    """The unit of a file, or of an include path that begins in elements/."""
    parts = path.split("/")
    if parts[0] == "elements":
        parts = parts[1:]
    return "/".join(parts[:2]) if parts[0] == "peers" else parts[0]


def is_pure(path):
    return unit_of(path) in PURE or path.startswith(PURE_FOLDERS)


def check_own(root, path, target, complaints):
    """An include in quotation marks: one of the project's own files."""
    unit = unit_of(path)
    beside = os.path.join(os.path.dirname(path), target)
    places = [os.path.join("elements", target)]
    if not path.startswith("elements/"):
        places += [beside, os.path.join(path.split("/")[0], target)]
    if path.startswith("tests/"):
        places.append(os.path.join("pipelines", target))
    if ".." in target.split("/"):
        complaints.append(f'{path}: "{target}" climbs out of its folder')
    elif not any(os.path.isfile(os.path.join(root, p)) for p in places):
        complaints.append(f'{path}: "{target}" is no file of the project, named from elements/')
    elif os.path.isfile(os.path.join(root, "elements", target)):
        to = unit_of(target)
        allowed = OTHERS.get(unit) if unit in OTHERS else ELEMENTS[unit] | {unit}
        if to not in allowed:
            complaints.append(f"{path}: {unit} may not include {to} ({target})")


def check_library(path, target, complaints):
    """An include in angle brackets."""
    unit = unit_of(path)
    if target.startswith("libsoup") and not path.startswith("tests/"):
        complaints.append(f"{path}: libsoup ends processes that hold its other version")
    if is_pure(path) and IMPURE_HEADERS.match(target):
        complaints.append(f"{path}: {os.path.dirname(path)} is pure and may not include <{target}>")
    if unit not in ELEMENTS:
        return
    if unit_of(target) in ELEMENTS and "/" in target:
        complaints.append(f"{path}: <{target}> is the project's own; use quotation marks")
    for prefix, owner in LIBRARIES.items():
        if target.startswith(prefix) and unit != owner:
            complaints.append(f"{path}: <{target}> belongs into {owner} only")


def sees_libtorrent(root, path, seen):
    """Whether a file includes libtorrent, itself or through headers of the project."""
    if path in seen or not os.path.isfile(os.path.join(root, path)):
        return False
    seen.add(path)
    return any(
        target.startswith("libtorrent/") if kind == "<" else
        sees_libtorrent(root, os.path.join("elements", target), seen)
        for kind, target in INCLUDE.findall(tree.read(root, path)))


def main():
    root = sys.argv[1]
    complaints = []
    checked = 0
    heavy = [p for p in tree.sources(root) if p.endswith(".cc") and not p.startswith("tests/")
             and sees_libtorrent(root, p, set())]
    for path in tree.sources(root):
        unit = unit_of(path)
        if path.startswith("elements/") and unit not in ELEMENTS:
            complaints.append(f"{path}: {unit} has no place in the graph")
            continue
        if not path.startswith("elements/") and unit not in OTHERS:
            complaints.append(f"{path}: code stands in elements, plugins, pipelines or tests")
            continue
        text = tree.read(root, path)
        for kind, target in INCLUDE.findall(text):
            checked += 1
            if kind == '"':
                check_own(root, path, target, complaints)
            else:
                check_library(path, target, complaints)
        if is_pure(path) and CLOCK_READ.search(text):
            complaints.append(f"{path}: {os.path.dirname(path)} is pure and may not read a clock")
    if len(heavy) > HEAVY_FILES:
        complaints.append(f"{len(heavy)} files compile libtorrent's headers, {HEAVY_FILES} may: "
                          + ", ".join(heavy))
    tree.finish(complaints, checked)


main()
