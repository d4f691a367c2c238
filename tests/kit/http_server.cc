// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kit/http_server.h"

#include "kit/http_connection.h"

#include <arpa/inet.h>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace triad::test {
namespace {

constexpr std::chrono::seconds hang_guard{20};

std::string type_of(const std::string& extension) {
  static const std::map<std::string, std::string> types = {
      {".flac", "audio/flac"}, {".m4a", "audio/mp4"},  {".mp3", "audio/mpeg"},
      {".ogg", "audio/ogg"},   {".opus", "audio/ogg"}, {".torrent", "application/x-bittorrent"},
  };
  const auto found = types.find(extension);
  return found == types.end() ? "application/octet-stream" : found->second;
}

} // namespace

// One mutex guards everything; the thread lets go of it only while it polls.
class HttpServer::Impl final : public Connection::Host {
public:
  explicit Impl(Options options)
      : options_(std::move(options)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (options_.tls)
      tls_ = std::make_unique<TlsServer>(options_.certificate_name);
    listen();
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() override {
    command([this] { quit_ = true; });
    thread_.join();
    close(wake_);
  }

  void listen() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 64) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      close(fd);
      throw std::runtime_error("the test server could not listen on " + options_.address);
    }
    port_ = ntohs(address.sin_port);
    listener_ = fd;
  }

  // Changes state under the mutex and wakes the thread.
  void command(const std::function<void()>& change) {
    const std::lock_guard lock(mutex_);
    change();
    eventfd_write(wake_, 1);
  }

  void drop_all() {
    for (auto& connection : connections_)
      connection->abort();
    connections_.clear();
  }

  // Runs on the server's thread, which owns the sockets, and waits until it did.
  void on_thread(std::function<void()> task) {
    std::unique_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    const std::uint64_t number = ++tasks_given_;
    eventfd_write(wake_, 1);
    changed_.wait(lock, [&] { return tasks_done_ >= number; });
  }

  std::optional<std::chrono::milliseconds> advance() {
    std::optional<std::chrono::milliseconds> wait;
    const auto now = std::chrono::steady_clock::now();
    for (auto& connection : connections_) {
      const auto more = connection->advance(now);
      if (more && (!wait || *more < *wait))
        wait = more;
    }
    std::erase_if(connections_, [](const auto& connection) { return connection->over(); });
    return wait;
  }

  void accept_all() {
    while (listener_ >= 0) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0)
        return;
      if (refuse_) {
        close(fd);
        continue;
      }
      connections_.push_back(
          std::make_unique<Connection>(fd, ++accepted_, tls_.get(), options_.keep_alive, *this));
      most_ = std::max(most_, static_cast<unsigned>(connections_.size()));
    }
  }

  void run() {
    sigset_t pipe; // TLS writes to a socket that the client closed
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);

    std::unique_lock lock(mutex_);
    while (!quit_) {
      for (const auto& task : std::exchange(tasks_, {})) {
        task();
        ++tasks_done_;
      }
      const auto wait = advance();
      changed_.notify_all();
      std::vector<pollfd> fds{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const auto& connection : connections_)
        fds.push_back({connection->fd(), connection->events(), 0});
      lock.unlock();
      poll(fds.data(), fds.size(), wait ? static_cast<int>(wait->count()) + 1 : -1);
      lock.lock();
      eventfd_t drained;
      eventfd_read(wake_, &drained);
      for (std::size_t i = 2; i < fds.size(); ++i)
        if (fds[i].revents != 0)
          connections_[i - 2]->on_ready();
      accept_all();
    }
    drop_all();
    if (listener_ >= 0)
      close(listener_);
    changed_.notify_all();
  }

  // --- Connection::Host, called under the mutex ---
  std::shared_ptr<LoggedRequest> log(LoggedRequest request) override {
    log_.push_back(std::make_shared<LoggedRequest>(std::move(request)));
    return log_.back();
  }
  const ServedFile* file(const std::string& path) override {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second;
  }
  Behaviour behaviour(const std::string& path) override {
    auto found = behaviours_.find(path);
    if (found == behaviours_.end())
      found = behaviours_.find("");
    if (found == behaviours_.end())
      return {};
    const Behaviour behaviour = found->second;
    if (found->second.times > 0 && --found->second.times == 0)
      behaviours_.erase(found);
    return behaviour;
  }

  const Options options_;
  const int wake_;
  std::uint16_t port_ = 0;
  std::unique_ptr<TlsServer> tls_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  int listener_ = -1;
  bool quit_ = false, refuse_ = false;
  std::vector<std::function<void()>> tasks_;
  std::uint64_t tasks_given_ = 0, tasks_done_ = 0;
  std::map<std::string, ServedFile> files_;
  std::map<std::string, Behaviour> behaviours_; // "": all others
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<LoggedRequest>> log_;
  unsigned accepted_ = 0, most_ = 0, versions_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer() : HttpServer(Options()) {}
