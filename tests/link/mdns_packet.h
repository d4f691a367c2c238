// SPDX-License-Identifier: LGPL-2.1-or-later
// Multicast DNS packets, right and wrong ones, written record by record.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace triad::link_tests {

class DnsPacket {
public:
  DnsPacket(unsigned id, unsigned flags);

  // Sections in the order of the format: questions, answers, authorities, additional records.
  DnsPacket& question(const std::string& name, unsigned type, unsigned record_class);
  DnsPacket& answer(const std::string& name, unsigned type, unsigned record_class, unsigned ttl,
                    const std::vector<unsigned>& data);
  DnsPacket& authority(const std::string& name, unsigned type, unsigned record_class, unsigned ttl,
                       const std::vector<unsigned>& data);
  DnsPacket& additional(const std::string& name, unsigned type, unsigned record_class, unsigned ttl,
                        const std::vector<unsigned>& data);
  // An A record whose name is a pointer to `target`, or a label and then such a pointer.
  DnsPacket& answer_at(unsigned target, const std::vector<unsigned>& data);
  DnsPacket& answer_label_at(const std::string& label, unsigned target,
                             const std::vector<unsigned>& data);

  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

private:
  void count(std::size_t section);
  void byte(std::size_t value);
  void number_16(std::size_t value);
  void name(const std::string& text);
  void record(unsigned type, unsigned record_class, unsigned ttl,
              const std::vector<unsigned>& data);

  std::vector<std::byte> bytes_;
};

} // namespace triad::link_tests
