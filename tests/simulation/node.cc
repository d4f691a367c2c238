// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/node.h"

#include <algorithm>

namespace triad::kit {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t company = 8; // peers that a title is fetched from
constexpr Duration introduction = 300ms;
constexpr int round_trips_to_link = 5;
constexpr std::uint64_t header = 60; // of IP, UDP, DTLS, SCTP to each message's packet

Duration time_for(std::uint64_t bytes, double rate) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(static_cast<double>(bytes) / rate));
}

} // namespace

Node::Node(World& world, std::uint32_t number, const NodeSpec& spec)
    : world_(world), number_(number), spec_(spec), uploads_({spec.upload_rate}) {}
Node::~Node() = default;

// --- what it has and plays

const std::vector<bool>& Node::have(std::size_t title) {
  const auto it =
      have_.try_emplace(title, world_.titles[title].release->piece_count(), false).first;
  return it->second;
}

void Node::have_all(std::size_t title) {
  have_[title].assign(world_.titles[title].release->piece_count(), true);
}

bool Node::announces(std::size_t title) const {
  return online_ && spec_.peers && have_.contains(title);
}

Download* Node::download(std::size_t title) {
  const auto it = downloads_.find(title);
  return it == downloads_.end() ? nullptr : it->second.get();
}

std::shared_ptr<SimulatedPlayer> Node::play(std::size_t title, std::uint32_t track, Purpose purpose,
                                            const std::shared_ptr<SimulatedPlayer>& follows) {
  auto& download = downloads_[title];
  if (!download) {
    const std::vector<bool>& had = have(title);
    download = std::make_shared<Download>(world_, *this, title, spec_, had);
    const bool complete = std::find(had.begin(), had.end(), false) == had.end();
    if (spec_.peers && !complete)
      look_for_peers(title);
    update_interest(title);
  }
  SimulatedPlayer::Spec spec;
  spec.track = FileIndex(track);
  spec.byte_rate = world_.titles[title].byte_rate;
  spec.purpose = purpose;
  if (follows)
    spec.follows = follows->id();
  auto player = download->play(spec);
  settle();
  return player;
}

void Node::leave(std::size_t title, const std::shared_ptr<SimulatedPlayer>& player) {
  if (Download* each = download(title))
    each->leave(player);
  settle();
}

void Node::stop(std::size_t title) {
  const auto download = downloads_.extract(title);
  if (!download)
    return;
  for (const auto& [id, channel] : givers_)
    if (channel->title == title && channel->supplier) {
      download.mapped()->tell(SupplierRemoved{*channel->supplier});
      suppliers_.erase({title, *channel->supplier});
      channel->supplier.reset();
    }
  download.mapped()->stop();
  update_interest(title);
  settle();
}

void Node::look_for_peers(std::size_t title) {
  const auto found = downloads_.at(title);
  found->tell(LookingForPeers{true});
  // Who is linked already has another channel opened at once.
  world_.clock.after(introduction, [this, title, found] {
    if (!online_ || download(title) != found.get())
      return;
    for (Node* each : world_.introduce(*this, title, company))
      if (!banned(*each) && !each->banned(*this))
        connect(*each, title);
  });
  world_.clock.after(3s, [found] { found->tell(LookingForPeers{false}); });
  for (auto& [number, link] : links_)
    if (const auto it = link.channels.find(title); it != link.channels.end())
      if (!it->second->conversation.choked())
        supply(it->second);
}

// --- links

void Node::connect(Node& other, std::size_t title) {
  const Duration way = spec_.line.delay + other.spec_.line.delay;
  const bool linked = links_.contains(other.number_);
  if (linked && links_.at(other.number_).channels.contains(title))
    return;
  const auto own = generation_, others = other.generation_;
  world_.clock.after(linked ? way : 2 * round_trips_to_link * way,
                     [this, &other, title, own, others] {
                       if (own != generation_ || others != other.generation_ || !online_ ||
                           !other.online_ || banned(other) || other.banned(*this))
                         return;
                       const auto link = links_.find(other.number_);
                       if (link != links_.end() && link->second.channels.contains(title))
                         return;
                       const ChannelPtr here = open(other, title), there = other.open(*this, title);
                       here->other = there;
                       there->other = here;
                       settle();
                       other.settle();
                     });
}

