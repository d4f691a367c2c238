// SPDX-License-Identifier: LGPL-2.1-or-later
#include "find_publication.h"

#include "release/metainfo.h"
#include "release/names.h"
#include "whole_file.h"

#include <glib.h>

#include <sys/stat.h>

#include <optional>
#include <system_error>

namespace triad::tool {
namespace {

namespace fs = std::filesystem;

// What stands at a place for metainfo.
struct Found {
  Metainfo bytes;
  ReleasePtr release;       // null: unreadable
  std::int64_t written = 0; // nanoseconds since 1970
};

std::optional<Found> look(const fs::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return std::nullopt;
  }
  Found found;
  found.written = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  if (auto bytes = read_file(path, max_metainfo_size)) {
    found.bytes = std::move(*bytes);
    if (auto release = parse_metainfo(found.bytes)) {
      found.release = std::move(*release);
    }
  }
  return found;
}

bool is_current(const Found& found, const Listing& listing) {
  if (!found.release || found.release->name() != listing.name ||
      found.release->single_file() != listing.single_file) {
    return false;
  }
  std::size_t matched = 0;
  for (const ReleaseFile& file : found.release->files()) {
    if (file.pad) {
      continue;
    }
    const ListedFile* listed = listing.find(file.path);
    if (!listed || listed->size != file.length || listed->modified > found.written) {
      return false;
    }
    ++matched;
  }
  return matched == listing.files.size();
}

// What nobody but `triad serve` wants: `triad publish` puts a server in.
bool made_by_serving(const Found& found) {
  return found.release && written_by_triad(found.bytes) && found.release->web_seeds().empty() &&
         found.release->trackers().empty();
}

// Where the metainfo of a folder stays whose own place can't be written or is taken.
fs::path stand_in(const Listing& listing) {
  char* id = g_compute_checksum_for_string(G_CHECKSUM_SHA256, listing.source.c_str(), -1);
  const fs::path path = fs::path(g_get_user_cache_dir()) / "triad" / "published" /
                        (std::string(id).substr(0, 16) + ".torrent");
  g_free(id);
  return path;
}

Result<Publication> as_served(Listing listing, Bytes metainfo) {
  auto served = without_web_seeds(metainfo);
  if (!served) {
    return served.error();
  }
  auto release = read_back(listing, *served);
  if (!release) {
    return release.error();
  }
  return Publication{std::move(listing), std::move(*served), std::move(*release)};
}

Status keep(const Publication& publication, const std::optional<Found>& beside,
            const PublishingTalk& talk) {
  const fs::path own = publication.listing.metainfo_path();
  if (!beside || made_by_serving(*beside)) {
    if (write_by_rename(own, publication.metainfo)) {
      return ok();
    }
  } else {
    talk.warn(triad::quoted(own.string()) +
              (written_by_triad(beside->bytes)
                   ? " is of the files as they were: it stays, unused; triad publish renews it"
                   : " describes other files, and another program wrote it: it stays, unused"));
  }
  const fs::path other = stand_in(publication.listing);
  std::error_code code;
  fs::create_directories(other.parent_path(), code);
  return write_by_rename(other, publication.metainfo);
}

} // namespace

Result<Publication> find_or_publish(const fs::path& source, const PublishingTalk& talk) {
  auto listing = list_source(source);
  if (!listing) {
    return listing.error();
  }
  const auto beside = look(listing->metainfo_path());
  for (const auto& found : {beside, look(stand_in(*listing))}) {
    if (found && is_current(*found, *listing)) {
      return as_served(std::move(*listing), found->bytes);
    }
  }
  for (const std::string& skipped : listing->skipped) {
    talk.warn(skipped);
  }
  WriterOptions options;
  if (beside && beside->release && written_by_triad(beside->bytes)) {
    talk.warn("the files of " + triad::quoted(source.string()) +
              " were changed since they were published: they are published anew");
    options.web_seeds = beside->release->web_seeds();
    options.trackers = beside->release->trackers();
  }
  auto publication = make_publication(std::move(*listing), std::move(options), talk);
  if (!publication) {
    return publication;
  }
  // Without a place to keep it, it is made again the next time.
  if (Status kept = keep(*publication, beside, talk); !kept) {
    talk.warn(kept.error().message);
  }
  return as_served(std::move(publication->listing), publication->metainfo);
}

} // namespace triad::tool
