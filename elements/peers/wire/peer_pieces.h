// SPDX-License-Identifier: LGPL-2.1-or-later
// What a peer says it has. It may say so before the release is known, hence how many pieces there
// are. Pure.
#pragma once

#include "release/hashes.h"
#include "release/result.h"
#include "release/units.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace triad::wire {

class PeerPieces {
public:
  // The release has `count` pieces. Errors: bad_message (what was said does not fit).
  [[nodiscard]] Status set_count(std::uint32_t count);

  // Errors: bad_message (out of range, a wrong length, spare bits that are set).
  [[nodiscard]] Status bitfield(Bytes bits);
  // Gives whether that is news.
  [[nodiscard]] Result<bool> have(std::uint32_t piece);
  [[nodiscard]] Result<bool> lost(std::uint32_t piece);
  void set_all();
  void set_none();

  [[nodiscard]] bool has(PieceIndex piece) const;
  [[nodiscard]] bool has_all() const;
  [[nodiscard]] bool empty() const { return !all_ && had_ == 0; }
  [[nodiscard]] std::vector<bool> by_piece() const; // once the count is known

private:
  [[nodiscard]] Status check(std::uint32_t piece) const;

  std::optional<std::uint32_t> count_;
  std::optional<std::size_t> bitfield_size_; // bytes; of the last one, until the count is known
  bool all_ = false;
  std::vector<bool> bits_; // as long as needed, at most max_pieces; counts unless all_
  std::uint32_t had_ = 0;  // of bits_
};

} // namespace triad::wire
