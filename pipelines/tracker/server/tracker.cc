// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tracker/server/tracker.h"

#include "tracker/server/server.h"

#include <future>
#include <thread>
#include <utility>

namespace triad::tracker {

struct Tracker::State {
  explicit State(std::unique_ptr<Server> opened)
      : server(std::move(opened)), thread([this] { server->run(); }) {}

  std::unique_ptr<Server> server;
  std::thread thread;
};

Result<std::unique_ptr<Tracker>> Tracker::start(const Settings& settings) {
  auto configuration = read_configuration(settings);
  if (!configuration) {
    return configuration.error();
  }
  auto server = Server::open(std::move(*configuration));
  if (!server) {
    return server.error();
  }
  return std::unique_ptr<Tracker>(new Tracker(std::make_unique<State>(std::move(*server))));
}

Tracker::Tracker(std::unique_ptr<State> state) : state_(std::move(state)) {}

Tracker::~Tracker() {
  state_->server->stop();
  state_->thread.join();
}

const std::string& Tracker::url() const {
  return state_->server->url();
}

Status Tracker::reload(const Settings& settings) {
  auto configuration = read_configuration(settings);
  if (!configuration) {
    return configuration.error();
  }
  std::promise<void> applied;
  state_->server->apply(std::move(*configuration), [&] { applied.set_value(); });
  applied.get_future().wait();
  return ok();
}

} // namespace triad::tracker
