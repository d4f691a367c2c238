// SPDX-License-Identifier: LGPL-2.1-or-later
// Tracks by URI.
#include "node/tracks.h"

#include <algorithm>

namespace triad {

namespace {

constexpr std::size_t listed_at_most = 30;

std::string list_of(const Release& release) {
  std::string text;
  std::size_t listed = 0;
  for (const FileIndex track : release.tracks()) {
    if (listed++ == listed_at_most)
      return text + ", and " + std::to_string(release.tracks().size() - listed_at_most) + " more";
    text += (text.empty() ? "" : ", ") + release.file(track).path;
  }
  return text;
}

Error no_such(const Release& release, const std::string& what) {
  if (release.tracks().empty())
    return {
        ErrorCode::not_found, "The release \"" + release.name() + "\" holds no audio files.", {}};
  return {ErrorCode::not_found,
          what + " The release \"" + release.name() + "\" has: " + list_of(release) + ".",
          {}};
}

std::string extension(std::string_view path) {
  const auto dot = path.rfind('.');
  std::string text(dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1));
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

} // namespace

Result<FileIndex> resolve_track(const Release& release, const TriadUri& uri) {
  if ((uri.info_hash_v1 && release.info_hash_v1() && uri.info_hash_v1 != release.info_hash_v1()) ||
      (uri.info_hash_v2 && release.info_hash_v2() && uri.info_hash_v2 != release.info_hash_v2()))
    return Error{ErrorCode::bad_metainfo,
                 "The metainfo at " + uri.metainfo_url +
                     " is of another release than the one that the magnet link names.",
                 {}};
  if (uri.file) {
    const FileIndex file(*uri.file);
    if (*uri.file >= release.files().size() || !release.file(file).track)
      return no_such(release, "File " + std::to_string(*uri.file) + " is no track.");
    return file;
  }
  if (!uri.track.empty()) {
    const auto file = release.find(uri.track);
    if (!file || !release.file(*file).track)
      return no_such(release, "There is no track \"" + uri.track + "\".");
    return *file;
  }
  if (release.tracks().size() != 1)
    return no_such(release, "The URI names no track; add one's path to it.");
  return release.tracks().front();
}

bool reads_tail(std::string_view path, std::uint64_t length) {
  constexpr std::uint64_t long_m4a = 4 * 1024 * 1024;
  const std::string kind = extension(path);
  if (kind == "ogg" || kind == "oga" || kind == "opus")
    return true;
  return (kind == "m4a" || kind == "m4b" || kind == "mp4") && length > long_m4a;
}

std::optional<double> byte_rate(const ReleaseFile& track) {
  if (!track.duration || track.duration->count() <= 0)
    return std::nullopt;
  return static_cast<double>(track.length) / std::chrono::duration<double>(*track.duration).count();
}

std::string expected_track_url(const TriadUri& uri) {
  constexpr std::string_view suffix = ".torrent";
  const std::string& url = uri.metainfo_url;
  if (uri.magnet || !url.starts_with("http"))
    return {};
  const auto query_at = std::min(url.find('?'), url.size());
  const std::string_view path = std::string_view(url).substr(0, query_at);
  if (!path.ends_with(suffix))
    return {};
  const std::string stem(path.substr(0, path.size() - suffix.size()));
  const std::string query = url.substr(query_at);
  const std::string name = stem.substr(stem.rfind('/') + 1);
  if (!uri.track.empty() && encode_path(uri.track) != name)
    return stem + "/" + encode_path(uri.track) + query;
  // A single-file release: song.ogg.torrent describes song.ogg.
  return uri.track.empty() && extension(name).empty() ? std::string() : stem + query;
}

std::vector<std::string> track_uris(const Release& release, const TriadUri& uri) {
  std::vector<std::string> uris;
  for (const FileIndex track : release.tracks())
    uris.push_back(track_uri(uri, release.file(track).path, track.value()));
  return uris;
}

} // namespace triad
