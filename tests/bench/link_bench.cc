// SPDX-License-Identifier: LGPL-2.1-or-later
// What links cost, beside TLS over TCP, in one run: throughput and CPU of both processes for each
// GB, time to set up and, on loopback, memory and threads of 50 idle links. Prints a line of JSON
// for each. usage: link_bench SECONDS LINKS [SERVER_NAMESPACE CLIENT_NAMESPACE SERVER_ADDRESS]
#include "link/peers.h"

#include <glib-unix.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <malloc.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace triad::test {
namespace {

constexpr std::size_t block = 13 + 16 * 1024; // a piece message
constexpr double warm_up = 2;                 // seconds

// Where the two processes are.
struct Place {
  std::string server_namespace, client_namespace; // empty: this one
  std::string server_address = "127.0.0.1";
  [[nodiscard]] bool far() const { return !server_namespace.empty(); }
  // A peer has as many requests open as the line holds: 4 MB at most, as Triad asks.
  [[nodiscard]] int outstanding() const { return far() ? 250 : 64; }
};

double seconds_now() {
  return static_cast<double>(g_get_monotonic_time()) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

long status(const std::string& key) {
  std::ifstream file("/proc/self/status");
  std::string word;
  while (file >> word)
    if (word == key + ":") {
      long value = 0;
      file >> value;
      return value;
    }
  return 0;
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "link_bench: %s\n", what);
  std::_Exit(1);
}

void enter(const std::string& name) {
  if (name.empty())
    return;
  const int there = open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (there < 0 || setns(there, CLONE_NEWNET) != 0)
    fail("no such network namespace");
  ::close(there);
}

// Messages between the two processes: whole ones, over a socket pair.
void say(int fd, const std::string& text) {
  if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0)
    fail("the other process is gone");
}
std::string hear(int fd) {
  std::array<char, 65536> text;
  const auto size = recv(fd, text.data(), text.size(), 0);
  if (size <= 0)
    fail("the other process is gone");
  return {text.data(), static_cast<std::size_t>(size)};
}

// The same, while links go on.
std::string hear(Loop& loop, int fd) {
  bool readable = false;
  GSource* source = g_unix_fd_source_new(fd, G_IO_IN);
  g_source_set_callback(source, G_SOURCE_FUNC(+[](gint, GIOCondition, gpointer data) -> gboolean {
                          *static_cast<bool*>(data) = true;
                          return G_SOURCE_REMOVE;
                        }),
                        &readable, nullptr);
  g_source_attach(source, loop.context());
  if (!loop.run_until([&] { return readable; }))
    fail("the other process is silent");
  g_source_unref(source);
  return hear(fd);
}

// Runs `child` in a process of its own and `parent` here, each with an end of a socket pair.
void in_two_processes(const Place& place, const std::function<void(int)>& child,
                      const std::function<void(int)>& parent) {
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    fail("no socket pair");
  std::fflush(stdout);
  const pid_t process = fork();
  if (process == 0) {
    ::close(pair[0]);
    enter(place.server_namespace);
    child(pair[1]);
    std::_Exit(0);
  }
  ::close(pair[1]);
  parent(pair[0]);
  ::close(pair[0]);
  waitpid(process, nullptr, 0);
}

void introduce(Loop& loop, LinkEnd& end, int fd, bool offerer) {
  const auto described = [&] { return !end.descriptions.empty(); };
  if (offerer) {
    end.link->offer();
    if (!loop.run_until(described))
      fail("no offer");
    say(fd, end.descriptions.front());
    if (!end.link->set_answer(hear(loop, fd)))
      fail("answer refused");
  } else {
    if (!end.link->answer(hear(loop, fd)) || !loop.run_until(described))
      fail("no answer");
    say(fd, end.descriptions.front());
  }
}

