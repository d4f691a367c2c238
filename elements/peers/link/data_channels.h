// SPDX-License-Identifier: LGPL-2.1-or-later
// The data channels of one link: opened in band (RFC 8832), closed by resetting their stream
// (RFC 8831, section 6.7), whose number is then used again.
//
// Knows no SCTP and no clock: messages and events come in, a MessageTransport takes what goes out.
#pragma once

#include "peers/link/link.h"
#include "peers/link/message_transport.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace triad {

class DataChannels {
public:
  static constexpr std::size_t max_channels = 64;
  static constexpr std::size_t max_send = 64 * 1024; // bytes of a message that goes out
  // Of one that comes in, put together from parts; and of all that are being put together.
  static constexpr std::size_t max_message = 256 * 1024, max_assembling = 512 * 1024;

  class Events {
  public:
    virtual void on_peer_channel(const std::shared_ptr<Channel>& channel) = 0;
    virtual void on_protocol_error(const std::string& reason) = 0; // the link should end

  protected:
    ~Events() = default;
  };

  DataChannels(MessageTransport& transport, Events& events);
  ~DataChannels(); // without telling the channels
  DataChannels(const DataChannels&) = delete;
  DataChannels& operator=(const DataChannels&) = delete;

  // Null: no stream is free. Before up(): half of the channels.
  [[nodiscard]] std::shared_ptr<Channel> open(const std::string& label);

  // The streams 0 to `streams` - 1 may be sent on; ours are the even ones if we are DTLS's client.
  void up(std::uint16_t streams, bool dtls_client);
  void data(std::uint16_t stream, std::uint32_t ppid, Bytes bytes, bool last);
  void peer_reset(std::uint16_t stream);
  void reset_done(std::uint16_t stream);
  void room(); // there is room again
  void end();  // tells all channels; nothing is done any more

  [[nodiscard]] std::uint64_t bytes_sent() const { return sent_; }
  [[nodiscard]] std::uint64_t bytes_received() const { return received_; }

private:
  class Stream;
  struct Control {
    std::uint16_t stream;
    std::vector<std::byte> message;
  };

  void assign(const std::shared_ptr<Stream>& channel, std::uint16_t stream);
  [[nodiscard]] std::optional<std::uint16_t> free_stream() const;
  void control(std::uint16_t stream, Bytes bytes);
  void peer_opens(std::uint16_t stream, std::string label, bool usable);
  void send_control(std::uint16_t stream, std::vector<std::byte> message);
  void drain_control();
  void close_half(std::uint16_t stream);
  void let_go(std::uint16_t stream);
  void broken(const std::string& reason);
  bool assemble(Stream& channel, Bytes bytes);

  MessageTransport& transport_;
  Events& events_;
  std::map<std::uint16_t, std::shared_ptr<Stream>> streams_;
  std::vector<std::shared_ptr<Stream>> waiting_; // for up()
  std::deque<Control> control_;                  // DCEP messages that found no room
  std::size_t assembling_ = 0;
  std::uint64_t sent_ = 0, received_ = 0;
  std::uint16_t next_writer_ = 0; // fairness
  std::uint16_t usable_ = 0;      // streams
  bool up_ = false, dtls_client_ = false, ended_ = false;
};

} // namespace triad
