// SPDX-License-Identifier: LGPL-2.1-or-later
// triad play: plays tracks and releases, and reports how each was supplied.
#include "command_line/command_line.h"
#include "live_line.h"
#include "node/settings.h"
#include "player.h"
#include "playlist.h"
#include "plugin.h"
#include "verbs.h"

#include <glib-unix.h>
#include <gst/gst.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>

namespace triad::tool {
namespace {

struct PlayOptions {
  bool json = false, quiet = false, no_audio = false, fast = false;
  std::optional<std::string> cache_dir, cache_size, sources;
};

// Options become settings of this process: playbin3 asks a source how it may be read before it lets
// anybody set its properties. Returns what is wrong with one; empty: nothing.
std::string apply_settings(const PlayOptions& options) {
  if (options.cache_dir) {
    const std::filesystem::path folder = std::filesystem::absolute(*options.cache_dir);
    g_setenv("TRIAD_CACHE_DIR", folder.c_str(), TRUE);
  }
  if (options.cache_size) {
    if (const auto size = parse_byte_size(*options.cache_size); !size) {
      return "--cache-size: " + size.error().message;
    }
    g_setenv("TRIAD_CACHE_SIZE", options.cache_size->c_str(), TRUE);
  }
  if (options.sources) {
    if (const auto sources = parse_sources(*options.sources); !sources) {
      return "--sources: " + sources.error().message;
    }
    g_setenv("TRIAD_SOURCES", options.sources->c_str(), TRUE);
  }
  return {};
}

gboolean on_signal(gpointer player) {
  static_cast<Player*>(player)->quit();
  return G_SOURCE_CONTINUE;
}

int run(const Words& uris, const PlayOptions& options, PlayerSink sink) {
  Player player(make_playlist(uris), sink);
  bool failed = false;
  {
    LiveLine line(!options.quiet);
    player.on_progress([&](const PlayerState& state) { line.show(state); });
    player.on_notice([&](const std::string& text) {
      line.wipe();
      if (!options.quiet) {
        std::fprintf(stderr, "%s\n", text.c_str());
      }
    });
    player.on_warning([&](const std::string& text) {
      line.wipe();
      warn(text);
    });
    player.on_failure([&](const std::string& reason) {
      line.wipe();
      failed = true;
      fail(reason);
    });
    const Keyboard keyboard([&](Key key) { player.press(key); });
    const guint interrupt = g_unix_signal_add(SIGINT, on_signal, &player);
    const guint terminate = g_unix_signal_add(SIGTERM, on_signal, &player);
    const Status status = player.run();
    g_source_remove(interrupt);
    g_source_remove(terminate);
    if (!status) {
      return fail(status.error().message);
    }
  }
  if (options.json) {
    std::fputs(report_as_json(player.reports()).c_str(), stdout);
  } else if (!options.quiet) {
    std::fputs(report_as_text(player.reports()).c_str(), stdout);
  }
  return failed ? exit_failed : exit_done;
}

} // namespace

int play(const Words& words) {
  PlayOptions options;
  CommandLine line("triad play", "URI...",
                   "Plays tracks, and releases whole, without a gap; then reports where each\n"
                   "track's bytes came from, how soon it started and how often it stalled.",
                   "Keys: space pauses, left and right seek by 10 s, n goes to the next track, q\n"
                   "ends. Other URIs and files that GStreamer plays are played, too.");
  line.flag("json", &options.json, "Print the report as JSON");
  line.flag("quiet", &options.quiet, "No live line, and no report but JSON");
  line.flag("no-audio", &options.no_audio, "Play in real time into nothing");
  line.flag("fast", &options.fast, "Play into nothing, as fast as it comes");
  line.text("cache-dir", &options.cache_dir, "DIR", "The cache's folder");
  line.text("cache-size", &options.cache_size, "BYTES", "Most bytes that the cache may hold");
  line.text("sources", &options.sources, "LIST",
            "Where bytes may come from: some of cache, peers and server, with commas");
  if (const auto code = line.parse(words)) {
    return *code;
  }
  if (line.rest().empty()) {
    return line.refuse("give a URI to play");
  }
  if (const std::string fault = apply_settings(options); !fault.empty()) {
    return line.refuse(fault);
  }
  gst_init(nullptr, nullptr);
  register_triadsrc();
  return run(line.rest(), options,
             options.fast       ? PlayerSink::fast
             : options.no_audio ? PlayerSink::real_time
                                : PlayerSink::audio);
}

} // namespace triad::tool
