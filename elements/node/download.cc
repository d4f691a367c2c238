// SPDX-License-Identifier: LGPL-2.1-or-later
// A download's sources, and what the schedule wants of them.
#include "node/download.h"

#include "node/network.h"
#include "node/peer_settings.h"

#include <algorithm>
#include <random>

namespace triad {

namespace {

using namespace std::chrono_literals;

// A server that was given up is left alone for this long while readers still have something to
// play.
constexpr Duration given_up_pause = 500ms;

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

} // namespace

Download::Download(Engine& engine, ReleasePtr release, bool whole, InfoPtr info,
                   std::shared_ptr<SharedEntry> entry, DownloadOptions options)
    : engine_(engine),
      options_(std::move(options)),
      entry_(std::move(entry)),
      store_(release, entry_, this),
      geometry_(std::move(release)),
      assembly_(*geometry_),
      verified_(geometry_->piece_count()),
      schedule_(geometry_, random_seed()),
      whole_(whole),
      info_(std::move(info)),
      readers_(std::make_unique<DownloadReaders>(engine, *this)),
      wake_timer_(engine) {}

Download::~Download() {
  readers_.reset(); // its prefetches leave the schedule
  if (set_up_)
    entry_->remove(this);
}

// --- sources ---

void Download::set_up() {
  if (set_up_)
    return;
  set_up_ = true;
  entry_->add(this);
  // What plays before the whole metainfo is there plays without its trackers; the server is spared
  // from its first request on, not only from when the swarm is joined.
  if (options_.peers && (!whole_ || options_.peers->wanted(trackers())))
    feed(LookingForPeers{true});
  if (options_.use_server)
    add_server();
  // After what is asked of the server now: nothing about peers is on the way of the first byte.
  engine_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->join_peers();
  });
}

void Download::add_server() {
  client_ = network_client(engine_);
  ServerSupplier::Events events;
  events.missing = [this](ByteRange range) { return missing(range); };
  events.bytes = [this](FileIndex file, std::uint64_t offset, Bytes bytes, bool early) {
    on_bytes(file, offset, bytes, early);
  };
  events.failed = [this](const ServerSupplier::Failure& failure) { on_failed(failure); };
  events.over = [this](BlockIndex first, std::uint32_t count) {
    feed(RequestOver{server_id, first, count});
  };
  ServerOptions server = options_.server;
  server.seed = random_seed();
  server_ = std::make_unique<ServerSupplier>(*client_, release(), whole_, std::move(server),
                                             std::move(events));
  feed(SupplierAdded{server_id, SupplierKind::server, std::nullopt, std::nullopt, std::nullopt, 0});
}

// Once the whole metainfo is there: it alone says whether its publisher wants peers.
void Download::join_peers() {
  if (!set_up_ || !whole_ || peers_)
    return;
  const ReleasePtr known = release();
  const bool for_user_alone = options_.credentials && trackers().empty();
  if (for_user_alone)
    entry_->keep_private();
  if (!options_.peers)
    return;
  if (for_user_alone || !options_.peers->wanted(trackers())) {
    feed(LookingForPeers{false});
    return;
  }
  SwarmFacts facts = swarm_facts(known, info_, entry_, options_.server.origin.local);
  facts.trackers = trackers();
  PeerSupplier::Events events;
  events.missing = [this](ByteRange range) { return missing(range); };
  events.tell = [this](ScheduleEvent event) { feed(std::move(event)); };
  events.block = [this](SupplierId supplier, const std::string& peer, BlockIndex block,
                        Bytes bytes) { on_block(supplier, peer, block, bytes); };
  events.layers = [this](const ReleasePtr& whole) { on_layers(whole); };
  events.hopes_changed = [this] { readers_->on_hopes(); };
  auto swarm = options_.peers->join(facts);
  feed(KnownAs{swarm->swarm().identity()});
  peers_ = std::make_unique<PeerSupplier>(std::move(swarm), geometry_, std::move(events));
  readers_->on_peers_used();
}

std::vector<std::string> Download::trackers() const {
  std::vector<std::string> all = options_.trackers;
  const auto own = trackers_of(*release());
  all.insert(all.end(), own.begin(), own.end());
  std::erase_if(all, [](const std::string& url) { return !is_peer_tracker(url); });
  return all;
}

void Download::set_release(ReleasePtr release, InfoPtr info, bool local) {
  whole_ = true;
  info_ = std::move(info);
  options_.server.origin.local = local;
  if (!judge(release))
    return;
  if (server_)
    server_->set_release(std::move(release), local);
  readers_->on_facts();
  join_peers();
}

bool Download::judge(ReleasePtr release) {
  auto judged = store_.set_release(std::move(release));
  if (judged.inconsistent) {
    fail_as_inconsistent();
    return false;
  }
  for (auto& [piece, sent] : judged.bad)
    on_bad(piece, std::move(sent));
  for (const PieceIndex piece : judged.readable)
    became_readable(piece);
  return true;
}

// A magnet link's metadata came without them.
void Download::on_layers(const ReleasePtr& whole) {
  if (!release()->layers_complete() && judge(whole) && options_.on_layers && info_)
    options_.on_layers(whole, *info_);
}

void Download::adopt(std::unique_ptr<EarlyBytes> early, FileIndex file) {
  set_up();
  if (server_)
    server_->adopt(std::move(early), file);
}

void Download::fail(const Error& error) {
  if (failed_)
    return;
  failed_ = error;
  readers_->fail_all(error);
}

