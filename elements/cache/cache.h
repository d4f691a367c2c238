// SPDX-License-Identifier: LGPL-2.1-or-later
// The first source: what this machine has of releases, as plain files and an index. docs/cache.md.
//
// Thread-safe. Several processes may use one folder. Only verified bytes go in, and each piece is
// verified again the first time that a process reads it.
#pragma once

#include "release/release.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace triad {

class CacheEntry;

struct CacheOptions {
  std::filesystem::path folder; // empty: $XDG_CACHE_HOME/triad
  std::optional<std::uint64_t>
      max_size;             // bytes; absent: 10 % of the free disk, between 64 MiB and 10 GiB
  bool memory_only = false; // nothing is read from or written to disk
  // Called once per kind of trouble (disk full, read-only, index unreadable): one warning for
  // people. From any thread, no lock held.
  std::function<void(const std::string&)> warn;
};

struct CachedMetainfo {
  std::vector<std::byte> bytes;
  std::string etag;             // empty if the server gave none
  std::string last_modified;    // the same
  bool private_address = false; // it came from one (see Origin::local in server/http_client.h)
  bool credentials = false;     // it was asked for with some (see has_credentials() there)
};

struct CachedTrack {      // for `triad cache list`
  std::string release_id; // hex
  std::string release_name;
  std::string path;
  std::string uri; // the Triad URI that it was last opened with; may be empty
  std::uint64_t length = 0;
  std::uint64_t cached = 0;   // bytes
  std::int64_t last_used = 0; // seconds since 1970
  bool pinned = false;
  bool complete = false;
  std::filesystem::path file;
};

struct CachedRelease { // for who gives what is here
  ReleasePtr release;
  std::vector<std::byte> metainfo; // the whole file
  std::int64_t last_used = 0;      // seconds since 1970, of its last played track
  bool pinned = false;             // a track of it is
  bool private_address = false;    // the metainfo came from one
  bool credentials = false;        // it was asked for with some, at any URL that it came from
};

class Cache : public std::enable_shared_from_this<Cache> {
public:
  // Never fails: with a folder that can't be used it warns and keeps everything in memory. Returns
  // at once: the index is opened in the background.
  static std::shared_ptr<Cache> open(CacheOptions options);
  virtual ~Cache() = default;

  // --- metainfo, by the URL it came from ---
  [[nodiscard]] virtual std::optional<CachedMetainfo> find_metainfo(const std::string& url) = 0;
  virtual void store_metainfo(const std::string& url, const Release& release,
                              const CachedMetainfo& metainfo) = 0;

  // The release's store; one object per release and process. `uri_base`: for CachedTrack::uri.
  [[nodiscard]] virtual std::shared_ptr<CacheEntry> entry(ReleasePtr release,
                                                          const std::string& uri_base) = 0;

  // Looks for what other processes have stored since, which on_gained() then tells. Returns at
  // once; costs little where they stored nothing.
  virtual void look_again() = 0;

  // Serves a folder's files in place, read-only: `folder` holds NAME/path (or NAME) of the release.
  virtual Status add_library(ReleasePtr release, const std::filesystem::path& folder) = 0;

  // --- the monthly quota ---
  // Counts bytes that were given to peers, for all processes that share the folder. Gives the
  // month's total as far as it is known: what others count is known a moment later, and so is what
  // was counted before, after the first call. `month`: any number that differs from month to month.
  virtual std::uint64_t count_uploaded(std::uint32_t month, std::uint64_t bytes) = 0;

  // --- upkeep (`triad cache`) ---
  [[nodiscard]] virtual Result<std::vector<CachedTrack>> list() = 0;
  // Those with a track of which something is here. Blocks; damaged metainfo is passed over.
  [[nodiscard]] virtual std::vector<CachedRelease> releases() = 0;
  virtual Status pin(const std::string& release_id, const std::string& path, bool pinned) = 0;
  struct VerifyReport {
    std::uint64_t good_pieces = 0, bad_pieces = 0; // bad ones are forgotten
  };
  [[nodiscard]] virtual Result<VerifyReport> verify() = 0;
  virtual Result<std::uint64_t>
  trim(std::uint64_t max_size) = 0;          // bytes freed; pinned and used tracks stay
  virtual Result<std::uint64_t> clear() = 0; // the same, all but pinned and used ones
  [[nodiscard]] virtual std::uint64_t max_size() const = 0;
  virtual void set_max_size(std::uint64_t bytes) = 0;
};

// Keeps one track from being evicted (a shared flock on its file) while it lives.
class TrackHold {
public:
  virtual ~TrackHold() = default;
};

class CacheEntry {
public:
  virtual ~CacheEntry() = default;

  // The release with its layers replaces the one parsed from a prefix.
  virtual void set_release(ReleasePtr release) = 0;

  // What is believed to be had. Cheap; any thread. A read may still find that it was not so.
  [[nodiscard]] virtual bool has(PieceIndex piece) const = 0;
  // All bytes of the file are had. May be asked before the index is open: then judged by size and
  // holes.
  [[nodiscard]] virtual bool complete(FileIndex file) = 0;

  // Verified bytes of a file from `offset` (file space), as many as are had there without a gap, at
  // most out.size(); 0: not had. A piece that fails its first-touch verification, or whose file was
  // changed, is forgotten and reported to `on_lost`.
  [[nodiscard]] virtual std::size_t read(FileIndex file, std::uint64_t offset,
                                         std::span<std::byte> out) = 0;

  // A piece that Release::verify() found good. Held in memory (at most 64 MiB per cache) where the
  // disk refuses.
  virtual void store(PieceIndex piece, Bytes bytes) = 0;

  // In use from now on: neither this nor another process evicts it.
  [[nodiscard]] virtual std::unique_ptr<TrackHold> hold(FileIndex track) = 0;
  virtual void touch(FileIndex track) = 0; // last use is now

  // Ranges of the file (file space) that are had on disk, for BUFFERING queries.
  [[nodiscard]] virtual std::vector<ByteRange> ranges(FileIndex file) const = 0;

  // Called when a piece that was had is not any more. Any thread, no lock held. One listener; empty
  // to clear.
  virtual void on_lost(std::function<void(PieceIndex)> listener) = 0;
  // The same for pieces that another process has stored; each at least once. Found by
  // Cache::look_again(), or where a read missed something.
  virtual void on_gained(std::function<void(const std::vector<PieceIndex>&)> listener) = 0;
};

} // namespace triad
