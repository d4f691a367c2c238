// SPDX-License-Identifier: LGPL-2.1-or-later
// The v2 piece layers of a release (BEP 52), which may come later than its info dictionary.
#include "release/merkle.h"
#include "release/names.h"
#include "release/release.h"
#include "release/release_data.h"

#include <bit>

namespace triad {

std::string keep_layer(Release::Data& data, std::size_t at, std::vector<Sha256> layer) {
  const ReleaseFile& file = data.files[at];
  const std::uint64_t count = (file.length - 1) / data.piece_length + 1;
  if (layer.size() != count)
    return "the piece layer of " + quoted(file.path) + " has the wrong length";
  const Sha256 pad = merkle_pad(data.piece_length / block_size);
  if (merkle_root(layer, std::bit_ceil(count), pad) != data.trees[at].root)
    return "the piece layer of " + quoted(file.path) + " does not lead to its root";
  data.trees[at].layer = std::move(layer);
  return {};
}

std::optional<Sha256> Release::root(FileIndex index) const {
  const ReleaseFile& in = file(index);
  if (data_->trees.empty() || in.pad || in.length == 0)
    return std::nullopt;
  return data_->trees[index.value()].root;
}

std::span<const Sha256> Release::piece_layer(FileIndex index) const {
  if (data_->trees.empty())
    return {};
  return data_->trees.at(index.value()).layer;
}

Result<ReleasePtr>
Release::with_layers(const std::map<FileIndex, std::vector<Sha256>>& layers) const {
  const auto refuse = [](const std::string& why) {
    return Error{ErrorCode::bad_metainfo, "These hashes can't be used: " + why + ".", why};
  };
  auto data = std::make_unique<Data>(*data_);
  for (std::size_t at = 0; at < data->trees.size(); ++at) {
    const ReleaseFile& in = data->files[at];
    if (in.length <= data->piece_length || in.pad)
      continue;
    const auto found = layers.find(FileIndex(static_cast<std::uint32_t>(at)));
    if (found == layers.end())
      return refuse("the piece layer of " + quoted(in.path) + " is missing");
    if (const std::string why = keep_layer(*data, at, found->second); !why.empty())
      return refuse(why);
  }
  data->layers_complete = true;
  return ReleasePtr(std::make_shared<const Release>(std::move(data)));
}

ReleasePtr Release::v1_alone() const {
  auto data = std::make_unique<Data>(*data_);
  if (data->info_hash_v1) {
    data->trees.clear();
    data->layers_complete = true;
  }
  return std::make_shared<const Release>(std::move(data));
}

} // namespace triad
