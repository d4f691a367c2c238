// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/stun.h"

#include <algorithm>
#include <array>

namespace triad::tracker {
namespace {

constexpr std::uint32_t magic_cookie = 0x2112a442;
constexpr std::size_t header_size = 20;
constexpr std::size_t most_unknown = 8; // named in one answer

enum Type : std::uint16_t { request = 0x0001, success = 0x0101, failure = 0x0111 }; // Binding

enum Attribute : std::uint16_t {
  mapped_address = 0x0001,
  username = 0x0006,
  message_integrity = 0x0008,
  error_code = 0x0009,
  unknown_attributes = 0x000a,
  realm = 0x0014,
  nonce = 0x0015,
  message_integrity_sha256 = 0x001c,
  password_algorithm = 0x001d,
  userhash = 0x001e,
  xor_mapped_address = 0x0020,
  fingerprint = 0x8028,
};

// Who sends credentials may go without an answer that is signed with them. What else has its upper
// bit clear must be understood or named (RFC 8489 section 14).
constexpr std::array<std::uint16_t, 7> understood = {
    username,           message_integrity, realm, nonce, message_integrity_sha256,
    password_algorithm, userhash};

std::uint16_t read16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::uint32_t read32(std::span<const std::uint8_t> bytes, std::size_t at) {
  return std::uint32_t{read16(bytes, at)} << 16 | read16(bytes, at + 2);
}

// CRC-32 as ITU V.42 and zlib have it.
std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
  }
  return ~crc;
}

std::uint32_t fingerprint_of(std::span<const std::uint8_t> before) {
  return crc32(before) ^ 0x5354554e; // RFC 8489 section 14.7
}

struct Request {
  bool cookie = false; // else it is RFC 3489's
  bool fingerprint = false;
  std::array<std::uint16_t, most_unknown> unknown{};
  std::size_t unknown_count = 0;
};

// False: no Binding request, or not a whole one.
bool read(std::span<const std::uint8_t> datagram, Request& found) {
  if (datagram.size() < header_size || read16(datagram, 0) != Type::request ||
      read16(datagram, 2) != datagram.size() - header_size || datagram.size() % 4 != 0) {
    return false;
  }
  found.cookie = read32(datagram, 4) == magic_cookie;
  bool sealed = false; // what follows MESSAGE-INTEGRITY is to be ignored (RFC 8489 section 14.5)
  for (std::size_t at = header_size; at < datagram.size();) {
    const std::uint16_t type = read16(datagram, at);
    const std::size_t length = read16(datagram, at + 2);
    const std::size_t end = at + 4 + (length + 3) / 4 * 4;
    if (end > datagram.size()) {
      return false;
    }
    if (type == fingerprint) {
      // It is the last one, and is right, or this is another protocol's datagram.
      if (length != 4 || end != datagram.size() ||
          read32(datagram, at + 4) != fingerprint_of(datagram.first(at))) {
        return false;
      }
      found.fingerprint = true;
    } else if (!sealed && type < 0x8000 && found.unknown_count < most_unknown &&
               std::find(understood.begin(), understood.end(), type) == understood.end()) {
      found.unknown[found.unknown_count++] = type;
    }
    sealed |= type == message_integrity || type == message_integrity_sha256;
    at = end;
  }
  return true;
}

// Appends to a response; the header's length follows.
class Writer {
public:
  explicit Writer(std::span<std::uint8_t> room) : room_(room) {}

  void put(std::uint8_t byte) { room_[size_++] = byte; }
  void put16(std::uint32_t word) {
    put(static_cast<std::uint8_t>(word >> 8));
    put(static_cast<std::uint8_t>(word));
  }
  void put32(std::uint32_t word) {
    put16(word >> 16);
    put16(word);
  }
  void attribute(std::uint16_t type, std::size_t length) {
    put16(type);
    put16(static_cast<std::uint32_t>(length));
    const std::size_t body = size_ - header_size + (length + 3) / 4 * 4;
    room_[2] = static_cast<std::uint8_t>(body >> 8);
    room_[3] = static_cast<std::uint8_t>(body);
  }
  void pad() {
    while (size_ % 4 != 0) {
      put(0);
    }
  }
  [[nodiscard]] std::span<const std::uint8_t> written() const { return room_.first(size_); }

private:
  std::span<std::uint8_t> room_;
  std::size_t size_ = 0;
};

void put_header(Writer& writer, Type type, std::span<const std::uint8_t> datagram) {
  writer.put16(type);
  writer.put16(0);
  for (const std::uint8_t byte : datagram.subspan(4, header_size - 4)) {
    writer.put(byte); // the cookie, or more of the transaction's id
  }
}

// RFC 8489 sections 14.1 and 14.2: where there is a cookie, it and the transaction's id are mixed
// in, so that no NAT on the way takes the address for one to rewrite.
void put_address(Writer& writer, const Address& address, std::uint16_t port, bool cookie,
                 std::span<const std::uint8_t> datagram) {
  const std::size_t length = address.ipv6 ? 16 : 4;
  writer.attribute(cookie ? xor_mapped_address : mapped_address, 4 + length);
  writer.put16(address.ipv6 ? 2 : 1);
  writer.put16(cookie ? port ^ magic_cookie >> 16 : port);
  for (std::size_t i = 0; i < length; ++i) {
    const int mask = cookie ? datagram[4 + i] : 0;
    writer.put(static_cast<std::uint8_t>(address.bytes[i] ^ mask));
  }
}

void put_unknown(Writer& writer, const Request& request) {
  writer.attribute(error_code, 4);
  writer.put32(4 << 8 | 20); // 420, without a phrase
  writer.attribute(unknown_attributes, 2 * request.unknown_count);
  for (std::size_t i = 0; i < request.unknown_count; ++i) {
    writer.put16(request.unknown[i]);
  }
  writer.pad();
}

} // namespace

std::size_t answer_stun(std::span<const std::uint8_t> datagram, const Address& source,
                        std::uint16_t source_port,
                        std::span<std::uint8_t, max_stun_response> response) {
  Request request;
  if (!read(datagram, request)) {
    return 0;
  }
  Writer writer(response);
  if (request.unknown_count > 0) {
    put_header(writer, failure, datagram);
    put_unknown(writer, request);
  } else {
    put_header(writer, success, datagram);
    put_address(writer, unmapped(source), source_port, request.cookie, datagram);
  }
  if (request.fingerprint) {
    // The length that is summed counts the fingerprint, too (RFC 8489 section 14.7).
    const std::span<const std::uint8_t> before = writer.written();
    writer.attribute(fingerprint, 4);
    writer.put32(fingerprint_of(before));
  }
  return writer.written().size();
}

} // namespace triad::tracker
