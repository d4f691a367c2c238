// SPDX-License-Identifier: LGPL-2.1-or-later
// What a peer does with a link's channels, one step a line: a letter, a character whose low bits
// name the stream, and bytes. Channels open and close once, in this order; nothing is told of one
// that was reset; a message is bounded; after a protocol error nothing is told at all.
#include "peers/link/data_channels.h"
#include "fuzz/require.h"
#include "peers/link/data_channel_protocol.h"

#include <set>
#include <string_view>

namespace {

using namespace triad;

class Peer final : public MessageTransport, public DataChannels::Events {
public:
  // Has a listener that checks what it is told.
  struct End final : Channel::Listener {
    void on_open() override { FUZZ_REQUIRE(!closed && !reset && ++opened == 1); }
    void on_message(Bytes bytes) override {
      FUZZ_REQUIRE(!closed && !reset && opened == 1);
      FUZZ_REQUIRE(bytes.size() <= DataChannels::max_message);
    }
    void on_writable() override { FUZZ_REQUIRE(!closed && !reset); }
    void on_closed() override {
      FUZZ_REQUIRE(!closed && !reset);
      closed = true;
    }
    std::shared_ptr<Channel> channel;
    int opened = 0;
    bool closed = false, reset = false;
  };

  bool send(std::uint16_t stream, std::uint32_t ppid, Bytes message) override {
    FUZZ_REQUIRE(stream < DataChannels::max_channels && !message.empty());
    FUZZ_REQUIRE(message.size() <= DataChannels::max_send);
    FUZZ_REQUIRE(ppid == ppid_dcep || ppid == ppid_binary || ppid == ppid_binary_empty);
    return !is_full && !resetting.contains(stream); // as usrsctp
  }
  void reset_stream(std::uint16_t stream) override { resetting.insert(stream); }
  [[nodiscard]] std::uint64_t queued() const override { return 0; }
  [[nodiscard]] bool full() const override { return is_full; }

  void on_peer_channel(const std::shared_ptr<Channel>& channel) override {
    FUZZ_REQUIRE(!broken);
    FUZZ_REQUIRE(channel->label().size() <= max_channel_label);
    take(channel);
  }
  void on_protocol_error(const std::string& reason) override {
    FUZZ_REQUIRE(!reason.empty());
    broken = true;
  }

  void take(std::shared_ptr<Channel> channel) {
    ends.push_back(std::make_unique<End>());
    channel->set_listener(ends.back().get());
    ends.back()->channel = std::move(channel);
  }

  std::vector<std::unique_ptr<End>> ends;
  std::set<std::uint16_t> resetting;
  bool is_full = false, broken = false;
};

void step(Peer& peer, DataChannels& channels, std::string_view line) {
  const auto number = static_cast<unsigned char>(line.size() > 1 ? line[1] : 0);
  const auto stream = static_cast<std::uint16_t>(number % 72); // some are beyond ours
  const std::string_view text = line.substr(std::min<std::size_t>(2, line.size()));
  const Bytes bytes = std::as_bytes(std::span(text));
  switch (line[0]) {
  case 'o': {
    ChannelOpen open;
    open.label = text.substr(0, max_channel_label);
    open.ordered = text.size() % 5 != 4;
    channels.data(stream, ppid_dcep, write_channel_open(open), true);
    break;
  }
  case 'a':
    channels.data(stream, ppid_dcep, write_channel_ack(), true);
    break;
  case 'c':
    channels.data(stream, ppid_dcep, bytes, text.size() % 2 == 0);
    break;
  case 'm': // a message, or part of a large one
  case 'p':
    channels.data(stream, text.size() % 7 == 6 ? ppid_binary_empty : ppid_binary, bytes,
                  line[0] == 'm');
    break;
  case 'P':
    channels.data(stream, ppid_string, std::vector<std::byte>(60'000), false);
    break;
  case 'r':
    channels.peer_reset(stream);
    break;
  case 'd':
    if (peer.resetting.erase(stream) > 0)
      channels.reset_done(stream);
    break;
  case 'f':
    peer.is_full = true;
    break;
  case 'w':
    peer.is_full = false;
    channels.room();
    break;
  case 'O':
    if (auto channel = channels.open(std::string(text.substr(0, max_channel_label))))
      peer.take(std::move(channel));
    break;
  case 'R':
  case 's':
    if (!peer.ends.empty()) {
      Peer::End& end = *peer.ends[number % peer.ends.size()];
      if (line[0] == 's') {
        (void)end.channel->send(bytes);
      } else if (!end.reset) {
        end.channel->reset();
        end.reset = true;
      }
    }
    break;
  default:
    break;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Peer peer;
  {
    DataChannels channels(peer, peer);
    const bool client = !rest.empty() && rest[0] % 2 == 0;
    bool up = false;
    while (!rest.empty() && !peer.broken) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.empty())
        continue;
      if (!up && line[0] != 'O') { // those of the peer come when the link is up
        up = true;
        channels.up(64, client);
      }
      step(peer, channels, line);
    }
    channels.end();
    for (const auto& end : peer.ends)
      FUZZ_REQUIRE(end->closed || end->reset);
  }
  for (const auto& end : peer.ends)
    FUZZ_REQUIRE(!end->channel->send({}));
  return 0;
}
