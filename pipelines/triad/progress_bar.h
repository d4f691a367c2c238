// SPDX-License-Identifier: LGPL-2.1-or-later
// A bar on stderr, where that is a terminal; else nothing.
#pragma once

#include <cstdint>
#include <string>

namespace triad::tool {

class ProgressBar {
public:
  explicit ProgressBar(std::string label);
  ~ProgressBar(); // wipes it
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::uint64_t done, std::uint64_t total);

private:
  std::string label_;
  bool terminal_;
  int shown_ = -1; // per cent
};

} // namespace triad::tool
