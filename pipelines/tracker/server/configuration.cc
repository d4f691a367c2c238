// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/configuration.h"

#include "tracker/server/text_file.h"

#include <utility>

namespace triad::tracker {
namespace {

// What `parse` makes of a file; names the file where it complains.
template <typename T>
Status read_into(std::optional<T>& target, const std::string& path) {
  if (path.empty()) {
    return ok();
  }
  const auto text = read_text_file(path);
  if (!text) {
    return text.error();
  }
  auto parsed = T::parse(*text);
  if (!parsed) {
    Error error = parsed.error();
    error.message = path + ": " + error.message;
    return error;
  }
  target = std::move(*parsed);
  return ok();
}

Status read_tls(Configuration& into) {
  const Settings& settings = into.settings;
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    return Error{ErrorCode::settings, "TLS takes both a certificate and a key", ""};
  }
  if (settings.tls_certificate.empty()) {
    return ok();
  }
  auto context = TlsContext::load(settings.tls_certificate, settings.tls_key);
  if (!context) {
    return context.error();
  }
  into.tls = std::make_unique<TlsContext>(std::move(context).value());
  return ok();
}

Status read_admin_token(Configuration& into) {
  const std::string& path = into.settings.admin_token;
  if (path.empty()) {
    return ok();
  }
  const auto text = read_text_file(path);
  if (!text) {
    return text.error();
  }
  into.admin_token = text->substr(0, text->find_first_of("\r\n"));
  if (into.admin_token.empty()) {
    return Error{ErrorCode::settings, path + ": the first line holds no token", ""};
  }
  return ok();
}

} // namespace

Result<Configuration> read_configuration(const Settings& settings) {
  Configuration configuration;
  configuration.settings = settings;
  const Limits& limits = settings.limits;
  AccessRules& rules = configuration.rules;
  rules.connections = limits.connections;
  rules.address = {limits.connections_per_address, limits.messages_per_second,
                   limits.swarms_per_address};
  for (const Status& read : {read_into(rules.allow_list, settings.allow_list),
                             read_into(rules.secrets, settings.token_secret),
                             read_tls(configuration), read_admin_token(configuration)}) {
    if (!read) {
      return read.error();
    }
  }
  return configuration;
}

} // namespace triad::tracker
