// SPDX-License-Identifier: LGPL-2.1-or-later
// triad serve: an HTTP server for folders of music, until it is told to stop.
#include "command_line/command_line.h"
#include "find_publication.h"
#include "http_server.h"
#include "progress_bar.h"
#include "tracker/server/tracker.h"
#include "verbs.h"

#include <glib-unix.h>
#include <gst/gst.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <csignal>
#include <cstdio>

namespace triad::tool {
namespace {

// Address that other machines reach us by, where we listen on all of them; else the same.
ListenAddress reachable(ListenAddress address) {
  if (address.host != "0.0.0.0" && address.host != "::") {
    return address;
  }
  address.host = "127.0.0.1";
  address.ipv6 = false;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) {
    return address;
  }
  for (const ifaddrs* each = all; each; each = each->ifa_next) {
    if (each->ifa_addr && each->ifa_addr->sa_family == AF_INET && (each->ifa_flags & IFF_UP) &&
        !(each->ifa_flags & IFF_LOOPBACK)) {
      std::array<char, INET_ADDRSTRLEN> text{};
      const auto* in = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
      address.host = inet_ntop(AF_INET, &in->sin_addr, text.data(), text.size());
      break;
    }
  }
  freeifaddrs(all);
  return address;
}

// ws://ADDR:PORT of the tracker, as other machines reach it.
std::string tracker_url(const tracker::Tracker& tracker) {
  constexpr std::string_view scheme = "ws://";
  ListenAddress address =
      *parse_listen_address(std::string_view(tracker.url()).substr(scheme.size()));
  address = reachable(std::move(address));
  return "ws" + http_origin(address).substr(4);
}

Result<Publication> prepare(const std::string& source) {
  ProgressBar bar(source);
  PublishingTalk talk;
  talk.progress = [&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); };
  talk.warn = warn;
  return find_or_publish(source, talk);
}

void wait_for_signal() {
  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  const auto quit = [](gpointer data) -> gboolean {
    g_main_loop_quit(static_cast<GMainLoop*>(data));
    return G_SOURCE_CONTINUE;
  };
  const std::array<guint, 2> sources = {g_unix_signal_add(SIGINT, quit, loop),
                                        g_unix_signal_add(SIGTERM, quit, loop)};
  g_main_loop_run(loop);
  for (const guint source : sources) {
    g_source_remove(source);
  }
  g_main_loop_unref(loop);
}

// `tracker_address`: empty, or where to run a tracker.
int run(const Words& sources, const ListenAddress& address, const std::string& tracker_address) {
  std::unique_ptr<tracker::Tracker> tracker;
  if (!tracker_address.empty()) {
    tracker::Settings settings;
    settings.listen = tracker_address;
    auto started = tracker::Tracker::start(settings);
    if (!started) {
      return fail(started.error().message);
    }
    tracker = std::move(*started);
    note("the tracker is at " + tracker_url(*tracker));
  }
  auto files = std::make_shared<ServedFiles>();
  std::vector<Publication> publications;
  for (const std::string& source : sources) {
    auto publication = prepare(source);
    if (publication && tracker) {
      publication = with_tracker(std::move(*publication), tracker_url(*tracker));
    }
    if (!publication) {
      return fail(publication.error().message);
    }
    if (Status added = files->add(*publication); !added) {
      return fail(added.error().message);
    }
    publications.push_back(std::move(*publication));
  }
  const auto server = HttpServer::start(address, files);
  if (!server) {
    return fail(server.error().message);
  }
  const std::string origin = http_origin(reachable((*server)->address()));
  for (const Publication& publication : publications) {
    const auto uris = uris_of(publication, origin);
    if (!uris) {
      return fail(uris.error().message);
    }
    for (const std::string& uri : *uris) {
      std::puts(uri.c_str());
    }
  }
  std::puts("ready");
  // Who waits for this line reads a pipe.
  if (std::fflush(stdout) != 0) {
    return fail("could not write to stdout");
  }
  wait_for_signal();
  return exit_done;
}

} // namespace

int serve(const Words& words) {
  std::optional<std::string> listen;
  std::optional<std::string> tracker_listen;
  CommandLine line(
      "triad serve", "FOLDER... --listen ADDR:PORT",
      "Serves releases, folders of music or single files, over HTTP; prints one Triad URI per\n"
      "track and then 'ready'. For a house or a trial; use nginx or a CDN for more.",
      "What is not published yet is published first, without an address in it; its metainfo is\n"
      "kept beside the folder (NAME.torrent) or, where that can't be written, in the user's "
      "cache.\n"
      "Ends on SIGINT or SIGTERM.");
  line.text(
      "listen", &listen, "ADDR:PORT",
      "Numeric address and port, such as 127.0.0.1:8000 or [::1]:0; port 0: the system's choice");
  line.text("tracker-listen", &tracker_listen, "ADDR:PORT",
            "Run a tracker, too, and name it in the metainfo that is given out");
  if (const auto code = line.parse(words)) {
    return *code;
  }
  if (line.rest().empty()) {
    return line.refuse("give a folder or file to serve");
  }
  if (!listen) {
    return line.refuse("--listen is missing");
  }
  const auto address = parse_listen_address(*listen);
  if (!address) {
    return line.refuse("--listen " + *listen + ": it is no ADDR:PORT");
  }
  if (tracker_listen && !parse_listen_address(*tracker_listen)) {
    return line.refuse("--tracker-listen " + *tracker_listen + ": it is no ADDR:PORT");
  }
  gst_init(nullptr, nullptr);
  return run(line.rest(), *address, tracker_listen.value_or(""));
}

} // namespace triad::tool
