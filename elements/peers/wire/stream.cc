// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/wire/stream.h"

#include "peers/wire/numbers.h"

#include <algorithm>
#include <string>

namespace triad::wire {

namespace {

constexpr std::size_t handshake_size = 68;
constexpr std::size_t prefix = 4; // a message's length
// What a buffer may keep after a long message; blocks fit.
constexpr std::size_t kept = 32 * 1024;

} // namespace

void MessageStream::add(Bytes bytes) {
  finished_.clear();
  if (finished_.capacity() > kept)
    finished_.shrink_to_fit();
  fresh_ = bytes;
}

std::optional<Bytes> MessageStream::take(std::size_t size) {
  if (held_.empty() && fresh_.size() >= size) {
    const Bytes whole = fresh_.first(size);
    fresh_ = fresh_.subspan(size);
    return whole;
  }
  const std::size_t missing = std::min(size - held_.size(), fresh_.size());
  append_bytes(held_, fresh_.first(missing));
  fresh_ = fresh_.subspan(missing);
  if (held_.size() < size)
    return std::nullopt;
  // Happens once between two calls of add(): then `fresh_` holds whole messages, or all there is.
  std::swap(held_, finished_);
  held_.clear();
  return finished_;
}

std::array<std::byte, 4> MessageStream::peek() const {
  std::array<std::byte, 4> bytes{};
  const std::size_t from_held = std::min(held_.size(), bytes.size());
  std::copy_n(held_.begin(), from_held, bytes.begin());
  std::copy_n(fresh_.begin(), bytes.size() - from_held,
              bytes.begin() + static_cast<std::ptrdiff_t>(from_held));
  return bytes;
}

Result<std::optional<Bytes>> MessageStream::next_handshake() {
  // Told at the first byte: who speaks something else may never send 68.
  static constexpr std::byte first{19};
  const Bytes seen = held_.empty() ? fresh_ : Bytes(held_);
  if (!seen.empty() && seen.front() != first)
    return Error{ErrorCode::bad_message, "A peer does not speak BitTorrent's protocol.", {}};
  return take(handshake_size);
}

Result<std::optional<Bytes>> MessageStream::next() {
  if (held_.size() + fresh_.size() < prefix) {
    append_bytes(held_, fresh_);
    fresh_ = {};
    return std::optional<Bytes>();
  }
  const std::uint32_t size = number_at(peek(), 0);
  if (size > longest_)
    return Error{ErrorCode::bad_message,
                 "A peer's message is " + std::to_string(size) + " bytes long, " +
                     std::to_string(longest_) + " are allowed.",
                 {}};
  const auto whole = take(prefix + size);
  if (!whole)
    return std::optional<Bytes>();
  return std::optional(whole->subspan(prefix));
}

} // namespace triad::wire
