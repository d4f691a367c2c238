// SPDX-License-Identifier: LGPL-2.1-or-later
// Scripted peers.
#include "node/fake_company.h"

#include <algorithm>
#include <deque>
#include <future>
#include <set>

namespace triad::test {

namespace {

void post(GMainContext* context, std::function<void()> task) {
  GSource* const source = g_idle_source_new();
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  g_source_set_callback(
      source,
      [](gpointer data) -> gboolean {
        (*static_cast<std::function<void()>*>(data))();
        return G_SOURCE_REMOVE;
      },
      new std::function<void()>(std::move(task)),
      [](gpointer data) { delete static_cast<std::function<void()>*>(data); });
  g_source_attach(source, context);
  g_source_unref(source);
}

} // namespace

class FakeSwarm;

struct FakeWorld::State {
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  Record record;
  kit::Contents files;
  std::vector<FakePeer> peers;
  bool looking = true;
  std::optional<std::vector<std::byte>> metadata;
  std::vector<FakeSwarm*> swarms; // engine thread

  template <typename Change>
  void note(Change change) {
    {
      const std::lock_guard lock(mutex);
      change(record);
    }
    changed.notify_all();
  }
};

class FakeSwarm : public Swarm, public std::enable_shared_from_this<FakeSwarm> {
public:
  FakeSwarm(std::shared_ptr<FakeWorld::State> state, GMainContext* context, SwarmOptions options)
      : state_(std::move(state)), context_(context), release_(options.release) {
    state_->swarms.push_back(this);
    state_->note([&](auto& record) {
      ++record.swarms;
      record.joined.push_back(options);
      record.release = options.release;
      record.stock = options.stock;
    });
  }
  ~FakeSwarm() override {
    std::erase(state_->swarms, this);
    state_->note([](auto& record) { --record.swarms; });
  }

  // Whatever is new to somebody is told from the context.
  void look() {
    post(context_, [weak = weak_from_this()] {
      if (const auto self = weak.lock())
        self->tell();
    });
  }

  void add(Fetcher* fetcher) override {
    fetchers_[fetcher] = {};
    look();
  }
  void remove(Fetcher* fetcher) override { fetchers_.erase(fetcher); }

  void request(Fetcher* fetcher, PeerNumber number, BlockIndex block, wire::Urgency) override {
    post(context_, [weak = weak_from_this(), fetcher, number, block] {
      if (const auto self = weak.lock())
        self->answer(fetcher, number, block);
    });
  }
  void cancel(Fetcher*, PeerNumber number, BlockIndex) override {
    if (const auto peer = find(number))
      state_->note([&](auto& record) { ++record.cancels[peer->id]; });
  }
  void ban(PeerNumber number, const std::string&) override {
    const auto peer = find(number);
    if (!peer)
      return;
    gone_.insert(number);
    state_->note([&](auto& record) { record.banned.push_back(peer->id); });
    look();
  }
  void have(PieceIndex piece) override {
    state_->note([&](auto& record) { record.had.push_back(piece); });
  }
  void lost(PieceIndex piece) override {
    state_->note([&](auto& record) { record.lost.push_back(piece); });
  }
  void set_release(ReleasePtr release, std::shared_ptr<Stock> stock) override {
    release_ = release;
    state_->note([&](auto& record) {
      record.release = std::move(release);
      record.stock = std::move(stock);
    });
    look();
  }
  [[nodiscard]] std::vector<PeerFacts> peers() const override {
    std::vector<PeerFacts> facts;
    const std::lock_guard lock(state_->mutex);
    for (std::uint32_t i = 0; i < state_->peers.size(); ++i)
      if (gone_.count(PeerNumber{i}) == 0) {
        facts.emplace_back();
        facts.back().number = PeerNumber{i};
        facts.back().id = state_->peers[i].id;
        facts.back().identity = state_->peers[i].identity;
      }
    return facts;
  }
  [[nodiscard]] std::uint64_t identity() const override { return own_identity; }
  [[nodiscard]] std::size_t links() const override { return peers().size(); }

  void give_layers(const ReleasePtr& whole) {
    const auto fetchers = fetchers_;
    for (const auto& [fetcher, told] : fetchers)
      fetcher->on_layers(whole);
  }

  void leave(PeerNumber number) {
    gone_.insert(number);
    look();
  }

private:
  struct Told {
    std::set<PeerNumber> peers;
    std::optional<bool> looking;
    bool metadata = false;
  };

  std::optional<FakePeer> find(PeerNumber number) const {
    const std::lock_guard lock(state_->mutex);
    const auto index = static_cast<std::uint32_t>(number);
    if (index >= state_->peers.size() || gone_.count(number) > 0)
      return std::nullopt;
    return state_->peers[index];
  }

