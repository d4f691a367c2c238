// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_line.h"

#include <glib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace triad::tool {
namespace {

// At most `columns` characters, so that the line never wraps.
std::string cut(const std::string& text, long columns) {
  if (g_utf8_strlen(text.c_str(), -1) <= columns) {
    return text;
  }
  return text.substr(
      0, static_cast<std::size_t>(g_utf8_offset_to_pointer(text.c_str(), columns) - text.c_str()));
}

} // namespace

std::string live_text(const PlayerState& state) {
  std::string text = state.paused ? "paused " : "";
  text += std::to_string(state.track + 1) + '/' + std::to_string(state.tracks) + ' ' +
          clock_text(state.position.value_or(0));
  if (state.duration) {
    text += '/' + clock_text(*state.duration);
  }
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.0f s", state.buffered);
  std::string peers = "  peers " + size_text(state.bytes_peers);
  if (state.links > 0) {
    peers += " (" + std::to_string(state.links) + ')';
  }
  return text + "  buffer " + buffer.data() + "  cache " + size_text(state.bytes_cache) + peers +
         "  server " + size_text(state.bytes_server) + "  " + title_of(state.uri);
}

LiveLine::LiveLine(bool wanted) : wanted_(wanted && isatty(STDERR_FILENO) != 0) {}

LiveLine::~LiveLine() {
  wipe();
}

void LiveLine::show(const PlayerState& state) {
  if (!wanted_) {
    return;
  }
  winsize size{};
  const long columns =
      ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
  std::fprintf(stderr, "\r%s\033[K", cut(live_text(state), columns).c_str());
  std::fflush(stderr);
}

void LiveLine::wipe() {
  if (wanted_) {
    std::fputs("\r\033[K", stderr);
  }
}

} // namespace triad::tool
