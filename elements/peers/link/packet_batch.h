// SPDX-License-Identifier: LGPL-2.1-or-later
// Datagrams on their way out, so that one system call sends many. One batch for all links of a
// stack: only one link sends at a time, and idle links hold no buffers.
#pragma once

#include "release/hashes.h"

#include <array>
#include <cstddef>
#include <memory>

namespace triad {

class PacketBatch {
public:
  static constexpr std::size_t capacity = 32, max_packet = 1500;
  class Owner {
  public:
    // The packets are sent or dropped; they are gone after this returns. Must not add().
    virtual void send_packets(std::span<const Bytes> packets) = 0;

  protected:
    ~Owner() = default;
  };

  // Takes a copy. What another owner has in the batch, or a full batch, is sent first. A packet
  // larger than max_packet is dropped.
  void add(Owner& owner, Bytes packet);
  void flush(Owner& owner);  // sends what is this owner's
  void forget(Owner& owner); // drops it

private:
  void flush();

  std::unique_ptr<std::byte[]> bytes_;
  std::array<Bytes, capacity> packets_;
  std::size_t count_ = 0;
  Owner* owner_ = nullptr;
};

} // namespace triad
