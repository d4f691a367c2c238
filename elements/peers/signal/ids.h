// SPDX-License-Identifier: LGPL-2.1-or-later
// The 20-byte names of WebTorrent's tracker messages.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

namespace triad::signal {

// Twenty bytes that JSON carries as a string with one code point U+0000..U+00FF for each. `Tag`
// keeps an info hash from being taken for a peer.
template <typename Tag>
struct Id {
  std::array<std::uint8_t, 20> bytes{};
  friend auto operator<=>(const Id&, const Id&) = default;
};

using InfoHash = Id<struct InfoHashTag>; // BEP 3; of a v2 release: its first 20 bytes (BEP 52)
using PeerId = Id<struct PeerIdTag>;     // BEP 20
using OfferId = Id<struct OfferIdTag>;   // chosen by who offers; names the answer's offer

} // namespace triad::signal

// Who makes these up can make them collide: mix in a seed where strangers fill a table.
template <typename Tag>
struct std::hash<triad::signal::Id<Tag>> {
  std::size_t operator()(const triad::signal::Id<Tag>& id) const noexcept {
    std::size_t word;
    std::memcpy(&word, id.bytes.data(), sizeof word);
    return word;
  }
};
