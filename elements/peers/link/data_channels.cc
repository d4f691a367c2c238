// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/data_channels.h"

#include "peers/link/data_channel.h"
#include "peers/link/data_channel_protocol.h"

#include <algorithm>
#include <utility>

namespace triad {

DataChannels::DataChannels(MessageTransport& transport, Events& events)
    : transport_(transport), events_(events) {}

DataChannels::~DataChannels() {
  for (const auto& [number, channel] : streams_)
    channel->detach();
  for (const auto& channel : waiting_)
    channel->detach();
}

std::shared_ptr<Channel> DataChannels::open(const std::string& label) {
  if (ended_ || label.size() > max_channel_label)
    return nullptr;
  auto channel = std::make_shared<Stream>(*this, label);
  if (!up_) {
    if (waiting_.size() >= max_channels / 2)
      return nullptr;
    waiting_.push_back(channel);
    return channel;
  }
  const auto stream = free_stream();
  if (!stream)
    return nullptr;
  assign(channel, *stream);
  return channel;
}

std::optional<std::uint16_t> DataChannels::free_stream() const {
  for (std::uint16_t stream = dtls_client_ ? 0 : 1; stream < usable_;
       stream = static_cast<std::uint16_t>(stream + 2))
    if (!streams_.contains(stream))
      return stream;
  return std::nullopt;
}

void DataChannels::assign(const std::shared_ptr<Stream>& channel, std::uint16_t stream) {
  channel->number = stream;
  channel->state = Stream::State::opening;
  streams_.emplace(stream, channel);
  ChannelOpen open;
  open.label = channel->label();
  send_control(stream, write_channel_open(open));
}

void DataChannels::up(std::uint16_t streams, bool dtls_client) {
  up_ = true;
  usable_ = std::min(streams, static_cast<std::uint16_t>(max_channels));
  dtls_client_ = dtls_client;
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& channel : waiting) {
    if (const auto stream = free_stream()) {
      assign(channel, *stream);
    } else { // the peer takes fewer streams than we hoped for
      channel->detach();
      channel->closed();
    }
  }
  room();
}

void DataChannels::data(std::uint16_t stream, std::uint32_t ppid, Bytes bytes, bool last) {
  if (ended_)
    return;
  if (ppid == ppid_dcep) {
    if (last)
      control(stream, bytes);
    else
      broken("an endless DCEP message");
    return;
  }
  const auto found = streams_.find(stream);
  if (found == streams_.end() || found->second->state == Stream::State::closing)
    return; // on its way when we closed the channel
  const std::shared_ptr<Stream> channel = found->second;
  const bool empty = ppid == ppid_binary_empty || ppid == ppid_string_empty;
  if (!empty && ppid != ppid_binary && ppid != ppid_string)
    return;
  if (channel->state == Stream::State::opening)
    channel->opened(); // what is sent after the acknowledgement may overtake it
  if (ended_ || channel->state == Stream::State::closing)
    return;
  if (!channel->parts.empty() || !last) {
    if (!assemble(*channel, bytes) || !last)
      return;
    bytes = channel->parts;
  }
  const std::vector<std::byte> parts = std::exchange(channel->parts, {}); // `bytes` may lie in it
  assembling_ -= parts.size();
  if (empty)
    bytes = {};
  received_ += bytes.size();
  if (!ended_ && channel->listener())
    channel->listener()->on_message(bytes);
}

bool DataChannels::assemble(Stream& channel, Bytes bytes) {
  if (channel.parts.size() + bytes.size() > max_message ||
      assembling_ + bytes.size() > max_assembling) {
    broken("a message of more than " + std::to_string(max_message) + " bytes");
    return false;
  }
  channel.parts.insert(channel.parts.end(), bytes.begin(), bytes.end());
  assembling_ += bytes.size();
  return true;
}

void DataChannels::control(std::uint16_t stream, Bytes bytes) {
  const auto message = parse_channel_message(bytes);
  if (!message) {
    broken(message.error().message);
    return;
  }
  if (const auto* open = std::get_if<ChannelOpen>(&*message)) {
    // A byte stream needs a channel that keeps order and loses nothing.
    peer_opens(stream, open->label, open->ordered && open->reliable);
  } else if (const auto found = streams_.find(stream); found != streams_.end()) {
    const std::shared_ptr<Stream> channel = found->second;
    channel->opened();
  }
}

