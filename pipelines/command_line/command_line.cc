// SPDX-License-Identifier: LGPL-2.1-or-later
#include "command_line/command_line.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>

namespace triad::tool {

namespace {

std::string program() {
  const std::string_view command = g_get_prgname();
  return std::string(command.substr(0, command.find(' ')));
}

} // namespace

CommandLine::CommandLine(std::string command, const char* arguments, const char* summary,
                         const char* description)
    : command_(std::move(command)),
      arguments_(arguments),
      summary_(summary),
      description_(description) {}

void CommandLine::flag(const char* name, bool* target, const char* help) {
  options_.push_back({.name = name, .value = nullptr, .help = help, .flag = target});
}

void CommandLine::text(const char* name, std::optional<std::string>* target, const char* value,
                       const char* help) {
  options_.push_back({.name = name, .value = value, .help = help, .text = target});
}

void CommandLine::list(const char* name, std::vector<std::string>* target, const char* value,
                       const char* help) {
  options_.push_back({.name = name, .value = value, .help = help, .list = target});
}

std::optional<int> CommandLine::parse(const std::vector<std::string>& words) {
  gboolean version = FALSE;
  std::vector<GOptionEntry> entries;
  for (Option& option : options_) {
    GOptionEntry entry{};
    entry.long_name = option.name;
    entry.description = option.help;
    entry.arg_description = option.value;
    // Values may be file names in no particular encoding, so nothing is converted.
    if (option.flag) {
      entry.arg = G_OPTION_ARG_NONE;
      entry.arg_data = &option.seen;
    } else if (option.text) {
      entry.arg = G_OPTION_ARG_FILENAME;
      entry.arg_data = &option.string;
    } else {
      entry.arg = G_OPTION_ARG_FILENAME_ARRAY;
      entry.arg_data = &option.strings;
    }
    entries.push_back(entry);
  }
  GOptionEntry version_entry{};
  version_entry.long_name = "version";
  version_entry.arg = G_OPTION_ARG_NONE;
  version_entry.arg_data = &version;
  version_entry.description = "Show the version and exit";
  entries.push_back(version_entry);
  entries.push_back(GOptionEntry{});

  const std::unique_ptr<GOptionContext, decltype(&g_option_context_free)> context(
      g_option_context_new(arguments_), &g_option_context_free);
  g_option_context_set_summary(context.get(), summary_);
  g_option_context_set_description(context.get(), description_);
  g_option_context_add_main_entries(context.get(), entries.data(), nullptr);

  // GOption names the program in --help by argv[0].
  GStrvBuilder* builder = g_strv_builder_new();
  g_set_prgname(command_.c_str());
  g_strv_builder_add(builder, command_.c_str());
  for (const std::string& word : words) {
    g_strv_builder_add(builder, word.c_str());
  }
  char** argv = g_strv_builder_end(builder);
  g_strv_builder_unref(builder);
  GError* error = nullptr;
  const bool parsed = g_option_context_parse_strv(context.get(), &argv, &error);
  take_values();
  for (char** word = parsed && *argv ? argv + 1 : nullptr; word && *word; ++word) {
    if (std::string_view(*word) != "--") {
      rest_.emplace_back(*word);
    }
  }
  g_strfreev(argv);
  if (!parsed) {
    const std::string reason = error->message;
    g_clear_error(&error);
    return refuse(reason);
  }
  if (version) {
    std::printf("%s %s\n", program().c_str(), TRIAD_VERSION);
    return exit_done;
  }
  // Most likely a script's variable that is not set; as a file's name it would be this folder's.
  if (std::find(rest_.begin(), rest_.end(), "") != rest_.end()) {
    return refuse("an argument is empty");
  }
  for (const Option& option : options_) {
    if (option.text && *option.text && (*option.text)->empty()) {
      return refuse(std::string("--") + option.name + " is empty");
    }
  }
  return std::nullopt;
}

void CommandLine::take_values() {
  for (Option& option : options_) {
    if (option.flag && option.seen) {
      *option.flag = true;
    }
    if (option.string) {
      *option.text = option.string;
      g_free(std::exchange(option.string, nullptr));
    }
    for (char** value = option.strings; value && *value; ++value) {
      option.list->emplace_back(*value);
    }
    g_strfreev(std::exchange(option.strings, nullptr));
  }
}

int CommandLine::refuse(const std::string& reason) const {
  std::fprintf(stderr, "%s: %s\nusage: %s %s (see %s --help)\n", program().c_str(), reason.c_str(),
               command_.c_str(), arguments_, command_.c_str());
  return exit_usage;
}

int fail(const std::string& reason) {
  note(reason);
  return exit_failed;
}

void warn(const std::string& text) {
  std::fprintf(stderr, "%s: warning: %s\n", program().c_str(), text.c_str());
}

void note(const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", program().c_str(), text.c_str());
}

} // namespace triad::tool
