// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/url.h"

#include "server/http_fields.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace triad {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

std::optional<std::string> part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK)
    return {};
  const std::unique_ptr<char, FreeText> owner(text);
  return std::string(text);
}

// Null unless libcurl takes it for a URL.
Url read(const std::string& text) {
  Url url(curl_url());
  if (!url || text.find('\0') != text.npos ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return nullptr;
  return url;
}

// Null unless it is an absolute http or https URL of one host: "http://%31.2/" names the host 1.2
// when it is read, and 1.0.0.2 when what was read is written and read again.
Url parse(const std::string& text) {
  Url url = read(text);
  const auto scheme = url ? part(url.get(), CURLUPART_SCHEME) : std::nullopt;
  if (!scheme || (*scheme != "http" && *scheme != "https"))
    return nullptr;
  const Url again = read(part(url.get(), CURLUPART_URL).value_or(""));
  if (!again || part(again.get(), CURLUPART_HOST) != part(url.get(), CURLUPART_HOST))
    return nullptr;
  return url;
}

std::optional<UrlOrigin> origin_of(CURLU* url) {
  const auto scheme = part(url, CURLUPART_SCHEME);
  auto host = part(url, CURLUPART_HOST);
  const auto port_text = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const auto port = parse_number(port_text.value_or(""));
  if (!scheme || !host || host->empty() || !port || *port > UINT16_MAX)
    return {};
  std::transform(host->begin(), host->end(), host->begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return UrlOrigin{*scheme, *host, static_cast<std::uint16_t>(*port)};
}

} // namespace

std::string UrlOrigin::text() const {
  return scheme + "://" + host + ':' + std::to_string(port);
}

std::optional<UrlOrigin> url_origin(const std::string& text) {
  const Url url = parse(text);
  return url ? origin_of(url.get()) : std::nullopt;
}

std::optional<std::string> resolve_url(const std::string& base, const std::string& location) {
  const Url from = parse(base);
  if (!from || location.empty() || location.find('\0') != location.npos)
    return {};
  const Url to(curl_url_dup(from.get()));
  if (!to || curl_url_set(to.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK)
    return {};
  curl_url_set(to.get(), CURLUPART_FRAGMENT, nullptr, 0);
  const Url target = parse(part(to.get(), CURLUPART_URL).value_or(""));
  if (!target || !origin_of(target.get()))
    return {};
  if (origin_of(target.get()) != origin_of(from.get())) {
    curl_url_set(target.get(), CURLUPART_USER, nullptr, 0);
    curl_url_set(target.get(), CURLUPART_PASSWORD, nullptr, 0);
  }
  return part(target.get(), CURLUPART_URL);
}

std::string with_credentials(const std::string& text, const std::string& credentials) {
  const Url url = parse(text), own = parse(credentials);
  if (!url || !own || origin_of(url.get()) != origin_of(own.get()))
    return text;
  const auto user = part(own.get(), CURLUPART_USER);
  const auto password = part(own.get(), CURLUPART_PASSWORD);
  const auto query = part(own.get(), CURLUPART_QUERY);
  if (!part(url.get(), CURLUPART_USER) && user) {
    curl_url_set(url.get(), CURLUPART_USER, user->c_str(), 0);
    curl_url_set(url.get(), CURLUPART_PASSWORD, password ? password->c_str() : nullptr, 0);
  }
  if (!part(url.get(), CURLUPART_QUERY) && query)
    curl_url_set(url.get(), CURLUPART_QUERY, query->c_str(), 0);
  return part(url.get(), CURLUPART_URL).value_or(text);
}

bool has_credentials(const std::string& text) {
  const Url url = parse(text);
  return url && (part(url.get(), CURLUPART_USER) || part(url.get(), CURLUPART_PASSWORD) ||
                 part(url.get(), CURLUPART_QUERY));
}

std::string without_credentials(const std::string& text) {
  const Url url = parse(text);
  if (!url)
    return {};
  curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_QUERY, nullptr, 0);
  return part(url.get(), CURLUPART_URL).value_or(std::string());
}

} // namespace triad
