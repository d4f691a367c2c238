// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/store/redis_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <stdexcept>

namespace triad::testing {
namespace {

std::uint16_t free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(probe, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  close(probe);
  return ntohs(address.sin_port);
}

std::string output_of(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& each : words)
    line += " '" + each + "'";
  FILE* pipe = popen(("exec" + line + " 2>&1").c_str(), "re");
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t size; (size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.append(buffer.data(), size);
  pclose(pipe);
  return output;
}

// Redis tells nobody of such changes: it is asked until it is so.
template <typename Condition>
void ask_until(const char* what, Condition holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds())
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error(std::string("in vain: ") + what);
}

} // namespace

RedisServer::RedisServer(bool of_cluster) : of_cluster_(of_cluster) {
  // Another program may take a port in the meantime.
  for (int tries = 0; tries < 20; ++tries) {
    port_ = free_port();
    bus_port_ = free_port();
    if (try_to_start())
      return;
  }
  throw std::runtime_error("redis-server does not start");
}

bool RedisServer::try_to_start() {
  std::vector<std::string> command = {"redis-server",
                                      "--port",
                                      std::to_string(port_),
                                      "--bind",
                                      "127.0.0.1",
                                      "--save",
                                      "",
                                      "--appendonly",
                                      "no",
                                      "--dir",
                                      folder_.path().string()};
  if (of_cluster_)
    for (const std::string& each :
         {std::string("--cluster-enabled"), std::string("yes"), std::string("--cluster-port"),
          std::to_string(bus_port_), std::string("--cluster-node-timeout"), std::string("1500"),
          std::string("--repl-diskless-sync-delay"), std::string("0")})
      command.push_back(each);
  server_ = std::make_unique<Child>(command, "Ready to accept connections");
  return !server_->line().empty();
}

void RedisServer::start() {
  ask_until("its port again", [&] { return try_to_start(); });
}

std::string RedisServer::ask(const std::vector<std::string>& words) const {
  std::vector<std::string> command = {"redis-cli", "-p", std::to_string(port_)};
  command.insert(command.end(), words.begin(), words.end());
  return output_of(command);
}

RedisCluster::RedisCluster() {
  std::vector<std::string> command = {"timeout", "60", "redis-cli", "--cluster", "create"};
  for (int i = 0; i < 6; ++i) {
    nodes_.push_back(std::make_unique<RedisServer>(true));
    command.push_back("127.0.0.1:" + std::to_string(nodes_.back()->port()) + "@" +
                      std::to_string(nodes_.back()->bus_port()));
  }
  for (const char* each : {"--cluster-replicas", "1", "--cluster-yes"})
    command.emplace_back(each);
  const std::string said = output_of(command);
  if (said.find("All 16384 slots covered") == std::string::npos)
    throw std::runtime_error(said);
  for (const auto& each : nodes_)
    ask_until("a whole cluster", [&] {
      const std::string role = each->ask({"ROLE"});
      return (role.starts_with("master") || role.find("connected") != std::string::npos) &&
             each->ask({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
    });
}

std::string RedisCluster::url() const {
  std::string url = nodes_[0]->url();
  for (std::size_t i : {2u, 4u})
    url += ",127.0.0.1:" + std::to_string(nodes_[i]->port());
  return url;
}

void RedisCluster::kill_master_with_listener() {
  for (const auto& each : nodes_)
    if (each->ask({"ROLE"}).starts_with("master") &&
        each->ask({"PUBSUB", "SHARDCHANNELS"}).find("triad:") != std::string::npos) {
      each->kill();
      return;
    }
  throw std::runtime_error("nobody listens");
}

void RedisCluster::hand_over() {
  for (const auto& each : nodes_)
    if (each->ask({"ROLE"}).starts_with("slave")) {
      ask_until("it takes over", [&] {
        static_cast<void>(each->ask({"CLUSTER", "FAILOVER"}));
        return each->ask({"ROLE"}).starts_with("master");
      });
      return;
    }
}

} // namespace triad::testing
