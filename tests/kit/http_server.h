// SPDX-License-Identifier: LGPL-2.1-or-later
// An HTTP/1.1 server inside the test's process that can be told to misbehave, path by path.
//
// Own thread, plain sockets, a port chosen by the system. Every method may be called from any
// thread. Ranges, HEAD, keep-alive, ETag and Last-Modified work as they should unless a Behaviour
// says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace triad::test {

// How requests of one path are answered. The defaults are a well-behaved server.
struct Behaviour {
  unsigned times = 0; // only the next N requests (HEAD too), then as before; 0: from now on

  std::optional<int> status; // instead of the file; its body is `error_body`
  std::vector<std::pair<std::string, std::string>> headers; // added; Location, Retry-After, ...
  std::string error_body = "no\n";

  bool ranges = true;                  // false: Range is ignored, the whole file comes with 200
  std::int64_t content_range_lie = 0;  // added to both ends of Content-Range
  std::int64_t content_length_lie = 0; // > 0: the body is shorter than said; < 0: longer than said
  bool chunked = false;                // no Content-Length
  bool validators = true;              // ETag and Last-Modified are sent

  std::chrono::milliseconds delay{0};    // before the answer
  std::uint64_t rate = 0;                // body bytes per second; 0: no limit
  bool stall_before_headers = false;     // say nothing until release()
  std::optional<std::uint64_t> stall_at; // body bytes sent, then nothing until release()
  bool cut_before_headers = false;       // close the connection instead of answering
  bool cut_in_headers = false;           // after the first half of the header
  std::optional<std::uint64_t> cut_at;   // after this many body bytes
  bool reset = false;                    // cuts send RST instead of FIN
  bool close = false;                    // Connection: close after the answer
};

struct LoggedRequest {
  std::string method;
  std::string target;                         // as it came: path and query, percent-encoded
  std::string path;                           // decoded, without query
  std::map<std::string, std::string> headers; // names in lower case
  std::string range;                          // value of Range; empty if none
  int status = 0;                             // of the answer; 0 while there is none
  std::uint64_t body_bytes = 0;               // of the answer's body, given to the socket so far
  unsigned connection = 0;                    // counts accepted connections from 1
  bool finished = false;                      // the whole answer was given to the socket, or cut
  bool aborted = false;                       // the client went before that
};

class HttpServer {
public:
  struct Options {
    std::string address = "127.0.0.1"; // any 127.x.y.z works on Linux
    bool tls = false;                  // with a certificate made on the spot
    std::string certificate_name = "IP:127.0.0.1,DNS:localhost"; // its subjectAltName
    bool keep_alive = true; // false: each answer is the connection's last
  };

  HttpServer();
  explicit HttpServer(Options options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // http(s)://ADDRESS:PORT + path; `path` is percent-encoded by the caller and begins with '/'.
  [[nodiscard]] std::string url(const std::string& path = "") const;
  [[nodiscard]] std::string certificate_pem() const; // to trust it; empty without TLS

  // `path` decoded, beginning with '/'. A second put() changes the file, its ETag too.
  void put(const std::string& path, std::string content,
           const std::string& content_type = "application/octet-stream");
  // All regular files below `folder`, at prefix + their path relative to it.
  void put_folder(const std::string& prefix, const std::filesystem::path& folder);
  void remove(const std::string& path);

  void behave(const std::string& path, Behaviour behaviour); // replaces the path's earlier one
  void behave_all(Behaviour behaviour);                      // for paths without one of their own
  void behave_well();                                        // forgets all behaviours
  void release(const std::string& path);                     // lets stalled answers of the path go

  // Closes the port and all connections; start() opens the same port again.
  void stop();
  void start();
  void drop_connections(); // closes them all, keeps listening
  // Accepted connections are closed at once, so that a client sees one without an answer.
  void refuse(bool refuse);

  [[nodiscard]] std::vector<LoggedRequest> log() const;
  void clear_log();
  [[nodiscard]] std::uint64_t body_bytes() const; // sum over the log
  [[nodiscard]] unsigned connections() const;     // accepted so far
  [[nodiscard]] unsigned open_connections() const;
  [[nodiscard]] unsigned most_connections() const; // at the same time

  using Log = std::vector<LoggedRequest>;
  // Waits until `done` is true of the log; false when it did not come true in time.
  bool wait(const std::function<bool(const Log&)>& done,
            std::chrono::seconds limit = std::chrono::seconds(20)) const;
  bool wait_for_requests(std::size_t count) const;
  bool wait_until_quiet() const; // every request so far is finished or aborted

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace triad::test
