// SPDX-License-Identifier: LGPL-2.1-or-later
// The misbehaving HTTP server's judgement, without sockets: a request's text in, an answer out.
#pragma once

#include "kit/http_server.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace triad::test {

struct ServedFile {
  std::shared_ptr<const std::string> content;
  std::string type, etag, last_modified;
};

// What is to be written, and where to stop, wait or break off while writing it.
struct Answer {
  int status = 0;
  std::string head;
  std::shared_ptr<const std::string> content; // null: no body
  std::uint64_t begin = 0, end = 0;           // the part of `content` that is the body
  bool chunked = false;
  bool close = false; // after it
  Behaviour behaviour;
};

// `head` is everything up to the empty line. Empty if it isn't an HTTP/1.x request.
[[nodiscard]] std::optional<LoggedRequest> parse_request(std::string_view head);

// `file` is null where there is none.
[[nodiscard]] Answer answer(const LoggedRequest& request, const ServedFile* file,
                            const Behaviour& behaviour, bool keep_alive);

} // namespace triad::test
