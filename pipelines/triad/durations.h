// SPDX-License-Identifier: LGPL-2.1-or-later
// How long audio files last, by GStreamer's discoverer. Needs no display and no sound device.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

namespace triad::tool {

// One thread. gst_init() was called.
class DurationReader {
public:
  DurationReader();
  ~DurationReader();
  DurationReader(const DurationReader&) = delete;
  DurationReader& operator=(const DurationReader&) = delete;

  // Empty where the file is no audio that this machine's GStreamer can read. Blocks, 15 s at most.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> read(const std::filesystem::path& file);

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad::tool
