// SPDX-License-Identifier: LGPL-2.1-or-later
// Allow lists: what is read holds the hashes that its lines name, and no more.
#include "tracker/access/allow_list.h"

#include "require.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triad::tracker;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = AllowList::parse(text);
  if (list) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    FUZZ_REQUIRE(list->size() <= lines);
    FUZZ_REQUIRE(list->size() <= size / 40);
  }
  if (const auto hash = parse_info_hash(text)) {
    FUZZ_REQUIRE(parse_info_hash(hex(*hash)) == hash);
    FUZZ_REQUIRE(list && list->contains(*hash));
  }
  return 0;
}
