// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/fixture.h"

#include "kit/random.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iterator>

namespace triad::tracker {
namespace {

struct Reader {
  Sent& sent;

  void operator()(const signal::AnnounceReply& reply) const {
    sent.kind = Sent::Kind::reply;
    sent.info_hash = reply.info_hash;
    sent.interval = reply.interval;
    sent.complete = reply.complete;
    sent.incomplete = reply.incomplete;
    if (reply.triad) {
      sent.peers = reply.triad->peers;
      sent.stun = reply.triad->stun;
    }
  }
  void operator()(const signal::RelayedOffer& offer) const {
    sent.kind = Sent::Kind::offer;
    relayed(offer);
  }
  void operator()(const signal::RelayedAnswer& answer) const {
    sent.kind = Sent::Kind::answer;
    relayed(answer);
  }
  void operator()(const signal::ScrapeReply& reply) const {
    sent.kind = Sent::Kind::scrape;
    sent.files = reply.files;
    sent.interval = reply.min_request_interval;
  }
  void operator()(const signal::Failure& failure) const {
    sent.kind = Sent::Kind::failure;
    sent.info_hash = failure.info_hash;
    sent.text = failure.reason;
  }
  template <typename Relayed>
  void relayed(const Relayed& relayed) const {
    sent.info_hash = relayed.info_hash;
    sent.peer = relayed.peer_id;
    sent.offer = relayed.offer_id;
    sent.text = relayed.sdp;
  }
};

template <typename Id>
Id made(std::string_view prefix, unsigned number) {
  Id id;
  std::copy(prefix.begin(), prefix.end(), id.bytes.begin());
  kit::Random random(number + (std::uint64_t{prefix.size()} << 32));
  for (std::size_t i = prefix.size(); i < id.bytes.size(); ++i)
    id.bytes[i] =
        static_cast<std::uint8_t>(prefix.empty() ? random.next() : '+' + random.below(80));
  return id;
}

} // namespace

void Recorder::send(ConnectionId to, std::string_view frame) {
  const auto reply = parser_.parse(frame);
  if (!reply) {
    BOOST_FAIL(frame << ": " << reply.error().message);
    return;
  }
  Sent& now = sent.emplace_back();
  now.to = to;
  std::visit(Reader{now}, *reply);
}

std::vector<Sent> Recorder::of(Sent::Kind kind) const {
  std::vector<Sent> found;
  std::copy_if(sent.begin(), sent.end(), std::back_inserter(found),
               [&](const Sent& one) { return one.kind == kind; });
  return found;
}

Sent Recorder::only(Sent::Kind kind) const {
  const auto found = of(kind);
  BOOST_REQUIRE_EQUAL(found.size(), 1);
  return found.front();
}

signal::InfoHash hash_of(unsigned number) {
  return made<signal::InfoHash>("", number);
}

signal::PeerId peer_of(unsigned number) {
  return made<signal::PeerId>("-WW0300-", number);
}

signal::OfferId offer_of(unsigned number) {
  return made<signal::OfferId>("", number + 1'000'000'000);
}

void SwarmsFixture::announce(ConnectionId from, unsigned swarm, unsigned peer, const Call& call,
                             Permit* permit) {
  signal::AnnounceRequest request;
  request.info_hash = hash_of(swarm);
  request.peer_id = peer_of(peer);
  request.event = call.event;
  request.left = call.left;
  request.numwant = call.numwant;
  for (unsigned i = 0; i < call.offers; ++i)
    request.offers.push_back({offer_of(call.first_offer + i), sdp});
  swarms.receive(from, signal::write(request), permit, now);
}

void SwarmsFixture::answer(ConnectionId from, unsigned swarm, unsigned peer, unsigned to,
                           unsigned offer) {
  signal::AnswerRequest request;
  request.info_hash = hash_of(swarm);
  request.peer_id = peer_of(peer);
  request.to_peer_id = peer_of(to);
  request.offer_id = offer_of(offer);
  request.sdp = "v=1\r\n";
  swarms.receive(from, signal::write(request), nullptr, now);
}

signal::ScrapeEntry SwarmsFixture::scrape(unsigned swarm) {
  box.clear();
  signal::ScrapeRequest request;
  request.info_hashes = {hash_of(swarm)};
  swarms.receive(9999, signal::write(request), nullptr, now);
  const auto files = box.only(Sent::Kind::scrape).files;
  box.clear();
  BOOST_REQUIRE_EQUAL(files.size(), 1);
  return files.front();
}

} // namespace triad::tracker
