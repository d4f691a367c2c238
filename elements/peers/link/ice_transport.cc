// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/ice_transport.h"

#include "peers/link/ice_addresses.h"
#include "peers/link/watched_sockets.h"

#include <nice/agent.h>
#include <nice/interfaces.h>

#include <algorithm>
#include <array>
#include <utility>

extern "C" void* gupnp_simple_igd_thread_new();

namespace triad {
namespace {

// Makes the linker keep the library of no_upnp.cc, which nobody else calls.
[[gnu::used]] void* (*const no_upnp)() = &gupnp_simple_igd_thread_new;

constexpr guint component = 1;
constexpr std::size_t per_dispatch = 32; // datagrams; other sources of the context wait meanwhile
constexpr std::size_t largest = 2048;    // bytes of a datagram: DTLS keeps to 1200
constexpr guint pacing = 5;              // milliseconds between checks, the least of RFC 8445, 14.2

class NiceTransport final : public IceTransport, PacketBatch::Owner {
public:
  NiceTransport(GMainContext* context, PacketBatch& batch, std::shared_ptr<void> keep,
                const IceSettings& settings, bool controlling, Listener& listener)
      : context_(context),
        batch_(batch),
        keep_(std::move(keep)),
        settings_(settings),
        listener_(listener),
        sockets_(context, [this] { dispatch(); }),
        agent_(nice_agent_new_full(
            context, NICE_COMPATIBILITY_RFC5245,
            static_cast<NiceAgentOption>(NICE_AGENT_OPTION_ICE_TRICKLE |
                                         NICE_AGENT_OPTION_CONSENT_FRESHNESS))) {
    g_object_set(agent_, "upnp", FALSE, "ice-tcp", FALSE, "controlling-mode",
                 static_cast<gboolean>(controlling), "stun-pacing-timer", pacing, "force-relay",
                 static_cast<gboolean>(settings_.relay_only), nullptr);
    // A relay over UDP tells the reflexive address, too. A STUN server's answer beside it is not
    // understood by libnice 0.1.21, which then waits 2 s for it.
    const bool relay_tells =
        std::any_of(settings_.turn.begin(), settings_.turn.end(), [](const TurnServer& turn) {
          return turn.transport == TurnServer::Transport::udp;
        });
    if (!settings_.stun.empty() && !relay_tells)
      g_object_set(agent_, "stun-server", settings_.stun.front().host.c_str(), "stun-server-port",
                   guint{settings_.stun.front().port}, nullptr);
    g_signal_connect(agent_, "new-candidate-full", G_CALLBACK(&on_candidate), this);
    g_signal_connect(agent_, "candidate-gathering-done", G_CALLBACK(&on_gathered), this);
    g_signal_connect(agent_, "component-state-changed", G_CALLBACK(&on_state), this);
  }
  NiceTransport(const NiceTransport&) = delete;
  NiceTransport& operator=(const NiceTransport&) = delete;

  ~NiceTransport() override {
    batch_.flush(*this);
    g_signal_handlers_disconnect_by_data(agent_, this);
    // TURN allocations are given back in the background. libnice calls from this context, and it
    // must read the relay's answers by itself, or it waits 2 s for each.
    if (stream_ != 0)
      nice_agent_attach_recv(agent_, stream_, component, context_, &on_late, nullptr);
    g_main_context_push_thread_default(context_);
    nice_agent_close_async(agent_, &on_agent_closed, new std::shared_ptr<void>(std::move(keep_)));
    g_main_context_pop_thread_default(context_);
    g_object_unref(agent_);
  }

  IceCredentials gather() override {
    for (const std::string& address : local_addresses()) {
      NiceAddress local;
      nice_address_init(&local);
      if (nice_address_set_from_string(&local, address.c_str()) != 0)
        nice_agent_add_local_address(agent_, &local);
    }
    stream_ = nice_agent_add_stream(agent_, component);
    bool tcp = false;
    for (const TurnServer& turn : settings_.turn) {
      const bool over_tcp = turn.transport == TurnServer::Transport::tcp;
      tcp = tcp || over_tcp;
      nice_agent_set_relay_info(agent_, stream_, component, turn.host.c_str(), turn.port,
                                turn.user.c_str(), turn.password.c_str(),
                                over_tcp ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP);
    }
    // TCP to a relay brings sockets that come and go inside libnice: there it reads by itself, and
    // without our bound on what it reads at once.
    if (tcp)
      nice_agent_attach_recv(agent_, stream_, component, context_, &on_received, this);
    if (!nice_agent_gather_candidates(agent_, stream_))
      return {};
    if (!tcp)
      watch_sockets();
    gchar *ufrag = nullptr, *password = nullptr;
    nice_agent_get_local_credentials(agent_, stream_, &ufrag, &password);
    IceCredentials ours{ufrag ? ufrag : "", password ? password : ""};
    g_free(ufrag);
    g_free(password);
    return ours;
  }

