// SPDX-License-Identifier: LGPL-2.1-or-later
#include "release/magnet.h"

#include "release/http_url.h"

#include <algorithm>
#include <charconv>

namespace triad {

namespace {

// Takes the next of the '&'-separated parameters off the front.
std::string_view take_parameter(std::string_view& parameters) {
  const std::size_t end = std::min(parameters.find('&'), parameters.size());
  const std::string_view parameter = parameters.substr(0, end);
  parameters.remove_prefix(std::min(end + 1, parameters.size()));
  return parameter;
}

// "xt.1" is an "xt" too: that is how several were once written.
std::string key_of(std::string_view parameter) {
  const std::string key = ascii_lower(parameter.substr(0, parameter.find('=')));
  const std::size_t dot = key.find('.');
  const bool numbered =
      dot != std::string::npos && key.find_first_not_of("0123456789", dot + 1) == std::string::npos;
  return numbered ? key.substr(0, dot) : key;
}

std::string value_of(std::string_view parameter) {
  const std::size_t mark = parameter.find('=');
  if (mark == std::string_view::npos)
    return {};
  return percent_decode(parameter.substr(mark + 1)).value_or(std::string());
}

// `bits_per_digit`: 4 or 5. False where the text is no digest of that size.
template <typename Digest>
bool read_digits(std::string_view text, std::string_view digits, unsigned bits_per_digit,
                 Digest& digest) {
  if (text.size() * bits_per_digit != digest.size() * 8)
    return false;
  unsigned value = 0;
  unsigned bits = 0;
  auto out = digest.begin();
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos)
      return false;
    value = (value << bits_per_digit | static_cast<unsigned>(digit)) & 0xfffu;
    bits += bits_per_digit;
    if (bits >= 8) {
      bits -= 8;
      *out++ = static_cast<std::byte>(value >> bits & 0xffu);
    }
  }
  return true;
}

constexpr std::string_view base16 = "0123456789abcdef";
constexpr std::string_view base32 = "abcdefghijklmnopqrstuvwxyz234567";

// Keeps `digest`, which may be named again but not changed.
template <typename Digest>
bool keep(std::optional<Digest>& kept, const Digest& digest) {
  if (kept && *kept != digest)
    return false;
  kept = digest;
  return true;
}

std::string_view read_topic(std::string_view topic, TriadUri& uri) {
  static constexpr std::string_view v1 = "urn:btih:";
  static constexpr std::string_view v2 = "urn:btmh:";
  static constexpr std::string_view sha256_multihash = "1220"; // kind 0x12, 32 bytes
  static constexpr std::string_view two = "it names two different releases";
  const std::string lower = ascii_lower(topic);
  const std::string_view text = lower;
  if (text.starts_with(v1)) {
    Sha1 hash{};
    const std::string_view digits = text.substr(v1.size());
    if (!read_digits(digits, base16, 4, hash) && !read_digits(digits, base32, 5, hash))
      return "its xt=urn:btih: is no SHA-1 hash";
    if (!keep(uri.info_hash_v1, hash))
      return two;
  } else if (text.starts_with(v2)) {
    Sha256 hash{};
    const std::string_view digits = text.substr(v2.size());
    if (!digits.starts_with(sha256_multihash) ||
        !read_digits(digits.substr(sha256_multihash.size()), base16, 4, hash))
      return "its xt=urn:btmh: is no SHA-256 multihash";
    if (!keep(uri.info_hash_v2, hash))
      return two;
  }
  return {};
}

std::string_view read_file_index(std::string_view value, TriadUri& uri) {
  std::uint32_t index = 0;
  const char* const end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, index);
  if (error != std::errc{} || stopped != end)
    return "its so= is not the number of one file";
  uri.file = index;
  return {};
}

std::string_view read_parameter(std::string_view parameter, TriadUri& uri) {
  const std::string key = key_of(parameter);
  const std::string value = value_of(parameter);
  if (key == "xt")
    return read_topic(value, uri);
  if (key == "so")
    return read_file_index(value, uri);
  if (key == "xs" && uri.metainfo_url.empty() && is_http_url(value))
    uri.metainfo_url = value;
  else if (key == "ws" && is_http_url(value))
    uri.web_seeds.push_back(value);
  else if (key == "tr" && is_url_text(value))
    uri.trackers.push_back(value);
  return {};
}

} // namespace

std::string_view read_magnet(std::string_view parameters, TriadUri& uri) {
  uri.magnet = true;
  while (!parameters.empty())
    if (const std::string_view why = read_parameter(take_parameter(parameters), uri); !why.empty())
      return why;
  if (!uri.info_hash_v1 && !uri.info_hash_v2)
    return "it has no xt=urn:btih: or xt=urn:btmh: that names a release";
  return {};
}

std::string magnet_for_file(std::string_view link, std::uint32_t file) {
  const std::size_t start = std::min(link.find('?'), link.size() - 1) + 1;
  std::string made(link.substr(0, start));
  for (std::string_view rest = link.substr(start); !rest.empty();)
    if (const std::string_view parameter = take_parameter(rest);
        !parameter.empty() && key_of(parameter) != "so")
      made.append(parameter).push_back('&');
  return made + "so=" + std::to_string(file);
}

} // namespace triad
