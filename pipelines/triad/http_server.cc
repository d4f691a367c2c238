// SPDX-License-Identifier: LGPL-2.1-or-later
#include "http_server.h"

#include "http_range.h"

#include <microhttpd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <string_view>

namespace triad::tool {

struct HttpServer::State {
  std::shared_ptr<const ServedFiles> files;
  ListenAddress address;
  MHD_Daemon* daemon = nullptr;
};

namespace {

constexpr unsigned threads = 4;
constexpr unsigned idle_seconds = 120;

using ResponsePtr = std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)>;

std::optional<std::string> header(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value ? std::optional<std::string>(value) : std::nullopt;
}

ssize_t give_zeros(void*, std::uint64_t, char* out, std::size_t max) {
  std::memset(out, 0, max);
  return static_cast<ssize_t>(max);
}

// A body that is held while it is sent.
struct Part {
  std::shared_ptr<const Metainfo> bytes;
  std::uint64_t begin = 0;
};

ssize_t give_bytes(void* context, std::uint64_t at, char* out, std::size_t max) {
  const Part& part = *static_cast<const Part*>(context);
  const Bytes left = Bytes(*part.bytes).subspan(static_cast<std::size_t>(part.begin + at));
  const std::size_t size = std::min(max, left.size());
  std::memcpy(out, left.data(), size);
  return static_cast<ssize_t>(size);
}

ResponsePtr plain(std::string_view text) {
  return {MHD_create_response_from_buffer(text.size(), const_cast<char*>(text.data()),
                                          MHD_RESPMEM_MUST_COPY),
          &MHD_destroy_response};
}

ResponsePtr make_response(ServedBody& body, ByteRange range) {
  constexpr std::size_t chunk = 64 * 1024;
  MHD_Response* response = nullptr;
  if (auto* file = std::get_if<FileHandle>(&body.content)) {
    // Sent by sendfile(); the response owns the descriptor once there is one.
    response = MHD_create_response_from_fd_at_offset64(range.size(), file->get(), range.begin);
    if (response) {
      static_cast<void>(file->release());
    }
  } else if (auto* bytes = std::get_if<std::shared_ptr<const Metainfo>>(&body.content)) {
    auto part = std::make_unique<Part>(Part{*bytes, range.begin});
    response = MHD_create_response_from_callback(
        range.size(), chunk, give_bytes, part.get(),
        [](void* context) { delete static_cast<Part*>(context); });
    if (response) {
      static_cast<void>(part.release());
    }
  } else {
    response = MHD_create_response_from_callback(range.size(), chunk, give_zeros, nullptr, nullptr);
  }
  return {response, &MHD_destroy_response};
}

MHD_Result answer_with(MHD_Connection* connection, unsigned status, ResponsePtr response) {
  if (!response) {
    return MHD_NO;
  }
  // Players in browsers (WebTorrent) may read what we serve.
  MHD_add_response_header(response.get(), "Access-Control-Allow-Origin", "*");
  return MHD_queue_response(connection, status, response.get());
}

MHD_Result answer(const ServedFiles& files, MHD_Connection* connection, const std::string& url,
                  std::string_view method) {
  if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD) {
    ResponsePtr response = plain("Only GET and HEAD are answered.\n");
    if (response) {
      MHD_add_response_header(response.get(), MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    return answer_with(connection, MHD_HTTP_METHOD_NOT_ALLOWED, std::move(response));
  }
  auto body = files.open(url);
  if (!body) {
    return answer_with(connection, MHD_HTTP_NOT_FOUND, plain("There is no such file.\n"));
  }
  const HttpConditions conditions{header(connection, MHD_HTTP_HEADER_RANGE),
                                  header(connection, MHD_HTTP_HEADER_IF_RANGE),
                                  header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH),
                                  header(connection, MHD_HTTP_HEADER_IF_MODIFIED_SINCE)};
  const HttpPlan plan = plan_answer(conditions, body->size, body->etag, body->modified);
  const std::string size = std::to_string(body->size);
  const bool has_body = plan.status == 200 || plan.status == 206;
  ResponsePtr response = has_body ? make_response(*body, plan.range) : plain("");
  if (response) {
    const auto add = [&](const char* name, const std::string& value) {
      MHD_add_response_header(response.get(), name, value.c_str());
    };
    add(MHD_HTTP_HEADER_ETAG, body->etag);
    add(MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
    if (body->modified != 0) {
      add(MHD_HTTP_HEADER_LAST_MODIFIED, http_date(body->modified));
    }
    if (has_body) {
      add(MHD_HTTP_HEADER_CONTENT_TYPE, body->type);
    }
    if (plan.status == 206) {
      add(MHD_HTTP_HEADER_CONTENT_RANGE, "bytes " + std::to_string(plan.range.begin) + '-' +
                                             std::to_string(plan.range.end - 1) + '/' + size);
    } else if (plan.status == 416) {
      add(MHD_HTTP_HEADER_CONTENT_RANGE, "bytes */" + size);
    }
  }
  return answer_with(connection, static_cast<unsigned>(plan.status), std::move(response));
}

// A path with a NUL in it would be taken for the part before.
std::size_t unescape(void*, MHD_Connection*, char* text) {
  if (std::strstr(text, "%00")) {
    *text = '\0'; // nothing is served as that
    return 0;
  }
  return MHD_http_unescape(text);
}

MHD_Result on_request(void* context, MHD_Connection* connection, const char* url,
                      const char* method, const char*, const char*, std::size_t* upload_size,
                      void** state) {
  // The first call comes before a body that the request may have; it is thrown away.
  static int seen;
  if (!*state) {
    *state = &seen;
    return MHD_YES;
  }
  if (*upload_size != 0) {
    *upload_size = 0;
    return MHD_YES;
  }
  try {
    return answer(*static_cast<const ServedFiles*>(context), connection, url, method);
  } catch (const std::exception&) {
    return MHD_NO; // out of memory: the connection is closed
  }
}

Error listen_error(const ListenAddress& address) {
  return {
      ErrorCode::io, http_origin(address) + " can't be listened on: " + std::strerror(errno), {}};
}

// Binds and listens; fills in the port that the system chose.
Result<int> listen_on(ListenAddress& address) {
  FileHandle handle(
      socket(address.ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.ipv6) {
    auto* in = reinterpret_cast<sockaddr_in6*>(&storage);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(address.port);
    inet_pton(AF_INET6, address.host.c_str(), &in->sin6_addr);
    size = sizeof *in;
  } else {
    auto* in = reinterpret_cast<sockaddr_in*>(&storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &in->sin_addr);
    size = sizeof *in;
  }
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  const int yes = 1;
  if (!handle || setsockopt(handle.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      bind(handle.get(), generic, size) != 0 || listen(handle.get(), SOMAXCONN) != 0 ||
      getsockname(handle.get(), generic, &size) != 0) {
    return listen_error(address);
  }
  address.port = ntohs(address.ipv6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                                    : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
  return handle.release();
}

} // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ListenAddress& address,
                                                      std::shared_ptr<const ServedFiles> files) {
  auto state = std::make_unique<State>();
  state->files = std::move(files);
  state->address = address;
  const auto listening = listen_on(state->address);
  if (!listening) {
    return listening.error();
  }
  // The daemon closes the socket.
  state->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD, 0, nullptr, nullptr, on_request,
      const_cast<ServedFiles*>(state->files.get()), MHD_OPTION_LISTEN_SOCKET, *listening,
      MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
      MHD_OPTION_UNESCAPE_CALLBACK, unescape, nullptr, MHD_OPTION_END);
  if (!state->daemon) {
    const Error error = listen_error(address);
    close(*listening);
    return error;
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  MHD_stop_daemon(state_->daemon);
}

const ListenAddress& HttpServer::address() const {
  return state_->address;
}

} // namespace triad::tool
