// SPDX-License-Identifier: LGPL-2.1-or-later
// Settings for players that can't set properties: a file and the environment. docs/element.md.
//
// A property comes before the environment, the environment before the file, the file before the
// default. File: $XDG_CONFIG_HOME/triad/triad.conf, group [triad], keys sources, cache-dir,
// cache-size and those of peer_settings.h; environment: TRIAD_SOURCES, TRIAD_CACHE_DIR,
// TRIAD_CACHE_SIZE, ...
#pragma once

#include "node/peer_settings.h"
#include "node/reader.h"

#include <functional>
#include <string_view>

namespace triad {

struct Settings {
  Sources sources = Sources::all;
  std::filesystem::path cache_dir;         // absolute
  std::optional<std::uint64_t> cache_size; // bytes; absent: the cache's own default
  CompanySettings company;                 // without what the properties say,
  NodeOptions named;                       // and that; together they are valid
};

// What the settings are read from; tests give their own.
struct SettingsOrigin {
  std::filesystem::path config_file; // need not exist
  std::function<std::optional<std::string>(const char* name)> environment;
  std::filesystem::path default_cache_dir;
};
[[nodiscard]] SettingsOrigin system_settings_origin();

// Errors: settings, naming the key, where it stands, its value and what is allowed.
[[nodiscard]] Result<Settings> resolve_settings(const OpenOptions& options,
                                                const SettingsOrigin& origin);

// "cache,peers,server" (also "all") as in TRIAD_SOURCES. Errors: settings.
[[nodiscard]] Result<Sources> parse_sources(std::string_view text);
// Bytes, with an optional K, M or G (1024's powers). Errors: settings.
[[nodiscard]] Result<std::uint64_t> parse_byte_size(std::string_view text);

} // namespace triad
