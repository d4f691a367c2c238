// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/company/websocket_upgrade.h"

#include "release/http_url.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace triad::trackers {
namespace {

constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, section 1.3

Error fault(std::string message) {
  return {ErrorCode::bad_message, std::move(message), {}};
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// One of the comma-separated words, whatever the case of its letters.
bool has_token(std::string_view list, std::string_view token) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (ascii_lower(trimmed(list.substr(0, comma))) == token)
      return true;
    if (comma == list.npos)
      return false;
    list.remove_prefix(comma + 1);
  }
}

bool is_token(std::string_view name) { // RFC 9110, section 5.6.2
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != marks.npos;
  });
}

bool is_field_text(std::string_view value) { // RFC 9110, section 5.5
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

// "HTTP/1.1 101 Switching Protocols" (RFC 9112, section 4).
Status check_status(std::string_view line) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || !is_digit(line[7]) || line[8] != ' ' ||
      !std::all_of(line.begin() + 9, line.begin() + 12, is_digit) ||
      (line.size() > 12 && line[12] != ' ') || !is_field_text(line))
    return fault("it does not answer in HTTP");
  if (line.substr(9, 3) != "101")
    return fault("it answers with HTTP status " + std::string(line.substr(9, 3)));
  if (line[7] != '1')
    return fault("it answers in HTTP/1.0");
  return ok();
}

class Fields {
public:
  explicit Fields(std::string_view key) : accept_(upgrade_accept(key)) {}

  Status add(std::string_view line) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
    if (colon == line.size() || !is_token(line.substr(0, colon)) || !is_field_text(value))
      return fault("its HTTP header is malformed");
    const std::string name = ascii_lower(line.substr(0, colon));
    if (name == "upgrade")
      upgrade_ = upgrade_ || has_token(value, "websocket");
    else if (name == "connection")
      connection_ = connection_ || has_token(value, "upgrade");
    else if (name == "sec-websocket-accept") {
      if (accepted_ || value != accept_)
        return fault("its Sec-WebSocket-Accept is wrong");
      accepted_ = true;
    } else if (name == "sec-websocket-extensions" || name == "sec-websocket-protocol")
      return fault("it chose a WebSocket extension or protocol that was not offered");
    return ok();
  }
  [[nodiscard]] Status judge() const {
    if (!upgrade_ || !connection_)
      return fault("it does not upgrade to a WebSocket");
    if (!accepted_)
      return fault("it sends no Sec-WebSocket-Accept");
    return ok();
  }

private:
  std::string accept_;
  bool upgrade_ = false, connection_ = false, accepted_ = false;
};

} // namespace

std::string upgrade_request(std::string_view authority, std::string_view target,
                            std::string_view user_agent, std::string_view key) {
  std::string request = "GET ";
  request.append(target).append(" HTTP/1.1\r\nHost: ").append(authority);
  if (!user_agent.empty())
    request.append("\r\nUser-Agent: ").append(user_agent);
  request.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ")
      .append(key);
  return request.append("\r\nSec-WebSocket-Version: 13\r\n\r\n");
}

std::string upgrade_accept(std::string_view key) {
  const std::string text = std::string(key).append(guid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> base64{};
  const int size = EVP_EncodeBlock(base64.data(), digest.data(), SHA_DIGEST_LENGTH);
  return {base64.begin(), base64.begin() + size};
}

Result<std::optional<std::size_t>> read_upgrade(std::string_view bytes, std::string_view key) {
  constexpr std::string_view line_end = "\r\n", header_end = "\r\n\r\n";
  static constexpr std::string_view beginning = "HTTP/1.";
  // Who speaks something else altogether is not waited for.
  if (bytes.substr(0, beginning.size()) != beginning.substr(0, bytes.size()))
    return fault("it does not answer in HTTP");
  const std::size_t end = bytes.substr(0, max_upgrade_bytes).find(header_end);
  if (end == bytes.npos) {
    if (bytes.size() >= max_upgrade_bytes)
      return fault("its HTTP header is too long");
    return std::optional<std::size_t>();
  }
  std::string_view rest = bytes.substr(0, end);
  Fields fields(key);
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t line = std::min(rest.find(line_end), rest.size());
    const Status good =
        first ? check_status(rest.substr(0, line)) : fields.add(rest.substr(0, line));
    if (!good)
      return good.error();
    rest.remove_prefix(std::min(line + line_end.size(), rest.size()));
  }
  if (const Status good = fields.judge(); !good)
    return good.error();
  return std::optional(end + header_end.size());
}

} // namespace triad::trackers
