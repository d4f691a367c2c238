// SPDX-License-Identifier: LGPL-2.1-or-later
// Keys that control a playing pipeline, read from the terminal.
#pragma once

#include <glib.h>
#include <termios.h>

#include <functional>
#include <string_view>
#include <vector>

namespace triad::tool {

enum class Key { pause, back, forward, next, quit };

// What was typed; other keys are passed over.
[[nodiscard]] std::vector<Key> parse_keys(std::string_view typed);

// While it lives, each key is told at once, on the default main context. Does nothing where stdin
// is no terminal, or not ours to read.
class Keyboard {
public:
  explicit Keyboard(std::function<void(Key)> on_key);
  ~Keyboard(); // gives the terminal back as it was
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

private:
  static gboolean on_input(gint fd, GIOCondition condition, gpointer self);

  std::function<void(Key)> on_key_;
  termios before_{};
  guint source_ = 0;
};

} // namespace triad::tool
