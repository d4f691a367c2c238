// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes metainfo files: hybrid (BEP 3 and BEP 52), padded (BEP 47), with web seeds (BEP 19).
//
// The same files give the same bytes: no date goes in. Any thread.
#pragma once

#include "listing.h"
#include "release/hashes.h"
#include "release/result.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace triad::tool {

struct WriterOptions {
  std::vector<std::string> web_seeds;             // url-list, as BEP 19 wants them
  std::vector<std::vector<std::string>> trackers; // tiers
  // Bytes hashed so far, of all; called on the calling thread. May be empty.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

using Metainfo = std::vector<std::byte>;
using Durations = std::map<std::string, std::chrono::nanoseconds>; // by raw path in the release

// The power of two that is nearest by ratio to sqrt(52 * total), 16 KiB at least: metainfo plus
// first piece, the price of a cold start, is then least.
[[nodiscard]] std::uint32_t piece_length_for(std::uint64_t total);

// Hashes the files. Errors: io (unreadable, or changed meanwhile), bad_metainfo (nothing to hash).
[[nodiscard]] Result<Metainfo> write_metainfo(const Listing& listing, const WriterOptions& options);

// The same metainfo with the tracks' durations in its top-level `triad` dictionary.
[[nodiscard]] Result<Metainfo> with_durations(Bytes metainfo, const Durations& durations);

// The same metainfo without url-list: its files are then expected beside it.
[[nodiscard]] Result<Metainfo> without_web_seeds(Bytes metainfo);

// The same metainfo with these trackers (tiers, BEP 12) instead of its own. None of them is empty.
[[nodiscard]] Result<Metainfo> with_trackers(Bytes metainfo,
                                             const std::vector<std::vector<std::string>>& tiers);

// Whether `triad` wrote it, so that it may be written anew.
[[nodiscard]] bool written_by_triad(Bytes metainfo);

} // namespace triad::tool