HttpServer::HttpServer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  return impl_->port_;
}

std::string HttpServer::url(const std::string& path) const {
  return (impl_->options_.tls ? "https://" : "http://") + impl_->options_.address + ':' +
         std::to_string(impl_->port_) + path;
}

std::string HttpServer::certificate_pem() const {
  return impl_->tls_ ? impl_->tls_->certificate_pem() : "";
}

void HttpServer::put(const std::string& path, std::string content, const std::string& type) {
  const std::lock_guard lock(impl_->mutex_);
  const std::string version = std::to_string(++impl_->versions_);
  impl_->files_[path] = {std::make_shared<const std::string>(std::move(content)), type,
                         '"' + version + '"',
                         "Thu, 01 Jan 2015 00:00:" + std::string(version.size() < 2 ? "0" : "") +
                             version.substr(version.size() < 2 ? 0 : version.size() - 2) + " GMT"};
}

void HttpServer::put_folder(const std::string& prefix, const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file())
      continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(in), {}};
    put(prefix + '/' + std::filesystem::relative(entry.path(), folder).string(), std::move(content),
        type_of(entry.path().extension().string()));
  }
}

void HttpServer::remove(const std::string& path) {
  const std::lock_guard lock(impl_->mutex_);
  impl_->files_.erase(path);
}

void HttpServer::behave(const std::string& path, Behaviour behaviour) {
  const std::lock_guard lock(impl_->mutex_);
  impl_->behaviours_[path] = std::move(behaviour);
}

void HttpServer::behave_all(Behaviour behaviour) {
  behave("", std::move(behaviour));
}

void HttpServer::behave_well() {
  const std::lock_guard lock(impl_->mutex_);
  impl_->behaviours_.clear();
}

void HttpServer::release(const std::string& path) {
  impl_->command([&] {
    for (auto& connection : impl_->connections_)
      connection->release(path);
  });
}

void HttpServer::stop() {
  impl_->on_thread([this] {
    impl_->drop_all();
    if (impl_->listener_ >= 0)
      close(impl_->listener_);
    impl_->listener_ = -1;
  });
}

void HttpServer::start() {
  impl_->on_thread([this] {
    if (impl_->listener_ < 0)
      impl_->listen();
  });
}

void HttpServer::drop_connections() {
  impl_->on_thread([this] { impl_->drop_all(); });
}

void HttpServer::refuse(bool refuse) {
  impl_->on_thread([this, refuse] { impl_->refuse_ = refuse; });
}

HttpServer::Log HttpServer::log() const {
  const std::lock_guard lock(impl_->mutex_);
  Log copy;
  for (const auto& request : impl_->log_)
    copy.push_back(*request);
  return copy;
}

void HttpServer::clear_log() {
  const std::lock_guard lock(impl_->mutex_);
  impl_->log_.clear();
}

std::uint64_t HttpServer::body_bytes() const {
  std::uint64_t sum = 0;
  for (const LoggedRequest& request : log())
    sum += request.body_bytes;
  return sum;
}

unsigned HttpServer::connections() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->accepted_;
}

unsigned HttpServer::open_connections() const {
  const std::lock_guard lock(impl_->mutex_);
  return static_cast<unsigned>(impl_->connections_.size());
}

unsigned HttpServer::most_connections() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->most_;
}

bool HttpServer::wait(const std::function<bool(const Log&)>& done,
                      std::chrono::seconds limit) const {
  std::unique_lock lock(impl_->mutex_);
  return impl_->changed_.wait_for(lock, limit, [&] {
    Log copy;
    for (const auto& request : impl_->log_)
      copy.push_back(*request);
    return done(copy);
  });
}

bool HttpServer::wait_for_requests(std::size_t count) const {
  return wait([count](const Log& log) { return log.size() >= count; }, hang_guard);
}

bool HttpServer::wait_until_quiet() const {
  return wait(
      [](const Log& log) {
        return std::all_of(log.begin(), log.end(),
                           [](const auto& request) { return request.finished || request.aborted; });
      },
      hang_guard);
}

} // namespace triad::test
