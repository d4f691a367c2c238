// SPDX-License-Identifier: LGPL-2.1-or-later
// The info dictionary of a metainfo file, walked as it is: names are judged raw, never repaired.
// For metainfo.cc alone.
#pragma once

#include "release/release_data.h"

#include <libtorrent/bdecode.hpp>

namespace triad {

// An Error of code bad_metainfo.
[[nodiscard]] Error refused(std::string why);

// That the keys of a dictionary are sorted, hence unique (BEP 3). `where` is for the message.
[[nodiscard]] Status check_keys(const lt::bdecode_node& dictionary, std::string_view where);

// Everything that follows from `info`. The v2 piece layers are not in it.
[[nodiscard]] Result<std::unique_ptr<Release::Data>> read_info(const lt::bdecode_node& info);

// Checks `layers` (the top-level dictionary; may be missing) against the files' roots and keeps
// them.
[[nodiscard]] Status read_layers(Release::Data& data, const lt::bdecode_node& layers);

} // namespace triad
