// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/sctp_packet.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace triad {

namespace {

// Feeds `bytes` into a CRC whose register (inverted, as the instructions have it) is `crc`.
using Update = std::uint32_t (*)(std::uint32_t crc, Bytes bytes);

constexpr std::size_t checksum_at = 8;
constexpr std::size_t chunk_header_size = 4;

// Eight tables, so that eight bytes are looked up at once.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  constexpr std::uint32_t polynomial = 0x82f63b78; // Castagnoli's, bits reversed
  Tables tables{};
  for (std::uint32_t value = 0; value < 256; ++value) {
    std::uint32_t crc = value;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    tables[0][value] = crc;
  }
  for (std::size_t table = 1; table < tables.size(); ++table) {
    for (std::size_t value = 0; value < 256; ++value) {
      const std::uint32_t before = tables[table - 1][value];
      tables[table][value] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint32_t update_by_table(std::uint32_t crc, Bytes bytes) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    crc ^= at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24;
    crc = tables[7][crc & 0xff] ^ tables[6][crc >> 8 & 0xff] ^ tables[5][crc >> 16 & 0xff] ^
          tables[4][crc >> 24] ^ tables[3][at(4)] ^ tables[2][at(5)] ^ tables[1][at(6)] ^
          tables[0][at(7)];
  }
  for (const std::byte byte : bytes)
    crc = crc >> 8 ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
  return crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) std::uint32_t update_by_instruction(std::uint32_t crc,
                                                                      Bytes bytes) {
  std::uint64_t wide = crc;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = static_cast<std::uint32_t>(wide);
  for (const std::byte byte : bytes)
    crc = _mm_crc32_u8(crc, std::to_integer<std::uint8_t>(byte));
  return crc;
}

bool has_instruction() {
  return __builtin_cpu_supports("sse4.2") != 0;
}

#elif defined(__aarch64__)

// In assembly, for gcc and clang name the instruction set's extension differently.
std::uint32_t update_by_instruction(std::uint32_t crc, Bytes bytes) {
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    asm(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word));
  }
  for (const std::byte byte : bytes)
    asm(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1"
        : "+r"(crc)
        : "r"(std::to_integer<std::uint32_t>(byte)));
  return crc;
}

bool has_instruction() {
  constexpr unsigned long hwcap_crc32 = 1 << 7; // asm/hwcap.h
  return (getauxval(AT_HWCAP) & hwcap_crc32) != 0;
}

#else

constexpr Update update_by_instruction = update_by_table;

bool has_instruction() {
  return false;
}

#endif

std::uint32_t update(std::uint32_t crc, Bytes bytes) {
  static const Update chosen = has_instruction() ? update_by_instruction : update_by_table;
  return chosen(crc, bytes);
}

// Of the packet with zeros where the checksum stands.
std::uint32_t sctp_checksum(Bytes packet) {
  constexpr std::array<std::byte, 4> zeros{};
  std::uint32_t crc = update(~0U, packet.first(checksum_at));
  crc = update(crc, zeros);
  return ~update(crc, packet.subspan(sctp_header_size));
}

std::size_t big_endian_16(Bytes bytes, std::size_t at) {
  return std::to_integer<std::size_t>(bytes[at]) << 8 | std::to_integer<std::size_t>(bytes[at + 1]);
}

Error bad(const char* what) {
  return {ErrorCode::bad_message, std::string("an SCTP packet ") + what, {}};
}

} // namespace

std::uint32_t crc32c(Bytes bytes) {
  return ~update(~0U, bytes);
}

std::uint32_t crc32c_by_table(Bytes bytes) {
  return ~update_by_table(~0U, bytes);
}

void set_sctp_checksum(std::span<std::byte> packet) {
  const std::uint32_t checksum = sctp_checksum(packet);
  for (std::size_t i = 0; i < 4; ++i) // the least significant byte first
    packet[checksum_at + i] = static_cast<std::byte>(checksum >> 8 * i & 0xff);
}

Status check_sctp_packet(Bytes packet) {
  if (packet.size() < sctp_header_size + chunk_header_size)
    return bad("is too short");
  if (big_endian_16(packet, 0) == 0 || big_endian_16(packet, 2) == 0)
    return bad("has no port");
  std::uint32_t claimed = 0;
  for (std::size_t i = 0; i < 4; ++i)
    claimed |= std::to_integer<std::uint32_t>(packet[checksum_at + i]) << 8 * i;
  if (claimed != sctp_checksum(packet))
    return bad("has a wrong checksum");
  for (Bytes chunks = packet.subspan(sctp_header_size); !chunks.empty();) {
    if (chunks.size() < chunk_header_size)
      return bad("ends within a chunk's header");
    const std::size_t length = big_endian_16(chunks, 2);
    if (length < chunk_header_size || length > chunks.size())
      return bad("has a chunk of an impossible length");
    // The last chunk's padding may be missing: receivers have always taken that.
    chunks = chunks.subspan(std::min((length + 3) / 4 * 4, chunks.size()));
  }
  return ok();
}

} // namespace triad
