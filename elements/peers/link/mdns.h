// SPDX-License-Identifier: LGPL-2.1-or-later
// One-shot multicast DNS queries for the ".local" names in browsers' candidates: RFC 6762, section
// 5.1. Parsing and writing are pure and go on any thread; MdnsResolver lives on its context's.
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

// A query for the A and AAAA records of `name` (two questions, unicast response wanted). Empty if
// the name has an empty label, one over 63 bytes, or over 253 bytes.
[[nodiscard]] std::vector<std::byte> write_mdns_query(std::uint16_t id, std::string_view name);
// The addresses (as text, at most 16) that a response's answers and additional records give for
// `name`, letters in either case; none that no single host can have. Compression pointers are
// followed backwards only. Errors: bad_message.
[[nodiscard]] Result<std::vector<std::string>> parse_mdns_response(Bytes packet,
                                                                   std::string_view name);

class MdnsResolver {
public:
  explicit MdnsResolver(GMainContext* context);
  ~MdnsResolver(); // no callback comes after
  MdnsResolver(const MdnsResolver&) = delete;
  MdnsResolver& operator=(const MdnsResolver&) = delete;

  // Asks on all interfaces that have multicast, over IPv4 and IPv6, three times within `patience`
  // (at least a millisecond). The callback gets the first address that needs no zone, or nothing;
  // from the context, never from within resolve(); it may destroy the resolver. At most 16 names at
  // a time: further ones, and what is no name, get nothing at once.
  // Answers to us alone are heard as well as those to all (browsers know no others), and only from
  // hosts on the network of the interface that they come in by (RFC 6762, section 11).
  void resolve(std::string name, std::chrono::nanoseconds patience,
               std::function<void(std::optional<std::string> address)> done);

private:
  class State;
  std::shared_ptr<State> state_;
};

} // namespace triad
