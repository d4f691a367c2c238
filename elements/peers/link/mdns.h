// SPDX-License-Identifier: LGPL-2.1-or-later
// One-shot multicast DNS queries for the ".local" names in browsers' candidates: RFC 6762, section
// 5.1. Parsing and writing are pure; MdnsResolver lives on its context's thread.
#pragma once

#include "release/hashes.h"
#include "release/result.h"

#include <glib.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad {

// A query for the A and AAAA records of `name` (two questions, unicast response wanted).
[[nodiscard]] std::vector<std::byte> write_mdns_query(std::uint16_t id, std::string_view name);
// The addresses (as text) that a response gives for `name`. Compression pointers are followed
// backwards only. Errors: bad_message.
[[nodiscard]] Result<std::vector<std::string>> parse_mdns_response(Bytes packet,
                                                                   std::string_view name);

class MdnsResolver {
public:
  explicit MdnsResolver(GMainContext* context);
  ~MdnsResolver(); // no callback comes after
  MdnsResolver(const MdnsResolver&) = delete;
  MdnsResolver& operator=(const MdnsResolver&) = delete;

  // Asks on all interfaces that have multicast, over IPv4 and IPv6, three times within `patience`.
  // The callback gets the first address, or nothing; from the context, never from within resolve().
  // At most 16 names at a time: further ones get nothing.
  void resolve(std::string name, std::chrono::nanoseconds patience,
               std::function<void(std::optional<std::string> address)> done);

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace triad
