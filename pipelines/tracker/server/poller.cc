// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/poller.h"

#include <algorithm>

namespace triad::tracker {
namespace {

epoll_event event_of(std::uint64_t key, Interest interest) {
  epoll_event event{};
  event.events = static_cast<std::uint32_t>(interest);
  event.data.u64 = key;
  return event;
}

} // namespace

bool Poller::add(int socket, std::uint64_t key, Interest interest) {
  epoll_event event = event_of(key, interest);
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) == 0;
}

void Poller::change(int socket, std::uint64_t key, Interest interest) {
  epoll_event event = event_of(key, interest);
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, socket, &event);
}

std::span<const epoll_event> Poller::ready() {
  const int count = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), 0);
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

} // namespace triad::tracker
