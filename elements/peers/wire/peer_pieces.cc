// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/wire/peer_pieces.h"

#include "release/metainfo.h"

#include <algorithm>

namespace triad::wire {

namespace {

Error broken(const char* what) {
  return {
      ErrorCode::bad_message, std::string("A peer's ") + what + " does not fit the release.", {}};
}

std::size_t bitfield_bytes(std::uint32_t count) {
  return (std::size_t{count} + 7) / 8;
}

} // namespace

Status PeerPieces::set_count(std::uint32_t count) {
  if (bitfield_size_ && *bitfield_size_ != bitfield_bytes(count))
    return broken("bitfield");
  for (std::size_t piece = count; piece < bits_.size(); ++piece)
    if (bits_[piece])
      return broken("list of pieces");
  bitfield_size_.reset();
  count_ = count;
  bits_.resize(count);
  return ok();
}

Status PeerPieces::bitfield(Bytes bits) {
  const std::size_t wanted = bitfield_bytes(count_.value_or(max_pieces));
  if (count_ ? bits.size() != wanted : bits.size() > wanted)
    return broken("bitfield");
  std::vector<bool> read(bits.size() * 8);
  std::uint32_t had = 0;
  for (std::size_t at = 0; at < read.size(); ++at) {
    read[at] = (bits[at / 8] & (std::byte{0x80} >> (at % 8))) != std::byte{};
    had += read[at] ? 1u : 0u;
    if (count_ && read[at] && at >= *count_)
      return broken("bitfield");
  }
  if (count_)
    read.resize(*count_);
  else
    bitfield_size_ = bits.size();
  bits_ = std::move(read);
  had_ = had;
  all_ = false;
  return ok();
}

Status PeerPieces::check(std::uint32_t piece) const {
  return piece < count_.value_or(max_pieces) ? ok() : Status(broken("piece"));
}

Result<bool> PeerPieces::have(std::uint32_t piece) {
  if (auto fits = check(piece); !fits)
    return fits.error();
  if (has(PieceIndex(piece)))
    return false;
  if (piece >= bits_.size())
    bits_.resize(std::size_t{piece} + 1);
  bits_[piece] = true;
  ++had_;
  return true;
}

Result<bool> PeerPieces::lost(std::uint32_t piece) {
  if (auto fits = check(piece); !fits)
    return fits.error();
  if (!has(PieceIndex(piece)) || (all_ && !count_)) // how many "all" are is not known yet
    return false;
  if (all_) {
    all_ = false;
    bits_.assign(*count_, true);
    had_ = *count_;
  }
  bits_[piece] = false;
  --had_;
  return true;
}

void PeerPieces::set_all() {
  set_none();
  all_ = true;
}

void PeerPieces::set_none() {
  all_ = false;
  bitfield_size_.reset();
  if (had_ > 0) // else nothing is set: a peer may say this with every five bytes
    bits_.assign(count_.value_or(0), false);
  had_ = 0;
}

bool PeerPieces::has(PieceIndex piece) const {
  if (all_)
    return !count_ || piece.value() < *count_;
  return piece.value() < bits_.size() && bits_[piece.value()];
}

bool PeerPieces::has_all() const {
  return all_ || (count_ && had_ == *count_);
}

std::vector<bool> PeerPieces::by_piece() const {
  return all_ ? std::vector<bool>(count_.value_or(0), true) : bits_;
}

} // namespace triad::wire
