// SPDX-License-Identifier: LGPL-2.1-or-later
#include "link/mdns_packet.h"

#include <algorithm>

namespace triad::link_tests {

DnsPacket::DnsPacket(unsigned id, unsigned flags) {
  number_16(id);
  number_16(flags);
  bytes_.resize(12);
}

DnsPacket& DnsPacket::question(const std::string& name_, unsigned type, unsigned record_class) {
  count(0);
  name(name_);
  number_16(type);
  number_16(record_class);
  return *this;
}

DnsPacket& DnsPacket::answer(const std::string& name_, unsigned type, unsigned record_class,
                             unsigned ttl, const std::vector<unsigned>& data) {
  count(1);
  name(name_);
  record(type, record_class, ttl, data);
  return *this;
}

DnsPacket& DnsPacket::authority(const std::string& name_, unsigned type, unsigned record_class,
                                unsigned ttl, const std::vector<unsigned>& data) {
  count(2);
  name(name_);
  record(type, record_class, ttl, data);
  return *this;
}

DnsPacket& DnsPacket::additional(const std::string& name_, unsigned type, unsigned record_class,
                                 unsigned ttl, const std::vector<unsigned>& data) {
  count(3);
  name(name_);
  record(type, record_class, ttl, data);
  return *this;
}

DnsPacket& DnsPacket::answer_at(unsigned target, const std::vector<unsigned>& data) {
  count(1);
  number_16(0xc000 | target);
  record(1, 1, 120, data);
  return *this;
}

DnsPacket& DnsPacket::answer_label_at(const std::string& label, unsigned target,
                                      const std::vector<unsigned>& data) {
  count(1);
  byte(label.size());
  for (const char c : label)
    byte(static_cast<unsigned char>(c));
  number_16(0xc000 | target);
  record(1, 1, 120, data);
  return *this;
}

void DnsPacket::count(std::size_t section) {
  const std::size_t low = 5 + section * 2;
  bytes_[low] = static_cast<std::byte>(std::to_integer<unsigned>(bytes_[low]) + 1);
}

void DnsPacket::byte(std::size_t value) {
  bytes_.push_back(static_cast<std::byte>(value & 0xff));
}

void DnsPacket::number_16(std::size_t value) {
  byte(value >> 8);
  byte(value);
}

void DnsPacket::name(const std::string& text) {
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t dot = std::min(text.find('.', from), text.size());
    byte(dot - from);
    for (; from < dot; ++from)
      byte(static_cast<unsigned char>(text[from]));
    ++from;
  }
  byte(0);
}

void DnsPacket::record(unsigned type, unsigned record_class, unsigned ttl,
                       const std::vector<unsigned>& data) {
  number_16(type);
  number_16(record_class);
  number_16(ttl >> 16);
  number_16(ttl);
  number_16(data.size());
  for (const unsigned value : data)
    byte(value);
}

} // namespace triad::link_tests