std::optional<Error> Download::why_no_source(const std::string& track) const {
  const bool may_use_peers = options_.peers && options_.peers->wanted(trackers());
  if (!options_.use_server && !may_use_peers)
    return Error{ErrorCode::unreachable,
                 track + " is not complete in the cache, and " +
                     (options_.peers ? "the release names no tracker to find peers by"
                                     : "no other source may be used") +
                     "; allow the source \"server\".",
                 {}};
  if (last_byte_ != Time(0))
    return std::nullopt;
  const std::string& origin = options_.server.origin.url;
  std::vector<std::string> places;
  if (may_use_peers)
    places = options_.peers->all_trackers(trackers());
  if (options_.use_server && origin.starts_with("http"))
    places.push_back(origin);
  if (places.empty() || std::any_of(places.begin(), places.end(), may_be_reachable))
    return std::nullopt;
  return Error{ErrorCode::unreachable,
               "There is no network, and " + track + " is not complete in the cache.",
               "no interface but loopback is up"};
}

std::vector<std::string> Download::trackers_used() const {
  return peers_ ? options_.peers->all_trackers(trackers()) : std::vector<std::string>();
}

bool Download::hopes_for_peers() const {
  if (peers_)
    return peers_->hopeful();
  return options_.peers && options_.peers->wanted(trackers()); // it has not been joined yet
}

std::string Download::last_error() const {
  std::string text = server_ ? server_->last_error() : std::string();
  if (peers_)
    text += (text.empty() ? "peers: " : "; peers: ") + std::to_string(peers_->links()) + " linked";
  return text;
}

double Download::server_rate() const {
  return server_ ? schedule_.rate(server_id) : 0.0;
}

std::string Download::server_said() const {
  const std::string said = server_ ? server_->last_error() : std::string();
  return said.empty() ? said : " The server's last error: " + said + ".";
}

std::string Download::peers_tried() const {
  if (!peers_)
    return {};
  if (const std::size_t linked = peers_->links(); linked > 0)
    return linked == 1 ? " The one peer that is linked has not sent it either."
                       : " None of the " + std::to_string(linked) + " linked peers has sent it.";
  if (peers_->met() == 0)
    return " No peer was found that gives it.";
  return peers_->met() == 1
             ? " The one peer that gave is gone."
             : " All " + std::to_string(peers_->met()) + " peers that gave are gone.";
}

Download::PeerFigures Download::peer_figures() const {
  return peers_ ? PeerFigures{peers_->rate(schedule_), peers_->links()} : PeerFigures();
}

void Download::set_lead(const void* reader, std::optional<Duration> lead) {
  if (options_.peers)
    options_.peers->set_lead(reader, lead);
}

void Download::try_servers_again() {
  if (server_)
    server_->renew();
}

// --- schedule ---

// Events wait in a queue that is emptied from the engine's loop, so that no supplier is called from
// within its own callback.
void Download::feed(ScheduleEvent event) {
  if (const auto* verified = std::get_if<PieceVerified>(&event))
    verified_[verified->piece.value()] = true;
  else if (const auto* lost = std::get_if<PieceLost>(&event))
    verified_[lost->piece.value()] = false;
  events_.push_back(std::move(event));
  if (pump_posted_)
    return;
  pump_posted_ = true;
  engine_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->pump();
  });
}

void Download::pump() {
  pump_posted_ = false;
  while (!events_.empty()) {
    const ScheduleEvent event = std::move(events_.front());
    events_.pop_front();
    schedule_.on(event, Engine::now());
    while (const auto action = schedule_.poll())
      std::visit([this](const auto& each) { act(each); }, *action);
  }
}

Supplier& Download::supplier(SupplierId id) {
  return id == server_id ? static_cast<Supplier&>(*server_) : *peers_;
}

void Download::act(const Request& request) {
  // The cache may know more than when the schedule was told: its index opens in the background.
  for (std::uint32_t i = 0; i < request.count; ++i) {
    const BlockIndex block = request.first + i;
    const PieceIndex piece = geometry_->piece_of(block);
    const bool had = store_.has(piece);
    // Nobody will send it; without this the schedule would wait for it, and ask for nothing more.
    if (had || assembly_.has(block))
      feed(BlockArrived{request.supplier, block});
    if (had && (i + 1 == request.count || geometry_->piece_of(block + 1) != piece)) {
      feed(PieceVerified{piece});
      readers_->on_readable(piece, false);
    }
  }
  supplier(request.supplier).request(request);
}

void Download::act(const Cancel& cancel) {
  supplier(cancel.supplier).cancel(cancel);
}

void Download::act(const WakeAt& wake) {
  wake_timer_.start(std::max(wake.time - Engine::now(), Duration(0)), [this] { feed(Tick{}); });
}

// Blamed is by the bytes that were kept (on_bad()): of a block that two suppliers sent, the
// schedule can't know whose they are.
void Download::act(const SentBadPiece&) {}

// What to say of a file in the user's own folder that was no help; empty if there is none.
std::string Download::changed_here(FileIndex file) const {
  if (options_.library.empty())
    return {};
  std::filesystem::path path = options_.library / geometry_->name();
  if (!geometry_->single_file())
    path /= geometry_->file(file).path;
  std::error_code problem;
  if (!std::filesystem::exists(path, problem))
    return {};
  return " The file " + path.string() + " is there, but is not as it was published.";
}

void Download::on_failed(const ServerSupplier::Failure& failure) {
  std::optional<Duration> pause = failure.retry_in;
  if (failure.fatal) {
    pause = std::max(pause.value_or(given_up_pause), given_up_pause);
    // Only unreachable servers may come back: readers wait for them, but not beyond their timeout.
    auto [file, error] = *failure.fatal;
    if (error.code != ErrorCode::unreachable) {
      error.message += changed_here(file);
      readers_->on_given_up(file, error);
    }
  }
  std::optional<Time> retry_at;
  if (pause)
    retry_at = Engine::now() + *pause;
  feed(RequestFailed{server_id, failure.first, failure.count, retry_at});
}

} // namespace triad
