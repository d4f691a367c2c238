// SPDX-License-Identifier: LGPL-2.1-or-later
// Plays a list of URIs in playbin3, without a gap, and measures what was heard.
#pragma once

#include "keyboard.h"
#include "playlist.h"
#include "release/result.h"
#include "track_report.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace triad::tool {

// Where the sound goes: to the speakers; into nothing, in time or at once.
enum class PlayerSink { audio, real_time, fast };

// What a live line shows.
struct PlayerState {
  std::size_t track = 0, tracks = 0; // the track that sounds, of how many
  std::string uri;
  bool paused = false;
  std::optional<double> position, duration; // seconds
  double buffered = 0;                      // seconds that are there beyond what sounds
  std::uint64_t bytes_cache = 0, bytes_peers = 0, bytes_server = 0;
  unsigned links = 0; // to peers
};

// Main thread; runs the default main context. gst_init() was called, triadsrc is registered.
class Player {
public:
  Player(std::vector<PlaylistEntry> list, PlayerSink sink);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  // Plays to the end, or until quit(). Entries that fail are reported and passed over. Errors:
  // settings (GStreamer lacks a part that is needed).
  [[nodiscard]] Status run();
  void press(Key key);
  void quit();

  // Called about four times a second while it plays.
  void on_progress(std::function<void(const PlayerState&)> listener);
  // What people should know: peers are used from now on.
  void on_notice(std::function<void(const std::string& text)> listener);
  // What goes wrong without ending a track.
  void on_warning(std::function<void(const std::string& text)> listener);
  // Called once for each failure, in words for people.
  void on_failure(std::function<void(const std::string&)> listener);

  // After run(): the tracks that were begun, in order.
  [[nodiscard]] std::vector<TrackReport> reports() const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace triad::tool
