// SPDX-License-Identifier: LGPL-2.1-or-later
// The requests of one conversation: what we have asked and what the peer has asked, as long as it
// is not answered. Pure.
#pragma once

#include "peers/wire/messages.h"
#include "release/release.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <vector>

namespace triad::wire {

// How many bytes of a piece are sent: in a v2-only release what follows a file's end is not (BEP
// 52).
[[nodiscard]] std::uint32_t sent_size(const Release& release, PieceIndex piece);
// What is asked of a peer for a block; of length 0 if it lies behind its file's end.
[[nodiscard]] BlockRequest request_of(const Release& release, BlockIndex block);

// What we asked. A peer may have sent a block, or a rejection, before a cancel reached it; and
// WebTorrent answers cancelled requests not at all, nor what is asked again while it still reads
// the block for the first request.
class OwnRequests {
public:
  void add(BlockIndex block) { asked_.insert(block); }
  // If it was asked, it is not any more; the peer is to be told, sooner or later.
  void cancel(BlockIndex block);
  // What the peer is to be told of now, so that at most `untold` cancels are left.
  [[nodiscard]] std::optional<BlockIndex> cancel_to_tell(std::size_t untold);
  // True if it was cancelled and the peer was not told: it is asked as before.
  [[nodiscard]] bool restore(BlockIndex block);
  enum class Fate { asked, late, unasked };
  // A block has come.
  [[nodiscard]] Fate received(BlockIndex block);
  // A rejection has come; true if it is one of what is still asked.
  [[nodiscard]] bool rejected(BlockIndex block);
  // A peer without BEP 6 choked: nothing is answered any more, but for what is on its way.
  [[nodiscard]] std::vector<BlockIndex> drop_all();
  [[nodiscard]] bool contains(BlockIndex block) const { return asked_.contains(block); }
  [[nodiscard]] std::size_t size() const { return asked_.size(); }

private:
  void withdraw(BlockIndex block);

  std::set<BlockIndex> asked_;
  std::deque<BlockIndex> untold_;    // cancelled; the peer does not know
  std::deque<BlockIndex> withdrawn_; // the last ones that were not answered
  std::size_t may_come_ = 0;         // blocks that were asked once and not answered
};

// What the peer asked.
class PeerRequests {
public:
  explicit PeerRequests(std::size_t limit) : limit_(limit) {}
  enum class Taken { yes, again, full };
  [[nodiscard]] Taken add(const BlockRequest& block);
  // The peer takes it back; it is still to be answered if `keep`. False if it did not ask.
  [[nodiscard]] bool cancel(const BlockRequest& block, bool keep);
  // It is answered, by a block or (`rejected`) a rejection. False if it was not asked.
  [[nodiscard]] bool answered(const BlockRequest& block, bool rejected);
  // Takes those for which `which(block)` is true.
  template <typename Which>
  std::vector<BlockRequest> take(Which which) {
    std::vector<BlockRequest> taken;
    std::erase_if(open_, [&](const Open& open) {
      if (!which(open.block))
        return false;
      taken.push_back(open.block);
      return true;
    });
    return taken;
  }

private:
  struct Open {
    BlockRequest block;
    bool cancelled = false;
    bool operator==(const Open&) const = default;
  };
  std::size_t limit_;
  std::vector<Open> open_;
};

} // namespace triad::wire
