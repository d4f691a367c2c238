// SPDX-License-Identifier: LGPL-2.1-or-later
// What may be given of a release to peers: the verified pieces of its cache entry.
//
// Engine thread only.
#pragma once

#include "node/shared_entry.h"
#include "peers/company/company.h"

#include <memory>

namespace triad {

class ReleaseStock : public Stock {
public:
  ReleaseStock(ReleasePtr release, std::shared_ptr<SharedEntry> entry)
      : release_(std::move(release)), entry_(std::move(entry)) {}

  [[nodiscard]] std::vector<bool> pieces() const override;
  [[nodiscard]] bool read(PieceIndex piece, std::uint32_t begin, std::span<std::byte> out) override;

private:
  const ReleasePtr release_;
  const std::shared_ptr<SharedEntry> entry_;
};

// A range of release space from the cache; pads and gaps are zeros. False: not all of it is had.
[[nodiscard]] bool read_release(const Release& release, CacheEntry& cache, std::uint64_t offset,
                                std::span<std::byte> out);

} // namespace triad
