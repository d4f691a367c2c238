// SPDX-License-Identifier: LGPL-2.1-or-later
#include "progress_bar.h"

#include <unistd.h>

#include <cstdio>

namespace triad::tool {

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  if (shown_ >= 0) {
    std::fputs("\r\033[K", stderr);
  }
}

void ProgressBar::show(std::uint64_t done, std::uint64_t total) {
  constexpr int width = 30;
  const int percent =
      total == 0 ? 100
                 : static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(total));
  if (!terminal_ || percent == shown_) {
    return;
  }
  shown_ = percent;
  const auto filled = static_cast<std::size_t>(percent * width / 100);
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  std::fprintf(stderr, "\r%s [%s] %3d %%\033[K", label_.c_str(), bar.c_str(), percent);
  std::fflush(stderr);
}

} // namespace triad::tool
