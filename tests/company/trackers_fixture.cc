// SPDX-License-Identifier: LGPL-2.1-or-later
#include "trackers_fixture.h"

#include <utility>

namespace triad::test {

signal::InfoHash info_hash(char filled_with) {
  signal::InfoHash hash;
  hash.bytes.fill(static_cast<std::uint8_t>(filled_with));
  return hash;
}

Node::Node(GMainContext* context, char name, TrackersOptions options) {
  id.bytes.fill(static_cast<std::uint8_t>(name));
  options.context = context;
  options.own_id = id;
  options.seed = static_cast<std::uint64_t>(name);
  trackers = Trackers::make(std::move(options), *this);
}

void Node::on_reply(const std::string&, const signal::AnnounceReply& reply) {
  replies.push_back(reply);
  if (when_told)
    when_told();
}

void Node::on_offer(const std::string&, const signal::RelayedOffer& offer) {
  offers.push_back({offer.info_hash, offer.peer_id, offer.offer_id, std::string(offer.sdp)});
  if (when_told)
    when_told();
}

void Node::on_answer(const std::string&, const signal::RelayedAnswer& answer) {
  answers.push_back({answer.info_hash, answer.peer_id, answer.offer_id, std::string(answer.sdp)});
}

void Node::on_scrape(const std::string&, const signal::ScrapeEntry& entry) {
  scrapes.push_back(entry);
}

void Node::on_announcing(const std::string& tracker, const signal::InfoHash& hash) {
  ++announcing;
  if (when_announcing)
    when_announcing(tracker, hash);
}

void Node::on_state(const std::string&, bool connected, const std::string& reason) {
  if (connected)
    ++opened;
  else
    reasons.push_back(reason);
  if (when_told)
    when_told();
}

} // namespace triad::test
