// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/data_channel.h"

#include "peers/link/data_channel_protocol.h"

#include <algorithm>
#include <array>

namespace triad {

bool DataChannels::Stream::send(Bytes message) {
  if (!channels_ || channels_->ended_ || state == State::closing || message.size() > max_send)
    return false;
  wants_room = true;
  // The opening goes first (RFC 8832, section 6).
  if (state == State::waiting || !channels_->control_.empty() || channels_->transport_.full())
    return false;
  static constexpr std::array<std::byte, 1> nothing{}; // SCTP has no empty messages: RFC 8831, 6.6
  const bool sent = message.empty() ? channels_->transport_.send(number, ppid_binary_empty, nothing)
                                    : channels_->transport_.send(number, ppid_binary, message);
  if (sent) {
    wants_room = false;
    channels_->sent_ += message.size();
  }
  return sent;
}

std::uint64_t DataChannels::Stream::queued() const {
  return channels_ && !channels_->ended_ ? channels_->transport_.queued() : 0;
}

void DataChannels::Stream::reset() {
  listener_ = nullptr;
  if (!channels_ || state == State::closing)
    return;
  if (state == State::waiting) {
    std::erase_if(channels_->waiting_, [this](const auto& other) { return other.get() == this; });
    channels_ = nullptr;
    return;
  }
  channels_->close_half(number);
}

void DataChannels::Stream::opened() {
  if (state != State::opening)
    return;
  state = State::open;
  if (listener_)
    listener_->on_open();
}

void DataChannels::Stream::closed() {
  if (Listener* listener = std::exchange(listener_, nullptr))
    listener->on_closed();
}

} // namespace triad
