// SPDX-License-Identifier: LGPL-2.1-or-later
// What the cache reads from urls/: whatever is accepted is safe to use in a path, and keeps its
// meaning when it is written again.
#include "cache/url_entry.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad::cache;
  const auto entry = parse_url_entry({reinterpret_cast<const char*>(data), size});
  if (!entry)
    return 0;
  if (entry->release_id.size() != 40 || entry->sha256.size() != 64 ||
      entry->release_id.find_first_not_of("0123456789abcdef") != std::string::npos)
    std::abort();
  const auto again = parse_url_entry(format_url_entry(*entry));
  if (!again || again->release_id != entry->release_id || again->sha256 != entry->sha256 ||
      again->etag != entry->etag || again->last_modified != entry->last_modified)
    std::abort();
  return 0;
}
