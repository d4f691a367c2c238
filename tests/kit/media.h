// SPDX-License-Identifier: LGPL-2.1-or-later
// Small audio files of every format that Triad is tested with, encoded from seeded synthetic sound.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace triad::test {

enum class Format {
  ogg_vorbis,
  ogg_opus,
  mp3,       // constant bit rate, with a Xing header
  flac,      // with a seek table
  m4a_front, // AAC, index (moov) before the sound
  m4a_end,   // AAC, index behind the sound
};

inline constexpr std::array all_formats{Format::ogg_vorbis, Format::ogg_opus,  Format::mp3,
                                        Format::flac,       Format::m4a_front, Format::m4a_end};

[[nodiscard]] const char* format_name(Format format); // "ogg_vorbis", ...
std::ostream& operator<<(std::ostream& out, Format format);
[[nodiscard]] const char* extension(Format format); // "ogg", "opus", "mp3", "flac", "m4a"

// The path of `seconds` of stereo sound; different seeds sound (and hash) differently. Encoded at
// the first call and kept in the build folder for later runs; treat it as read-only. Several
// processes may ask at once. Throws std::runtime_error where an encoder is missing.
[[nodiscard]] std::filesystem::path media_file(Format format, int seconds, std::uint32_t seed = 1);

// A file's bytes.
[[nodiscard]] std::vector<std::byte> read_file(const std::filesystem::path& path);

// Copies the file for each format (seed = position) into `folder` as "01 ogg_vorbis.ogg", ...: an
// album to publish. Returns the names in path order.
std::vector<std::string> make_album(const std::filesystem::path& folder, int seconds);

} // namespace triad::test