Node::ChannelPtr Node::open(Node& to, std::size_t title) {
  Link& link = links_[to.number_];
  if (!link.to) {
    link.to = &to;
    link.id = UploadLink(next_++);
    link.smoothed = 2 * (spec_.line.delay + to.spec_.line.delay);
  }
  wire::ConversationSettings settings;
  settings.info_hash = world_.titles[title].hash;
  settings.own_id[0] = static_cast<std::byte>(number_ & 255);
  settings.own_id[1] = static_cast<std::byte>(number_ >> 8);
  settings.own_id[2] = std::byte{1};
  const auto channel = std::make_shared<Channel>(
      settings, wire::ConversationContent{world_.titles[title].release, have(title), nullptr});
  channel->owner = this;
  channel->to = &to;
  channel->title = title;
  channel->id = UploadPeer(next_++);
  link.channels[title] = channel;
  givers_[channel->id] = channel;
  uploads_.add(channel->id, link.id, false, world_.clock.now());
  uploads_.line(link.id, link.queued, 0, link.smoothed, world_.clock.now());
  channel->conversation.set_interested(download(title) != nullptr);
  touch(channel);
  return channel;
}

void Node::close(const ChannelPtr& channel) {
  if (channel->closed)
    return;
  channel->closed = true;
  givers_.erase(channel->id);
  uploads_.remove(channel->id, world_.clock.now());
  if (channel->supplier) {
    suppliers_.erase({channel->title, *channel->supplier});
    if (Download* each = download(channel->title))
      each->tell(SupplierRemoved{*channel->supplier});
  }
}

void Node::close(Node& to) {
  const auto link = links_.extract(to.number_);
  if (!link)
    return;
  for (const auto& [title, channel] : link.mapped().channels)
    close(channel);
  settle();
}

void Node::disconnect(Node& to, Duration noticed) {
  close(to);
  world_.clock.after(noticed, [this, &to, theirs = to.generation_] {
    if (theirs == to.generation_)
      to.close(*this);
  });
}

void Node::go_offline(Duration noticed) {
  while (!downloads_.empty())
    stop(downloads_.begin()->first);
  std::vector<Node*> linked;
  for (const auto& [number, link] : links_)
    linked.push_back(link.to);
  for (Node* each : linked)
    disconnect(*each, noticed);
  online_ = false;
  ++generation_;
}

// --- the network

void Node::touch(const ChannelPtr& channel) {
  if (!channel->dirty)
    touched_.push_back(channel);
  channel->dirty = true;
}

void Node::transmit(const ChannelPtr& channel, std::vector<std::byte> bytes) {
  Node& to = *channel->to;
  Link& link = links_.at(to.number_);
  const Time now = world_.clock.now();
  const auto jittered = [&](const LineSpec& line) {
    const auto most = static_cast<std::uint64_t>(line.jitter.count());
    return line.delay + Duration(most > 0 ? world_.random.below(most) : 0);
  };
  const std::uint64_t size = bytes.size() + header;
  ++world_.totals.messages;
  world_.totals.wire_bytes += size;
  const Duration waits = std::max(up_free_ - now, Duration{0});
  up_free_ = std::max(up_free_, now) + time_for(size, spec_.line.up);
  // Nothing overtakes: channels are ordered.
  const Time arrives =
      std::max(link.arrives, up_free_ + jittered(spec_.line) + jittered(to.spec_.line));
  const Duration way = arrives - up_free_;
  link.arrives = arrives;
  // SCTP measures a packet's round trip: that of the message's first.
  const Duration back = spec_.line.delay + to.spec_.line.delay;
  link.flight.push_back({up_free_ + way + back, size, waits + way + back});
  link.queued += size;
  world_.clock.at(arrives, [other = channel->other, bytes = std::move(bytes), &to] {
    const ChannelPtr there = other.lock();
    if (!there || there->closed)
      return;
    to.arrive(bytes.size(), [there, bytes] {
      if (!there->closed)
        there->owner->received(there, bytes);
    });
  });
}

