// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/transfer.h"

#include "server/address.h"
#include "server/http_fields.h"
#include "server/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace triad {
namespace {

constexpr int max_redirects = 8;
// Bytes of an unwanted body that are read to keep the connection; beyond, it is closed.
constexpr std::uint64_t max_drained = 64 * 1024;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
    return lower(x) == lower(y);
  });
}

// Fields that would change what the body is, or whose connection it comes over.
bool is_reserved(std::string_view name) {
  for (const char* reserved : {"Range", "If-Range", "Accept-Encoding", "Connection", "Host",
                               "Content-Length", "Transfer-Encoding", "TE", "Upgrade"})
    if (same_name(name, reserved))
      return true;
  return false;
}

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

template <typename T>
void set(CURL* easy, CURLoption option, T value) {
  curl_easy_setopt(easy, option, value);
}

void set_text(CURL* easy, CURLoption option, const std::string& text) {
  curl_easy_setopt(easy, option, text.empty() ? nullptr : text.c_str());
}

} // namespace

Transfer::Transfer(HttpClient::RequestId id, HttpRequest request, HttpClient::Handler handler,
                   UrlOrigin origin, Sockets* sockets, std::shared_ptr<ClientState> state)
    : id_(id),
      request_(std::move(request)),
      handler_(std::move(handler)),
      state_(std::move(state)),
      sockets_(sockets),
      easy_(curl_easy_init()),
      url_(request_.url),
      origin_(std::move(origin)),
      private_allowed_(request_.origin.local) {}

void Transfer::touch() {
  last_activity_ = g_get_monotonic_time();
}

std::int64_t Transfer::deadline() const {
  return last_activity_ + std::chrono::microseconds(request_.stall_timeout).count();
}

void Transfer::prepare(std::int64_t now) {
  last_activity_ = now;
  head_ = {};
  plan_ = {};
  head_complete_ = connected_ = remote_private_ = refused_private_ = overlong_ = false;
  seen_ = delivered_ = 0;
  curl_text_.fill('\0');

  CURL* easy = easy_.get();
  curl_easy_reset(easy);
  const bool own_origin = url_origin(request_.origin.url) == origin_;
  const std::string url = own_origin ? with_credentials(url_, request_.origin.url) : url_;
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  set(easy, CURLOPT_NOSIGNAL, 1L);
  // A name server that is silent must not hold up the thread when a request is cancelled.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_BUFFERSIZE, 64L * 1024); // fewer, larger pieces than the default's 16 KiB
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(easy, CURLOPT_ERRORBUFFER, curl_text_.data());
  set_text(easy, CURLOPT_RANGE, range_field(request_));
  set_fields(own_origin);
  set_proxy();
  if (origin_.scheme == "https")
    set_tls();

  set(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
  set(easy, CURLOPT_OPENSOCKETDATA, this);
  set(easy, CURLOPT_CLOSESOCKETFUNCTION, &Transfer::on_close);
  set(easy, CURLOPT_CLOSESOCKETDATA, sockets_);
  set(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
  set(easy, CURLOPT_PREREQDATA, this);
  set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, this);
  set(easy, CURLOPT_PRIVATE, this);
}

void Transfer::set_fields(bool own_origin) {
  const HttpSettings& settings = request_.settings;
  curl_slist* list = nullptr;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!name.empty() && !has_control(name) && !has_control(value))
      // libcurl drops a field without a value unless it ends in a semicolon.
      list = curl_slist_append(list, (value.empty() ? name + ';' : name + ": " + value).c_str());
  };
  add("Accept-Encoding", "identity"); // ranges are of the file, not of a compressed form
  if (!request_.if_none_match.empty())
    add("If-None-Match", request_.if_none_match);
  if (!request_.if_modified_since.empty())
    add("If-Modified-Since", request_.if_modified_since);
  std::string cookies;
  if (own_origin) {
    for (const auto& [name, value] : settings.extra_headers)
      if (!is_reserved(name))
        add(name, value);
    for (const std::string& cookie : settings.cookies)
      if (!has_control(cookie))
        cookies += (cookies.empty() ? "" : "; ") + cookie;
  }
  fields_.reset(list);
  set(easy_.get(), CURLOPT_HTTPHEADER, list);
  set_text(easy_.get(), CURLOPT_COOKIE, cookies);
  const bool own_agent = !settings.user_agent.empty() && !has_control(settings.user_agent);
  set_text(easy_.get(), CURLOPT_USERAGENT,
           own_agent ? settings.user_agent : "triad/" TRIAD_VERSION);
}

