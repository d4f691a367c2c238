// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/mdns.h"

#include "peers/link/sdp_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace triad {

namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t longest_name = 255;    // on the wire: RFC 1035, section 2.3.4
constexpr std::size_t longest_label = 63;    //
constexpr std::size_t longest_packet = 9000; // RFC 6762, section 17
constexpr std::size_t most_addresses = 16;
constexpr int most_jumps = 16; // of compression within one name
constexpr std::uint16_t type_a = 1, type_aaaa = 28, class_in = 1;
// The top bit of a class: in a question "answer me alone", in a record "drop what you knew".
constexpr std::uint16_t top_bit = 0x8000;

Error bad(const char* what) {
  return {ErrorCode::bad_message, std::string("a multicast DNS response ") + what, {}};
}

void append_16(std::vector<std::byte>& to, std::uint16_t value) {
  to.push_back(static_cast<std::byte>(value >> 8));
  to.push_back(static_cast<std::byte>(value & 0xff));
}

// False if the name can't be written.
bool append_name(std::vector<std::byte>& to, std::string_view name) {
  if (name.empty() || name.size() + 2 > longest_name)
    return false;
  for (std::size_t dot = 0; dot != std::string_view::npos;) {
    dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > longest_label)
      return false;
    to.push_back(static_cast<std::byte>(label.size()));
    for (const char c : label)
      to.push_back(static_cast<std::byte>(c));
    name.remove_prefix(dot == std::string_view::npos ? 0 : dot + 1);
  }
  to.push_back(std::byte{0});
  return true;
}

// Reads on from a place; everything after the first fault fails too.
class Reader {
public:
  explicit Reader(Bytes packet) : packet_(packet) {}

  [[nodiscard]] bool failed() const { return failed_; }

  std::uint16_t number_16() {
    const Bytes two = take(2);
    return failed_ ? std::uint16_t{0}
                   : static_cast<std::uint16_t>(byte(two[0]) << 8 | byte(two[1]));
  }

  Bytes take(std::size_t size) {
    if (failed_ || packet_.size() - at_ < size) {
      failed_ = true;
      return {};
    }
    at_ += size;
    return packet_.subspan(at_ - size, size);
  }

  // Dots between the labels, none at the end; RFC 1035, section 4.1.4. A pointer leads to before
  // the label or pointer that led there, so that no name runs in a circle.
  std::string name() {
    std::string text;
    std::size_t from = at_;
    bool jumped = false;
    for (int jumps = 0;;) {
      if (failed_ || from >= packet_.size())
        return fail();
      const std::size_t length = byte(packet_[from]);
      if (length == 0) {
        at_ = jumped ? at_ : from + 1;
        return text;
      }
      if (length >= 0xc0) {
        if (from + 1 >= packet_.size() || ++jumps > most_jumps)
          return fail();
        const std::size_t target = (length & 0x3f) << 8 | byte(packet_[from + 1]);
        at_ = jumped ? at_ : from + 2;
        jumped = true;
        if (target >= from || target < header_size)
          return fail();
        from = target;
        continue;
      }
      if (length > longest_label || packet_.size() - from - 1 < length ||
          text.size() + length + 2 > longest_name)
        return fail();
      if (!text.empty())
        text += '.';
      text.append(reinterpret_cast<const char*>(packet_.data() + from + 1), length);
      from += 1 + length;
    }
  }

private:
  static unsigned byte(std::byte value) { return std::to_integer<unsigned>(value); }
  std::string fail() {
    failed_ = true;
    return {};
  }

  Bytes packet_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

struct Record {
  std::string name;
  std::uint16_t type = 0, record_class = 0;
  bool lives = false; // its time to live is not zero
  Bytes data;
};

Record read_record(Reader& reader) {
  Record record;
  record.name = reader.name();
  record.type = reader.number_16();
  record.record_class = reader.number_16();
  const Bytes ttl = reader.take(4);
  record.lives =
      std::any_of(ttl.begin(), ttl.end(), [](std::byte byte) { return byte != std::byte{0}; });
  record.data = reader.take(reader.number_16());
  return record;
}

// Empty if the record gives no address that a single host can have.
std::string address_of(const Record& record) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool ipv4 = record.type == type_a && record.data.size() == 4;
  const bool ipv6 = record.type == type_aaaa && record.data.size() == 16;
  if (!(ipv4 || ipv6) || (record.record_class & ~top_bit) != class_in || !record.lives)
    return {};
  const auto first = std::to_integer<unsigned>(record.data[0]);
  if (ipv4 ? first == 0 || first >= 224 : first == 0 || first == 0xff)
    return {};
  inet_ntop(ipv4 ? AF_INET : AF_INET6, record.data.data(), text.data(), text.size());
  return text.data();
}

} // namespace

std::vector<std::byte> write_mdns_query(std::uint16_t id, std::string_view name) {
  std::vector<std::byte> packet;
  append_16(packet, id);
  append_16(packet, 0);       // flags
  append_16(packet, 2);       // questions
  packet.resize(header_size); // and no records
  for (const std::uint16_t type : {type_a, type_aaaa}) {
    if (!append_name(packet, name))
      return {};
    append_16(packet, type);
    append_16(packet, class_in | top_bit);
  }
  return packet;
}

Result<std::vector<std::string>> parse_mdns_response(Bytes packet, std::string_view name) {
  if (packet.size() < header_size || packet.size() > longest_packet)
    return bad("has an impossible length");
  Reader reader(packet);
  reader.take(2); // the id, which is 0 in what is sent to all
  const std::uint16_t flags = reader.number_16();
  if ((flags & 0x8000) == 0)
    return bad("is a query");
  if ((flags & 0x780f) != 0) // RFC 6762, sections 18.3 and 18.11
    return bad("has an operation code or an error code");
  const std::uint16_t questions = reader.number_16();
  const std::uint16_t answers = reader.number_16();
  const std::uint16_t authorities = reader.number_16();
  const std::uint16_t additional = reader.number_16();
  for (int i = 0; i < questions && !reader.failed(); ++i) {
    (void)reader.name();
    reader.take(4);
  }
  std::vector<std::string> addresses;
  const int records = answers + authorities + additional;
  for (int i = 0; i < records && !reader.failed(); ++i) {
    const Record record = read_record(reader);
    const bool counts = !reader.failed() && (i < answers || i >= answers + authorities) &&
                        sdp::equal_ignoring_case(record.name, name);
    std::string address = counts ? address_of(record) : std::string();
    if (!address.empty() && addresses.size() < most_addresses &&
        std::find(addresses.begin(), addresses.end(), address) == addresses.end())
      addresses.push_back(std::move(address));
  }
  if (reader.failed())
    return bad("is cut short or has a malformed name");
  return addresses;
}

} // namespace triad