void Node::arrive(std::uint64_t bytes, std::function<void()> done) {
  const Time now = world_.clock.now();
  const bool idle = down_free_ <= now;
  down_free_ = std::max(down_free_, now) + time_for(bytes, spec_.line.down);
  if (idle && down_free_ - now < 1ms)
    done(); // small enough to spare an event
  else
    world_.clock.at(down_free_, std::move(done));
}

void Node::received(const ChannelPtr& channel, const std::vector<std::byte>& bytes) {
  if (const Status status = channel->conversation.receive(bytes); !status) {
    world_.violations.push_back("a conversation broke: " + status.error().message);
    disconnect(*channel->to, 0ns);
    return;
  }
  busy_ = true;
  drain(channel);
  busy_ = false;
  touch(channel);
  settle();
}

void Node::settle() {
  if (busy_)
    return;
  drain_uploads();
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    const ChannelPtr channel = touched_[i];
    channel->dirty = false;
    if (channel->closed)
      continue;
    std::vector<std::byte> output = channel->conversation.take_output();
    if (!output.empty())
      transmit(channel, std::move(output));
  }
  touched_.clear();
  tell_lines();
  set_wake();
}

void Node::drain(const ChannelPtr& channel) {
  while (!channel->closed) {
    const auto event = channel->conversation.poll();
    if (!event)
      return;
    std::visit([&](const auto& each) { on(channel, each); }, *event);
  }
}

// --- uploads

void Node::tell_lines() {
  const Time now = world_.clock.now();
  for (auto& [number, link] : links_) {
    if (link.flight.empty())
      continue;
    while (!link.flight.empty() && link.flight.front().acknowledged <= now) {
      link.queued -= link.flight.front().bytes;
      link.smoothed += (link.flight.front().sample - link.smoothed) / 8;
      link.flight.pop_front();
    }
    uploads_.line(link.id, link.queued, 0, link.smoothed, now);
  }
}

void Node::set_wake() {
  const auto at = uploads_.wake_at();
  if (!at || (woken_ && *woken_ <= *at))
    return;
  woken_ = at;
  world_.clock.at(*at, [this, time = *at] {
    if (woken_ != time)
      return;
    woken_.reset();
    tell_lines();
    uploads_.tick(world_.clock.now());
    settle();
  });
}

void Node::drain_uploads() {
  while (const auto action = uploads_.poll()) {
    const UploadPeer peer = std::visit([](const auto& each) { return each.peer; }, *action);
    const auto it = givers_.find(peer);
    if (it == givers_.end()) {
      world_.violations.push_back("an upload to nobody");
      continue;
    }
    const ChannelPtr& channel = it->second;
    wire::Conversation& conversation = channel->conversation;
    if (std::holds_alternative<UploadUnchoke>(*action)) {
      conversation.set_choking(false);
    } else if (std::holds_alternative<UploadChoke>(*action)) {
      conversation.set_choking(true);
      ++world_.totals.chokes;
    } else if (const auto* reject = std::get_if<UploadReject>(&*action)) {
      conversation.reject(reject->block);
      ++world_.totals.rejects;
    } else if (const auto* send = std::get_if<UploadSend>(&*action); !spec_.mute) {
      const bool lie = world_.random.chance(spec_.lies);
      const std::size_t size = send->block.length;
      given_ += size;
      conversation.send_block(send->block,
                              lie ? world_.wrong_bytes(size) : world_.right_bytes(size));
    }
    touch(channel);
  }
}

void Node::lead(std::optional<Duration> lead) {
  tell_lines();
  uploads_.own_lead(lead, world_.clock.now());
}

// --- the download's wishes

Node::ChannelPtr Node::channel_of(std::size_t title, SupplierId supplier) {
  const auto it = suppliers_.find({title, supplier});
  return it == suppliers_.end() ? nullptr : it->second;
}

void Node::request(std::size_t title, const Request& request) {
  const ChannelPtr channel = channel_of(title, request.supplier);
  if (!channel) {
    world_.violations.push_back("a request of nobody");
    return;
  }
  for (std::uint32_t i = 0; i < request.count; ++i) {
    if (channel->conversation.can_request()) {
      channel->conversation.request(request.first + i, static_cast<wire::Urgency>(request.urgency));
      continue;
    }
    world_.violations.push_back("asked of one that can't be asked");
  }
  touch(channel);
}

