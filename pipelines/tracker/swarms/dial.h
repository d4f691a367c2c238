// SPDX-License-Identifier: LGPL-2.1-or-later
// The operator's dial: for what share of the listeners peers are used, in general and by release.
#pragma once

#include "peers/signal/ids.h"

#include <cstdint>
#include <map>
#include <optional>

namespace triad::tracker {

// In [0, 100): the first eight bytes of SHA-256(info hash, then peer id), as a big-endian number,
// modulo 100. A leecher is excluded where this is not below the share, so that turning the dial
// moves only the difference. The same on every tracker and in every version.
[[nodiscard]] std::uint8_t dial_bucket(const signal::InfoHash& info_hash,
                                       const signal::PeerId& peer);

class Dial {
public:
  explicit Dial(unsigned percent);

  // For one release; nullopt: as the general one again.
  void set(const signal::InfoHash& info_hash, std::optional<unsigned> percent);
  [[nodiscard]] std::uint8_t share(const signal::InfoHash& info_hash) const;

private:
  std::uint8_t general_;
  std::map<signal::InfoHash, std::uint8_t> special_;
};

} // namespace triad::tracker
