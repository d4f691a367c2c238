// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as Redis's replies: the same however they are cut, within bounds, and every reader of
// replies bears them.
#include "tracker/store/resp.h"
#include "tracker/store/slots.h"
#include "tracker/store/swarm_keys.h"

#include "fuzz/require.h"

#include <algorithm>
#include <cstdint>

using namespace triad::tracker::redis;

namespace {

bool same(const Reply& a, const Reply& b) {
  return a.kind == b.kind && a.integer == b.integer && a.text == b.text &&
         std::equal(a.elements.begin(), a.elements.end(), b.elements.begin(), b.elements.end(),
                    same);
}

std::size_t elements(const Reply& reply) {
  std::size_t sum = reply.elements.size();
  for (const Reply& each : reply.elements)
    sum += elements(each);
  return sum;
}

std::vector<Reply> read(std::string_view bytes, std::size_t step, bool& garbled) {
  ReplyReader reader;
  std::vector<Reply> replies;
  while (!bytes.empty() && !reader.garbled()) {
    reader.feed(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (auto reply = reader.next())
      replies.push_back(std::move(*reply));
  }
  garbled = reader.garbled();
  return replies;
}

void require_sound_topology(const Reply& reply) {
  const auto topology = read_topology(reply, {"asked", 1});
  if (!topology)
    return;
  for (const Address& node : topology->nodes)
    FUZZ_REQUIRE(node.port != 0 && !node.host.empty());
  for (Slot slot = 0; slot < slot_count; slot = static_cast<Slot>(slot + 97))
    if (const Address* master = topology->slots.master(slot))
      FUZZ_REQUIRE(std::find(topology->nodes.begin(), topology->nodes.end(), *master) !=
                   topology->nodes.end());
}

void require_sound_redirection(const Reply& reply) {
  if (const auto to = parse_redirection(reply.text, {"asked", 1}))
    FUZZ_REQUIRE(to->slot < slot_count && to->to.port != 0 && !to->to.host.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  bool garbled = false, garbled_in_bits = false;
  const auto replies = read(bytes, bytes.size(), garbled);
  const auto in_bits = read(bytes, 1 + size / 7, garbled_in_bits);
  FUZZ_REQUIRE(garbled == garbled_in_bits);
  FUZZ_REQUIRE(std::equal(replies.begin(), replies.end(), in_bits.begin(), in_bits.end(), same));
  for (const Reply& reply : replies) {
    FUZZ_REQUIRE(elements(reply) <= ReplyReader::max_elements);
    require_sound_topology(reply);
    require_sound_redirection(reply);
  }
  if (replies.size() >= look_size)
    if (const auto view = read_view(std::span(replies).first(look_size), 0, 1, 1))
      for (const auto& peer : view->sample)
        FUZZ_REQUIRE(peer.tracker != 0);
  return 0;
}
