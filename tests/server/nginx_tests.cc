// SPDX-License-Identifier: LGPL-2.1-or-later
// The HTTP client and the release's servers against a real nginx: HTTP/1.1, TLS and HTTP/2.
#include "http_fetch.h"
#include "kit/certificate.h"
#include "kit/releases.h"
#include "kit/temporary_folder.h"
#include "server/server.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

using namespace triad;
using namespace triad::test;

namespace {

// A socket that listens already: nginx takes it over, so nobody has to wait until it is up.
int listening_socket(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 64) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no socket for nginx");
  port = ntohs(address.sin_port);
  return fd;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// nginx as a child process that serves a temporary folder.
class Nginx {
public:
  Nginx() {
    std::filesystem::create_directory(folder_.path() / "www");
    const Certificate certificate = make_certificate("IP:127.0.0.1");
    write_file(folder_.path() / "certificate.pem", certificate.certificate_pem);
    write_file(folder_.path() / "key.pem", certificate.key_pem);
    const int plain = listening_socket(port_), tls = listening_socket(tls_port_);
    write_file(folder_.path() / "nginx.conf", configuration());
    child_ = fork();
    if (child_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      setenv("NGINX", (std::to_string(plain) + ';' + std::to_string(tls) + ';').c_str(), 1);
      execlp("nginx", "nginx", "-p", folder_.path().c_str(), "-c", "nginx.conf", "-e", "error.log",
             nullptr);
      _exit(127);
    }
    close(plain);
    close(tls);
  }
  ~Nginx() { stop(); }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  void put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((folder_.path() / "www" / path).parent_path());
    write_file(folder_.path() / "www" / path, text);
  }
  [[nodiscard]] std::string url(const std::string& path, bool tls = false) const {
    return (tls ? "https://127.0.0.1:" + std::to_string(tls_port_)
                : "http://127.0.0.1:" + std::to_string(port_)) +
           '/' + path;
  }
  [[nodiscard]] std::string certificate() const { return folder_.path() / "certificate.pem"; }

  struct Line {
    std::string connection, protocol;
    int status = 0;
    std::uint64_t body_bytes = 0;
  };
  // Stops it, after which the log is whole.
  std::vector<Line> log() {
    stop();
    std::vector<Line> lines;
    std::ifstream in(folder_.path() / "access.log");
    for (Line line; in >> line.connection >> line.protocol >> line.status >> line.body_bytes;)
      lines.push_back(line);
    return lines;
  }

private:
  [[nodiscard]] std::string configuration() const {
    std::ostringstream out;
    out << "daemon off; user root; worker_processes 1; pid nginx.pid; error_log error.log;\n"
           "events { worker_connections 64; }\n"
           "http {\n"
           "  log_format bare '$connection $server_protocol $status $body_bytes_sent';\n"
           "  access_log access.log bare; types { audio/ogg ogg; }\n"
           "  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;\n"
           "  uwsgi_temp_path t4; scgi_temp_path t5;\n"
           "  ssl_certificate certificate.pem; ssl_certificate_key key.pem;\n"
           "  server { listen 127.0.0.1:"
        << port_
        << "; root www;\n"
           "    location /whole/ { max_ranges 0; }\n"
           "    location /closed/ { deny all; } }\n"
           "  server { listen 127.0.0.1:"
        << tls_port_ << " ssl http2; root www; }\n}\n";
    return out.str();
  }
  void stop() {
    if (child_ <= 0)
      return;
    kill(child_, SIGQUIT); // finishes what it is doing, writes its log
    waitpid(child_, nullptr, 0);
    child_ = -1;
  }

  kit::TemporaryFolder folder_;
  std::uint16_t port_ = 0, tls_port_ = 0;
  pid_t child_ = -1;
};

std::string noise(std::size_t size) {
  return kit::to_text(kit::random_content(3, size));
}

struct Fixture {
  Fixture() { nginx.put("a", text); }
  Fetched get(const HttpRequest& request) { return fetch(loop, client, request); }
  HttpRequest secure(const std::string& path) const {
    HttpRequest request = request_of(nginx.url(path, true));
    request.settings.tls_ca_file = nginx.certificate();
    return request;
  }

