// SPDX-License-Identifier: LGPL-2.1-or-later
#include "playlist.h"

#include "metainfo_source.h"
#include "node/reader.h"
#include "release/uri.h"

#include <gst/gst.h>

namespace triad::tool {
namespace {

// A URI as it is; a file's name as a URI.
std::string to_uri(const std::string& word) {
  if (gst_uri_is_valid(word.c_str())) {
    return word;
  }
  char* text = gst_filename_to_uri(word.c_str(), nullptr);
  const std::string uri = text ? text : word;
  g_free(text);
  if (uri.ends_with(".torrent")) {
    if (const auto release = release_uri(uri)) {
      return *release;
    }
  }
  return uri;
}

} // namespace

std::vector<PlaylistEntry> make_playlist(const std::vector<std::string>& words) {
  std::vector<PlaylistEntry> entries;
  for (const std::string& word : words) {
    OpenOptions open;
    open.uri = to_uri(word);
    if (!is_triad_uri(open.uri)) {
      entries.push_back({open.uri, std::nullopt});
      continue;
    }
    const auto tracks = list_tracks(open);
    if (!tracks) {
      entries.push_back({open.uri, tracks.error().message});
      continue;
    }
    for (const std::string& track : *tracks) {
      entries.push_back({track, std::nullopt});
    }
  }
  return entries;
}

} // namespace triad::tool
