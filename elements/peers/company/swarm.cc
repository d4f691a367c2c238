// SPDX-License-Identifier: LGPL-2.1-or-later
// A release's peers: who they are, and whether they are of use.
#include "peers/company/swarm.h"

#include "peers/company/giving.h"
#include "peers/company/links.h"

#include <algorithm>
#include <utility>

namespace triad::company {

namespace {

using namespace std::chrono_literals;

constexpr unsigned enough_peers = 8;     // that have what we lack
constexpr Time handshake_patience = 15s; // for the other side's handshake
constexpr Time reading_patience = 60s;   // it has what it asked for, and takes none of it
constexpr Time seeders_patience = 30s;   // two that have everything
constexpr Time idle_patience = 5min;     // neither has anything for the other

// The end of a peer id is drawn by lot.
std::uint64_t identity_of(const wire::PeerId& id) {
  std::uint64_t number = 0;
  for (const std::byte each : std::span(id).last(8))
    number = number << 8 | std::to_integer<std::uint64_t>(each);
  return number;
}

} // namespace

SwarmImpl::SwarmImpl(SwarmHost& host, SwarmOptions options)
    : host_(host), options_(std::move(options)), self_(std::make_shared<SwarmImpl*>(this)) {
  learn_release();
  if (!options_.release)
    expect_metadata();
  expect_layers();
}

SwarmImpl::~SwarmImpl() {
  close();
}

void SwarmImpl::close() {
  *self_ = nullptr;
  fetchers_.clear();
  end_all({}, "its release was left");
}

void SwarmImpl::learn_release() {
  if (!options_.release)
    return;
  const auto& release = *options_.release;
  mine_.assign(release.piece_count(), false);
  if (options_.stock) {
    mine_ = options_.stock->pieces();
    mine_.resize(release.piece_count());
  }
  missing_ = 0;
  left_ = 0;
  for (std::uint32_t i = 0; i < mine_.size(); ++i)
    if (!mine_[i]) {
      ++missing_;
      left_ += release.piece_range(PieceIndex(i)).size();
    }
}

void SwarmImpl::have(PieceIndex piece) {
  if (piece.value() >= mine_.size() || mine_[piece.value()])
    return;
  mine_[piece.value()] = true;
  --missing_;
  left_ -= options_.release->piece_range(piece).size();
  if (options_.stock)
    for (const auto& [number, peer] : peers_) {
      peer->conversation().have(piece);
      peer->work_soon();
    }
  if (missing_ == 0)
    completeness_changed();
}

void SwarmImpl::lost(PieceIndex piece) {
  if (piece.value() >= mine_.size() || !mine_[piece.value()])
    return;
  mine_[piece.value()] = false;
  left_ += options_.release->piece_range(piece).size();
  if (options_.stock)
    for (const auto& [number, peer] : peers_) {
      peer->conversation().lost(piece);
      peer->work_soon();
    }
  if (missing_++ == 0)
    completeness_changed();
}

void SwarmImpl::completeness_changed() {
  for (const auto& [number, peer] : peers_) {
    peer->conversation().set_upload_only(complete());
    update_interest(*peer);
    peer->work_soon();
  }
  host_.on_changed();
}

void SwarmImpl::set_release(ReleasePtr release, std::shared_ptr<Stock> stock) {
  const bool first = !options_.release;
  auto before = content().have;
  options_.release = std::move(release);
  if (!options_.info && metadata_ && metadata_->done())
    options_.info = std::make_shared<const std::vector<std::byte>>(metadata_->info());
  answers_.reset();
  options_.stock = std::move(stock);
  learn_release();
  const auto after = content().have;
  before.resize(after.size());
  const auto peers = peers_; // one may go meanwhile
  for (const auto& [number, peer] : peers) {
    auto& conversation = peer->conversation();
    if (first) {
      if (const auto status = conversation.set_content(content()); !status) {
        end(*peer, status.error().message, true);
        continue;
      }
    }
    for (std::uint32_t i = 0; !first && i < after.size(); ++i)
      if (after[i] && !before[i])
        conversation.have(PieceIndex(i));
      else if (before[i] && !after[i])
        conversation.lost(PieceIndex(i));
    conversation.set_upload_only(complete());
    take_in_uploads(*peer);
    update_interest(*peer);
    look_afresh(*peer);
    peer->work_soon();
  }
  expect_layers();
  host_.on_changed();
}

std::uint64_t SwarmImpl::identity() const {
  return identity_of(host_.own_id());
}

std::vector<Swarm::PeerFacts> SwarmImpl::peers() const {
  std::vector<PeerFacts> all;
  for (const auto& [number, peer] : peers_) {
    if (!peer->conversation().shaken())
      continue;
    PeerFacts facts;
    facts.number = number;
    if (const auto& fingerprint = peer->link().fingerprint)
      facts.id = hex(Bytes(*fingerprint).first(8));
    facts.client = peer->conversation().features().client;
    if (const auto& id = peer->link().wire_id; id && peer->conversation().features().triad)
      facts.identity = identity_of(*id);
    facts.link = peer->link().link->facts();
    facts.received = peer->received;
    facts.sent = peer->sent;
    all.push_back(std::move(facts));
  }
  return all;
}

AnnounceFacts SwarmImpl::facts() const {
  AnnounceFacts facts;
  facts.left_known = options_.release != nullptr;
  facts.left = left_;
  facts.downloaded = received_;
  facts.uploaded = sent_;
  for (const auto& [number, peer] : peers_)
    facts.uploaded += peer->sent;
  return facts;
}

bool SwarmImpl::complete() const {
  return options_.release && missing_ == 0;
}

unsigned SwarmImpl::wanted() const {
  if (fetchers_.empty() || complete())
    return 0;
  const auto good = std::ranges::count_if(peers_, [&](const auto& entry) {
    const auto& peer = *entry.second;
    return !options_.release || !peer.conversation().shaken() || needs(peer);
  });
  return enough_peers - std::min<unsigned>(static_cast<unsigned>(good), enough_peers);
}

bool SwarmImpl::settling() const {
  return std::ranges::any_of(peers_, [](const auto& entry) {
    const auto& peer = *entry.second;
    return !peer.conversation().shaken() || (peer.interested && !ready(peer));
  });
}

bool SwarmImpl::needs(const Peer& peer) const {
  const auto& conversation = peer.conversation();
  if (!options_.release || !conversation.shaken() || missing_ == 0)
    return false;
  if (conversation.peer_has_all())
    return true;
  for (std::uint32_t i = 0; i < mine_.size(); ++i)
    if (!mine_[i] && conversation.peer_has(PieceIndex(i)))
      return true;
  return false;
}

Peer* SwarmImpl::find(PeerNumber number) const {
  const auto found = peers_.find(number);
  return found == peers_.end() ? nullptr : found->second.get();
}

Peer* SwarmImpl::find(const PeerLink& link) const {
  for (const auto& [number, peer] : peers_)
    if (&peer->link() == &link)
      return peer.get();
  return nullptr;
}

wire::ConversationContent SwarmImpl::content() const {
  wire::ConversationContent content;
  content.release = options_.release;
  if (host_.giving().may_give())
    content.info = options_.info;
  content.have = options_.stock ? mine_ : std::vector<bool>(mine_.size());
  return content;
}

void SwarmImpl::meet(Peer::Meeting meeting) {
  wire::ConversationSettings settings;
  settings.info_hash = options_.info_hash;
  settings.own_id = host_.own_id();
  // A magnet link may name the v1 hash alone of what has v2 hashes, too.
  settings.v2 = options_.v2 || !options_.release || options_.release->info_hash_v2();
  settings.upload_only = complete();
  const auto number = host_.next_number();
  auto* link = meeting.link;
  Peer::Owner& owner = *this;
  auto peer =
      std::make_shared<Peer>(number, std::move(meeting), settings, content(), owner, host_.tasks());
  link->peers.push_back(peer.get());
  peers_.emplace(number, peer);
  peer->start();
}

void SwarmImpl::end(Peer& peer, const std::string& reason, bool misbehaved) {
  const auto found = peers_.find(peer.number());
  if (found == peers_.end())
    return;
  const auto kept = found->second;
  peers_.erase(found);
  host_.giving().remove(peer);
  auto& link = peer.link();
  std::erase(link.peers, &peer);
  link.used = now();
  sent_ += peer.sent;
  peer.end();
  drop_asked(peer);
  metadata_gone(peer);
  layers_gone(peer);
  sync_soon();
  // From the context: who calls may be the peer itself.
  host_.tasks().post([kept] {});
  host_.on_left(link, reason, misbehaved);
}

void SwarmImpl::end_all(const std::optional<std::string>& tracker, const std::string& reason) {
  const auto peers = peers_;
  for (const auto& [number, peer] : peers)
    if (!tracker || !peer->tracker() || peer->tracker() == tracker)
      end(*peer, reason);
}

void SwarmImpl::on_over(Peer& peer, const std::string& reason, bool misbehaved) {
  end(peer, reason, misbehaved);
}

void SwarmImpl::ban(PeerNumber number, const std::string& reason) {
  if (auto* peer = find(number))
    host_.on_lied(peer->link(), reason);
}

bool SwarmImpl::useless(Peer& peer) {
  const auto& conversation = peer.conversation();
  if (!conversation.shaken())
    return false;
  if (peer.interested || peer.peer_interested || !peer.asked.empty()) {
    peer.useful = now();
    return false;
  }
  const bool seeders =
      complete() && (conversation.features().upload_only || conversation.peer_has_all());
  return now() - peer.useful > (seeders ? seeders_patience : idle_patience);
}

void SwarmImpl::tick() {
  const auto peers = peers_;
  for (const auto& [number, peer] : peers) {
    if (!peer->conversation().shaken() && now() - peer->since > handshake_patience)
      end(*peer, "no handshake came", true);
    else if (peer->stuck_since() && now() - *peer->stuck_since() > reading_patience)
      end(*peer, "it does not read", true);
    else if (useless(*peer))
      end(*peer, "neither has anything for the other");
    else
      update_interest(*peer);
  }
  metadata_tick();
  layers_tick();
}

void SwarmImpl::update_interest(Peer& peer) {
  const bool wants = !fetchers_.empty() && needs(peer);
  if (wants == peer.interested || !peer.conversation().shaken())
    return;
  peer.interested = wants;
  peer.conversation().set_interested(wants);
  peer.work_soon();
}

} // namespace triad::company