  const std::string text = noise(300'000);
  Nginx nginx;
  Loop loop{std::chrono::seconds(20)};
  HttpClient client{loop.context()};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(nginx_tests, Fixture)

BOOST_AUTO_TEST_CASE(ranges_on_one_kept_connection) {
  HttpRequest request = request_of(nginx.url("a"));
  const Fetched whole = get(request);
  BOOST_TEST((whole.body == text));
  request.range = ByteRange{1000, 200'000};
  BOOST_TEST((get(request).body == text.substr(1000, 199'000)));
  request.range.reset();
  request.suffix = 5000;
  BOOST_TEST((get(request).body == text.substr(295'000)));
  request.suffix.reset();
  request.if_none_match = whole.headers.at(0).etag;
  BOOST_TEST(get(request).headers.at(0).status == 304);
  request.range = ByteRange{300'000, 300'001};
  request.if_none_match.clear();
  BOOST_TEST((get(request).failure() == HttpFailure::range));
  BOOST_TEST((get(request_of(nginx.url("none"))).failure() == HttpFailure::not_found));
  BOOST_TEST((get(request_of(nginx.url("closed/a"))).failure() == HttpFailure::not_authorized));

  std::uint64_t sent = 0;
  const auto log = nginx.log();
  BOOST_TEST(log.size() == 7u);
  for (const auto& line : log) {
    BOOST_TEST(line.connection == log[0].connection);
    sent += line.body_bytes;
  }
  BOOST_TEST(client.bytes_received() == sent);
}

BOOST_AUTO_TEST_CASE(a_location_without_ranges) {
  nginx.put("whole/a", text);
  HttpRequest request = request_of(nginx.url("whole/a"));
  request.range = ByteRange{100'000, 110'000};
  BOOST_TEST((get(request).body == text.substr(100'000, 10'000)));
}

BOOST_AUTO_TEST_CASE(http_2_multiplexes) {
  HttpRequest request = secure("a");
  BOOST_TEST((get(request).body == text));
  BOOST_TEST(client.free_connections(request.url, request.settings) == 1u);
  std::vector<std::shared_ptr<Fetched>> all;
  for (std::uint64_t i = 0; i < 6; ++i) {
    request.range = ByteRange{i * 50'000, (i + 1) * 50'000};
    all.push_back(start(client, request));
  }
  BOOST_TEST(loop.run_until([&] {
    for (const auto& one : all)
      if (!one->done())
        return false;
    return true;
  }));
  for (std::size_t i = 0; i < all.size(); ++i)
    BOOST_TEST((all[i]->body == text.substr(i * 50'000, 50'000)));
  const auto log = nginx.log();
  BOOST_TEST(log.size() == 7u);
  for (const auto& line : log) {
    BOOST_TEST(line.protocol == "HTTP/2.0");
    BOOST_TEST(line.connection == log.at(0).connection);
  }
}

BOOST_AUTO_TEST_CASE(a_cancelled_stream_leaves_the_http_2_connection) {
  nginx.put("large", noise(4'000'000));
  HttpRequest request = secure("large");
  HttpClient::RequestId id{};
  bool cancelled = false;
  HttpClient::Handler handler;
  handler.body = [&](Bytes) {
    client.cancel(id);
    cancelled = true;
  };
  id = client.get(request, handler);
  BOOST_TEST(loop.run_until([&] { return cancelled; }));
  BOOST_TEST((get(secure("a")).body == text));
}

BOOST_AUTO_TEST_CASE(a_release_s_server) {
  for (const bool tls : {false, true}) {
    kit::ReleaseSpec spec;
    spec.files["d\xC3\xA9j\xC3\xA0 vu #1.ogg"] = kit::to_content(text);
    spec.web_seeds = {nginx.url("", tls)};
    const ReleasePtr release = kit::make_release(spec);
    nginx.put("Album/d\xC3\xA9j\xC3\xA0 vu #1.ogg", text);
    ServerOptions options;
    options.origin.local = true;
    options.http.tls_ca_file = nginx.certificate();
    std::string got(text.size(), '\0');
    bool done = false, complete = false;
    Server::Events events;
    events.bytes = [&](Server::RequestId, FileIndex, std::uint64_t offset, Bytes bytes) {
      std::copy_n(reinterpret_cast<const char*>(bytes.data()), bytes.size(), got.data() + offset);
    };
    events.done = [&](Server::RequestId, bool all, auto, auto) {
      done = true;
      complete = all;
    };
    Server server(client, release, options, events);
    server.request(release->tracks().at(0), {0, text.size()}, true);
    BOOST_TEST(loop.run_until([&] { return done; }));
    BOOST_TEST(complete);
    BOOST_TEST((got == text));
  }
}

BOOST_AUTO_TEST_SUITE_END()
