// SPDX-License-Identifier: LGPL-2.1-or-later
// The servers of one release: which to ask next, and what each has done so far. No socket, no
// clock: the time comes in.
#pragma once

#include "release/result.h"
#include "release/units.h"
#include "server/http_client.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace triad {

// Monotonic time since an arbitrary start.
using SeedTime = std::chrono::microseconds;

// A server as a whole, and what it did with each file.
struct WebSeed {
  struct FileStanding {
    HttpFailure retired = HttpFailure::none; // not asked for this file again
    std::string reason;
    unsigned bad_pieces = 0;
  };

  std::string base;        // as url-list has it
  std::uint64_t order = 0; // random, drawn once
  unsigned misses = 0;     // failures in a row
  SeedTime not_before{0};  // back-off
  SeedTime backed_off_at{0};
  std::map<FileIndex, FileStanding> files;
};
using WebSeedPtr = std::shared_ptr<WebSeed>;

// How one range fared with each server. Kept with the range.
struct RangeHistory {
  struct Tries {
    unsigned answers = 0;                     // failed ones
    std::optional<SeedTime> connecting_since; // first failed connect in a row
    bool exhausted = false;
    HttpFailure failure = HttpFailure::none; // the last
    std::string reason;
  };
  std::map<WebSeedPtr, Tries> tries;
};

class WebSeeds {
public:
  struct Limits {
    unsigned retries = 3;             // failed answers per server and range; UINT_MAX: endless
    std::chrono::seconds timeout{15}; // of failed connects per server and range; 0: endless
  };

  WebSeeds(Limits limits, std::uint64_t random_seed);

  // Keeps what is known of those that stay. What is not http(s) is left out.
  void set_bases(const std::vector<std::string>& bases);

  struct Choice {
    WebSeedPtr seed;  // null: none is left
    SeedTime wait{0}; // before it may be asked
  };
  // In stable random order, those that failed last.
  [[nodiscard]] Choice choose(FileIndex file, const RangeHistory& history, SeedTime now) const;

  void bytes_came(WebSeed& seed);
  // `begun`: when the failed attempt was. `moved`: it brought at least a block of the range.
  void failed(const WebSeedPtr& seed, FileIndex file, RangeHistory& history,
              const HttpOutcome& outcome, SeedTime begun, bool moved, SeedTime now);
  // What it has under the file's name is not the release's file.
  void retire(WebSeed& seed, FileIndex file, HttpFailure failure, const std::string& reason);

  // Who delivered what, so that a bad piece can be laid at somebody's door.
  void delivered(const WebSeedPtr& seed, FileIndex file, ByteRange range);
  // Two bad pieces retire a server for the file. Answers whether it retired one.
  bool bad(FileIndex file, ByteRange range);

  [[nodiscard]] static bool retired(const WebSeed& seed, FileIndex file);
  [[nodiscard]] bool usable(FileIndex file) const;
  // Why nobody could deliver. `name` is the file's; `had_bytes`: some of it came before.
  [[nodiscard]] Error verdict(FileIndex file, const std::string& name, const RangeHistory& history,
                              bool had_bytes) const;

private:
  struct Delivery {
    ByteRange range;
    WebSeedPtr seed;
  };

  void back_off(WebSeed& seed, const HttpOutcome& outcome, SeedTime begun, SeedTime now);

  const Limits limits_;
  std::mt19937_64 random_;
  std::vector<WebSeedPtr> seeds_;
  std::map<FileIndex, std::vector<Delivery>> deliveries_;
};

} // namespace triad
