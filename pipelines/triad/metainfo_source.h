// SPDX-License-Identifier: LGPL-2.1-or-later
// Metainfo from wherever a person points: a file, or a Triad URI's server.
#pragma once

#include "release/result.h"
#include "release_writer.h"

#include <string>

namespace triad::tool {

// `word`: a metainfo file's name, or a Triad URI. Blocks; runs the default main context. Errors:
// bad_uri, not_found, not_authorized, unreachable, io.
[[nodiscard]] Result<Metainfo> load_metainfo(const std::string& word);

// Whether `word` is meant as a Triad URI.
[[nodiscard]] bool is_triad_uri(const std::string& word);

} // namespace triad::tool
