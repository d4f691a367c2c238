// SPDX-License-Identifier: LGPL-2.1-or-later
// triad inspect: what a release holds.
#include "command_line/command_line.h"
#include "json.h"
#include "metainfo_source.h"
#include "release/metainfo.h"
#include "release/uri.h"
#include "track_report.h"
#include "verbs.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace triad::tool {
namespace {

template <typename Hash>
std::optional<std::string> hex_of(const std::optional<Hash>& hash) {
  return hash ? std::optional(hex(*hash)) : std::nullopt;
}

std::optional<double> duration_ms(const ReleaseFile& file) {
  return file.duration ? std::optional(static_cast<double>(file.duration->count()) / 1e6)
                       : std::nullopt;
}

// The tracks in playing order, then the other files.
std::vector<ReleaseFile> listed_files(const Release& release) {
  std::vector<ReleaseFile> listed;
  for (const FileIndex track : release.tracks()) {
    listed.push_back(release.file(track));
  }
  std::copy_if(release.files().begin(), release.files().end(), std::back_inserter(listed),
               [](const ReleaseFile& file) { return !file.pad && !file.track; });
  return listed;
}

std::string as_json(const Release& release) {
  std::vector<std::string> files;
  for (const ReleaseFile& file : listed_files(release)) {
    files.push_back("{\"path\":" + json_string(std::string_view(file.path)) + ",\"length\":" +
                    std::to_string(file.length) + ",\"track\":" + (file.track ? "true" : "false") +
                    ",\"duration_ms\":" + json_number(duration_ms(file)) + '}');
  }
  std::vector<std::string> tiers;
  for (const auto& tier : release.trackers()) {
    tiers.push_back(json_strings(tier));
  }
  return "{\"name\":" + json_string(std::string_view(release.name())) +
         ",\"single_file\":" + (release.single_file() ? "true" : "false") +
         ",\"info_hash_v1\":" + json_string(hex_of(release.info_hash_v1())) +
         ",\"info_hash_v2\":" + json_string(hex_of(release.info_hash_v2())) +
         ",\"piece_length\":" + std::to_string(release.piece_length()) +
         ",\"pieces\":" + std::to_string(release.piece_count()) +
         ",\"servers\":" + json_strings(release.web_seeds()) +
         ",\"trackers\":" + json_array(tiers) + ",\"files\":" + json_array(files) + "}\n";
}

std::string as_text(const Release& release) {
  std::string text = release.name() + '\n';
  if (const auto hash = hex_of(release.info_hash_v1())) {
    text += "  v1 hash   " + *hash + '\n';
  }
  if (const auto hash = hex_of(release.info_hash_v2())) {
    text += "  v2 hash   " + *hash + '\n';
  }
  text += "  pieces    " + std::to_string(release.piece_count()) + " of " +
          std::to_string(release.piece_length() / 1024) + " KiB\n";
  for (const std::string& server : release.web_seeds()) {
    text += "  server    " + server + '\n';
  }
  for (const auto& tier : release.trackers()) {
    for (const std::string& tracker : tier) {
      text += "  tracker   " + tracker + '\n';
    }
  }
  for (const ReleaseFile& file : listed_files(release)) {
    text += file.track ? "  track     " : "  file      ";
    text += file.path + "  " + size_text(file.length);
    const auto duration = duration_ms(file);
    text += duration ? "  " + clock_text(*duration / 1000) + '\n' : "\n";
  }
  return text;
}

// A URI may name a track; the release must have it.
Status check_track(const std::string& word, const Release& release) {
  const auto uri = is_triad_uri(word) ? parse_uri(word) : Result<TriadUri>(TriadUri{});
  if (!uri || uri->track.empty() || release.find(uri->track)) {
    return ok();
  }
  std::string tracks;
  for (const FileIndex track : release.tracks()) {
    tracks += "\n  " + release.file(track).path;
  }
  return Error{ErrorCode::not_found,
               "'" + release.name() + "' holds no '" + uri->track + "', but" + tracks,
               {}};
}

} // namespace

int inspect(const Words& words) {
  bool json = false;
  CommandLine line("triad inspect", "URI|FILE",
                   "Shows what a release holds: its files, hashes, servers and trackers.\n"
                   "FILE is a metainfo file (NAME.torrent).");
  line.flag("json", &json, "Print it as JSON");
  if (const auto code = line.parse(words)) {
    return *code;
  }
  if (line.rest().size() != 1) {
    return line.refuse("give one URI or metainfo file");
  }
  const std::string& word = line.rest().front();
  const auto metainfo = load_metainfo(word);
  if (!metainfo) {
    return fail(metainfo.error().message);
  }
  const auto release = parse_metainfo(*metainfo);
  if (!release) {
    return fail(unusable_metainfo("'" + word + "'", release.error()).message);
  }
  if (Status found = check_track(word, **release); !found) {
    return fail(found.error().message);
  }
  std::fputs((json ? as_json(**release) : as_text(**release)).c_str(), stdout);
  return exit_done;
}

} // namespace triad::tool
