// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/envelope.h"

#include "tracker/store/tracker_bytes.h"

#include <cstring>

namespace triad::tracker::redis {
namespace {

constexpr char version = 1;
constexpr std::size_t id_size = 20;
constexpr std::size_t header_size = 1 + tracker_bytes + 3 * id_size;

template <typename Id>
void append(std::string& out, const Id& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id_size);
}

template <typename Id>
void take(std::string_view& bytes, Id& id) {
  std::memcpy(id.bytes.data(), bytes.data(), id_size);
  bytes.remove_prefix(id_size);
}

} // namespace

std::string write_envelope(const Envelope& envelope) {
  std::string out;
  out.reserve(header_size + envelope.frame.size());
  out += version;
  append_tracker(out, envelope.home);
  append(out, envelope.swarm);
  append(out, envelope.to);
  append(out, envelope.from);
  out += envelope.frame;
  return out;
}

std::optional<Envelope> parse_envelope(std::string_view bytes) {
  if (bytes.size() <= header_size || bytes.size() > header_size + max_envelope_frame ||
      bytes.front() != version) {
    return std::nullopt;
  }
  Envelope envelope;
  bytes.remove_prefix(1);
  envelope.home = read_tracker(bytes.substr(0, tracker_bytes));
  bytes.remove_prefix(tracker_bytes);
  take(bytes, envelope.swarm);
  take(bytes, envelope.to);
  take(bytes, envelope.from);
  envelope.frame = bytes;
  return envelope;
}

} // namespace triad::tracker::redis
