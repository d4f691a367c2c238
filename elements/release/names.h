// SPDX-License-Identifier: LGPL-2.1-or-later
// Which names of files and folders are safe to use as they are, on disk and in URLs.
#pragma once

#include <string>
#include <string_view>

namespace triad {

[[nodiscard]] bool valid_utf8(std::string_view text);

// Why `element` (one element of a path) can't be used without being changed; empty if it can.
// Refused are: nothing at all, "." and "..", a slash (either way), control characters and those
// that change the direction of text (they disguise extensions), what is not UTF-8, and more than
// 255 bytes.
[[nodiscard]] std::string_view why_bad_name(std::string_view element);

// A raw name for use in a message: quoted, with what can't be shown replaced, and cut if long.
[[nodiscard]] std::string quoted(std::string_view raw);

// True for the extensions of audio files that GStreamer plays.
[[nodiscard]] bool is_audio(std::string_view path);

} // namespace triad
