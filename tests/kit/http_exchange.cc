// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kit/http_exchange.h"

#include <algorithm>
#include <charconv>

namespace triad::test {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return {};
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

enum class RangeKind { none, good, unsatisfiable };

// RFC 9110, section 14.1.2, one range only; several are answered as if there were none.
RangeKind parse_range(std::string_view text, std::uint64_t size, std::uint64_t& begin,
                      std::uint64_t& end) {
  constexpr std::string_view unit = "bytes=";
  if (text.substr(0, unit.size()) != unit || text.find(',') != text.npos)
    return RangeKind::none;
  text.remove_prefix(unit.size());
  const std::size_t dash = text.find('-');
  if (dash == text.npos)
    return RangeKind::none;
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(dash + 1));
  if (dash == 0) {
    if (!last)
      return RangeKind::none;
    if (*last == 0 || size == 0)
      return RangeKind::unsatisfiable;
    begin = size - std::min(size, *last);
    end = size;
    return RangeKind::good;
  }
  if (!first || (!last && dash + 1 != text.size()) || (last && *last < *first))
    return RangeKind::none;
  if (*first >= size)
    return RangeKind::unsatisfiable;
  begin = *first;
  end = last && *last < size ? *last + 1 : size;
  return RangeKind::good;
}

const char* reason(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 206:
    return "Partial Content";
  case 304:
    return "Not Modified";
  case 404:
    return "Not Found";
  case 416:
    return "Range Not Satisfiable";
  default:
    return "Answer";
  }
}

// `lie` moves an offset without wrapping below 0.
std::string shifted(std::uint64_t value, std::int64_t lie) {
  return std::to_string(std::max<std::int64_t>(0, static_cast<std::int64_t>(value) + lie));
}

} // namespace

std::optional<LoggedRequest> parse_request(std::string_view head) {
  LoggedRequest request;
  const std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first == line.npos ? first : first + 1);
  if (first == line.npos || second == line.npos || line.substr(second + 1, 7) != "HTTP/1.")
    return {};
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  request.path = decode(std::string_view(request.target).substr(0, request.target.find('?')));
  std::string_view rest = line_end == head.npos ? "" : head.substr(line_end + 2);
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view field = rest.substr(0, end);
    const std::size_t colon = field.find(':');
    if (colon != field.npos) {
      std::string_view value = field.substr(colon + 1);
      while (!value.empty() && value.front() == ' ')
        value.remove_prefix(1);
      request.headers[lower(field.substr(0, colon))] = value;
    }
    rest = end == rest.npos ? "" : rest.substr(end + 2);
  }
  if (const auto range = request.headers.find("range"); range != request.headers.end())
    request.range = range->second;
  return request;
}

Answer answer(const LoggedRequest& request, const ServedFile* file, const Behaviour& behaviour,
              bool keep_alive) {
  Answer out;
  out.behaviour = behaviour;
  const auto header = [&](const char* name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string() : found->second;
  };
  out.close = !keep_alive || behaviour.close || lower(header("connection")) == "close";
  std::string fields;
  std::uint64_t said_length = 0;

  const bool head_only = request.method == "HEAD";
  if (behaviour.status || !file || (request.method != "GET" && !head_only)) {
    out.status = behaviour.status ? *behaviour.status : !file ? 404 : 405;
    const bool bodiless = out.status == 304 || out.status == 204;
    out.content = std::make_shared<const std::string>(bodiless ? "" : behaviour.error_body);
    out.end = out.content->size();
  } else {
    const std::uint64_t size = file->content->size();
    const bool same =
        behaviour.validators &&
        ((!header("if-none-match").empty() && header("if-none-match") == file->etag) ||
         (header("if-none-match").empty() && header("if-modified-since") == file->last_modified));
    RangeKind kind = RangeKind::none;
    if (behaviour.ranges)
      kind = parse_range(request.range, size, out.begin, out.end);
    if (behaviour.ranges)
      fields += "Accept-Ranges: bytes\r\n";
    if (behaviour.validators)
      fields += "ETag: " + file->etag + "\r\nLast-Modified: " + file->last_modified + "\r\n";
    fields += "Content-Type: " + file->type + "\r\n";
    if (same) {
      out.status = 304;
    } else if (kind == RangeKind::unsatisfiable) {
      out.status = 416;
      fields += "Content-Range: bytes */" + std::to_string(size) + "\r\n";
    } else {
      out.content = file->content;
      if (kind == RangeKind::good) {
        out.status = 206;
        fields += "Content-Range: bytes " + shifted(out.begin, behaviour.content_range_lie) + '-' +
                  shifted(out.end - 1, behaviour.content_range_lie) + '/' + std::to_string(size) +
                  "\r\n";
      } else {
        out.status = 200;
        out.begin = 0;
        out.end = size;
      }
    }
  }
  said_length = out.end - out.begin;
  out.chunked = behaviour.chunked && out.content && !head_only;
  if (out.chunked)
    fields += "Transfer-Encoding: chunked\r\n";
  else if (out.status != 304 && out.status != 204)
    fields += "Content-Length: " + shifted(said_length, behaviour.content_length_lie) + "\r\n";
  for (const auto& [name, value] : behaviour.headers)
    fields += name + ": " + value + "\r\n";
  // A body shorter than said ends with the connection: the client could only wait otherwise.
  out.close = out.close || behaviour.content_length_lie != 0;
  fields += out.close ? "Connection: close\r\n" : "Connection: keep-alive\r\n";
  out.head = "HTTP/1.1 " + std::to_string(out.status) + ' ' + reason(out.status) + "\r\n" + fields +
             "\r\n";
  if (head_only || out.begin == out.end)
    out.content = nullptr;
  return out;
}

} // namespace triad::test
