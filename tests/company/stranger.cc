// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stranger.h"

#include "peers/company/ids.h"

#include <utility>

namespace triad::kit {

Stranger::Stranger(FakeNetwork& network, GMainContext* context, std::uint8_t certificate,
                   std::string tracker, Sha1 info_hash, bool offers)
    : id_byte(certificate),
      seams_(network.seams(certificate)),
      tracker_(std::move(tracker)),
      info_hash_(info_hash),
      offers_(offers) {
  TrackersOptions options;
  options.context = context;
  options.own_id.bytes.fill(certificate);
  Trackers::Listener& listener = *this;
  trackers_ = seams_.make_trackers(std::move(options), listener);
  trackers_->join(company::to_signal(info_hash_), {tracker_}, {});
}

Stranger::~Stranger() {
  for (const auto& ear : ears_)
    ear->channel->set_listener(nullptr);
}

void Stranger::make_link() {
  Link::Listener& listener = *this;
  links_.push_back(seams_.make_link({}, listener));
  ++links;
}

void Stranger::on_reply(const std::string&, const signal::AnnounceReply&) {
  if (offers_ && !std::exchange(offered_, true))
    offer_again();
}

void Stranger::offer_again() {
  make_link();
  links_.back()->offer();
}

void Stranger::on_description(const std::string& sdp) {
  const auto hash = company::to_signal(info_hash_);
  if (offers_) {
    offer_id_.bytes[0] = static_cast<std::uint8_t>(links_.size());
    (void)trackers_->offer(tracker_, hash, {{offer_id_, sdp}});
  } else {
    trackers_->answer(tracker_, hash, to_, offer_id_, sdp);
  }
}

void Stranger::on_offer(const std::string&, const signal::RelayedOffer& offer) {
  ++offers_got;
  if (offers_ || !links_.empty())
    return;
  to_ = offer.peer_id;
  offer_id_ = offer.offer_id;
  make_link();
  (void)links_.back()->answer(offer.sdp);
}

void Stranger::on_answer(const std::string&, const signal::RelayedAnswer& answer) {
  (void)links_.back()->set_answer(answer.sdp);
}

void Stranger::on_connected() {
  linked = true;
  if (offers_)
    open(label);
}

void Stranger::open(const std::string& name) {
  listen(links_.back()->open_channel(name));
}

void Stranger::on_channel(const std::shared_ptr<Channel>& channel) {
  listen(channel);
}

void Stranger::listen(std::shared_ptr<Channel> channel) {
  ++channels;
  auto& ear = *ears_.emplace_back(std::make_unique<Ear>());
  ear.owner = this;
  ear.channel = std::move(channel);
  ear.channel->set_listener(&ear);
}

void Stranger::on_closed(Link::End, const std::string& why) {
  ended = true;
  reason = why;
}

void Stranger::say(Bytes bytes) {
  (void)ears_.back()->channel->send(bytes);
}

void Stranger::say(const wire::Message& message) {
  std::vector<std::byte> bytes;
  wire::append(bytes, message);
  say(bytes);
}

void Stranger::shake_hands() {
  wire::Handshake handshake;
  handshake.info_hash = info_hash_;
  handshake.peer_id.fill(static_cast<std::byte>(id_byte));
  std::vector<std::byte> bytes;
  wire::append(bytes, handshake);
  const std::string extended = "d1:md11:ut_metadatai1eee";
  wire::append(bytes, wire::Extended{0, std::as_bytes(std::span(extended))});
  wire::append(bytes, wire::HaveAll{});
  say(bytes);
}

} // namespace triad::kit
