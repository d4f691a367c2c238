// SPDX-License-Identifier: LGPL-2.1-or-later
// Magnet links (BEP 9, 52, 53). For uri.cc alone.
#pragma once

#include "release/uri.h"

namespace triad {

// Reads the parameters (what follows `magnet:?`, its percent-encoding known to be valid) into
// `uri`. Gives why that can't be done; empty if it could.
[[nodiscard]] std::string_view read_magnet(std::string_view parameters, TriadUri& uri);

// The link for another file of the release: `link` with its so= replaced.
[[nodiscard]] std::string magnet_for_file(std::string_view link, std::uint32_t file);

} // namespace triad
