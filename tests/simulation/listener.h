// SPDX-License-Identifier: LGPL-2.1-or-later
// Somebody who plays a title from a track on to its end, with the next track looked for beforehand.
#pragma once

#include "simulation/node.h"

namespace triad::kit {

class Listener : public std::enable_shared_from_this<Listener> {
public:
  static std::shared_ptr<Listener> start(World& world, Node& node, std::size_t title,
                                         std::uint32_t track = 0) {
    auto listener = std::make_shared<Listener>(world, node, title, track);
    listener->begin();
    listener->watch();
    return listener;
  }
  Listener(World& world, Node& node, std::size_t title, std::uint32_t track)
      : world_(world), node_(node), title_(title), track_(track) {}

  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] int stalls() const { return stalls_; }
  [[nodiscard]] Node& node() const { return node_; }
  [[nodiscard]] SimulatedPlayer* player() const { return player_.get(); }
  [[nodiscard]] std::uint32_t track() const { return track_; }
  void seek(double part) { // of the track
    const auto length = world_.titles[title_].release->file(FileIndex(track_)).length;
    player_->seek(static_cast<std::uint64_t>(part * static_cast<double>(length)));
  }
  void next() {
    finish();
    if (++track_ < world_.titles[title_].release->files().size())
      begin();
    else
      stop();
  }
  void stop() {
    if (done_)
      return;
    done_ = true;
    if (player_)
      finish();
    if (next_)
      node_.leave(title_, next_);
    player_.reset();
    next_.reset();
    node_.stop(title_);
  }

private:
  void begin() {
    const auto prefetched = next_;
    world_.totals.cached += cached();
    player_ = node_.play(title_, track_);
    if (prefetched)
      node_.leave(title_, prefetched);
    next_.reset();
    if (track_ + 1 < world_.titles[title_].release->files().size())
      next_ = node_.play(title_, track_ + 1, Purpose::prefetch, player_);
  }
  void finish() { // the playing track; its player stays until the next one has begun
    if (!player_)
      return;
    World::Totals& totals = world_.totals;
    ++totals.plays;
    stalls_ += player_->stalls();
    totals.stalled_plays += player_->stalls() > 0 ? 1 : 0;
    totals.stalled += player_->stalled();
    if (player_->start_delay()) {
      totals.starts.push_back(*player_->start_delay());
      totals.longest_start = std::max(totals.longest_start, *player_->start_delay());
    }
    node_.leave(title_, player_);
    player_.reset();
  }
  void watch() {
    world_.clock.after(std::chrono::seconds(1), [self = shared_from_this()] {
      if (self->done_)
        return;
      if (self->player_->ended())
        self->next();
      self->watch();
    });
  }
  [[nodiscard]] std::uint64_t cached() {
    const Release& release = *world_.titles[title_].release;
    const ReleaseFile& file = release.file(FileIndex(track_));
    const auto& have = node_.have(title_);
    const auto span = release.pieces_of({file.offset, file.offset + file.length});
    std::uint64_t bytes = 0;
    for (PieceIndex piece = span.begin; piece < span.end; ++piece)
      bytes += have[piece.value()] ? release.piece_length() : 0;
    return bytes;
  }

  World& world_;
  Node& node_;
  std::size_t title_;
  std::uint32_t track_;
  std::shared_ptr<SimulatedPlayer> player_, next_;
  bool done_ = false;
  int stalls_ = 0;
};

} // namespace triad::kit
