// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/world.h"

#include "kit/simulation.h"
#include "simulation/node.h"

#include <algorithm>

namespace triad::kit {

World::World(std::uint64_t seed)
    : random(seed), right_(128 * 1024), wrong_(128 * 1024, std::byte{1}) {}
World::~World() = default;

std::size_t World::add_title(int tracks, double seconds, double byte_rate,
                             std::uint32_t piece_length) {
  Title title;
  title.byte_rate = byte_rate;
  title.release = shape_release(std::vector(static_cast<std::size_t>(tracks),
                                            static_cast<std::uint64_t>(seconds * byte_rate)),
                                piece_length);
  title.hash[0] = static_cast<std::byte>(titles.size() & 255);
  title.hash[1] = static_cast<std::byte>(titles.size() >> 8);
  titles.push_back(std::move(title));
  return titles.size() - 1;
}

Node& World::add(const NodeSpec& spec) {
  nodes_.push_back(
      std::make_unique<Node>(*this, static_cast<std::uint32_t>(nodes_.size() + 1), spec));
  return *nodes_.back();
}

std::vector<Node*> World::introduce(const Node& to, std::size_t title, std::size_t count) {
  std::vector<Node*> all;
  for (const auto& each : nodes_)
    if (each.get() != &to && each->announces(title))
      all.push_back(each.get());
  for (std::size_t i = 0; i < all.size(); ++i)
    std::swap(all[i], all[i + random.below(all.size() - i)]);
  all.resize(std::min(all.size(), count));
  return all;
}

} // namespace triad::kit
