// SPDX-License-Identifier: LGPL-2.1-or-later
// Any text as a URI: what is accepted is safe, and leads back to itself.
#include "release/uri.h"

#include "fuzz/require.h"

#include <cstdint>

using namespace triad;

namespace {

void require_safe_track(std::string_view track) {
  for (std::string_view rest = track; !rest.empty();) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view element = rest.substr(0, end);
    FUZZ_REQUIRE(!element.empty() && element != "." && element != "..");
    for (const char c : element)
      FUZZ_REQUIRE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\');
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  FUZZ_REQUIRE(track.empty() || (track.front() != '/' && track.back() != '/'));
}

void require_safe_url(const TriadUri& uri, std::string_view url) {
  FUZZ_REQUIRE(percent_decode(url).has_value());
  FUZZ_REQUIRE(url.starts_with("https://") || url.starts_with("http://") ||
               url.starts_with("file:///") || uri.magnet);
  for (const char c : url)
    FUZZ_REQUIRE(c > 0x20 && c < 0x7f && c != '#');
}

void require_round_trip(const TriadUri& uri) {
  const std::uint32_t file = uri.file.value_or(3);
  const auto again = parse_uri(track_uri(uri, uri.track, file));
  FUZZ_REQUIRE(again);
  FUZZ_REQUIRE(again->track == uri.track);
  FUZZ_REQUIRE(again->metainfo_url == uri.metainfo_url);
  FUZZ_REQUIRE(again->info_hash_v1 == uri.info_hash_v1);
  FUZZ_REQUIRE(again->info_hash_v2 == uri.info_hash_v2);
  FUZZ_REQUIRE(again->trackers == uri.trackers);
  FUZZ_REQUIRE(!uri.magnet || again->file == file);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 8192)
    return 0; // longer ones are refused, or grow too long by a track's name
  if (const auto uri = parse_uri(text)) {
    FUZZ_REQUIRE(uri->text == text);
    require_safe_track(uri->track);
    if (!uri->bare()) {
      require_safe_url(*uri, uri->metainfo_url);
      require_round_trip(*uri);
    }
  } else {
    FUZZ_REQUIRE(uri.error().code == ErrorCode::bad_uri);
    FUZZ_REQUIRE(uri.error().message.size() < 512);
  }
  if (const auto made = release_uri(text)) {
    const auto uri = parse_uri(*made);
    FUZZ_REQUIRE(uri && uri->track.empty());
  }
  const auto decoded = percent_decode(text);
  FUZZ_REQUIRE(percent_decode(encode_path(text)) == std::string(text));
  FUZZ_REQUIRE(!decoded || decoded->size() <= size);
  return 0;
}
