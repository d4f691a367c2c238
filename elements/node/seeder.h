// SPDX-License-Identifier: LGPL-2.1-or-later
// A node that gives for as long as it lives, and plays nothing: what `triad node` is.
//
// Any thread. Given are the releases that library folders hold, those with pinned tracks, and of
// the others in the cache those that were played last.
#pragma once

#include "node/settings.h"
#include "peers/company/company.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace triad {

inline constexpr std::size_t max_seeded_played =
    200; // releases that are neither pinned nor library

struct SeederOptions {
  Settings settings;
  std::vector<std::filesystem::path> libraries; // see node/library.h
  // Told to people: a release without trackers, metainfo of no use. From any thread, no lock held.
  std::function<void(const std::string&)> warn;
};

class Seeder {
public:
  struct ReleaseFacts {
    std::string id;                // hex of the info hash
    std::string name;              // of the release
    std::filesystem::path library; // empty: from the cache
    std::uint32_t pieces = 0, had = 0;
    std::vector<Swarm::PeerFacts> peers;
  };
  struct Facts {
    CompanyStats company;
    std::vector<ReleaseFacts> releases;
  };

  // Returns when every release is joined. Blocks on the disk. Errors: settings (peers are turned
  // off), not_found, io (a library folder).
  [[nodiscard]] static Result<std::unique_ptr<Seeder>> start(SeederOptions options);
  virtual ~Seeder() = default; // leaves all; blocks until that was said
  // Looks at the libraries and the cache again: what is new is given, what went is not any more.
  // Errors as start(); then all stays as it was. Blocks.
  virtual Status reload() = 0;
  [[nodiscard]] virtual Facts facts() const = 0; // asks the engine; blocks for a moment
};

} // namespace triad