// Answers each request with a block.
void serve_links(int fd, int links) {
  Loop loop;
  std::vector<std::unique_ptr<LinkEnd>> ends;
  const std::vector<std::byte> piece(block);
  std::vector<std::unique_ptr<int>> owed;
  int closed = 0;
  for (int i = 0; i < links; ++i) {
    ends.push_back(std::make_unique<LinkEnd>(loop.context()));
    owed.push_back(std::make_unique<int>(0));
    ends.back()->when_channel = [&piece, requests = owed.back().get()](ChannelEnd& channel) {
      channel.keep = false;
      channel.when_writable = [&piece, requests, &channel] {
        while (*requests > 0 && channel.channel->send(piece))
          --*requests;
      };
      channel.when_message = [requests, &channel](Bytes) {
        ++*requests;
        channel.when_writable();
      };
    };
    introduce(loop, *ends.back(), fd, false);
    if (!loop.run_until([&] { return ends.back()->connected > 0; }))
      fail("not connected");
  }
  const double before = cpu_seconds();
  say(fd, "ready");
  (void)loop.run_until(
      [&] {
        closed = 0;
        for (const auto& end : ends)
          closed += static_cast<int>(end->ends.size());
        return closed == links;
      },
      std::chrono::seconds(600));
  say(fd, std::to_string(cpu_seconds() - before));
}

void fetch_over_links(const Place& place, int fd, int links, double duration) {
  Loop loop;
  std::vector<std::unique_ptr<LinkEnd>> ends;
  const std::vector<std::byte> request(17);
  std::uint64_t received = 0;
  double set_up = 0, gap = 0, last = 0;
  for (int i = 0; i < links; ++i) {
    ends.push_back(std::make_unique<LinkEnd>(loop.context()));
    ChannelEnd& channel = ends.back()->open("bench");
    channel.keep = false;
    const double start = seconds_now();
    introduce(loop, *ends.back(), fd, true);
    if (!loop.run_until([&] { return channel.opened > 0; }))
      fail("not connected");
    if (i == 0)
      set_up = seconds_now() - start;
    channel.when_message = [&, end = &channel](Bytes bytes) {
      received += bytes.size();
      (void)end->channel->send(request);
    };
  }
  if (hear(fd) != "ready")
    fail("not ready");
  // How long other sources of the context have to wait: a timer of 5 ms notes when it is late.
  struct Probe {
    double *last, *gap;
  } probe{&last, &gap};
  GSource* timer = g_timeout_source_new(5);
  g_source_set_callback(
      timer,
      [](gpointer data) -> gboolean {
        auto* with = static_cast<Probe*>(data);
        const double now = seconds_now();
        if (*with->last > 0)
          *with->gap = std::max(*with->gap, now - *with->last);
        *with->last = now;
        return G_SOURCE_CONTINUE;
      },
      &probe, nullptr);
  g_source_attach(timer, loop.context());
  const double begin = seconds_now(), cpu = cpu_seconds();
  for (const auto& end : ends)
    for (int i = 0; i < place.outstanding(); ++i)
      (void)end->channels.front()->channel->send(request);
  (void)loop.run_until([&] { return seconds_now() - begin >= warm_up; });
  const double start = seconds_now(), before = static_cast<double>(received);
  (void)loop.run_until([&] { return seconds_now() - start >= duration; });
  const double elapsed = seconds_now() - start, all = static_cast<double>(received);
  const double here = cpu_seconds() - cpu, bytes = all - before;
  g_source_destroy(timer);
  g_source_unref(timer);
  for (const auto& end : ends)
    end->link->close();
  (void)loop.run_until([&] {
    return std::all_of(ends.begin(), ends.end(),
                       [](const auto& end) { return !end->ends.empty(); });
  });
  const double there = std::stod(hear(fd));
  ends.clear();
  (void)loop.run_until([] { return !LinkStack::alive(); });
  std::printf("{\"what\": \"links\", \"links\": %d, \"mb_per_s\": %.1f, \"cpu_s_per_gb\": %.2f, "
              "\"setup_ms\": %.1f, \"longest_wait_ms\": %.1f}\n",
              links, bytes / elapsed / 1e6, (here + there) / (all / 1e9), set_up * 1000,
              gap * 1000);
}

// TLS 1.3 over TCP, blocking, with the cipher that links use.
SSL* tls(int fd, bool server) {
  SSL_CTX* context = SSL_CTX_new(TLS_method());
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  SSL_CTX_use_certificate(context, certificate);
  SSL_CTX_use_PrivateKey(context, key);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if ((server ? SSL_accept(ssl) : SSL_connect(ssl)) != 1)
    fail("TLS handshake");
  return ssl;
}

