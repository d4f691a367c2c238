// SPDX-License-Identifier: LGPL-2.1-or-later
// Bytes from the channel into the conversation, and its output back, as fast as the channel takes
// it.
#include "peers/company/peer.h"

#include "peers/company/links.h"

#include <algorithm>
#include <span>
#include <utility>

namespace triad::company {

namespace {

// One block with its header: what takes the least messages without delaying others on the link.
constexpr std::size_t message_size = block_size + 13;

// What a peer may say in so long, but for blocks: three times what asking for 100 MB/s takes. News
// that make us look at it afresh count for many.
constexpr std::uint32_t most_messages = 100'000;
constexpr auto messages_period = std::chrono::seconds(5);
constexpr std::uint32_t price_of_news = 50;

bool is_news(const wire::ConversationEvent& event) {
  const auto* changed = std::get_if<wire::AvailabilityChanged>(&event);
  return (changed && !changed->piece) || std::holds_alternative<wire::ChokedChanged>(event) ||
         std::holds_alternative<wire::InterestChanged>(event) ||
         std::holds_alternative<wire::PeerFeatures>(event);
}

} // namespace

Peer::Peer(PeerNumber number, Meeting meeting, wire::ConversationSettings settings,
           wire::ConversationContent content, Owner& owner, Tasks& tasks)
    : since(owner.now()),
      useful(since),
      number_(number),
      info_hash_(settings.info_hash),
      meeting_(std::move(meeting)),
      conversation_(std::move(settings), content),
      owner_(owner),
      tasks_(tasks),
      talk_(most_messages, messages_period) {}

Peer::~Peer() {
  end();
}

void Peer::start() {
  meeting_.channel->set_listener(this);
  work_soon();
}

void Peer::work_soon() {
  if (draining_ || work_posted_ || over_)
    return;
  work_posted_ = true;
  tasks_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->work_posted_ = false;
      self->drain();
    }
  });
}

void Peer::end() {
  if (std::exchange(over_, true))
    return;
  meeting_.channel->set_listener(nullptr);
  meeting_.channel->reset();
}

Time Peer::round_trip() const {
  return meeting_.link->link->facts().round_trip;
}

void Peer::on_message(Bytes bytes) {
  const auto self = shared_from_this();
  if (over_)
    return;
  if (const auto status = conversation_.receive(bytes); !status) {
    over(status.error().message, true);
    return;
  }
  const auto messages = conversation_.messages();
  if (bear(messages - std::exchange(borne_, messages)))
    drain();
}

bool Peer::bear(std::uint64_t messages) {
  if (messages == 0 ||
      (messages <= most_messages && talk_.take(owner_.now(), static_cast<std::uint32_t>(messages))))
    return true;
  over("it floods us with messages", true);
  return false;
}

void Peer::on_writable() {
  const auto self = shared_from_this();
  if (!over_)
    flush();
}

void Peer::on_closed() {
  const auto self = shared_from_this();
  if (!over_)
    over("the peer closed the channel", false);
}

void Peer::drain() {
  if (over_ || draining_)
    return;
  draining_ = true;
  while (!over_) {
    const auto event = conversation_.poll();
    if (!event)
      break;
    if (!is_news(*event) || bear(price_of_news))
      owner_.on_event(*this, *event);
  }
  draining_ = false;
  if (!over_)
    flush();
}

// Output is taken only while there is room: what a peer asks for and does not read must not pile up
// here (the conversation bounds it).
void Peer::flush() {
  for (;;) {
    if (waiting_from_ == waiting_.size()) {
      waiting_ = conversation_.take_output();
      waiting_from_ = 0;
      if (waiting_.empty())
        return;
    }
    const auto rest = std::span(waiting_).subspan(waiting_from_);
    const auto message = rest.first(std::min(message_size, rest.size()));
    if (!meeting_.channel->send(message)) {
      if (!stuck_since_)
        stuck_since_ = owner_.now();
      return;
    }
    waiting_from_ += message.size();
    stuck_since_.reset();
  }
}

void Peer::over(const std::string& reason, bool misbehaved) {
  owner_.on_over(*this, reason, misbehaved);
}

} // namespace triad::company
