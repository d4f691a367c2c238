// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/dial.h"

#include "release/hashes.h"

#include <algorithm>
#include <array>
#include <span>

namespace triad::tracker {
namespace {

std::uint8_t percent(unsigned value) {
  return static_cast<std::uint8_t>(std::min(value, 100u));
}

} // namespace

std::uint8_t dial_bucket(const signal::InfoHash& info_hash, const signal::PeerId& peer) {
  std::array<std::uint8_t, 40> both;
  std::copy(peer.bytes.begin(), peer.bytes.end(),
            std::copy(info_hash.bytes.begin(), info_hash.bytes.end(), both.begin()));
  const Sha256 digest = sha256(std::as_bytes(std::span(both)));
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i)
    number = number << 8 | std::to_integer<std::uint64_t>(digest[i]);
  return static_cast<std::uint8_t>(number % 100);
}

Dial::Dial(unsigned value) : general_(percent(value)) {}

void Dial::set(const signal::InfoHash& info_hash, std::optional<unsigned> value) {
  if (value)
    special_[info_hash] = percent(*value);
  else
    special_.erase(info_hash);
}

std::uint8_t Dial::share(const signal::InfoHash& info_hash) const {
  const auto found = special_.find(info_hash);
  return found == special_.end() ? general_ : found->second;
}

} // namespace triad::tracker
