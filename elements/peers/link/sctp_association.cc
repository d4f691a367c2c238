// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/sctp_association.h"

#include "peers/link/sctp_packet.h"

#include <usrsctp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace triad {
namespace {

// Send and receive buffers: 1 MiB fills 16 MB/s at 50 ms. They are limits, not allocations.
constexpr int buffer_size = 1024 * 1024;
// Payload waits before the buffer is full, so that the handshakes of channels always fit, and so
// that little lies where it can't be taken back: the window, which has to, and this much more.
constexpr std::uint64_t ahead = 256 * 1024, most = buffer_size - 128 * 1024;
// All links together; beyond that each may hold `scarce`.
constexpr std::uint64_t most_together = 16 * 1024 * 1024, scarce = 64 * 1024;

// A whole IP packet of 1200 bytes at most, of which 28 are IPv4's and UDP's, 37 DTLS's and 12
// SCTP's header, which usrsctp adds; it wants a multiple of 4. Path MTU discovery needs ICMP, which
// we don't see.
constexpr std::uint32_t path_mtu = (1200 - 28 - 37 - 12) & ~3;

// Milliseconds. At first: usrsctp's 3000 would cost a lost INIT 3 s. At least: a browser
// acknowledges after up to 200 ms.
constexpr std::uint32_t first_timeout = 1000, least_timeout = 1000;

// In usrsctp's source, and not in its public header.
constexpr int sctp_get_sndbuf_use = 0x1101;
struct SndbufUse {
  sctp_assoc_t association;
  std::uint32_t send, receive;
};

template <typename T>
bool set(struct socket* so, int level, int option, const T& value) {
  return usrsctp_setsockopt(so, level, option, &value, sizeof value) == 0;
}

bool set_up(struct socket* so) {
  const int on = 1;
  const linger abort{1, 0}; // closing sends ABORT at once and leaves nothing behind
  sctp_assoc_value reset{};
  reset.assoc_id = SCTP_ALL_ASSOC;
  reset.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ;
  sctp_initmsg streams{};
  streams.sinit_num_ostreams = SctpAssociation::streams;
  streams.sinit_max_instreams = SctpAssociation::accepted_streams;
  sctp_rtoinfo timeout{};
  timeout.srto_initial = first_timeout;
  timeout.srto_min = least_timeout;
  timeout.srto_max = 60'000;
  bool done =
      usrsctp_set_non_blocking(so, 1) == 0 && set(so, SOL_SOCKET, SO_LINGER, abort) &&
      set(so, SOL_SOCKET, SO_SNDBUF, buffer_size) && set(so, SOL_SOCKET, SO_RCVBUF, buffer_size) &&
      set(so, IPPROTO_SCTP, SCTP_NODELAY, on) &&
      set(so, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, reset) &&
      set(so, IPPROTO_SCTP, SCTP_INITMSG, streams) && set(so, IPPROTO_SCTP, SCTP_RTOINFO, timeout);
  sctp_event event{};
  event.se_assoc_id = SCTP_ALL_ASSOC;
  event.se_on = 1;
  for (const std::uint16_t type :
       {std::uint16_t{SCTP_ASSOC_CHANGE}, std::uint16_t{SCTP_STREAM_RESET_EVENT}}) {
    event.se_type = type;
    done = done && set(so, IPPROTO_SCTP, SCTP_EVENT, event);
  }
  return done;
}

sockaddr_conn address_of(SctpLibrary::Number number, std::uint16_t port) {
  sockaddr_conn address{};
  address.sconn_family = AF_CONN;
  address.sconn_port = g_htons(port);
  address.sconn_addr = reinterpret_cast<void*>(number);
  return address;
}

} // namespace

struct SctpCallbacks {
  static int on_receive(struct socket*, sctp_sockstore, void* data, std::size_t size,
                        sctp_rcvinfo info, int flags, void* number) noexcept {
    std::unique_ptr<std::byte[], SctpAssociation::Free> bytes(static_cast<std::byte*>(data));
    const auto id = reinterpret_cast<SctpLibrary::Number>(number);
    auto* association = static_cast<SctpAssociation*>(SctpLibrary::find(id));
    if (association && bytes) {
      association->events_.push_back(
          {std::move(bytes), size, g_ntohl(info.rcv_ppid), info.rcv_sid, flags});
      association->library_.note_event(id);
    }
    return 1;
  }
};

