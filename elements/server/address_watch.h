// SPDX-License-Identifier: LGPL-2.1-or-later
// Tells when this machine loses an address, and whether a socket has lost its own: nothing ends a
// connection whose address is gone, it is just silent.
//
// The context's thread only.
#pragma once

#include <glib.h>

#include <functional>
#include <string>

namespace triad {

class AddressWatch {
public:
  // `lost` is called from the context after an address went, from any interface; it may be called
  // when none did. Where the system tells nothing (no netlink) it never is.
  AddressWatch(GMainContext* context, std::function<void()> lost);
  ~AddressWatch();
  AddressWatch(const AddressWatch&) = delete;
  AddressWatch& operator=(const AddressWatch&) = delete;

private:
  static gboolean on_readable(gint fd, GIOCondition condition, gpointer self) noexcept;

  std::function<void()> lost_;
  int fd_;
  GSource* source_ = nullptr;
};

// Whether the local address of an Internet socket is none of this machine's any more.
[[nodiscard]] bool lost_its_address(int fd);
// Whether an IP address is none of this machine's any more. False where that isn't known.
[[nodiscard]] bool is_lost_address(const std::string& address);

} // namespace triad
