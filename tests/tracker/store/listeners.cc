// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/listeners.h"

#include <boost/test/unit_test.hpp>

#include <poll.h>

#include <algorithm>
#include <cstring>

namespace triad::testing {
namespace {

using Clock = std::chrono::steady_clock;

template <typename Id>
Id numbered(unsigned number) {
  Id id;
  id.bytes.fill(0x42);
  std::memcpy(id.bytes.data(), &number, sizeof number);
  return id;
}

} // namespace

bool Listener::met(const Listener& other) const {
  return std::find(answered.begin(), answered.end(), other.id) != answered.end();
}

Listener& Listeners::join(const std::string& url, unsigned swarm, unsigned peer, bool seeder) {
  auto listener = std::make_unique<Listener>();
  listener->swarm = numbered<signal::InfoHash>(swarm);
  listener->id = numbered<signal::PeerId>(peer);
  listener->seeder = seeder;
  all_.push_back(std::move(listener));
  move(*all_.back(), url);
  return *all_.back();
}

void Listeners::move(Listener& listener, const std::string& url) {
  listener.client = std::make_unique<test::WebSocketClient>(url);
  BOOST_REQUIRE(listener.client->upgrade().status == 101u);
  listener.hung_up = false;
}

void Listeners::leave(Listener& listener) {
  std::erase_if(all_, [&](const auto& each) { return each.get() == &listener; });
}

void Listeners::forget() {
  for (const auto& each : all_) {
    each->replies = 0;
    each->offered.clear();
    each->answered.clear();
  }
}

bool Listeners::none_hung_up() const {
  return std::none_of(all_.begin(), all_.end(), [](const auto& each) { return each->hung_up; });
}

double Listeners::announce_until(const char* what, const std::function<bool()>& holds) {
  const auto begin = Clock::now();
  while (!holds()) {
    BOOST_REQUIRE_MESSAGE(Clock::now() - begin < std::chrono::minutes(2), "in vain: " << what);
    for (const auto& each : all_)
      if (!each->hung_up)
        announce(*each);
    hear(std::chrono::milliseconds(250));
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  BOOST_TEST_MESSAGE(what << ": " << seconds << " s");
  return seconds;
}

void Listeners::announce(Listener& listener) {
  signal::AnnounceRequest request;
  request.info_hash = listener.swarm;
  request.peer_id = listener.id;
  request.left = listener.seeder ? 0 : 1000;
  for (int i = 0; i < 2; ++i) {
    signal::Offer offer{{}, "v=0\r\n"};
    offer.id.bytes.fill(++offers_);
    request.offers.push_back(offer);
  }
  listener.client->send_text(write(request));
}

void Listeners::hear(std::chrono::milliseconds most) {
  const auto end = Clock::now() + most;
  std::vector<pollfd> waiting;
  for (const auto& each : all_)
    waiting.push_back({each->hung_up ? -1 : each->client->socket(), POLLIN, 0});
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now);
    if (poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0)
      break;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0)
        continue;
      do {
        const std::string frame = all_[i]->client->read_text();
        if (frame.empty()) {
          all_[i]->hung_up = true;
          waiting[i].fd = -1;
        } else {
          take(*all_[i], frame);
        }
      } while (!all_[i]->hung_up && all_[i]->client->pending());
    }
  }
}

void Listeners::take(Listener& listener, const std::string& frame) {
  const auto reply = parser_.parse(frame);
  BOOST_REQUIRE(reply);
  if (const auto* offer = std::get_if<signal::RelayedOffer>(&*reply)) {
    listener.offered.push_back(offer->peer_id);
    listener.client->send_text(write(signal::AnswerRequest{
        listener.swarm, listener.id, offer->peer_id, offer->offer_id, "v=0\r\na=answer\r\n"}));
  } else if (const auto* answer = std::get_if<signal::RelayedAnswer>(&*reply)) {
    listener.answered.push_back(answer->peer_id);
  } else if (const auto* numbers = std::get_if<signal::AnnounceReply>(&*reply)) {
    ++listener.replies;
    listener.complete = numbers->complete;
    listener.incomplete = numbers->incomplete;
  } else {
    BOOST_FAIL("not expected: " << frame);
  }
}

} // namespace triad::testing