SctpAssociation::SctpAssociation(SctpLibrary& library, Listener& listener)
    : library_(library), listener_(listener), number_(library.add(*this)) {}

SctpAssociation::~SctpAssociation() {
  ended_ = true;
  if (socket_)
    usrsctp_close(socket_);
  library_.remove(number_);
  library_.count_queued(counted_, 0);
}

bool SctpAssociation::connect(std::uint16_t local_port, std::uint16_t remote_port) {
  library_.touch();
  socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, &SctpCallbacks::on_receive, nullptr,
                           0, reinterpret_cast<void*>(number_));
  if (!socket_ || !set_up(socket_))
    return false;
  sockaddr_conn here = address_of(number_, local_port);
  sockaddr_conn there = address_of(number_, remote_port);
  if (usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0 ||
      (usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0 &&
       errno != EINPROGRESS))
    return false;
  sctp_paddrparams path{};
  std::memcpy(&path.spp_address, &there, sizeof there);
  path.spp_flags = SPP_PMTUD_DISABLE;
  path.spp_pathmtu = path_mtu;
  return set(socket_, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path);
}

void SctpAssociation::receive(Bytes packet) {
  if (ended_ || !socket_ || !check_sctp_packet(packet))
    return; // as a packet that was damaged on its way
  library_.touch();
  usrsctp_conninput(reinterpret_cast<void*>(number_), packet.data(), packet.size(), 0);
  handle_events();
  if (wants_room_ && !ended_ && !full()) {
    wants_room_ = false;
    listener_.on_sctp_room();
  }
}

bool SctpAssociation::send(std::uint16_t stream, std::uint32_t ppid, Bytes message) {
  if (!up_ || ended_)
    return false;
  library_.touch();
  sctp_sendv_spa how{};
  how.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  how.sendv_sndinfo.snd_sid = stream;
  how.sendv_sndinfo.snd_flags = SCTP_EOR;
  how.sendv_sndinfo.snd_ppid = g_htonl(ppid);
  const auto sent = usrsctp_sendv(socket_, message.data(), message.size(), nullptr, 0, &how,
                                  sizeof how, SCTP_SENDV_SPA, 0);
  if (sent < 0)
    wants_room_ = true;
  return sent >= 0;
}

void SctpAssociation::reset_stream(std::uint16_t stream) {
  if (!up_ || ended_)
    return;
  library_.touch();
  alignas(sctp_reset_streams) std::array<std::byte, sizeof(sctp_reset_streams) + 2> space{};
  auto* request = reinterpret_cast<sctp_reset_streams*>(space.data());
  request->srs_flags = SCTP_STREAM_RESET_OUTGOING;
  request->srs_number_streams = 1;
  request->srs_stream_list[0] = stream;
  // usrsctp refuses nothing here that could be mended; it sends the request when it can.
  usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, request, space.size());
  if (std::find(resetting_.begin(), resetting_.end(), stream) == resetting_.end())
    resetting_.push_back(stream);
}

std::uint64_t SctpAssociation::queued() const {
  SndbufUse use{};
  socklen_t size = sizeof use;
  if (!socket_ || ended_ ||
      usrsctp_getsockopt(socket_, IPPROTO_SCTP, sctp_get_sndbuf_use, &use, &size) != 0)
    return 0;
  library_.count_queued(std::exchange(counted_, use.send), use.send);
  return use.send;
}

bool SctpAssociation::full() const {
  const std::uint64_t queue = queued();
  if (queue < limit(queue))
    return false;
  wants_room_ = true;
  return true;
}

std::uint64_t SctpAssociation::limit(std::uint64_t queued) const {
  if (library_.queued() > most_together)
    return scarce;
  if (queued < ahead)
    return ahead;
  sctp_status status{};
  socklen_t size = sizeof status;
  if (usrsctp_getsockopt(socket_, IPPROTO_SCTP, SCTP_STATUS, &status, &size) != 0)
    return ahead;
  return std::min(most, ahead + status.sstat_primary.spinfo_cwnd);
}

