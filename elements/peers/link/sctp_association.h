// SPDX-License-Identifier: LGPL-2.1-or-later
// One SCTP association over one DTLS connection: RFC 8261, RFC 4960, streams reset by RFC 6525.
//
// The context's thread only. The listener is called from receive() and from the library's timer,
// never from within send(), reset_stream() or connect(); it may do anything but destroy the
// association.
#pragma once

#include "peers/link/message_transport.h"
#include "peers/link/sctp_library.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

struct socket;
union sctp_notification;

namespace triad {

class SctpAssociation final : public MessageTransport, SctpLibrary::User {
public:
  static constexpr std::uint16_t streams = 64;           // that we send on
  static constexpr std::uint16_t accepted_streams = 256; // that a peer may send on

  enum class End { by_peer, failed };
  class Listener {
  public:
    virtual void on_sctp_packet(Bytes packet) = 0;      // to be sent; must not call the association
    virtual void on_sctp_up(std::uint16_t streams) = 0; // those that we may send on
    // A message, or (`last` false) a part of one.
    virtual void on_sctp_data(std::uint16_t stream, std::uint32_t ppid, Bytes bytes, bool last) = 0;
    virtual void on_sctp_peer_reset(std::uint16_t stream) = 0; // the peer's half begins anew
    virtual void on_sctp_reset_done(std::uint16_t stream) = 0; // ours does
    virtual void on_sctp_room() = 0;                           // after full() or a refused send()
    virtual void on_sctp_end(End end, const std::string& reason) = 0; // once

  protected:
    ~Listener() = default;
  };

  SctpAssociation(SctpLibrary& library, Listener& listener);
  ~SctpAssociation(); // aborts it: the last packet goes out from here
  SctpAssociation(const SctpAssociation&) = delete;
  SctpAssociation& operator=(const SctpAssociation&) = delete;

  // Both sides connect. False: usrsctp refuses (out of memory).
  [[nodiscard]] bool connect(std::uint16_t local_port, std::uint16_t remote_port);
  void receive(Bytes packet); // decrypted, from the peer

  [[nodiscard]] bool send(std::uint16_t stream, std::uint32_t ppid, Bytes message) override;
  void reset_stream(std::uint16_t stream) override;
  [[nodiscard]] std::uint64_t queued() const override;
  [[nodiscard]] bool full() const override;

  [[nodiscard]] std::chrono::nanoseconds round_trip() const; // smoothed; 0: not measured yet

private:
  struct Free {
    void operator()(void* data) const { std::free(data); } // as usrsctp allocates
  };
  struct Event {
    std::unique_ptr<std::byte[], Free> bytes;
    std::size_t size;
    std::uint32_t ppid;
    std::uint16_t stream;
    int flags;
  };
  friend struct SctpCallbacks;

  void send_packet(Bytes packet) override { listener_.on_sctp_packet(packet); }
  void handle_events() override;
  void handle(const Event& event);
  void handle_notification(const sctp_notification& notification, std::size_t size);
  void end(End end, const std::string& reason);
  [[nodiscard]] std::uint64_t limit(std::uint64_t queued) const;

  SctpLibrary& library_;
  Listener& listener_;
  SctpLibrary::Number number_;
  struct socket* socket_ = nullptr;
  std::vector<Event> events_; // noted by usrsctp's callbacks
  std::vector<std::uint16_t> resetting_;
  mutable std::uint64_t counted_ = 0; // what the library has of queued()
  mutable bool wants_room_ = false;
  bool up_ = false, ended_ = false;
};

} // namespace triad
