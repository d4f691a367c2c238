// SPDX-License-Identifier: LGPL-2.1-or-later
// triad publish: writes a release's metainfo and tells its tracks' URIs.
#include "command_line/command_line.h"
#include "progress_bar.h"
#include "publication.h"
#include "release/http_url.h"
#include "release/names.h"
#include "verbs.h"
#include "whole_file.h"

#include <gst/gst.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace triad::tool {
namespace {

struct PublishOptions {
  std::optional<std::string> server;
  std::vector<std::string> trackers;
  std::optional<std::string> output;
  bool pads = false;
};

// What is wrong with a URL that is to hold a release; empty: nothing.
std::string server_fault(const std::string& url) {
  if (!is_http_url(url)) {
    return "it is no valid http:// or https:// URL";
  }
  const std::size_t host = url.find("//") + 2;
  const std::size_t path = std::min(url.find_first_of("/?", host), url.size());
  if (url.find('?') != std::string::npos || url.find('@') < path) {
    return "it is to name a folder: no user, query or fragment";
  }
  // A Triad URI's metainfo ends at the first such element.
  if ((url.substr(path) + '/').find(".torrent/") != std::string::npos) {
    return "a folder in it is named *.torrent";
  }
  return {};
}

bool is_tracker(const std::string& url) {
  static constexpr std::array schemes = {"ws", "wss", "http", "https", "udp"};
  const std::size_t colon = url.find("://");
  if (!is_url_text(url) || colon == std::string::npos ||
      std::find(schemes.begin(), schemes.end(), ascii_lower(url.substr(0, colon))) ==
          schemes.end()) {
    return false;
  }
  const std::string rest = url.substr(colon + 3);
  return why_bad_authority(rest.substr(0, rest.find_first_of("/?"))).empty();
}

// Sparse files of zeros, for static servers whose clients ask for pads (WebTorrent's do).
Status write_pads(const Publication& publication) {
  const std::filesystem::path folder = publication.listing.root / ".pad";
  std::error_code code;
  for (const ReleaseFile& file : publication.release->files()) {
    if (!file.pad) {
      continue;
    }
    std::filesystem::create_directory(folder, code);
    const std::filesystem::path path = folder / std::to_string(file.length);
    const FileHandle handle(
        open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!handle || ftruncate(handle.get(), static_cast<off_t>(file.length)) != 0) {
      return Error{ErrorCode::io,
                   "the pad " + triad::quoted(path.string()) +
                       " can't be written: " + std::strerror(errno),
                   {}};
    }
  }
  return ok();
}

int run(const std::string& source, const PublishOptions& options) {
  auto listing = list_source(source);
  if (!listing) {
    return fail(listing.error().message);
  }
  for (const std::string& skipped : listing->skipped) {
    warn(skipped);
  }
  WriterOptions writer;
  writer.web_seeds = {web_seed_for(*listing, *options.server)};
  for (const std::string& tracker : options.trackers) {
    writer.trackers.push_back({tracker});
  }
  const auto publication = [&] {
    ProgressBar bar(triad::quoted(listing->name));
    PublishingTalk talk;
    talk.progress = [&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); };
    talk.warn = warn;
    return make_publication(std::move(*listing), std::move(writer), talk);
  }();
  if (!publication) {
    return fail(publication.error().message);
  }
  const auto uris = uris_of(*publication, *options.server);
  if (!uris) {
    return fail(uris.error().message);
  }
  if (options.pads) {
    if (Status status = write_pads(*publication); !status) {
      return fail(status.error().message);
    }
  }
  const std::filesystem::path output = options.output ? std::filesystem::path(*options.output)
                                                      : publication->listing.metainfo_path();
  if (Status status = write_by_rename(output, publication->metainfo); !status) {
    return fail(status.error().message);
  }
  for (const std::string& uri : *uris) {
    std::puts(uri.c_str());
  }
  return exit_done;
}

} // namespace

int publish(const Words& words) {
  PublishOptions options;
  CommandLine line(
      "triad publish", "FOLDER|FILE --server URL",
      "Writes the metainfo of a release, a folder of music or one file, beside it (NAME.torrent),\n"
      "and prints one Triad URI per track.",
      "URL is the folder that will hold NAME.torrent; the files are at URL/NAME/path, a single\n"
      "file at URL/FILE. Dot files, *.torrent and symbolic links that leave the folder are left "
      "out.");
  line.text("server", &options.server, "URL",
            "Folder on an HTTP server that will hold NAME.torrent");
  line.list("tracker", &options.trackers, "URL", "A tracker to name; may be given several times");
  line.text("output", &options.output, "FILE", "Write the metainfo here instead");
  line.flag("pads", &options.pads, "Write NAME/.pad/N too, for web seeds of WebTorrent clients");
  if (const auto code = line.parse(words)) {
    return *code;
  }
  if (line.rest().size() != 1) {
    return line.refuse("give one folder or file");
  }
  if (!options.server) {
    return line.refuse("--server is missing");
  }
  if (const std::string fault = server_fault(*options.server); !fault.empty()) {
    return line.refuse("--server " + *options.server + ": " + fault);
  }
  for (const std::string& tracker : options.trackers) {
    if (!is_tracker(tracker)) {
      return line.refuse("--tracker " + tracker + ": it is no ws, wss, http, https or udp URL");
    }
  }
  gst_init(nullptr, nullptr);
  return run(line.rest().front(), options);
}

} // namespace triad::tool