void Transfer::set_proxy() {
  const HttpSettings& settings = request_.settings;
  const std::string proxy =
      settings.proxy.empty() ? system_proxy(origin_, environment) : settings.proxy;
  proxied_ = !proxy.empty();
  // Set even if empty, or libcurl would look into the environment by itself.
  set(easy_.get(), CURLOPT_PROXY, proxy.c_str());
  set(easy_.get(), CURLOPT_NOPROXY, "");
  set_text(easy_.get(), CURLOPT_PROXYUSERNAME, settings.proxy_id);
  set_text(easy_.get(), CURLOPT_PROXYPASSWORD, settings.proxy_password);
}

void Transfer::set_tls() {
  CURL* easy = easy_.get();
  const HttpSettings& settings = request_.settings;
  set(easy, CURLOPT_SSL_VERIFYPEER, settings.tls_strict ? 1L : 0L);
  set(easy, CURLOPT_SSL_VERIFYHOST, settings.tls_strict ? 2L : 0L);
  char* bundle = nullptr;
  curl_easy_getinfo(easy, CURLINFO_CAINFO, &bundle);
  if (!settings.tls_ca_file.empty())
    set(easy, CURLOPT_CAINFO, settings.tls_ca_file.c_str());
  // libcurl keeps the parsed certificates between connections only without a folder of them, and
  // parsing takes longer than the handshake.
  if (bundle || !settings.tls_ca_file.empty())
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
}

bool Transfer::is_private(const char* text) const {
  sockaddr_in6 v6{};
  sockaddr_in v4{};
  const std::string address(text, std::strcspn(text, "%"));
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return state_->is_private(reinterpret_cast<const sockaddr&>(v4));
  }
  if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    return state_->is_private(reinterpret_cast<const sockaddr&>(v6));
  }
  return true;
}

bool Transfer::private_refused(bool is_private) {
  remote_private_ = is_private;
  refused_private_ = refused_private_ || (is_private && !private_allowed_);
  return is_private && !private_allowed_;
}

curl_socket_t Transfer::on_open(void* data, curlsocktype, curl_sockaddr* address) noexcept {
  auto* self = static_cast<Transfer*>(data);
  // The proxy is the user's own choice; the URL's host is judged when it is connected.
  if (!self->proxied_ && self->private_refused(self->state_->is_private(address->addr)))
    return CURL_SOCKET_BAD;
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd >= 0)
    (*self->sockets_)[fd] = self->origin_.text();
  return fd;
}

int Transfer::on_close(void* data, curl_socket_t fd) noexcept {
  static_cast<Sockets*>(data)->erase(fd);
  return close(fd);
}

// Called for kept connections too, which another release may have been allowed to open.
int Transfer::on_connected(void* data, char* remote, char*, int, int) noexcept {
  auto* self = static_cast<Transfer*>(data);
  self->connected_ = true;
  self->touch();
  const bool is_private =
      self->proxied_ ? is_private_host(self->origin_.host) : self->is_private(remote);
  return self->private_refused(is_private) ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
  static_cast<Transfer*>(self)->header_line({data, size});
  return size;
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  return static_cast<Transfer*>(self)->body_part(bytes) ? size : 0;
}

void Transfer::header_line(std::string_view line) {
  touch();
  if (line.substr(0, 5) == "HTTP/") { // a 1xx answer may have come before
    head_ = {};
    location_ = retry_after_ = etag_ = last_modified_ = "";
    return;
  }
  if (head_complete_)
    return; // trailers
  if (trimmed(line).empty()) {
    headers_complete();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos)
    return;
  const std::string_view name = line.substr(0, colon);
  const std::string value(trimmed(line.substr(colon + 1)));
  if (same_name(name, "Content-Range"))
    head_.content_range = value;
  else if (same_name(name, "Content-Type"))
    head_.content_type = value;
  else if (same_name(name, "Content-Length"))
    head_.content_length = parse_number(value);
  else if (same_name(name, "Location"))
    location_ = value;
  else if (same_name(name, "Retry-After"))
    retry_after_ = value;
  else if (same_name(name, "ETag"))
    etag_ = value;
  else if (same_name(name, "Last-Modified"))
    last_modified_ = value;
}

void Transfer::headers_complete() {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200)
    return;
  head_.status = static_cast<int>(status);
  head_complete_ = true;
  if (is_redirect(head_.status))
    return;
  plan_ = plan_body(request_, head_);
  if (plan_.failure != HttpFailure::none || abandoned_ || !handler_.headers)
    return;
  HttpHeaders headers;
  headers.status = head_.status;
  headers.first_byte = plan_.first_byte;
  headers.total_size = plan_.total;
  headers.etag = etag_;
  headers.last_modified = last_modified_;
  headers.content_type = head_.content_type;
  headers.final_url = without_credentials(url_);
  headers.private_address = remote_private_;
  handler_.headers(headers);
}

