// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/slots.h"

#include <algorithm>
#include <charconv>

namespace triad::tracker::redis {
namespace {

constexpr std::size_t max_nodes = 1000; // as many as a Redis Cluster may have

// Bit by bit: a key has some fifty bytes, and a table would be longer than this.
std::uint16_t crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char each : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(each)) << 8;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021U : crc << 1;
    }
  }
  return static_cast<std::uint16_t>(crc);
}

// "host:port" as Redis writes it: an IPv6 address without brackets; without a host it is whom we
// asked.
std::optional<Address> parse_node(std::string_view text, const Address& asked) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  Address address{std::string(text.substr(0, colon)), parse_port(text.substr(colon + 1))};
  if (address.host.empty()) {
    address.host = asked.host;
  }
  return address.port == 0 ? std::nullopt : std::optional(address);
}

std::optional<Slot> to_slot(const Reply& reply) {
  if (reply.kind != Reply::Kind::integer || reply.integer < 0 ||
      reply.integer >= static_cast<std::int64_t>(slot_count)) {
    return std::nullopt;
  }
  return static_cast<Slot>(reply.integer);
}

// [address, port, ...]
std::optional<Address> to_node(const Reply& reply, const Address& asked) {
  if (reply.elements.size() < 2 || reply.elements[1].kind != Reply::Kind::integer) {
    return std::nullopt;
  }
  const std::int64_t port = reply.elements[1].integer;
  if (port < 1 || port > 65535) {
    return std::nullopt;
  }
  // No address, or "?": the node that was asked does not know its own (yet).
  const std::string& host = reply.elements[0].text;
  return Address{host.empty() || host == "?" ? asked.host : host, static_cast<std::uint16_t>(port)};
}

} // namespace

Slot key_slot(std::string_view key) {
  if (const std::size_t open = key.find('{'); open != std::string_view::npos) {
    const std::size_t close = key.find('}', open);
    if (close != std::string_view::npos && close > open + 1) {
      key = key.substr(open + 1, close - open - 1);
    }
  }
  return crc16(key) % slot_count;
}

void SlotMap::assign(Slot first, Slot last, const Address& master) {
  auto found = std::find(nodes_.begin(), nodes_.end(), master);
  if (found == nodes_.end()) {
    // Redirections may name ever new nodes between two whole topologies.
    if (nodes_.size() >= max_nodes) {
      return;
    }
    found = nodes_.insert(nodes_.end(), master);
  }
  std::fill(owners_.begin() + first, owners_.begin() + last + 1,
            static_cast<std::uint16_t>(found - nodes_.begin()));
}

const Address* SlotMap::master(Slot slot) const {
  return owners_[slot] == nobody ? nullptr : &nodes_[owners_[slot]];
}

std::vector<Address> SlotMap::masters() const {
  std::vector<bool> used(nodes_.size());
  for (const std::uint16_t owner : owners_) {
    if (owner != nobody) {
      used[owner] = true;
    }
  }
  std::vector<Address> all;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (used[i]) {
      all.push_back(nodes_[i]);
    }
  }
  return all;
}

bool SlotMap::complete() const {
  return std::find(owners_.begin(), owners_.end(), nobody) == owners_.end();
}

Result<Topology> read_topology(const Reply& reply, const Address& asked) {
  const Error garbled{ErrorCode::read, "the answer to CLUSTER SLOTS can't be read", {}};
  if (reply.kind != Reply::Kind::array) {
    return garbled;
  }
  Topology topology;
  for (const Reply& range : reply.elements) {
    if (range.elements.size() < 3) {
      return garbled;
    }
    const auto first = to_slot(range.elements[0]), last = to_slot(range.elements[1]);
    if (!first || !last || *first > *last) {
      return garbled;
    }
    for (std::size_t i = 2; i < range.elements.size(); ++i) {
      const auto node = to_node(range.elements[i], asked);
      if (!node) {
        return garbled;
      }
      if (i == 2) {
        topology.slots.assign(*first, *last, *node);
      }
      if (std::find(topology.nodes.begin(), topology.nodes.end(), *node) == topology.nodes.end() &&
          topology.nodes.size() < max_nodes) {
        topology.nodes.push_back(*node);
      }
    }
  }
  return topology;
}

std::optional<Redirection> parse_redirection(std::string_view error, const Address& asked) {
  Redirection redirection;
  redirection.ask = error.starts_with("ASK ");
  if (!redirection.ask && !error.starts_with("MOVED ")) {
    return std::nullopt;
  }
  error.remove_prefix(error.find(' ') + 1);
  const std::size_t space = std::min(error.find(' '), error.size());
  unsigned slot = 0;
  const auto [stop, problem] = std::from_chars(error.data(), error.data() + space, slot);
  if (problem != std::errc() || stop != error.data() + space || slot >= slot_count ||
      space == error.size()) {
    return std::nullopt;
  }
  const auto to = parse_node(error.substr(space + 1), asked);
  if (!to) {
    return std::nullopt;
  }
  redirection.slot = static_cast<Slot>(slot);
  redirection.to = *to;
  return redirection;
}

} // namespace triad::tracker::redis
