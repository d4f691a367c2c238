// SPDX-License-Identifier: LGPL-2.1-or-later
// The embedded HTTP server: GET and HEAD with ranges and conditions, on libmicrohttpd's threads.
#pragma once

#include "command_line/listen_address.h"
#include "release/result.h"
#include "served_files.h"

#include <memory>
#include <string>

namespace triad::tool {

class HttpServer {
public:
  // Serves until it is destroyed. Errors: io (the address can't be listened on).
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>>
  start(const ListenAddress& address, std::shared_ptr<const ServedFiles> files);
  ~HttpServer(); // ends what is under way
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Where it listens: the port that the system chose, too.
  [[nodiscard]] const ListenAddress& address() const;

private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace triad::tool
