// SPDX-License-Identifier: LGPL-2.1-or-later
// One request through its redirects, as libcurl's callbacks see it. The context's thread only.
#pragma once

#include "server/body_plan.h"
#include "server/http_client.h"
#include "server/url.h"

#include <curl/curl.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace triad {

// The open sockets of one multi handle, and to which origin each belongs.
using Sockets = std::map<curl_socket_t, std::string>;

// What the transfers of a client have in common.
struct ClientState {
  HttpClient::IsPrivate is_private;
  std::uint64_t received = 0; // body bytes
};

class Transfer {
public:
  // `sockets` outlives every connection. The URL is http(s): `origin`.
  Transfer(HttpClient::RequestId id, HttpRequest request, HttpClient::Handler handler,
           UrlOrigin origin, Sockets* sockets, std::shared_ptr<ClientState> state);

  [[nodiscard]] HttpClient::RequestId id() const { return id_; }
  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  [[nodiscard]] const UrlOrigin& origin() const { return origin_; } // of this hop
  [[nodiscard]] const HttpRequest& request() const { return request_; }
  [[nodiscard]] HttpClient::Handler& handler() { return handler_; }

  void prepare(std::int64_t now); // for libcurl: sets up this hop
  void abandon() { abandoned_ = true; }
  // Monotonic microseconds: when it fails with timeout unless a byte comes.
  [[nodiscard]] std::int64_t deadline() const;

  // libcurl is done with this hop. Empty: a redirect is to be followed, origin() is where to.
  [[nodiscard]] std::optional<HttpOutcome> finish(CURLcode code);
  [[nodiscard]] HttpOutcome stalled() const;

private:
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;
  static int on_close(void* sockets, curl_socket_t fd) noexcept;
  static int on_connected(void* self, char* remote, char* local, int, int) noexcept;
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) noexcept;

  void set_fields(bool own_origin);
  void set_proxy();
  void set_tls();
  void header_line(std::string_view line);
  void headers_complete();
  [[nodiscard]] bool body_part(Bytes bytes);
  [[nodiscard]] std::optional<HttpOutcome> follow();
  [[nodiscard]] HttpOutcome outcome(HttpFailure failure, const std::string& reason) const;
  [[nodiscard]] HttpOutcome curl_failure(CURLcode code) const;
  [[nodiscard]] bool is_private(const char* address) const;
  [[nodiscard]] bool private_refused(bool is_private);
  void touch();

  const HttpClient::RequestId id_;
  const HttpRequest request_;
  HttpClient::Handler handler_;
  const std::shared_ptr<ClientState> state_;
  Sockets* const sockets_;
  std::unique_ptr<CURL, FreeEasy> easy_;

  // This hop.
  std::string url_; // without the origin's credentials
  UrlOrigin origin_;
  std::unique_ptr<curl_slist, FreeList> fields_;
  std::array<char, CURL_ERROR_SIZE> curl_text_{};
  bool proxied_ = false, connected_ = false, remote_private_ = false;
  bool private_allowed_ = false;
  bool refused_private_ = false; // an address was not connected to
  AnswerHead head_;
  std::string location_, retry_after_, etag_, last_modified_;
  bool head_complete_ = false;
  BodyPlan plan_;
  std::uint64_t seen_ = 0, delivered_ = 0; // body bytes
  bool overlong_ = false;

  int redirects_ = 0;
  bool abandoned_ = false;
  std::int64_t last_activity_ = 0; // monotonic microseconds
};

} // namespace triad