// False: no more of this body is wanted, or it can't be drained cheaply.
bool Transfer::body_part(Bytes bytes) {
  touch();
  state_->received += bytes.size();
  const std::uint64_t before = seen_;
  seen_ += bytes.size();
  if (abandoned_)
    return false;
  if (!plan_.deliver)
    return seen_ <= max_drained;
  if (seen_ > request_.max_bytes) {
    overlong_ = true;
    return false;
  }
  if (before < plan_.skip)
    bytes = bytes.subspan(
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), plan_.skip - before)));
  const std::uint64_t wanted = plan_.want - delivered_;
  bytes = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), wanted)));
  if (!bytes.empty()) {
    delivered_ += bytes.size();
    if (handler_.body)
      handler_.body(bytes);
  }
  if (delivered_ < plan_.want || abandoned_)
    return !abandoned_;
  // Everything came. What is left of the body is drained if that is cheaper than a connection.
  return head_.content_length ? *head_.content_length - seen_ <= max_drained
                              : seen_ - plan_.skip <= plan_.want;
}

std::optional<HttpOutcome> Transfer::finish(CURLcode code) {
  if (refused_private_ && !head_complete_)
    return outcome(HttpFailure::private_address,
                   "a private address, to which a public release or a magnet link may not lead");
  if (head_complete_ && is_redirect(head_.status))
    return follow();
  if (overlong_)
    return outcome(HttpFailure::too_large, "the answer is too large");
  if (plan_.failure != HttpFailure::none)
    return outcome(plan_.failure, plan_.failure == HttpFailure::no_ranges
                                      ? "the server ignores ranges or answers wrong ones"
                                      : "");
  if (plan_.deliver && delivered_ == plan_.want)
    return plan_.less_than_asked
               ? outcome(HttpFailure::cut, "the answer is shorter than the range asked for")
               : outcome(HttpFailure::none, "");
  if (code != CURLE_OK)
    return curl_failure(code);
  if (!head_complete_)
    return outcome(HttpFailure::connect, "the connection was closed in the middle of the header");
  if (plan_.deliver && plan_.want != UINT64_MAX)
    return outcome(HttpFailure::cut, "the body ended early");
  return outcome(HttpFailure::none, "");
}

std::optional<HttpOutcome> Transfer::follow() {
  if (!request_.settings.automatic_redirect)
    return outcome(HttpFailure::redirect, "redirects are switched off");
  if (++redirects_ > max_redirects)
    return outcome(HttpFailure::redirect, "too many redirects");
  const auto next = resolve_url(url_, location_);
  const auto next_origin = next ? url_origin(*next) : std::nullopt;
  if (!next_origin)
    return outcome(HttpFailure::redirect, "a redirect to nowhere");
  if (origin_.scheme == "https" && next_origin->scheme == "http")
    return outcome(HttpFailure::redirect, "a redirect from https to http");
  private_allowed_ = private_allowed_ && remote_private_;
  url_ = *next;
  origin_ = *next_origin;
  return {};
}

HttpOutcome Transfer::outcome(HttpFailure failure, const std::string& reason) const {
  HttpOutcome out;
  out.failure = failure;
  out.status = head_.status;
  if (!retry_after_.empty())
    out.retry_after = parse_retry_after(retry_after_, g_get_real_time() / 1'000'000);
  if (failure == HttpFailure::none)
    return out;
  out.message = origin_.text() + ':';
  if (head_.status != 0)
    out.message += " HTTP " + std::to_string(head_.status);
  if (!reason.empty())
    out.message += (head_.status != 0 ? ", " : " ") + reason;
  return out;
}

HttpOutcome Transfer::curl_failure(CURLcode code) const {
  const std::string text = curl_text_[0] != '\0' ? curl_text_.data() : curl_easy_strerror(code);
  HttpFailure failure = HttpFailure::server_error;
  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_COULDNT_CONNECT:
  case CURLE_PROXY:
    failure = HttpFailure::connect;
    break;
  case CURLE_OPERATION_TIMEDOUT:
    failure = connected_ ? HttpFailure::timeout : HttpFailure::connect;
    break;
  case CURLE_GOT_NOTHING:
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_PARTIAL_FILE:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
    failure = head_complete_ ? HttpFailure::cut : HttpFailure::connect;
    break;
  case CURLE_SSL_CONNECT_ERROR:
    // Also what libcurl says of a connection that broke in the handshake, which may come right.
    failure = text.find("SYSCALL") != text.npos || text.find(" failure: ") != text.npos
                  ? HttpFailure::connect
                  : HttpFailure::tls;
    break;
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
    failure = HttpFailure::tls;
    break;
  default:
    break;
  }
  return outcome(failure, text);
}

HttpOutcome Transfer::stalled() const {
  return connected_ ? outcome(HttpFailure::timeout, "nothing came for too long")
                    : outcome(HttpFailure::connect, "no connection in time");
}

} // namespace triad
