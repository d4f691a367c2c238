// SPDX-License-Identifier: LGPL-2.1-or-later
// SHA-1 and SHA-256 values and the hashing of bytes (OpenSSL, hardware-accelerated where the
// processor can).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace triad {

using Bytes = std::span<const std::byte>;
using Sha1 = std::array<std::byte, 20>;
using Sha256 = std::array<std::byte, 32>;

[[nodiscard]] Sha1 sha1(Bytes bytes);
[[nodiscard]] Sha256 sha256(Bytes bytes);
[[nodiscard]] std::string hex(Bytes bytes);

} // namespace triad
