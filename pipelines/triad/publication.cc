// SPDX-License-Identifier: LGPL-2.1-or-later
#include "publication.h"

#include "durations.h"
#include "release/metainfo.h"
#include "release/names.h"
#include "release/uri.h"

namespace triad::tool {
namespace {

// SERVER/rest, with one slash between.
std::string below(const std::string& server, const std::string& rest) {
  return server.ends_with('/') ? server + rest : server + '/' + rest;
}

Durations read_durations(const Listing& listing, const Release& release,
                         const PublishingTalk& talk) {
  DurationReader reader;
  Durations durations;
  for (const FileIndex index : release.tracks()) {
    const std::string& path = release.file(index).path;
    const ListedFile* file = listing.find(path);
    const auto duration = file ? reader.read(listing.root / file->location) : std::nullopt;
    if (duration) {
      durations.emplace(path, *duration);
    } else {
      talk.warn(triad::quoted(path) +
                " is published without its duration: it can't be decoded here");
    }
  }
  return durations;
}

} // namespace

Result<ReleasePtr> read_back(const Listing& listing, Bytes metainfo) {
  auto release = parse_metainfo(metainfo);
  if (!release) {
    Error error = release.error();
    error.message = triad::quoted(listing.source.string()) +
                    " can't be published, no player would accept it: " + error.detail;
    return error;
  }
  if ((*release)->tracks().empty()) {
    return Error{ErrorCode::bad_metainfo,
                 triad::quoted(listing.source.string()) + " holds no audio file",
                 {}};
  }
  return release;
}

Result<Publication> make_publication(Listing listing, WriterOptions options,
                                     const PublishingTalk& talk) {
  options.progress = talk.progress;
  auto metainfo = write_metainfo(listing, options);
  if (!metainfo) {
    return metainfo.error();
  }
  // Read back twice: what a track is, is for the release to say.
  auto release = read_back(listing, *metainfo);
  if (!release) {
    return release.error();
  }
  metainfo = with_durations(*metainfo, read_durations(listing, **release, talk));
  if (!metainfo) {
    return metainfo.error();
  }
  release = read_back(listing, *metainfo);
  if (!release) {
    return release.error();
  }
  // The files may have been changed while they were read.
  const auto now = list_source(listing.source);
  if (!now || now->files != listing.files) {
    return Error{ErrorCode::io,
                 triad::quoted(listing.source.string()) +
                     " was changed while it was published; publish it again",
                 {}};
  }
  return Publication{std::move(listing), std::move(*metainfo), std::move(*release)};
}

Result<Publication> with_tracker(Publication publication, const std::string& url) {
  auto tiers = publication.release->trackers();
  tiers.insert(tiers.begin(), {url});
  auto metainfo = with_trackers(publication.metainfo, tiers);
  if (!metainfo) {
    return metainfo.error();
  }
  auto release = read_back(publication.listing, *metainfo);
  if (!release) {
    return release.error();
  }
  return Publication{std::move(publication.listing), std::move(*metainfo), std::move(*release)};
}

std::string web_seed_for(const Listing& listing, const std::string& server) {
  return below(server, listing.single_file ? encode_path(listing.name) : "");
}

Result<std::vector<std::string>> uris_of(const Publication& publication,
                                         const std::string& server) {
  const auto text = release_uri(below(server, encode_path(publication.listing.name + ".torrent")));
  if (!text) {
    return text.error();
  }
  const auto uri = parse_uri(*text);
  if (!uri) {
    return uri.error();
  }
  std::vector<std::string> uris;
  for (const FileIndex track : publication.release->tracks()) {
    uris.push_back(track_uri(*uri, publication.release->file(track).path, track.value()));
  }
  return uris;
}

} // namespace triad::tool