  void set_remote(const IceCredentials& remote) override {
    nice_agent_set_remote_credentials(agent_, stream_, remote.ufrag.c_str(),
                                      remote.password.c_str());
  }

  bool add_remote(const IceCandidate& candidate) override {
    NiceAddress address;
    nice_address_init(&address);
    if (!may_connect_to(candidate.address) || candidate.port == 0 ||
        nice_address_set_from_string(&address, candidate.address.c_str()) == 0)
      return false;
    nice_address_set_port(&address, candidate.port);
    NiceCandidate* remote = nice_candidate_new(type_of(candidate.type));
    remote->transport = NICE_CANDIDATE_TRANSPORT_UDP;
    remote->addr = address;
    remote->base_addr = address;
    remote->priority = candidate.priority;
    remote->stream_id = stream_;
    remote->component_id = component;
    g_strlcpy(remote->foundation, candidate.foundation.c_str(), sizeof remote->foundation);
    GSList list{remote, nullptr};
    const bool taken = nice_agent_set_remote_candidates(agent_, stream_, component, &list) > 0;
    nice_candidate_free(remote);
    return taken;
  }

  void end_of_remote() override { nice_agent_peer_candidate_gathering_done(agent_, stream_); }

  void send(Bytes datagram) override {
    if (!connected_)
      return;
    batch_.add(*this, datagram);
    sockets_.wake(); // flushes, if nobody does before
  }
  void flush() override { batch_.flush(*this); }

  Pair selected() const override {
    NiceCandidate *local = nullptr, *remote = nullptr;
    if (stream_ == 0 || !nice_agent_get_selected_pair(agent_, stream_, component, &local, &remote))
      return {};
    return {type_name(local->type), type_name(remote->type), text(local->addr), text(remote->addr),
            host_text(local->base_addr)};
  }

private:
  static NiceCandidateType type_of(CandidateType type) {
    switch (type) {
    case CandidateType::server_reflexive:
      return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case CandidateType::peer_reflexive:
      return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case CandidateType::relayed:
      return NICE_CANDIDATE_TYPE_RELAYED;
    default:
      return NICE_CANDIDATE_TYPE_HOST;
    }
  }
  static std::string type_name(NiceCandidateType type) {
    switch (type) {
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return "srflx";
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return "prflx";
    case NICE_CANDIDATE_TYPE_RELAYED:
      return "relay";
    default:
      return "host";
    }
  }
  static std::string host_text(const NiceAddress& address) {
    std::array<gchar, NICE_ADDRESS_STRING_LEN> host{};
    nice_address_to_string(&address, host.data());
    return host.data();
  }
  static std::string text(const NiceAddress& address) {
    const std::string host = host_text(address);
    const std::string port = std::to_string(nice_address_get_port(&address));
    return nice_address_ip_version(&address) == 6 ? "[" + host + "]:" + port : host + ":" + port;
  }

  // The peer has no use for the address behind a reflexive or relayed one, and where only relays
  // are allowed it must not learn it: RFC 8839, section 5.1.
  static IceCandidate without_relation(IceCandidate candidate) {
    if (candidate.related_address.empty())
      return candidate;
    candidate.related_address = candidate.address.find(':') == std::string::npos ? "0.0.0.0" : "::";
    candidate.related_port = 9;
    return candidate;
  }

