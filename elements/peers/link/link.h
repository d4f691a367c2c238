// SPDX-License-Identifier: LGPL-2.1-or-later
// One link to one peer: ICE (libnice), DTLS 1.2 (OpenSSL), SCTP (usrsctp) with many data channels:
// WebRTC's wire format, so that a browser can be the other end.
//
// RFC 8445 (ICE), 8838 (trickle), 7675 (consent), 8261 (SCTP over DTLS), 8831 and 8832 (data
// channels). All calls and callbacks on the stack's context. A callback may do anything but destroy
// the link or the channel that calls; on_closed() is the last one, comes once, never from within
// close() or a call into the link, and after it the link may be destroyed. docs/link.md.
#pragma once

#include "release/hashes.h"
#include "release/result.h"

#include <glib.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad {

// What all links of a process share: usrsctp, the certificate, timers. One at a time in a process.
class LinkStack {
public:
  // The process's stack on `context`, made if there is none; goes with its last user.
  [[nodiscard]] static std::shared_ptr<LinkStack> get(GMainContext* context);
  // Whether there is one. Links that were closed or destroyed hold it for a few iterations of the
  // context more, in which relays are told; whoever stops the context waits for that.
  [[nodiscard]] static bool alive();
  virtual ~LinkStack() = default;
  [[nodiscard]] virtual const Sha256& fingerprint() const = 0; // of our certificate
};

struct TurnServer {
  std::string host; // name or address
  std::uint16_t port = 3478;
  std::string user, password;
  enum class Transport { udp, tcp } transport = Transport::udp;
  bool operator==(const TurnServer&) const = default;
};
struct StunServer {
  std::string host; // name or address
  std::uint16_t port = 3478;
  bool operator==(const StunServer&) const = default;
};
struct IceSettings {
  std::vector<StunServer> stun; // libnice asks the first
  std::vector<TurnServer> turn; // relayed candidates are used only where one is given
  bool relay_only = false;      // webrtcbin's ice-transport-policy=relay
  bool operator==(const IceSettings&) const = default;
};

struct LinkOptions {
  IceSettings ice;
  // How long a local description waits for candidates before it goes out with those that are there
  // (dead STUN servers); at least one is waited for.
  std::chrono::nanoseconds gathering = std::chrono::milliseconds(500);
  // From the remote description to connected; then the link ends with that reason.
  std::chrono::nanoseconds patience = std::chrono::seconds(20);
};

class Channel;

class Link {
public:
  enum class End {
    closed_here,  // close()
    closed_there, // DTLS close_notify, SCTP ABORT or SHUTDOWN
    ice_failed,   // no pair works
    consent_lost, // RFC 7675: the peer, or the way to it, is gone
    timeout,      // not connected within LinkOptions::patience
    fingerprint,  // the certificate is not the described one
    dtls,         // alert or failure
    sctp,         // association failed
    bad_message,  // what the peer sent breaks a protocol
  };
  class Listener {
  public:
    virtual ~Listener() = default;
    // The local offer or answer is ready to be sent. Once.
    virtual void on_description(const std::string& sdp) = 0;
    // Trickle out: a candidate (or, empty, the end of them) that came after the description.
    virtual void on_candidate(const std::string& line) { (void)line; }
    virtual void on_connected() = 0; // ICE, DTLS and SCTP are up; channels may be opened
    // The peer opened a channel; set its listener now, or reset() it.
    virtual void on_channel(const std::shared_ptr<Channel>& channel) = 0;
    virtual void on_closed(End end, const std::string& reason) = 0; // reason: for logs
  };
  struct Facts {
    std::string local_type, remote_type;       // "host", "srflx", "prflx", "relay"
    std::string local_address, remote_address; // as text, with port
    std::string
        own_address; // of this machine, that is sent from; without port; empty: not connected
    std::chrono::nanoseconds round_trip{
        0};                               // SCTP's smoothed one, 1 ms at least; 0: not measured yet
    std::uint64_t sent = 0, received = 0; // bytes of channel messages
    std::uint64_t queued = 0;             // bytes that SCTP holds and the peer did not ack
  };

  // `listener` outlives the link. Makes no description yet.
  [[nodiscard]] static std::unique_ptr<Link> make(std::shared_ptr<LinkStack> stack,
                                                  LinkOptions options, Listener& listener);
  virtual ~Link() = default; // ends it abruptly if it lives; no callback comes

  virtual void offer() = 0; // begins; on_description() gives the offer
  // Begins with a peer's offer; on_description() gives the answer. Errors: bad_message; then it has
  // not begun.
  [[nodiscard]] virtual Status answer(std::string_view offer) = 0;
  // The answer to offer(). Errors: bad_message.
  [[nodiscard]] virtual Status set_answer(std::string_view answer) = 0;
  // Trickle in ("candidate:..."; empty: the end). Those that can't be used are ignored.
  virtual void add_candidate(std::string_view line) = 0;

  // Opens a channel (reliable, ordered); before on_connected() too. Null if no stream is free: a
  // link has 64, the even ones for one side to open and the odd ones for the other.
  [[nodiscard]] virtual std::shared_ptr<Channel> open_channel(const std::string& label) = 0;

  virtual void close() = 0; // cleanly; on_closed(closed_here) follows
  [[nodiscard]] virtual bool connected() const = 0;
  [[nodiscard]] virtual const std::optional<Sha256>& peer_fingerprint() const = 0; // as described
  [[nodiscard]] virtual Facts facts() const = 0;
};

class Channel {
public:
  class Listener {
  public:
    virtual ~Listener() = default;
    virtual void on_open() = 0; // acknowledged (RFC 8832); at once for one that the peer opened
    virtual void on_message(Bytes bytes) = 0;
    virtual void on_writable() = 0; // after send() refused
    virtual void on_closed() = 0;   // reset by either side, or the link ended. The last call
  };
  virtual ~Channel() = default;

  virtual void set_listener(Listener* listener) = 0; // null: nobody listens any more
  [[nodiscard]] virtual const std::string& label() const = 0;
  // A binary message of at most 64 KiB. False: no room, nothing was taken; on_writable() follows.
  // There is room while the link has less unacknowledged than SCTP's window and 256 KiB, and
  // 896 KiB in all; where all links of the process have over 16 MiB, while it has less than 64 KiB.
  // Sent before the acknowledgement, too (RFC 8832, section 6).
  [[nodiscard]] virtual bool send(Bytes message) = 0;
  // Bytes of this link (all channels) that wait in SCTP: where a CANCEL can't reach.
  [[nodiscard]] virtual std::uint64_t queued() const = 0;
  virtual void reset() = 0; // closes it (RFC 8831, section 6.7); on_closed() does not follow
};

} // namespace triad