void Node::cancel(std::size_t title, const Cancel& cancel) {
  const ChannelPtr channel = channel_of(title, cancel.supplier);
  if (!channel)
    return;
  for (std::uint32_t i = 0; i < cancel.count; ++i)
    channel->conversation.cancel(cancel.first + i);
  touch(channel);
}

void Node::ban(std::size_t title, SupplierId supplier) {
  const ChannelPtr channel = channel_of(title, supplier);
  if (!channel || !banned_.insert(channel->to->number_).second)
    return;
  ++world_.totals.bans;
  if (channel->to->spec_.lies == 0)
    world_.violations.push_back("an honest peer is banned");
  world_.clock.after(0ns, [this, to = channel->to] { disconnect(*to, 0ns); });
}

void Node::got(std::size_t title, PieceIndex piece) {
  have_.at(title)[piece.value()] = true;
  for (const auto& [id, channel] : givers_)
    if (channel->title == title) {
      channel->conversation.have(piece);
      touch(channel);
    }
}

void Node::update_interest(std::size_t title) {
  for (const auto& [id, channel] : givers_)
    if (channel->title == title) {
      channel->conversation.set_interested(download(title) != nullptr);
      touch(channel);
    }
}

void Node::supply(const ChannelPtr& channel) {
  Download* each = download(channel->title);
  if (!each || channel->supplier)
    return;
  channel->supplier = each->new_supplier();
  suppliers_[{channel->title, *channel->supplier}] = channel;
  SupplierAdded added{*channel->supplier, SupplierKind::peer};
  if (!channel->conversation.peer_has_all())
    added.has = channel->conversation.peer_pieces();
  added.delay = links_.at(channel->to->number_).smoothed;
  added.max_requests = channel->conversation.request_limit();
  if (channel->conversation.features().triad)
    added.identity = channel->to->identity();
  each->tell(added);
}

// --- what conversations tell

void Node::on(const ChannelPtr&, const wire::HandshakeReceived&) {}

void Node::on(const ChannelPtr& channel, const wire::PeerFeatures& event) {
  if (event.triad)
    uploads_.add(channel->id, links_.at(channel->to->number_).id, true, world_.clock.now());
}

void Node::on(const ChannelPtr& channel, const wire::AvailabilityChanged& event) {
  Download* each = download(channel->title);
  if (!each || !channel->supplier)
    return;
  if (event.piece)
    each->tell(SupplierHas{*channel->supplier, *event.piece});
  else
    world_.violations.push_back("what a peer has changed after it could be asked");
}

void Node::on(const ChannelPtr& channel, const wire::ChokedChanged& event) {
  if (channel->supplier) {
    if (Download* each = download(channel->title))
      each->tell(SupplierChoked{*channel->supplier, event.choked});
  } else if (!event.choked) {
    supply(channel);
  }
}

void Node::on(const ChannelPtr& channel, const wire::InterestChanged& event) {
  uploads_.interested(channel->id, event.interested, world_.clock.now());
}

void Node::on(const ChannelPtr& channel, const wire::BlockReceived& event) {
  Download* each = download(channel->title);
  if (each && channel->supplier)
    each->block(*channel->supplier, event.block, event.bytes[0] != std::byte{0}, false);
}

void Node::on(const ChannelPtr&, const wire::BytesUnasked& event) {
  world_.totals.peers += event.bytes;
  world_.totals.wasted += event.bytes;
}

void Node::on(const ChannelPtr& channel, const wire::RequestDropped& event) {
  Download* each = download(channel->title);
  if (each && channel->supplier)
    each->tell(RequestFailed{*channel->supplier, event.block, 1});
}

void Node::on(const ChannelPtr& channel, const wire::BlockRequested& event) {
  uploads_.requested(channel->id, event.block, event.urgency, world_.clock.now());
}

void Node::on(const ChannelPtr& channel, const wire::RequestCancelled& event) {
  uploads_.cancelled(channel->id, event.block, world_.clock.now());
}

} // namespace triad::kit