  // libnice's signals come from wherever it happens to be, so they are only noted.
  static void on_candidate(NiceAgent* agent, NiceCandidate* candidate, gpointer data) noexcept {
    auto* self = static_cast<NiceTransport*>(data);
    gchar* line = nice_agent_generate_local_candidate_sdp(agent, candidate);
    if (auto ours = parse_candidate(line); ours && *ours)
      self->candidates_.push_back(write_candidate(without_relation(std::move(**ours))));
    g_free(line);
    self->sockets_.wake();
  }
  static void on_gathered(NiceAgent*, guint, gpointer data) noexcept {
    auto* self = static_cast<NiceTransport*>(data);
    self->gathered_ = true;
    self->sockets_.wake();
  }
  static void on_state(NiceAgent*, guint, guint, guint state, gpointer data) noexcept {
    auto* self = static_cast<NiceTransport*>(data);
    if (state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY)
      self->pair_works_ = true;
    self->failed_ = state == NICE_COMPONENT_STATE_FAILED;
    self->sockets_.wake();
  }
  static void on_received(NiceAgent*, guint, guint, guint size, gchar* data,
                          gpointer user) noexcept {
    auto* self = static_cast<NiceTransport*>(user);
    if (size <= largest)
      self->listener_.on_ice_datagram(std::as_bytes(std::span(data, size)));
    self->sockets_.wake();
  }
  static void on_late(NiceAgent*, guint, guint, guint, gchar*, gpointer) noexcept {}
  static void on_agent_closed(GObject*, GAsyncResult*, gpointer keep) noexcept {
    delete static_cast<std::shared_ptr<void>*>(keep);
  }

  void watch_sockets() {
    GPtrArray* sockets = nice_agent_get_sockets(agent_, stream_, component);
    sockets_.watch(sockets);
    g_ptr_array_unref(sockets);
  }

  void dispatch() {
    if (sockets_.readable())
      receive();
    tell();
    batch_.flush(*this);
  }

  void receive() {
    // One array for all: datagrams are done with before the next dispatch.
    static std::array<std::array<std::byte, largest>, per_dispatch> bytes;
    std::array<GInputVector, per_dispatch> vectors;
    std::array<NiceInputMessage, per_dispatch> messages;
    for (std::size_t i = 0; i < per_dispatch; ++i) {
      vectors[i] = {bytes[i].data(), largest};
      messages[i] = {&vectors[i], 1, nullptr, 0};
    }
    GError* error = nullptr;
    const gint count = nice_agent_recv_messages_nonblocking(
        agent_, stream_, component, messages.data(), per_dispatch, nullptr, &error);
    g_clear_error(&error);
    tell(); // "connected" before what came over the connection
    for (gint i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      listener_.on_ice_datagram(Bytes(bytes[at].data(), messages[at].length));
    }
    if (count <= 0 && sockets_.any_closed())
      watch_sockets();
  }

  void tell() {
    for (const std::string& line : std::exchange(candidates_, {}))
      listener_.on_ice_candidate(line);
    if (std::exchange(gathered_, false))
      listener_.on_ice_gathered();
    if (pair_works_ && !std::exchange(connected_, true))
      listener_.on_ice_connected();
    if (std::exchange(failed_, false))
      listener_.on_ice_failed();
  }

  void send_packets(std::span<const Bytes> packets) override {
    std::array<GOutputVector, PacketBatch::capacity> vectors;
    std::array<NiceOutputMessage, PacketBatch::capacity> messages;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      vectors[i] = {packets[i].data(), packets[i].size()};
      messages[i] = {&vectors[i], 1};
    }
    GError* error = nullptr;
    // What the kernel does not take is lost, as on any path: SCTP and DTLS send it again.
    nice_agent_send_messages_nonblocking(agent_, stream_, component, messages.data(),
                                         static_cast<guint>(packets.size()), nullptr, &error);
    g_clear_error(&error);
  }

  GMainContext* context_;
  PacketBatch& batch_;
  std::shared_ptr<void> keep_;
  const IceSettings settings_;
  Listener& listener_;
  WatchedSockets sockets_;
  NiceAgent* agent_;
  guint stream_ = 0;
  std::vector<std::string> candidates_; // ours that the listener has not been told of
  bool gathered_ = false, pair_works_ = false, failed_ = false, connected_ = false;
};

} // namespace

std::unique_ptr<IceTransport> IceTransport::make(GMainContext* context, PacketBatch& batch,
                                                 std::shared_ptr<void> keep,
                                                 const IceSettings& settings, bool controlling,
                                                 Listener& listener) {
  return std::make_unique<NiceTransport>(context, batch, std::move(keep), settings, controlling,
                                         listener);
}

} // namespace triad
