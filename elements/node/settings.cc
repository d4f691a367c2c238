// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads triad.conf and TRIAD_*.
#include "node/settings.h"

#include <glib.h>

#include <charconv>
#include <cstdlib>
#include <memory>

namespace triad {

namespace {

constexpr const char* group = "triad";

Error settings_error(std::string message) {
  return Error{ErrorCode::settings, std::move(message), {}};
}

struct KeyFileFree {
  void operator()(GKeyFile* file) const { g_key_file_free(file); }
};
using KeyFile = std::unique_ptr<GKeyFile, KeyFileFree>;

// Null if there is no file.
Result<KeyFile> load(const std::filesystem::path& path) {
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown) && !unknown)
    return KeyFile();
  KeyFile file(g_key_file_new());
  GError* problem = nullptr;
  if (g_key_file_load_from_file(file.get(), path.c_str(), G_KEY_FILE_NONE, &problem) != FALSE)
    return file;
  const bool absent = g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT) != FALSE;
  std::string reason = problem->message;
  g_error_free(problem);
  if (absent)
    return KeyFile();
  return settings_error("The settings file " + path.string() + " can't be read: " + reason + ".");
}

struct Value {
  std::string text;
  std::string where; // for errors
};

std::optional<Value> look_up(const char* variable, const char* key, const SettingsOrigin& origin,
                             GKeyFile* file) {
  if (auto text = origin.environment(variable); text && !text->empty())
    return Value{*text, std::string("environment variable ") + variable};
  if (file == nullptr)
    return std::nullopt;
  gchar* text = g_key_file_get_string(file, group, key, nullptr);
  if (text == nullptr)
    return std::nullopt;
  Value value{text, std::string("key ") + key + " in " + origin.config_file.string()};
  g_free(text);
  return value;
}

Error at(const Value& value, const Error& reason) {
  return settings_error("The " + value.where + " is wrong: " + reason.message);
}

// What environment and file say of peers, where the properties say nothing.
Result<CompanySettings> read_company(const NodeOptions& named, const SettingsOrigin& origin,
                                     GKeyFile* file) {
  CompanySettings company;
  for (const PeerSetting& setting : peer_settings()) {
    const auto value = look_up(setting.variable, setting.key, origin, file);
    if (!value || setting.said(named))
      continue;
    NodeOptions options;
    const auto parsed = setting.parse(value->text, options);
    auto applied = parsed ? apply(company, options) : Result<CompanySettings>(parsed.error());
    if (!applied)
      return at(*value, applied.error());
    company = std::move(*applied);
  }
  return company;
}

} // namespace

SettingsOrigin system_settings_origin() {
  return {std::filesystem::path(g_get_user_config_dir()) / "triad" / "triad.conf",
          [](const char* name) -> std::optional<std::string> {
            const char* text = std::getenv(name);
            return text == nullptr ? std::nullopt : std::optional<std::string>(text);
          },
          std::filesystem::path(g_get_user_cache_dir()) / "triad"};
}

Result<Sources> parse_sources(std::string_view text) {
  Sources set = Sources::none;
  const auto add = [&set](Sources one) {
    set = static_cast<Sources>(static_cast<unsigned>(set) | static_cast<unsigned>(one));
  };
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto comma = rest.find_first_of(",+");
    std::string_view word = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    while (!word.empty() && word.front() == ' ')
      word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ')
      word.remove_suffix(1);
    if (word == "cache")
      add(Sources::cache);
    else if (word == "peers")
      add(Sources::peers);
    else if (word == "server")
      add(Sources::server);
    else if (word == "all")
      add(Sources::all);
    else
      return settings_error("\"" + std::string(word) +
                            "\" is no source; allowed are cache, peers, server and all, with "
                            "commas between them.");
  }
  if (set == Sources::none)
    return settings_error("no source is named; allowed are cache, peers, server and all.");
  return set;
}

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  const auto wrong = [&] {
    return settings_error("\"" + std::string(text) +
                          "\" is no size; give a number of bytes, or one with K, M or G.");
  };
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || end - rest > 1)
    return wrong();
  if (rest == end)
    return number;
  unsigned shift = 0;
  switch (*rest) {
  case 'K':
    shift = 10;
    break;
  case 'M':
    shift = 20;
    break;
  case 'G':
    shift = 30;
    break;
  default:
    return wrong();
  }
  if (number > UINT64_MAX >> shift)
    return wrong();
  return number << shift;
}

Result<Settings> resolve_settings(const OpenOptions& options, const SettingsOrigin& origin) {
  auto file = load(origin.config_file);
  if (!file)
    return file.error();
  Settings settings;
  settings.cache_dir = origin.default_cache_dir;

  if (options.sources) {
    settings.sources = *options.sources;
  } else if (const auto value = look_up("TRIAD_SOURCES", "sources", origin, file->get())) {
    const auto sources = parse_sources(value->text);
    if (!sources)
      return at(*value, sources.error());
    settings.sources = *sources;
  }

  if (options.cache_dir && !options.cache_dir->empty()) {
    settings.cache_dir = *options.cache_dir;
  } else if (const auto value = look_up("TRIAD_CACHE_DIR", "cache-dir", origin, file->get())) {
    if (!std::filesystem::path(value->text).is_absolute())
      return at(*value, settings_error("\"" + value->text +
                                       "\" is no absolute path; give one that begins with /."));
    settings.cache_dir = value->text;
  }
  if (settings.cache_dir.is_relative()) {
    std::error_code problem;
    settings.cache_dir = std::filesystem::absolute(settings.cache_dir, problem);
  }
  settings.cache_dir = settings.cache_dir.lexically_normal();

  if (options.cache_size) {
    settings.cache_size = options.cache_size;
  } else if (const auto value = look_up("TRIAD_CACHE_SIZE", "cache-size", origin, file->get())) {
    const auto size = parse_byte_size(value->text);
    if (!size)
      return at(*value, size.error());
    settings.cache_size = *size;
  }
  if (settings.sources == Sources::none)
    return settings_error("No source may be used; set sources to some of cache, peers and server.");

  auto company = read_company(options.node, origin, file->get());
  if (!company)
    return company.error();
  settings.company = std::move(*company);
  settings.company.tls_strict = options.http.tls_strict;
  settings.company.tls_ca_file = options.http.tls_ca_file;
  if (const auto both = apply(settings.company, options.node); !both)
    return both.error();
  settings.named = options.node;
  return settings;
}

} // namespace triad
