// SPDX-License-Identifier: LGPL-2.1-or-later
// Who has lied, by his certificate: for as long as the process runs.
#pragma once

#include "release/hashes.h"

#include <algorithm>
#include <cstdint>
#include <deque>

namespace triad::company {

class Bans {
public:
  void add(const Sha256& fingerprint) {
    if (contains(fingerprint))
      return;
    if (fingerprints_.size() == most)
      fingerprints_.pop_front(); // a new certificate costs a liar little: more would not help
    fingerprints_.push_back(fingerprint);
    ++total_;
  }
  [[nodiscard]] bool contains(const Sha256& fingerprint) const {
    return std::ranges::find(fingerprints_, fingerprint) != fingerprints_.end();
  }
  [[nodiscard]] std::uint64_t total() const { return total_; }

private:
  static constexpr std::size_t most = 1000;
  std::deque<Sha256> fingerprints_;
  std::uint64_t total_ = 0;
};

} // namespace triad::company
