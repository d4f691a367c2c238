// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/wire/hash_exchange.h"

#include "release/metainfo.h"

#include <algorithm>
#include <cstring>

namespace triad::wire {

HashExchange::HashExchange(ReleasePtr release) : release_(std::move(release)) {
  std::set<Sha256> roots;
  for (std::uint32_t at = 0; at < release_->files().size(); ++at) {
    const FileIndex file(at);
    const auto shape = layer_shape(*release_, file);
    if (!shape)
      continue;
    shapes_.emplace(file, *shape);
    if (!roots.insert(shape->root).second)
      continue; // the same bytes as another file's: asked for once
    for (std::uint32_t number = 0; number < request_count(*shape); ++number)
      parts_.push_back({file, number, {}, {}, {}});
  }
  missing_ = parts_.size();
}

Result<HashExchange> HashExchange::make(ReleasePtr release) {
  std::uint64_t hashes = 0;
  for (std::uint32_t at = 0; at < release->files().size(); ++at)
    if (const auto shape = layer_shape(*release, FileIndex(at)))
      hashes += shape->pieces;
  if (hashes * sizeof(Sha256) > max_metainfo_size)
    return Error{ErrorCode::bad_metainfo, "The release's piece layers are larger than 16 MiB.", {}};
  return HashExchange(std::move(release));
}

HashRequest HashExchange::request_of(const Part& part) const {
  return layer_request(shapes_.at(part.file), part.number);
}

HashExchange::Part* HashExchange::find(Peer peer, const HashRequest& request) {
  const auto found = std::find_if(parts_.begin(), parts_.end(), [&](const Part& part) {
    return part.asked.contains(peer) && request_of(part) == request;
  });
  return found == parts_.end() ? nullptr : &*found;
}

std::optional<HashRequest> HashExchange::next(Peer peer) {
  const auto busy = std::count_if(parts_.begin(), parts_.end(),
                                  [&](const Part& part) { return part.asked.contains(peer); });
  if (busy >= static_cast<std::ptrdiff_t>(at_once))
    return std::nullopt;
  // What nobody is asked for first; then what one other peer is slow with.
  for (const std::size_t others : {0u, 1u})
    for (Part& part : parts_)
      if (part.hashes.empty() && part.asked.size() == others && !part.asked.contains(peer) &&
          !part.refused.contains(peer)) {
        part.asked.insert(peer);
        return request_of(part);
      }
  return std::nullopt;
}

Status HashExchange::received(Peer peer, const HashRequest& request, Bytes hashes) {
  Part* const part = find(peer, request);
  if (!part)
    return Error{ErrorCode::bad_message, "A peer sent hashes that it was not asked for.", {}};
  part->asked.erase(peer);
  if (!part->hashes.empty())
    return ok(); // another peer was faster
  const LayerShape& shape = shapes_.at(part->file);
  if (!proven(shape, request, hashes)) {
    part->refused.insert(peer);
    return Error{ErrorCode::bad_message, "A peer sent hashes that do not lead to the root.", {}};
  }
  const std::uint32_t count = std::min(request.length, shape.pieces - request.index);
  part->hashes.resize(count);
  std::memcpy(part->hashes.data(), hashes.data(), count * sizeof(Sha256));
  --missing_;
  return ok();
}

void HashExchange::rejected(Peer peer, const HashRequest& request) {
  if (Part* const part = find(peer, request)) {
    part->asked.erase(peer);
    part->refused.insert(peer);
  }
}

void HashExchange::gone(Peer peer) {
  for (Part& part : parts_) {
    part.asked.erase(peer);
    part.refused.erase(peer);
  }
}

Result<ReleasePtr> HashExchange::release() const {
  std::map<Sha256, std::vector<Sha256>> by_root;
  for (const Part& part : parts_) {
    auto& layer = by_root[shapes_.at(part.file).root];
    layer.insert(layer.end(), part.hashes.begin(), part.hashes.end());
  }
  std::map<FileIndex, std::vector<Sha256>> layers;
  for (const auto& [file, shape] : shapes_)
    layers[file] = by_root[shape.root];
  return release_->with_layers(layers);
}

} // namespace triad::wire
