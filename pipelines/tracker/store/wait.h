// SPDX-License-Identifier: LGPL-2.1-or-later
// A timer whose handler does not outlive what it is about.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace triad::tracker::redis {

// Calls `handler` after `time`, unless `owner` (held by a shared_ptr) is gone or the timer was set
// anew.
template <typename Owner, typename Handler>
void wait(Owner& owner, boost::asio::steady_timer& timer, std::chrono::milliseconds time,
          Handler handler) {
  timer.expires_after(time);
  timer.async_wait(
      [weak = owner.weak_from_this(), handler](const boost::system::error_code& error) {
        if (const auto alive = weak.lock(); alive && !error) {
          handler();
        }
      });
}

} // namespace triad::tracker::redis