std::chrono::nanoseconds SctpAssociation::round_trip() const {
  sctp_status status{};
  socklen_t size = sizeof status;
  if (!up_ || ended_ || usrsctp_getsockopt(socket_, IPPROTO_SCTP, SCTP_STATUS, &status, &size) != 0)
    return {};
  // usrsctp cuts to whole milliseconds: on a fast line 0 is what it measured. Before it measured
  // anything its RTO is 0, or doubled by what was lost.
  const auto& path = status.sstat_primary;
  const bool measured = path.spinfo_srtt > 0 || path.spinfo_rto == least_timeout;
  return std::chrono::milliseconds(measured ? std::max(path.spinfo_srtt, 1U) : 0U);
}

void SctpAssociation::handle_events() {
  // What a listener calls may bring further events.
  for (std::size_t i = 0; i < events_.size() && !ended_; ++i) {
    const Event event = std::move(events_[i]);
    handle(event);
  }
  events_.clear();
}

void SctpAssociation::handle(const Event& event) {
  const Bytes bytes(event.bytes.get(), event.size);
  if ((event.flags & MSG_NOTIFICATION) == 0) {
    listener_.on_sctp_data(event.stream, event.ppid, bytes, (event.flags & MSG_EOR) != 0);
    return;
  }
  if (event.size >= sizeof(sctp_notification::sn_header))
    handle_notification(*reinterpret_cast<const sctp_notification*>(bytes.data()), event.size);
}

void SctpAssociation::handle_notification(const sctp_notification& notification, std::size_t size) {
  if (notification.sn_header.sn_type == SCTP_ASSOC_CHANGE && size >= sizeof(sctp_assoc_change)) {
    const sctp_assoc_change& change = notification.sn_assoc_change;
    int error = 0;
    socklen_t error_size = sizeof error;
    switch (change.sac_state) {
    case SCTP_COMM_UP:
      up_ = true;
      listener_.on_sctp_up(change.sac_outbound_streams);
      break;
    case SCTP_SHUTDOWN_COMP:
      end(End::by_peer, "SCTP SHUTDOWN");
      break;
    case SCTP_COMM_LOST:
    case SCTP_CANT_STR_ASSOC:
      usrsctp_getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &error_size);
      end(error == ECONNRESET || error == ECONNREFUSED ? End::by_peer : End::failed,
          (change.sac_state == SCTP_COMM_LOST ? "SCTP association lost, error "
                                              : "no SCTP association, error ") +
              std::to_string(change.sac_error));
      break;
    case SCTP_RESTART: // the peer forgot all channels
      end(End::failed, "SCTP association restarted");
      break;
    default:
      break;
    }
  } else if (notification.sn_header.sn_type == SCTP_STREAM_RESET_EVENT &&
             size >= sizeof(sctp_stream_reset_event)) {
    const sctp_stream_reset_event& reset = notification.sn_strreset_event;
    const std::size_t count = (size - sizeof reset) / sizeof(std::uint16_t);
    const bool failed =
        (reset.strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED)) != 0;
    std::vector<std::uint16_t> list(reset.strreset_stream_list, reset.strreset_stream_list + count);
    if (count == 0) // all of them
      for (std::uint16_t stream = 0; stream < accepted_streams; ++stream)
        list.push_back(stream);
    for (const std::uint16_t stream : list) {
      if (ended_ || failed)
        break;
      if ((reset.strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN) != 0 &&
          std::erase(resetting_, stream) > 0)
        listener_.on_sctp_reset_done(stream);
      if (!ended_ && (reset.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0)
        listener_.on_sctp_peer_reset(stream);
    }
    // Only one request may be under way; those that had to wait go now.
    for (const std::uint16_t stream : std::vector(resetting_))
      reset_stream(stream);
  }
}

void SctpAssociation::end(End end, const std::string& reason) {
  if (!std::exchange(ended_, true))
    listener_.on_sctp_end(end, reason);
}

} // namespace triad