void DataChannels::peer_opens(std::uint16_t stream, std::string label, bool usable) {
  if ((stream % 2 == 0) == dtls_client_) {
    broken("a channel opened on a stream of ours");
    return;
  }
  if (stream >= usable_)
    return; // we have no way to answer; the peer waits for it in vain
  if (const auto found = streams_.find(stream); found != streams_.end()) {
    // It may know before us that our half is reset, too.
    if (!found->second->peers_half_done) {
      broken("a channel opened twice");
      return;
    }
    let_go(stream);
  }
  auto channel = std::make_shared<Stream>(*this, std::move(label));
  channel->number = stream;
  channel->state = Stream::State::open;
  streams_.emplace(stream, channel);
  if (!usable) {
    close_half(stream);
    return;
  }
  send_control(stream, write_channel_ack());
  events_.on_peer_channel(channel);
  if (!ended_ && channel->state == Stream::State::open && channel->listener())
    channel->listener()->on_open();
}

void DataChannels::send_control(std::uint16_t stream, std::vector<std::byte> message) {
  control_.push_back({stream, std::move(message)});
  drain_control();
  if (control_.size() > max_channels * 2)
    broken("channels opened without end");
}

void DataChannels::drain_control() {
  while (!control_.empty() &&
         transport_.send(control_.front().stream, ppid_dcep, control_.front().message))
    control_.pop_front();
}

void DataChannels::close_half(std::uint16_t stream) {
  Stream& channel = *streams_.at(stream);
  channel.state = Stream::State::closing;
  assembling_ -= channel.parts.size();
  channel.parts = {};
  drain_control();
  std::erase_if(control_, [stream](const Control& control) { return control.stream == stream; });
  transport_.reset_stream(stream);
}

void DataChannels::peer_reset(std::uint16_t stream) {
  const auto found = streams_.find(stream);
  if (ended_ || found == streams_.end())
    return;
  const std::shared_ptr<Stream> channel = found->second;
  channel->peers_half_done = true;
  if (channel->state != Stream::State::closing)
    close_half(stream);
  if (channel->our_half_done)
    let_go(stream);
  channel->closed();
}

void DataChannels::reset_done(std::uint16_t stream) {
  const auto found = streams_.find(stream);
  if (ended_ || found == streams_.end() || found->second->state != Stream::State::closing)
    return; // of one whose stream the peer has taken again
  found->second->our_half_done = true;
  if (found->second->peers_half_done)
    let_go(stream);
}

void DataChannels::let_go(std::uint16_t stream) {
  const auto found = streams_.find(stream);
  found->second->detach();
  streams_.erase(found);
}

void DataChannels::room() {
  drain_control();
  std::vector<std::shared_ptr<Stream>> channels; // the one after the last that was served first
  for (const auto& [number, channel] : streams_)
    if (channel->wants_room)
      channels.push_back(channel);
  std::stable_partition(channels.begin(), channels.end(),
                        [this](const auto& channel) { return channel->number >= next_writer_; });
  for (const auto& channel : channels) {
    if (ended_ || !control_.empty() || transport_.full())
      return;
    next_writer_ = static_cast<std::uint16_t>(channel->number + 1);
    if (channel->state == Stream::State::closing || !std::exchange(channel->wants_room, false))
      continue;
    if (Channel::Listener* listener = channel->listener())
      listener->on_writable();
  }
}

void DataChannels::end() {
  if (std::exchange(ended_, true))
    return;
  std::vector<std::shared_ptr<Stream>> channels = std::exchange(waiting_, {});
  for (const auto& [number, channel] : std::exchange(streams_, {}))
    channels.push_back(channel);
  control_.clear();
  for (const auto& channel : channels)
    channel->detach();
  for (const auto& channel : channels)
    channel->closed();
}

void DataChannels::broken(const std::string& reason) {
  if (!ended_)
    events_.on_protocol_error(reason);
}

} // namespace triad
