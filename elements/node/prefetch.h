// SPDX-License-Identifier: LGPL-2.1-or-later
// The track that plays after a reader's: its beginning is fetched before anybody opens it (rule 7).
//
// Engine thread only.
#pragma once

#include "release/release.h"
#include "schedule/schedule.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace triad {

class Download;

// A track of another release, kept open while this lives; `download` is null until it is known, and
// stays so if it can't be opened.
class NextTrack {
public:
  virtual ~NextTrack() = default;
  [[nodiscard]] virtual std::shared_ptr<Download> download() const = 0;
  [[nodiscard]] virtual FileIndex track() const = 0;
};
using OpenNext = std::function<std::unique_ptr<NextTrack>(const std::string& uri)>;

class Prefetch {
public:
  // For a reader that plays `track` of `current`, which outlives this.
  Prefetch(Download& current, FileIndex track, OpenNext open_next);
  ~Prefetch();
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  void set_next_uri(const std::string& uri); // empty: the release's next track
  // How the reader's own track stands; about four times a second.
  void update(const Outlook& outlook);
  // Nothing is left for it to do.
  [[nodiscard]] bool done() const;

private:
  void begin();
  void end();
  [[nodiscard]] Download* target() const;

  Download& current_;
  const FileIndex track_;
  const OpenNext open_next_;
  std::string next_uri_;
  bool begun_ = false;
  bool nothing_ = false; // there is no next track
  std::unique_ptr<NextTrack> other_;
  std::optional<ReaderId> reader_;
};

} // namespace triad
