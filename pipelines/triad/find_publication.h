// SPDX-License-Identifier: LGPL-2.1-or-later
// The metainfo that a folder already has, or a new one: what `triad serve` serves.
#pragma once

#include "publication.h"

#include <filesystem>

namespace triad::tool {

// The metainfo beside a folder or file, or its stand-in in the user's cache where that place can't
// be written or is taken; made anew where there is none, or where files were added, removed or
// changed (size, modification time) since. What the user published and what another program wrote
// is never overwritten. The metainfo comes without url-list: who asks this server for it is to ask
// this server for the files.
[[nodiscard]] Result<Publication> find_or_publish(const std::filesystem::path& source,
                                                  const PublishingTalk& talk);

} // namespace triad::tool
