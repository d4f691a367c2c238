// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/swarms/keyed_hash.h"

#include <bit>
#include <cstring>

namespace triad::tracker {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie");

struct Words {
  std::uint64_t a, b, c, d;

  void round() {
    a += b, c += d;
    b = std::rotl(b, 13) ^ a, d = std::rotl(d, 16) ^ c;
    a = std::rotl(a, 32);
    c += b, a += d;
    b = std::rotl(b, 17) ^ c, d = std::rotl(d, 21) ^ a;
    c = std::rotl(c, 32);
  }
  void take(std::uint64_t word) {
    d ^= word;
    round(), round();
    a ^= word;
  }
};

} // namespace

std::uint64_t keyed_hash(const HashKey& key, std::span<const std::uint8_t> bytes) {
  Words words{key.low ^ 0x736f6d6570736575u, key.high ^ 0x646f72616e646f6du,
              key.low ^ 0x6c7967656e657261u, key.high ^ 0x7465646279746573u};
  std::size_t done = 0;
  for (; done + 8 <= bytes.size(); done += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + done, sizeof word);
    words.take(word);
  }
  std::uint64_t last = std::uint64_t{bytes.size() & 0xff} << 56;
  for (std::size_t i = 0; done + i < bytes.size(); ++i)
    last |= std::uint64_t{bytes[done + i]} << (8 * i);
  words.take(last);
  words.c ^= 0xff;
  for (int i = 0; i < 4; ++i)
    words.round();
  return words.a ^ words.b ^ words.c ^ words.d;
}

} // namespace triad::tracker
