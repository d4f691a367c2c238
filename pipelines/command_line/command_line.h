// SPDX-License-Identifier: LGPL-2.1-or-later
// The options and arguments of a program, or of one of its verbs, read by GOption; --help and
// --version answered.
#pragma once

#include <glib.h>

#include <optional>
#include <string>
#include <vector>

namespace triad::tool {

// Exit codes of every program.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1; // the reason is on stderr
inline constexpr int exit_usage = 2;

class CommandLine {
public:
  // `command` as typed ("triad serve"); `arguments` for the usage line ("FOLDER|FILE"); `summary`
  // one sentence for people; `description` more of it, below the options; may be null.
  CommandLine(std::string command, const char* arguments, const char* summary,
              const char* description = nullptr);

  // Targets outlive parse(); they hold their defaults before it.
  void flag(const char* name, bool* target, const char* help);
  void text(const char* name, std::optional<std::string>* target, const char* value,
            const char* help);
  void list(const char* name, std::vector<std::string>* target, const char* value,
            const char* help);

  // Reads the words after the command. Empty: go on, rest() holds what is no option. Else the exit
  // code: the version was printed on stdout, or a usage error on stderr. --help ends the process
  // (GOption does).
  [[nodiscard]] std::optional<int> parse(const std::vector<std::string>& words);
  [[nodiscard]] const std::vector<std::string>& rest() const { return rest_; }

  // Says what is wrong with the usage on stderr; returns exit_usage.
  int refuse(const std::string& reason) const;

private:
  struct Option {
    const char* name;
    const char* value; // null: a flag
    const char* help;
    bool* flag = nullptr;
    std::optional<std::string>* text = nullptr;
    std::vector<std::string>* list = nullptr;
    gboolean seen = FALSE;
    char* string = nullptr;
    char** strings = nullptr;
  };
  void take_values();

  std::string command_;
  const char* arguments_;
  const char* summary_;
  const char* description_;
  std::vector<Option> options_;
  std::vector<std::string> rest_;
};

// All begin with the program's name: the first word of g_get_prgname(), which its main() sets.
// "triad: REASON" on stderr; returns exit_failed.
int fail(const std::string& reason);
// "triad: warning: TEXT" on stderr.
void warn(const std::string& text);
// "triad: TEXT" on stderr.
void note(const std::string& text);

} // namespace triad::tool
