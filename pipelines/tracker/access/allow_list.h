// SPDX-License-Identifier: LGPL-2.1-or-later
// The releases that a tracker serves, where it does not serve all.
#pragma once

#include "peers/signal/ids.h"
#include "release/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker {

class AllowList {
public:
  // One info hash on each line, 40 hex digits (64 of a v2 release: its first 40 count); what
  // follows a # is a comment. Errors: settings, with the line's number.
  [[nodiscard]] static Result<AllowList> parse(std::string_view file);

  [[nodiscard]] bool contains(const signal::InfoHash& release) const;
  [[nodiscard]] std::size_t size() const { return hashes_.size(); }

private:
  std::vector<signal::InfoHash> hashes_; // sorted: strangers can't choose what is in it
};

// 40 hex digits. Empty: it is none.
[[nodiscard]] std::optional<signal::InfoHash> parse_info_hash(std::string_view hex);
[[nodiscard]] std::string hex(const signal::InfoHash& hash);

} // namespace triad::tracker
