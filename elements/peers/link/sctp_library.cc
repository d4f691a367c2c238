// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/sctp_library.h"

#include "peers/link/sctp_packet.h"

#include <usrsctp.h>

#include <algorithm>
#include <utility>

namespace triad {
namespace {

using namespace std::chrono_literals;

// usrsctp's timers are 200 ms and more. While nothing moves, only retransmissions of the last bytes
// and heartbeats are waited for.
constexpr auto busy_tick = 20ms, idle_tick = 200ms;
constexpr gint64 busy_for = 2'000'000; // microseconds after the last packet

SctpLibrary* current = nullptr;
SctpLibrary::Number last_number = 0;
bool initialized = false;

} // namespace

SctpLibrary::SctpLibrary(GMainContext* context) : timer_(context, [this] { tick(); }) {
  current = this;
  if (!std::exchange(initialized, true))
    usrsctp_init_nothreads(0, &SctpLibrary::on_output, nullptr);
  usrsctp_enable_crc32c_offload(); // it neither writes nor checks them any more: we do
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auto_asconf(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_pktdrop_enable(0);
  usrsctp_sysctl_set_sctp_blackhole(2);               // no answer to what belongs to no association
  usrsctp_sysctl_set_sctp_max_chunks_on_queue(10240); // 512 would cap a link at 11 MB/s at 50 ms
  usrsctp_sysctl_set_sctp_initial_cwnd(32);           // 16 KiB on a warm link take one round trip
  usrsctp_sysctl_set_sctp_max_burst_default(32);
  usrsctp_sysctl_set_sctp_nr_outgoing_streams_default(64);
}

SctpLibrary::~SctpLibrary() {
  // Sockets linger for no time, so that all are gone; if not, the next library takes it as it is.
  if (usrsctp_finish() == 0)
    initialized = false;
  current = nullptr;
}

SctpLibrary::Number SctpLibrary::add(User& user) {
  if (users_.empty())
    clock_ = g_get_monotonic_time();
  const Number number = ++last_number;
  users_.emplace(number, &user);
  usrsctp_register_address(reinterpret_cast<void*>(number));
  return number;
}

void SctpLibrary::remove(Number number) {
  usrsctp_deregister_address(reinterpret_cast<void*>(number));
  users_.erase(number);
  if (users_.empty())
    timer_.stop();
}

SctpLibrary::User* SctpLibrary::find(Number number) {
  if (!current)
    return nullptr;
  const auto found = current->users_.find(number);
  return found == current->users_.end() ? nullptr : found->second;
}

void SctpLibrary::touch() {
  traffic_ = g_get_monotonic_time();
  if (traffic_ - clock_ >= 10'000)
    advance();
  timer_.start_by(busy_tick);
}

void SctpLibrary::note_event(Number number) {
  if (std::find(noted_.begin(), noted_.end(), number) == noted_.end())
    noted_.push_back(number);
  timer_.start_by(0ns);
}

void SctpLibrary::advance() {
  const gint64 elapsed = (g_get_monotonic_time() - clock_) / 1000;
  clock_ += elapsed * 1000;
  if (elapsed > 0)
    usrsctp_handle_timers(static_cast<std::uint32_t>(elapsed));
}

void SctpLibrary::tick() {
  advance();
  // Handling may add and remove associations.
  for (const Number number : std::exchange(noted_, {}))
    if (const auto found = users_.find(number); found != users_.end())
      found->second->handle_events();
  if (!users_.empty())
    timer_.start_by(g_get_monotonic_time() - traffic_ < busy_for ? busy_tick : idle_tick);
}

int SctpLibrary::on_output(void* address, void* packet, std::size_t size, std::uint8_t,
                           std::uint8_t) noexcept {
  User* user = find(reinterpret_cast<Number>(address));
  if (!user || size < sctp_header_size)
    return 0;
  const std::span bytes(static_cast<std::byte*>(packet), size);
  set_sctp_checksum(bytes);
  user->send_packet(bytes);
  return 0;
}

} // namespace triad
