// SPDX-License-Identifier: LGPL-2.1-or-later
// Twenty bytes are written as std::byte in release/ and wire/, as std::uint8_t in signal/.
#pragma once

#include "peers/signal/ids.h"
#include "release/hashes.h"

#include <cstring>

namespace triad::company {

[[nodiscard]] inline signal::InfoHash to_signal(const Sha1& info_hash) {
  signal::InfoHash id;
  std::memcpy(id.bytes.data(), info_hash.data(), id.bytes.size());
  return id;
}

[[nodiscard]] inline Sha1 to_sha1(const signal::InfoHash& id) {
  Sha1 info_hash;
  std::memcpy(info_hash.data(), id.bytes.data(), info_hash.size());
  return info_hash;
}

} // namespace triad::company
