// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/token_command.h"

#include "command_line/command_line.h"
#include "tracker/access/allow_list.h"
#include "tracker/access/tokens.h"
#include "tracker/server/text_file.h"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace triad::tracker {

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [unit, problem] = std::from_chars(text.data(), end, count);
  if (problem != std::errc() || end - unit != 1 || count == 0) {
    return std::nullopt;
  }
  switch (*unit) {
  case 's':
    return std::chrono::seconds(count);
  case 'm':
    return std::chrono::minutes(count);
  case 'h':
    return std::chrono::hours(count);
  case 'd':
    return std::chrono::hours(24) * count;
  default:
    return std::nullopt;
  }
}

int token_command(const std::vector<std::string>& words) {
  std::optional<std::string> secret_file;
  std::optional<std::string> info_hash;
  std::optional<std::string> expires;
  tool::CommandLine line("triad-tracker token", "--token-secret FILE --expires TIME",
                         "Prints a token for an announce URL: ws://HOST:PORT/TOKEN.",
                         "A tracker started with the same --token-secret accepts it. Its file has "
                         "a secret on each\nline, 16 bytes at least; the first one signs, each is "
                         "accepted.");
  line.text("token-secret", &secret_file, "FILE", "The file with the tracker's secrets");
  line.text("info-hash", &info_hash, "HEX", "Good for this release only (40 hex digits)");
  line.text("expires", &expires, "TIME", "How long it is good for: 90s, 15m, 12h or 30d");
  if (const auto code = line.parse(words)) {
    return *code;
  }
  if (!line.rest().empty()) {
    return line.refuse("'" + line.rest().front() + "' is no option");
  }
  if (!secret_file || !expires) {
    return line.refuse(secret_file ? "--expires is missing" : "--token-secret is missing");
  }
  const auto lifetime = parse_duration(*expires);
  if (!lifetime) {
    return line.refuse("--expires is wrong: \"" + *expires + "\" is no time such as 30d or 12h");
  }
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  Token token{(now + *lifetime).count(), std::nullopt};
  if (info_hash && !(token.info_hash = parse_info_hash(*info_hash))) {
    return line.refuse("--info-hash is wrong: \"" + *info_hash + "\" has not 40 hex digits");
  }
  const auto text = read_text_file(*secret_file);
  if (!text) {
    return tool::fail(text.error().message);
  }
  const auto secrets = TokenSecrets::parse(*text);
  if (!secrets) {
    return tool::fail(*secret_file + ": " + secrets.error().message);
  }
  std::puts(secrets->mint(token).c_str());
  return tool::exit_done;
}

} // namespace triad::tracker
