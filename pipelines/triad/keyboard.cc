// SPDX-License-Identifier: LGPL-2.1-or-later
#include "keyboard.h"

#include <glib-unix.h>
#include <unistd.h>

#include <array>

namespace triad::tool {

std::vector<Key> parse_keys(std::string_view typed) {
  std::vector<Key> keys;
  while (!typed.empty()) {
    // An arrow is ESC [ C or, in application mode, ESC O C.
    if (typed.size() >= 3 && typed[0] == '\033' && (typed[1] == '[' || typed[1] == 'O')) {
      if (typed[2] == 'C') {
        keys.push_back(Key::forward);
      } else if (typed[2] == 'D') {
        keys.push_back(Key::back);
      }
      typed.remove_prefix(3);
      continue;
    }
    switch (typed.front()) {
    case ' ':
      keys.push_back(Key::pause);
      break;
    case 'n':
      keys.push_back(Key::next);
      break;
    case 'q':
      keys.push_back(Key::quit);
      break;
    default:
      break;
    }
    typed.remove_prefix(1);
  }
  return keys;
}

Keyboard::Keyboard(std::function<void(Key)> on_key) : on_key_(std::move(on_key)) {
  // A background job that touches the terminal would be stopped.
  if (isatty(STDIN_FILENO) == 0 || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
      tcgetattr(STDIN_FILENO, &before_) != 0) {
    return;
  }
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0) {
    source_ = g_unix_fd_add(STDIN_FILENO, G_IO_IN, on_input, this);
  }
}

Keyboard::~Keyboard() {
  if (source_ != 0) {
    g_source_remove(source_);
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
}

gboolean Keyboard::on_input(gint fd, GIOCondition, gpointer self) {
  std::array<char, 64> typed{};
  const ssize_t size = read(fd, typed.data(), typed.size());
  if (size > 0) {
    for (const Key key : parse_keys({typed.data(), static_cast<std::size_t>(size)})) {
      static_cast<Keyboard*>(self)->on_key_(key);
    }
  }
  return G_SOURCE_CONTINUE;
}

} // namespace triad::tool
