// SPDX-License-Identifier: LGPL-2.1-or-later
// triad node: gives what this machine has to other listeners, until it is told to stop.
#include "command_line/command_line.h"
#include "node/peer_settings.h"
#include "node/seeder.h"
#include "node_status.h"
#include "verbs.h"

#include <glib-unix.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <tuple>

namespace triad::tool {
namespace {

constexpr unsigned status_seconds = 2;

class RunningNode {
public:
  RunningNode(std::unique_ptr<Seeder> seeder, std::optional<std::string> status)
      : seeder_(std::move(seeder)), status_(std::move(status)) {}

  int run() {
    loop_ = g_main_loop_new(nullptr, FALSE);
    const std::array<guint, 3> signals = {g_unix_signal_add(SIGINT, quit, this),
                                          g_unix_signal_add(SIGTERM, quit, this),
                                          g_unix_signal_add(SIGHUP, reload, this)};
    guint timer = 0;
    if (status_) {
      timer = g_timeout_add_seconds(status_seconds, tell, this);
      tell(this);
    }
    std::puts("ready");
    // Who waits for this line reads a pipe.
    if (std::fflush(stdout) != 0) {
      fail("could not write to stdout");
      failed_ = true;
    } else {
      g_main_loop_run(loop_);
    }
    for (const guint source : signals) {
      g_source_remove(source);
    }
    if (timer != 0) {
      g_source_remove(timer);
    }
    g_main_loop_unref(loop_);
    return failed_ ? exit_failed : exit_done;
  }

private:
  static gboolean quit(gpointer self) {
    g_main_loop_quit(static_cast<RunningNode*>(self)->loop_);
    return G_SOURCE_CONTINUE;
  }

  static gboolean reload(gpointer data) {
    auto* self = static_cast<RunningNode*>(data);
    const Status done = self->seeder_->reload();
    if (self->status_) {
      tell(self);
    }
    if (!done) {
      warn(done.error().message + "; all stays as it was");
    } else {
      note("the libraries and the cache were read again");
    }
    return G_SOURCE_CONTINUE;
  }

  static gboolean tell(gpointer data) {
    auto* self = static_cast<RunningNode*>(data);
    const double uptime =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - self->began_).count();
    const Status written =
        write_status(*self->status_, status_as_json(self->seeder_->facts(), uptime));
    // Once: a full disk is no reason to fill the log.
    if (!written && !self->warned_) {
      warn(written.error().message + " (" + written.error().detail + ")");
    }
    self->warned_ = !written;
    return G_SOURCE_CONTINUE;
  }

  const std::unique_ptr<Seeder> seeder_;
  const std::optional<std::string> status_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  GMainLoop* loop_ = nullptr;
  bool warned_ = false;
  bool failed_ = false;
};

// As the setting of this name in triad.conf.
Status set_peer_option(std::string_view key, std::string_view text, NodeOptions& options) {
  for (const PeerSetting& setting : peer_settings()) {
    if (setting.key == key) {
      return setting.parse(text, options);
    }
  }
  return Error{ErrorCode::settings, "there is no such setting", {}};
}

} // namespace

int node(const Words& words) {
  std::optional<std::string> cache_dir, cache_size, upload_rate, upload_quota, stun, turn, status;
  std::vector<std::string> libraries, trackers;
  CommandLine line(
      "triad node", "", "Gives what this machine has of releases to other listeners.",
      "Given are the releases whose metainfo (NAME.torrent) stands beside their files in a "
      "library\n"
      "folder, those with pinned tracks, and the 200 that were played last. Releases that name no\n"
      "tracker need --tracker. Prints 'ready'; ends on SIGINT or SIGTERM; SIGHUP reads libraries "
      "and\ncache again. docs/privacy.md says what others can learn.");
  line.text("cache-dir", &cache_dir, "FOLDER", "The cache (default: the user's)");
  line.text("cache-size", &cache_size, "BYTES", "Most that the cache may take; K, M or G after it");
  line.list("library", &libraries, "FOLDER", "Also the published releases in it; may be repeated");
  line.list("tracker", &trackers, "URL", "Also announce everything there; may be repeated");
  line.text("upload-rate", &upload_rate, "BYTES",
            "Most to give in a second (default 1000000; -1: "
            "no limit)");
  line.text("upload-quota", &upload_quota, "BYTES", "Most to give in a month; K, M or G after it");
  line.text("stun", &stun, "URL", "stun://HOST:PORT (default: what trackers name)");
  line.text("turn", &turn, "URL", "turn://USER:PASSWORD@HOST:PORT, where nothing else connects");
  line.text("status", &status, "FILE", "Keep links, releases, rates and totals there, as JSON");
  if (const auto code = line.parse(words)) {
    return *code;
  }
  if (!line.rest().empty()) {
    return line.refuse("what is '" + line.rest().front() + "'?");
  }
  OpenOptions options;
  if (cache_dir) {
    options.cache_dir = *cache_dir;
  }
  if (cache_size) {
    const auto bytes = parse_byte_size(*cache_size);
    if (!bytes) {
      return line.refuse("--cache-size: " + bytes.error().message);
    }
    options.cache_size = *bytes;
  }
  if (!trackers.empty()) {
    options.node.trackers = trackers;
  }
  for (const auto& [key, option, value] :
       {std::tuple{"upload-rate", "--upload-rate", &upload_rate},
        std::tuple{"upload-quota", "--upload-quota", &upload_quota},
        std::tuple{"stun-server", "--stun", &stun}, std::tuple{"turn-server", "--turn", &turn}}) {
    if (!*value) {
      continue;
    }
    if (const Status set = set_peer_option(key, **value, options.node); !set) {
      return line.refuse(std::string(option) + ": " + set.error().message);
    }
  }
  if (const auto understood = apply({}, options.node); !understood) {
    return line.refuse(understood.error().message);
  }
  const auto settings = resolve_settings(options, system_settings_origin());
  if (!settings) {
    return fail(settings.error().message);
  }
  SeederOptions seeding;
  seeding.settings = *settings;
  for (const std::string& library : libraries) {
    seeding.libraries.emplace_back(library);
  }
  seeding.warn = warn;
  auto seeder = Seeder::start(std::move(seeding));
  if (!seeder) {
    return fail(seeder.error().message);
  }
  return RunningNode(std::move(*seeder), status).run();
}

} // namespace triad::tool
