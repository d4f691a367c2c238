// SPDX-License-Identifier: LGPL-2.1-or-later
// What a seeding node gives, and keeping that up to date.
#include "node/seeder.h"

#include "cache/cache.h"
#include "node/engine.h"
#include "node/library.h"
#include "node/peer_settings.h"
#include "node/peers.h"
#include "node/shared_entry.h"

#include <algorithm>
#include <future>
#include <map>
#include <set>

namespace triad {
namespace {

// A release that is to be given.
struct Given {
  ReleasePtr release;
  std::vector<std::byte> metainfo;
  std::filesystem::path library; // empty: from the cache
  bool local = false;            // its trackers may be at private addresses
};

class NodeSeeder final : public Seeder {
public:
  NodeSeeder(SeederOptions options, CompanySettings company)
      : options_(std::move(options)),
        company_(std::move(company)),
        engine_(Engine::get()),
        use_(engine_) {
    CacheOptions cache;
    cache.folder = options_.settings.cache_dir;
    cache.max_size = options_.settings.cache_size;
    cache.warn = options_.warn;
    cache_ = Cache::open(std::move(cache));
    on_engine([this] {
      peers_ = std::make_unique<Peers>(engine_, cache_);
      peers_->set(company_);
    });
  }

  ~NodeSeeder() override {
    on_engine([this] {
      joined_.clear();
      peers_.reset();
    });
  }

  Status reload() override {
    auto given = look();
    if (!given)
      return given.error();
    on_engine([&] { join(std::move(*given)); });
    return ok();
  }

  Facts facts() const override {
    Facts facts;
    on_engine([&] {
      facts.company = peers_->stats();
      for (const auto& [id, joined] : joined_)
        facts.releases.push_back(facts_of(joined));
    });
    return facts;
  }

private:
  struct Joined {
    ReleasePtr release;
    std::filesystem::path library;
    std::shared_ptr<SharedEntry> entry;
    std::shared_ptr<SharedSwarm> swarm; // null: it has no tracker
  };

  // Runs it on the engine's thread and waits.
  template <typename Task>
  void on_engine(Task task) const {
    std::promise<void> done;
    engine_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  Result<std::map<Sha1, Given>> look() {
    std::map<Sha1, Given> given;
    for (const std::filesystem::path& folder : options_.libraries) {
      auto found = find_in_library(folder, options_.warn);
      if (!found)
        return found.error();
      for (LibraryRelease& each : *found) {
        if (Status added = cache_->add_library(each.release, each.folder); !added)
          return added.error();
        const Sha1 id = each.release->id();
        given.try_emplace(
            id, Given{std::move(each.release), std::move(each.metainfo), each.folder, true});
      }
    }
    auto cached = cache_->releases();
    std::sort(cached.begin(), cached.end(), [](const CachedRelease& a, const CachedRelease& b) {
      return a.pinned != b.pinned ? a.pinned : a.last_used > b.last_used;
    });
    std::size_t played = 0;
    for (CachedRelease& each : cached) {
      if (!each.pinned && ++played > max_seeded_played)
        break;
      // What this machine's user alone was given is not for others: see
      // SharedEntry::keep_private().
      if (each.credentials && trackers_of(*each.release).empty())
        continue;
      const Sha1 id = each.release->id();
      given.try_emplace(
          id, Given{std::move(each.release), std::move(each.metainfo), {}, each.private_address});
    }
    return given;
  }

  void join(std::map<Sha1, Given> given) {
    std::erase_if(joined_, [&](const auto& each) { return !given.contains(each.first); });
    for (auto& [id, each] : given) {
      if (joined_.contains(id))
        continue;
      Joined joined;
      joined.release = each.release;
      joined.library = each.library;
      joined.entry = SharedEntry::make(engine_, cache_->entry(each.release, ""));
      if (peers_->wanted(trackers_of(*each.release))) {
        joined.swarm = peers_->join(
            swarm_facts(each.release, info_of(each.metainfo), joined.entry, each.local));
      } else {
        options_.warn("\"" + each.release->name() +
                      "\" names no tracker that peers can be found by; give one with --tracker");
      }
      joined_.emplace(id, std::move(joined));
    }
  }

  static ReleaseFacts facts_of(const Joined& joined) {
    ReleaseFacts facts;
    facts.id = hex(joined.release->id());
    facts.name = joined.release->name();
    facts.library = joined.library;
    facts.pieces = joined.release->piece_count();
    for (PieceIndex piece; piece.value() < facts.pieces; ++piece)
      facts.had += joined.entry->cache().has(piece) ? 1 : 0;
    if (joined.swarm)
      facts.peers = joined.swarm->swarm().peers();
    return facts;
  }

  const SeederOptions options_;
  const CompanySettings company_;
  Engine& engine_;
  const Engine::Use use_;
  std::shared_ptr<Cache> cache_;
  // --- engine thread ---
  std::unique_ptr<Peers> peers_;
  std::map<Sha1, Joined> joined_; // before peers_
};

} // namespace

Result<std::unique_ptr<Seeder>> Seeder::start(SeederOptions options) {
  if (!uses(options.settings.sources, Sources::peers))
    return Error{ErrorCode::settings,
                 "The source \"peers\" is turned off in the environment or in triad.conf",
                 {}};
  auto company = apply(options.settings.company, options.settings.named);
  if (!company)
    return company.error();
  auto seeder = std::make_unique<NodeSeeder>(std::move(options), std::move(*company));
  if (Status looked = seeder->reload(); !looked)
    return looked.error();
  return std::unique_ptr<Seeder>(std::move(seeder));
}

} // namespace triad
