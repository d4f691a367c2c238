// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/packet_batch.h"

#include <cstring>
#include <utility>

namespace triad {

void PacketBatch::add(Owner& owner, Bytes packet) {
  if (packet.size() > max_packet)
    return;
  if (owner_ != &owner || count_ == capacity)
    flush();
  if (!bytes_)
    bytes_ = std::make_unique<std::byte[]>(capacity * max_packet);
  owner_ = &owner;
  std::byte* to = bytes_.get() + count_ * max_packet;
  std::memcpy(to, packet.data(), packet.size());
  packets_[count_++] = Bytes(to, packet.size());
}

void PacketBatch::flush(Owner& owner) {
  if (owner_ == &owner)
    flush();
}

void PacketBatch::forget(Owner& owner) {
  if (owner_ == &owner) {
    owner_ = nullptr;
    count_ = 0;
  }
}

void PacketBatch::flush() {
  Owner* owner = std::exchange(owner_, nullptr);
  const std::size_t count = std::exchange(count_, 0);
  if (owner && count > 0)
    owner->send_packets(std::span(packets_).first(count));
}

} // namespace triad