  void tell() {
    bool looking = false;
    std::optional<std::vector<std::byte>> metadata;
    std::vector<FakePeer> peers;
    {
      const std::lock_guard lock(state_->mutex);
      looking = state_->looking;
      metadata = state_->metadata;
      peers = state_->peers;
    }
    const auto fetchers = fetchers_;
    for (const auto& [fetcher, before] : fetchers) {
      Told& told = fetchers_[fetcher];
      if (looking != told.looking) {
        told.looking = looking;
        fetcher->on_looking(looking);
      }
      if (!release_ && metadata && !told.metadata) {
        told.metadata = true;
        fetcher->on_metadata(*metadata);
      }
      for (std::uint32_t i = 0; release_ && i < peers.size(); ++i) {
        const PeerNumber number{i};
        if (gone_.count(number) > 0) {
          if (told.peers.erase(number) > 0)
            fetcher->on_gone(number);
        } else if (told.peers.insert(number).second) {
          std::vector<bool> has;
          for (std::uint32_t piece = 0; peers[i].has && piece < release_->piece_count(); ++piece)
            has.push_back(peers[i].has(PieceIndex(piece)));
          fetcher->on_peer(number, has, 250, peers[i].round_trip);
        }
      }
    }
  }

  void answer(Fetcher* fetcher, PeerNumber number, BlockIndex block) {
    const auto peer = find(number);
    if (!peer || fetchers_.count(fetcher) == 0)
      return;
    state_->note([&](auto& record) { ++record.requests[peer->id]; });
    if (peer->does == FakePeer::Does::keep_silent)
      return;
    if (peer->does == FakePeer::Does::refuse)
      return fetcher->on_refused(number, block);
    std::vector<std::byte> bytes;
    {
      const std::lock_guard lock(state_->mutex);
      bytes = kit::cut(*release_, state_->files, release_->block_range(block));
    }
    const unsigned delivered = ++delivered_[number];
    if (peer->does == FakePeer::Does::lie && delivered <= peer->lies_for.value_or(delivered))
      bytes.front() ^= std::byte{1};
    fetcher->on_block(number, block, bytes);
    if (peer->leaves_after && delivered >= *peer->leaves_after)
      leave(number);
  }

  const std::shared_ptr<FakeWorld::State> state_;
  GMainContext* const context_;
  ReleasePtr release_;
  std::map<Fetcher*, Told> fetchers_;
  std::set<PeerNumber> gone_;
  std::map<PeerNumber, unsigned> delivered_;
};

namespace {

class FakeCompany : public Company {
public:
  FakeCompany(std::shared_ptr<FakeWorld::State> state, CompanyHost host, CompanySettings settings)
      : state_(std::move(state)), context_(host.context) {
    state_->note([&](auto& record) {
      ++record.companies;
      record.settings.push_back(std::move(settings));
      record.host = std::move(host);
    });
  }
  void set(const CompanySettings& settings) override {
    state_->note([&](auto& record) { record.settings.push_back(settings); });
  }
  std::shared_ptr<Swarm> join(SwarmOptions options) override {
    return std::make_shared<FakeSwarm>(state_, context_, std::move(options));
  }
  void address_lost(const std::function<bool(const std::string&)>&) override {}
  void own_lead(std::optional<std::chrono::nanoseconds> lead) override {
    state_->note([&](auto& record) { record.leads.push_back(lead); });
  }
  [[nodiscard]] CompanyStats stats() const override { return {}; }

private:
  const std::shared_ptr<FakeWorld::State> state_;
  GMainContext* const context_;
};

} // namespace

FakeWorld::FakeWorld() : state_(std::make_shared<State>()) {
  Peers::set_factory([state = state_](CompanyHost host, CompanySettings settings, std::uint64_t) {
    return std::make_unique<FakeCompany>(state, std::move(host), std::move(settings));
  });
}

FakeWorld::~FakeWorld() {
  Peers::set_factory({});
}

void FakeWorld::set_content(kit::Contents files) {
  const std::lock_guard lock(state_->mutex);
  state_->files = std::move(files);
}

void FakeWorld::add(FakePeer peer) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->peers.push_back(std::move(peer));
  }
  Engine::get().post([state = state_] {
    for (FakeSwarm* swarm : state->swarms)
      swarm->look();
  });
}

void FakeWorld::remove_all_peers() {
  Engine::get().post([state = state_] {
    for (FakeSwarm* swarm : state->swarms)
      for (const auto& peer : swarm->peers())
        swarm->leave(peer.number);
  });
}

void FakeWorld::set_looking(bool looking) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->looking = looking;
  }
  Engine::get().post([state = state_] {
    for (FakeSwarm* swarm : state->swarms)
      swarm->look();
  });
}

void FakeWorld::give_layers(ReleasePtr whole) {
  Engine::get().post([state = state_, whole = std::move(whole)] {
    for (FakeSwarm* swarm : state->swarms)
      swarm->give_layers(whole);
  });
}

void FakeWorld::give_metadata(std::vector<std::byte> info) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->metadata = std::move(info);
  }
  Engine::get().post([state = state_] {
    for (FakeSwarm* swarm : state->swarms)
      swarm->look();
  });
}

FakeWorld::Record FakeWorld::record() const {
  const std::lock_guard lock(state_->mutex);
  return state_->record;
}

bool FakeWorld::wait(const std::function<bool(const Record&)>& done) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, std::chrono::seconds(30),
                                  [&] { return done(state_->record); });
}

void on_engine(const std::function<void()>& task) {
  std::promise<void> over;
  Engine::get().post([&] {
    task();
    over.set_value();
  });
  over.get_future().wait();
}

} // namespace triad::test
