// SPDX-License-Identifier: LGPL-2.1-or-later
// Settings from the command line, before the environment (TRIAD_TRACKER_*), before a file.
#pragma once

#include "release/result.h"
#include "tracker/server/settings.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace triad::tracker {

class SettingsLoader {
public:
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  // `environment` stands for the process's own in tests.
  SettingsLoader();
  explicit SettingsLoader(Environment environment);

  // The words after the program's name. Empty: go on; else the exit code: the version was printed
  // on stdout, or a usage error on stderr. --help ends the process.
  [[nodiscard]] std::optional<int> parse(const std::vector<std::string>& words);

  // All three together; the file is read again, so that a reload is one more call. Errors: settings
  // (names the option, where it stands and what is allowed), io (the file).
  [[nodiscard]] Result<Settings> load() const;

private:
  Environment environment_;
  std::map<std::string, std::string> given_; // on the command line: option, value
};

// The settings file's text (GKeyFile: groups [tracker] and [peer-share]) over `settings`. Errors:
// settings.
[[nodiscard]] Status read_settings_file(std::string_view text, Settings& settings);

} // namespace triad::tracker
