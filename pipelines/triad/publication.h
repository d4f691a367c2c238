// SPDX-License-Identifier: LGPL-2.1-or-later
// From a folder or file of music to its metainfo, and the Triad URIs of its tracks.
#pragma once

#include "listing.h"
#include "release/release.h"
#include "release_writer.h"

#include <functional>
#include <string>
#include <vector>

namespace triad::tool {

struct Publication {
  Listing listing;
  Metainfo metainfo;
  ReleasePtr release; // parsed from `metainfo`
};

// What people are told on the way.
struct PublishingTalk {
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
  std::function<void(const std::string&)> warn;
};

// Hashes the listed files, reads the tracks' durations and reads the result back. gst_init() was
// called. Errors: io, bad_metainfo (a name that no player would accept, no track, ...).
[[nodiscard]] Result<Publication> make_publication(Listing listing, WriterOptions options,
                                                   const PublishingTalk& talk);

// Reads metainfo back as a player will. Errors: bad_metainfo, naming `listing`'s source.
[[nodiscard]] Result<ReleasePtr> read_back(const Listing& listing, Bytes metainfo);

// The same publication with one more tracker, before those that it names. Errors: bad_metainfo.
[[nodiscard]] Result<Publication> with_tracker(Publication publication, const std::string& url);

// The web seed that BEP 19 wants in url-list for files that are at SERVER/NAME/path.
[[nodiscard]] std::string web_seed_for(const Listing& listing, const std::string& server);

// The tracks' Triad URIs, in playing order, for a metainfo at SERVER/NAME.torrent. Errors: bad_uri.
[[nodiscard]] Result<std::vector<std::string>> uris_of(const Publication& publication,
                                                       const std::string& server);

} // namespace triad::tool
