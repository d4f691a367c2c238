// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/load_settings.h"

#include "command_line/command_line.h"
#include "tracker/server/options.h"
#include "tracker/server/text_file.h"

#include <glib.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace triad::tracker {
namespace {

constexpr const char* main_group = "tracker";
constexpr const char* shares_group = "peer-share";

const char description[] =
    "Every option can also be set in the environment (TRIAD_TRACKER_PEER_SHARE for --peer-share)\n"
    "or in a file (--config, or TRIAD_TRACKER_CONFIG):\n"
    "\n"
    "  [tracker]\n"
    "  listen=0.0.0.0:8000\n"
    "  peer-share=80\n"
    "\n"
    "  [peer-share]\n"
    "  0123456789abcdef0123456789abcdef01234567=50\n"
    "\n"
    "The command line comes before the environment, the environment before the file. SIGHUP reads\n"
    "all files again without dropping a connection. SIGINT and SIGTERM end the tracker.\n"
    "\n"
    "triad-tracker token --help: tokens for announce URLs.";

std::string variable(std::string_view option) {
  std::string name = "TRIAD_TRACKER_";
  for (const char c : option) {
    name += c == '-' ? '_' : g_ascii_toupper(c);
  }
  return name;
}

Error at(const std::string& where, const Error& reason) {
  return {reason.code, where + " is wrong: " + reason.message, reason.detail};
}

using Strings = std::unique_ptr<char*, decltype(&g_strfreev)>;
using Text = std::unique_ptr<char, decltype(&g_free)>;
using KeyFile = std::unique_ptr<GKeyFile, decltype(&g_key_file_free)>;

Strings keys_of(GKeyFile* file, const char* group) {
  return {g_key_file_get_keys(file, group, nullptr, nullptr), &g_strfreev};
}

// The value; GKeyFile's reason if it has none (bad escapes, not UTF-8).
Result<std::string> value_of(GKeyFile* file, const char* group, const char* key) {
  GError* problem = nullptr;
  const Text value(g_key_file_get_string(file, group, key, &problem), &g_free);
  if (problem) { // of bad escapes it gives both, a reason and a value
    Error error{ErrorCode::settings, problem->message, {}};
    g_error_free(problem);
    return error;
  }
  return std::string(value.get());
}

Status read_main_key(GKeyFile* file, const char* key, Settings& settings) {
  const auto known = options();
  const auto option = std::find_if(known.begin(), known.end(), [&](const Option& each) {
    return each.name == std::string_view(key);
  });
  if (option == known.end()) {
    return Error{ErrorCode::settings, "there is no such option", {}};
  }
  const auto value = value_of(file, main_group, key);
  return value ? option->set(settings, *value) : Status(value.error());
}

Status read_share(GKeyFile* file, const char* key, Settings& settings) {
  const auto value = value_of(file, shares_group, key);
  return value ? set_peer_share(settings, key, *value) : Status(value.error());
}

} // namespace

SettingsLoader::SettingsLoader()
    : SettingsLoader([](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
      }) {}

SettingsLoader::SettingsLoader(Environment environment) : environment_(std::move(environment)) {}

std::optional<int> SettingsLoader::parse(const std::vector<std::string>& words) {
  tool::CommandLine line("triad-tracker", "--listen ADDR:PORT",
                         "Introduces WebTorrent peers to each other. Prints 'ready' and its URL "
                         "when it serves.",
                         description);
  std::map<std::string, std::optional<std::string>> values;
  for (const Option& option : options()) {
    line.text(option.name, &values[option.name], option.value, option.help);
  }
  line.text("config", &values["config"], "FILE", "Read options from this file, too");
  if (const auto code = line.parse(words)) {
    return code;
  }
  if (!line.rest().empty()) {
    return line.refuse("'" + line.rest().front() + "' is no option");
  }
  Settings tried;
  for (const Option& option : options()) {
    if (const auto& value = values[option.name]) {
      if (const Status set = option.set(tried, *value); !set) {
        return line.refuse(at(std::string("--") + option.name, set.error()).message);
      }
    }
  }
  for (auto& [name, value] : values) {
    if (value) {
      given_.insert_or_assign(name, std::move(*value));
    }
  }
  return std::nullopt;
}

Result<Settings> SettingsLoader::load() const {
  Settings settings;
  const auto own = given_.find("config");
  const std::string file =
      own != given_.end() ? own->second : environment_(variable("config")).value_or("");
  if (!file.empty()) {
    const auto text = read_text_file(file);
    if (!text) {
      return text.error();
    }
    if (const Status read = read_settings_file(*text, settings); !read) {
      return Error{read.error().code, file + ": " + read.error().message, {}};
    }
  }
  for (const Option& option : options()) {
    const std::string name = variable(option.name);
    const auto given = given_.find(option.name);
    const auto from_environment = environment_(name);
    if (given != given_.end()) {
      if (const Status set = option.set(settings, given->second); !set) {
        return at(std::string("--") + option.name, set.error());
      }
    } else if (from_environment && !from_environment->empty()) {
      if (const Status set = option.set(settings, *from_environment); !set) {
        return at(name, set.error());
      }
    }
  }
  if (const Status together = check_together(settings); !together) {
    return together.error();
  }
  return settings;
}

Status read_settings_file(std::string_view text, Settings& settings) {
  const KeyFile file(g_key_file_new(), &g_key_file_free);
  GError* problem = nullptr;
  if (g_key_file_load_from_data(file.get(), text.data(), text.size(), G_KEY_FILE_NONE, &problem) ==
      FALSE) {
    Error error{ErrorCode::settings, problem->message, {}};
    g_error_free(problem);
    return error;
  }
  const Strings groups(g_key_file_get_groups(file.get(), nullptr), &g_strfreev);
  for (char** group = groups.get(); *group; ++group) {
    const bool shares = std::string_view(*group) == shares_group;
    if (!shares && std::string_view(*group) != main_group) {
      return Error{ErrorCode::settings, std::string("there is no group [") + *group + "]", {}};
    }
    const Strings keys = keys_of(file.get(), *group);
    for (char** key = keys.get(); key && *key; ++key) {
      const Status read = shares ? read_share(file.get(), *key, settings)
                                 : read_main_key(file.get(), *key, settings);
      if (!read) {
        return at(std::string("key ") + *key, read.error());
      }
    }
  }
  return ok();
}

} // namespace triad::tracker