void measure_tls(const Place& place, double duration) {
  in_two_processes(
      place,
      [&](int fd) {
        const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = inet_addr(place.server_address.c_str());
        socklen_t size = sizeof address;
        if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            listen(listener, 1) != 0 ||
            getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
          fail("no listener");
        say(fd, std::to_string(ntohs(address.sin_port)));
        SSL* ssl = tls(accept(listener, nullptr, nullptr), true);
        const double before = cpu_seconds();
        const std::vector<std::byte> piece(block);
        signal(SIGPIPE, SIG_IGN);
        while (SSL_write(ssl, piece.data(), block) > 0) {
        }
        say(fd, std::to_string(cpu_seconds() - before));
      },
      [&](int fd) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = inet_addr(place.server_address.c_str());
        address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(hear(fd))));
        const int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
          fail("no connection");
        SSL* ssl = tls(peer, false);
        std::vector<std::byte> buffer(block);
        const double cpu = cpu_seconds();
        const auto read_for = [&](double seconds) {
          const double start = seconds_now();
          double bytes = 0;
          while (seconds_now() - start < seconds)
            bytes += std::max(0, SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size())));
          return bytes;
        };
        const double before = read_for(warm_up), start = seconds_now(), bytes = read_for(duration);
        const double elapsed = seconds_now() - start, here = cpu_seconds() - cpu;
        shutdown(peer, SHUT_RDWR);
        ::close(peer);
        const double there = std::stod(hear(fd));
        std::printf("{\"what\": \"tls\", \"mb_per_s\": %.1f, \"cpu_s_per_gb\": %.2f}\n",
                    bytes / elapsed / 1e6, (here + there) / ((before + bytes) / 1e9));
      });
}

// 50 links from one process to another, idle after one message.
void measure_memory() {
  constexpr int links = 50;
  in_two_processes(
      {}, [](int fd) { serve_links(fd, links + 1); },
      [](int fd) {
        Loop loop;
        std::vector<std::unique_ptr<LinkEnd>> ends;
        long first = 0;
        for (int i = 0; i <= links; ++i) {
          ends.push_back(std::make_unique<LinkEnd>(loop.context()));
          ChannelEnd& channel = ends.back()->open("bench");
          channel.keep = false;
          introduce(loop, *ends.back(), fd, true);
          if (!loop.run_until([&] { return channel.opened > 0; }) ||
              !channel.channel->send(std::vector<std::byte>(17)) ||
              !loop.run_until([&] { return channel.received >= block; }))
            fail("not connected");
          if (i == 0) {
            malloc_trim(0);
            first = status("VmRSS");
          }
        }
        malloc_trim(0);
        const long kilobytes = status("VmRSS") - first, threads = status("Threads");
        if (hear(fd) != "ready")
          fail("not ready");
        for (const auto& end : ends)
          end->link->close();
        (void)loop.run_until([&] {
          return std::all_of(ends.begin(), ends.end(),
                             [](const auto& end) { return !end->ends.empty(); });
        });
        (void)hear(fd);
        std::printf("{\"what\": \"memory\", \"links\": %d, \"kib_per_link\": %.1f, "
                    "\"threads\": %ld}\n",
                    links, static_cast<double>(kilobytes) / links, threads);
      });
}

} // namespace
} // namespace triad::test

int main(int count, char** words) {
  using namespace triad::test;
  if (count != 3 && count != 6)
    fail("usage: link_bench SECONDS LINKS [SERVER_NAMESPACE CLIENT_NAMESPACE SERVER_ADDRESS]");
  const double duration = std::atof(words[1]);
  const int links = std::atoi(words[2]);
  const Place place = count == 6 ? Place{words[3], words[4], words[5]} : Place{};
  enter(place.client_namespace);
  measure_tls(place, duration);
  in_two_processes(
      place, [&](int fd) { serve_links(fd, links); },
      [&](int fd) { fetch_over_links(place, fd, links, duration); });
  if (!place.far() && links == 1)
    measure_memory();
  return 0;
}
