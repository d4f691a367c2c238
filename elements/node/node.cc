// SPDX-License-Identifier: LGPL-2.1-or-later
// Nodes of a process: found by cache folder, let go when nobody has used them for a while.
#include "node/node.h"

#include "node/tracks.h"
#include "peers/company/company.h"

#include <algorithm>
#include <utility>

namespace triad {

namespace {

using namespace std::chrono_literals;

// How long an opening and its download stay after their last reader.
constexpr auto linger = 30s;

std::string node_id(const Settings& settings) {
  return uses(settings.sources, Sources::cache) ? settings.cache_dir.string() : std::string();
}

class OtherRelease : public NextTrack {
public:
  OtherRelease(Lease lease, ReaderCorePtr core)
      : lease_(std::move(lease)), core_(std::move(core)) {}
  ~OtherRelease() override { lease_.opening().leave(core_); }

  // The core never reads: it only learns which track of which download the URI means.
  [[nodiscard]] std::shared_ptr<Download> download() const override {
    const std::lock_guard lock(core_->mutex);
    return core_->download;
  }
  [[nodiscard]] FileIndex track() const override {
    const std::lock_guard lock(core_->mutex);
    return core_->track;
  }

private:
  const Lease lease_;
  const ReaderCorePtr core_;
};

} // namespace

struct Node::Registry {
  explicit Registry(Engine& engine) : sweeper(engine) {}
  std::mutex mutex; // of this list, and of each node's openings
  std::vector<std::shared_ptr<Node>> nodes;
  EngineTimer sweeper; // engine thread only
};

Node::Registry& Node::registry() {
  // Never destroyed; see Engine::get().
  static auto* const registry = [] {
    Engine& engine = Engine::get();
    auto* made = new Registry(engine);
    engine.before_stop([] { sweep(true); });
    engine.stay_while(LinkStack::alive); // links close their sockets, and relays are told
    return made;
  }();
  return *registry;
}

Lease Node::lease(const Settings& settings, OpeningKey key) {
  Registry& all = registry();
  const std::string id = node_id(settings);
  const std::lock_guard lock(all.mutex);
  const auto found = std::find_if(all.nodes.begin(), all.nodes.end(),
                                  [&](const auto& each) { return each->id_ == id; });
  std::shared_ptr<Node> node;
  if (found != all.nodes.end()) {
    node = *found;
    if (settings.cache_size) // the last one wins
      node->cache_->set_max_size(*settings.cache_size);
  } else {
    node = std::make_shared<Node>(Engine::get(), settings);
    all.nodes.push_back(node);
  }
  auto opening = node->take(std::move(key));
  // Runs before the openings are joined; the lease goes on the engine's thread, after it.
  node->engine_.post([node = node.get(), settings] { node->settle(settings); });
  return {std::move(node), std::move(opening)};
}

Node::Node(Engine& engine, const Settings& settings)
    : engine_(engine),
      id_(node_id(settings)),
      cache_(Cache::open(cache_options(engine, id_, settings))),
      peers_(engine, cache_) {}

CacheOptions Node::cache_options(Engine& engine, const std::string& id, const Settings& settings) {
  CacheOptions options;
  options.folder = settings.cache_dir;
  options.max_size = settings.cache_size;
  options.memory_only = !uses(settings.sources, Sources::cache);
  // The node may not be shared yet when the first warning comes; it is found again by its id.
  options.warn = [&engine, id](const std::string& text) {
    engine.post([id, text] {
      std::shared_ptr<Node> node;
      {
        Registry& all = registry();
        const std::lock_guard lock(all.mutex);
        for (const auto& each : all.nodes)
          if (each->id_ == id)
            node = each;
      }
      if (node)
        node->warn(text);
    });
  };
  return options;
}

Node::~Node() = default;

std::shared_ptr<Opening> Node::take(OpeningKey key) {
  for (Shared& each : openings_) {
    if (each.opening->key() == key && !each.opening->stale()) {
      ++each.users;
      return each.opening;
    }
  }
  openings_.push_back({std::make_shared<Opening>(engine_, *this, std::move(key)), 1, {}});
  return openings_.back().opening;
}

void Node::release(const std::shared_ptr<Opening>& opening) {
  Registry& all = registry();
  {
    const std::lock_guard lock(all.mutex);
    for (Shared& each : openings_) {
      if (each.opening == opening && --each.users == 0)
        each.idle_since = Engine::now();
    }
  }
  if (!all.sweeper.armed())
    all.sweeper.start(linger, [] { sweep(false); });
}

void Node::sweep(bool everything) {
  Registry& all = registry();
  // Destroyed after the lock is released, on the engine's thread.
  std::vector<std::shared_ptr<Opening>> openings;
  std::vector<std::shared_ptr<Node>> nodes;
  bool idle_left = false;
  {
    const std::lock_guard lock(all.mutex);
    const auto now = Engine::now();
    for (const auto& node : all.nodes) {
      for (Shared& each : node->openings_) {
        if (each.users > 0)
          continue;
        if (everything || each.opening->stale() || now - each.idle_since >= linger)
          openings.push_back(std::move(each.opening));
        else
          idle_left = true;
      }
      std::erase_if(node->openings_, [](const Shared& each) { return !each.opening; });
      if (node->openings_.empty())
        nodes.push_back(node);
    }
    for (const auto& node : nodes)
      std::erase(all.nodes, node);
  }
  openings.clear(); // before their nodes
  nodes.clear();
  if (everything)
    all.sweeper.stop();
  else if (idle_left)
    all.sweeper.start(linger, [] { sweep(false); });
}

std::shared_ptr<SharedEntry> Node::entry(const ReleasePtr& release, const std::string& uri_base) {
  const std::lock_guard lock(entries_mutex_);
  std::erase_if(entries_, [](const auto& each) { return each.second.expired(); });
  for (const auto& [id, entry] : entries_)
    if (id == release->id())
      if (auto alive = entry.lock())
        return alive;
  auto made = SharedEntry::make(engine_, cache_->entry(release, uri_base));
  entries_.emplace_back(release->id(), made);
  return made;
}

std::unique_ptr<NextTrack> Node::open_next(const std::string& text, const OpeningKey& like) {
  const auto uri = parse_uri(text);
  if (!uri || uri->bare())
    return nullptr;
  OpeningKey key = like;
  key.set_uri(*uri);
  auto core = std::make_shared<ReaderCore>();
  core->timeout = like.timeout;
  std::shared_ptr<Opening> opening;
  {
    const std::lock_guard lock(registry().mutex);
    opening = take(std::move(key));
  }
  auto next = std::make_unique<OtherRelease>(Lease(shared_from_this(), opening), core);
  (void)opening->find_here();
  opening->join(core, *uri, Opening::Purpose::track);
  return next;
}

void Node::add_listener(const ReaderCorePtr& core) {
  std::erase_if(listeners_, [](const auto& each) { return each.expired(); });
  listeners_.push_back(core);
  const auto listener = core->listener.lock();
  if (!listener)
    return;
  for (const Error& warning : std::exchange(untold_, {}))
    listener->on_warning(warning);
  if (options_ != NodeOptions())
    listener->on_node_options(options_);
}

template <typename Tell>
bool Node::tell(Tell tell) {
  bool told = false;
  const auto listeners = listeners_; // one may come meanwhile
  for (const auto& each : listeners)
    if (const auto core = each.lock())
      if (const auto listener = core->listener.lock()) {
        tell(*listener);
        told = true;
      }
  return told;
}

void Node::warn(const std::string& text) {
  const Error warning{ErrorCode::io, text, id_};
  if (!tell([&](ReaderListener& listener) { listener.on_warning(warning); }))
    untold_.push_back(warning);
}

void Node::settle(const Settings& settings) {
  company_ = settings.company;
  set(settings.named);
}

void Node::set(const NodeOptions& options) {
  NodeOptions all = options_;
  all.take(options);
  const auto applied = apply(company_, all);
  if (!applied) // set while it plays; what is set before is judged when it opens
    return void(tell([&](ReaderListener& listener) { listener.on_warning(applied.error()); }));
  peers_.set(*applied);
  if (all == std::exchange(options_, all))
    return;
  tell([&](ReaderListener& listener) { listener.on_node_options(options_); });
}

Lease::Lease(std::shared_ptr<Node> node, std::shared_ptr<Opening> opening)
    : node_(std::move(node)), opening_(std::move(opening)) {}

Lease::~Lease() {
  if (opening_)
    node_->release(opening_);
}

} // namespace triad
