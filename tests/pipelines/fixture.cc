// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fixture.h"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>

namespace triad::test {
namespace {

Words split(const std::string& text) {
  Words lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

} // namespace

std::filesystem::path Home::write(const std::string& name, const std::string& content) const {
  const std::filesystem::path file = path() / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

std::string slurp(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

GSubprocess* start(const Home& home, const Words& command, GSubprocessFlags flags) {
  GSubprocessLauncher* launcher = g_subprocess_launcher_new(flags);
  g_subprocess_launcher_set_cwd(launcher, home.path().c_str());
  const std::array<std::pair<const char*, const char*>, 3> folders = {
      std::pair("HOME", ""), std::pair("XDG_CACHE_HOME", "cache"),
      std::pair("XDG_CONFIG_HOME", "config")};
  for (const auto& [name, folder] : folders) {
    g_subprocess_launcher_setenv(launcher, name, (home.path() / folder).c_str(), TRUE);
  }
  // GStreamer's list of plugins takes a second to make; once is enough.
  const std::string registry = std::filesystem::temp_directory_path() / "triad-tool-registry.bin";
  g_subprocess_launcher_setenv(launcher, "GST_REGISTRY", registry.c_str(), TRUE);
  std::vector<const char*> argv;
  for (const std::string& word : command) {
    argv.push_back(word.c_str());
  }
  argv.push_back(nullptr);
  GError* error = nullptr;
  GSubprocess* process = g_subprocess_launcher_spawnv(launcher, argv.data(), &error);
  g_object_unref(launcher);
  BOOST_REQUIRE_MESSAGE(process, (error ? error->message : "not started"));
  return process;
}

Words ToolRun::lines() const {
  return split(out);
}

ToolRun triad(const Home& home, const Words& words) {
  Words command = {TRIAD_TOOL};
  command.insert(command.end(), words.begin(), words.end());
  GSubprocess* process = start(home, command,
                               static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                                             G_SUBPROCESS_FLAGS_STDERR_PIPE));
  GBytes* out = nullptr;
  GBytes* err = nullptr;
  BOOST_REQUIRE(g_subprocess_communicate(process, nullptr, nullptr, &out, &err, nullptr));
  const auto text = [](GBytes* bytes) {
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
    std::string copy(data ? data : "", size);
    g_bytes_unref(bytes);
    return copy;
  };
  ToolRun run;
  run.out = text(out);
  run.err = text(err);
  run.code = g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
  g_object_unref(process);
  return run;
}

Serving::Serving(const Home& home, const Words& sources, const std::string& address)
    : Serving(home, {}, sources, address) {}

Serving::Serving(const Home& home, const Words& before, const Words& sources,
                 const std::string& address) {
  Words command = before;
  command.insert(command.end(), {TRIAD_TOOL, "serve"});
  command.insert(command.end(), sources.begin(), sources.end());
  command.insert(command.end(), {"--listen", address});
  process_ = start(home, command, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  GDataInputStream* out = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process_));
  std::string last;
  while (char* line = g_data_input_stream_read_line(out, nullptr, nullptr, nullptr)) {
    last = line;
    g_free(line);
    if (last == "ready") {
      break;
    }
    uris_.push_back(last);
  }
  g_object_unref(out);
  BOOST_REQUIRE_EQUAL(last, "ready");
}

Serving::~Serving() {
  stop(SIGTERM);
  g_object_unref(process_);
}

int Serving::port() const {
  const std::string& uri = uris_.at(0);
  const std::size_t end = uri.find('/', uri.find("//") + 2);
  return std::stoi(uri.substr(uri.rfind(':', end) + 1));
}

int Serving::stop(int signal) {
  g_subprocess_send_signal(process_, signal);
  g_subprocess_wait(process_, nullptr, nullptr);
  return g_subprocess_get_if_exited(process_) ? g_subprocess_get_exit_status(process_) : -1;
}

std::string talk(int port, const std::string& request, bool only) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval guard{20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
  BOOST_REQUIRE_EQUAL(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  BOOST_REQUIRE_EQUAL(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
                      static_cast<ssize_t>(request.size()));
  if (only) {
    shutdown(fd, SHUT_WR);
  }
  std::string all;
  std::array<char, 64 * 1024> part{};
  for (ssize_t got; (got = recv(fd, part.data(), part.size(), 0)) > 0;) {
    all.append(part.data(), static_cast<std::size_t>(got));
  }
  close(fd);
  return all;
}

std::string Answer::header(const std::string& name) const {
  for (const std::string& line : split(head)) {
    if (line.starts_with(name + ": ")) {
      const std::string value = line.substr(name.size() + 2);
      return value.substr(0, value.find('\r'));
    }
  }
  return {};
}

Answer ask(int port, const std::string& method, const std::string& path, const Words& headers) {
  std::string request = method + ' ' + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  for (const std::string& header : headers) {
    request += header + "\r\n";
  }
  const std::string all = talk(port, request + "\r\n");
  Answer answer;
  const std::size_t end = all.find("\r\n\r\n");
  BOOST_REQUIRE_NE(end, std::string::npos);
  answer.head = all.substr(0, end + 2);
  answer.body = all.substr(end + 4);
  answer.status = std::stoi(all.substr(all.find(' ') + 1));
  return answer;
}

} // namespace triad::test
