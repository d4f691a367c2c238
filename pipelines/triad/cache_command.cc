// SPDX-License-Identifier: LGPL-2.1-or-later
// triad cache: what this machine has, and its upkeep.
#include "cache/cache.h"
#include "command_line/command_line.h"
#include "json.h"
#include "node/settings.h"
#include "track_report.h"
#include "verbs.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>

namespace triad::tool {
namespace {

std::string as_json(const CachedTrack& track) {
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  return "{\"uri\":" + json_string(std::string_view(track.uri)) +
         ",\"release\":" + json_string(std::string_view(track.release_id)) +
         ",\"name\":" + json_string(std::string_view(track.release_name)) +
         ",\"path\":" + json_string(std::string_view(track.path)) +
         ",\"length\":" + std::to_string(track.length) +
         ",\"cached\":" + std::to_string(track.cached) +
         ",\"last_used\":" + std::to_string(track.last_used) + ",\"pinned\":" + flag(track.pinned) +
         ",\"complete\":" + flag(track.complete) +
         ",\"file\":" + json_string(std::string_view(track.file.native())) + '}';
}

std::string as_text(const CachedTrack& track) {
  std::string text = track.complete ? "all of " : size_text(track.cached) + " of ";
  text += size_text(track.length) + (track.pinned ? "  pinned  " : "  ");
  return text + (track.uri.empty() ? track.release_id + '/' + track.path : track.uri) + '\n';
}

// Whether a person who says `word` means this track: its URI or its release's, RELEASE or
// RELEASE/PATH with the release's hash, or the file in the cache.
bool names(const std::string& word, const CachedTrack& track) {
  return word == track.uri || (!word.empty() && track.uri.starts_with(word + '/')) ||
         word == track.release_id || word == track.release_id + '/' + track.path ||
         word == track.file.native();
}

class Upkeep {
public:
  Upkeep(std::shared_ptr<Cache> cache, bool json) : cache_(std::move(cache)), json_(json) {}

  int list() {
    const auto tracks = cache_->list();
    if (!tracks) {
      return fail(tracks.error().message);
    }
    std::vector<std::string> values;
    for (const CachedTrack& track : *tracks) {
      values.push_back(json_ ? as_json(track) : as_text(track));
    }
    if (json_) {
      std::printf("{\"tracks\":%s}\n", json_array(values).c_str());
      return exit_done;
    }
    for (const std::string& value : values) {
      std::fputs(value.c_str(), stdout);
    }
    return exit_done;
  }

  int pin(const Words& words, bool pinned) {
    const auto tracks = cache_->list();
    if (!tracks) {
      return fail(tracks.error().message);
    }
    std::uint64_t done = 0;
    for (const std::string& word : words) {
      const std::uint64_t before = done;
      for (const CachedTrack& track : *tracks) {
        if (!names(word, track)) {
          continue;
        }
        if (Status status = cache_->pin(track.release_id, track.path, pinned); !status) {
          return fail(status.error().message);
        }
        ++done;
      }
      if (done == before) {
        return fail("'" + word + "' is not in the cache (see triad cache list)");
      }
    }
    const char* what = pinned ? "pinned" : "unpinned";
    return report(what, done, std::string("tracks ") + what);
  }

  int verify() {
    const auto result = cache_->verify();
    if (!result) {
      return fail(result.error().message);
    }
    const std::string good = std::to_string(result->good_pieces);
    const std::string bad = std::to_string(result->bad_pieces);
    std::puts(json_ ? ("{\"good_pieces\":" + good + ",\"bad_pieces\":" + bad + '}').c_str()
                    : (good + " pieces are good, " + bad + " were bad and are forgotten").c_str());
    return exit_done;
  }

  int freed(const Result<std::uint64_t>& bytes) {
    return bytes ? report("freed_bytes", *bytes, "bytes freed") : fail(bytes.error().message);
  }
  int trim(std::optional<std::uint64_t> size) {
    return freed(cache_->trim(size.value_or(cache_->max_size())));
  }
  int clear() { return freed(cache_->clear()); }

private:
  // One number, under `key` for programs and before `words` for people.
  int report(const std::string& key, std::uint64_t count, const std::string& words) const {
    const std::string number = std::to_string(count);
    std::puts(json_ ? ("{\"" + key + "\":" + number + '}').c_str()
                    : (number + ' ' + words).c_str());
    return exit_done;
  }

  std::shared_ptr<Cache> cache_;
  bool json_;
};

enum class Action { list, pin, unpin, verify, trim, clear };
struct ActionName {
  std::string_view name;
  Action action;
};
constexpr std::array actions = {
    ActionName{"list", Action::list},   ActionName{"pin", Action::pin},
    ActionName{"unpin", Action::unpin}, ActionName{"verify", Action::verify},
    ActionName{"trim", Action::trim},   ActionName{"clear", Action::clear}};

int run(Upkeep upkeep, Action action, const Words& words, std::optional<std::uint64_t> size) {
  switch (action) {
  case Action::list:
    return upkeep.list();
  case Action::pin:
  case Action::unpin:
    return upkeep.pin(words, action == Action::pin);
  case Action::verify:
    return upkeep.verify();
  case Action::trim:
    return upkeep.trim(size);
  case Action::clear:
    return upkeep.clear();
  }
  return exit_usage;
}

} // namespace

int cache(const Words& words) {
  std::optional<std::string> folder;
  bool json = false;
  CommandLine line(
      "triad cache", "list|pin|unpin|verify|trim|clear [TRACK...|BYTES]",
      "Looks after what this machine has of releases.",
      "  list          What there is, one track per line\n"
      "  pin TRACK...  Keep tracks, whatever else is played\n"
      "  unpin TRACK...\n"
      "  verify        Read all of it, and forget what is damaged\n"
      "  trim [BYTES]  Make room, down to a size (the cache's own, if none is given);\n"
      "                pinned tracks and those in use stay\n"
      "  clear         Delete all but pinned tracks and those in use\n"
      "\n"
      "TRACK is a URI of a track or a release as list shows it, RELEASE or RELEASE/PATH\n"
      "with the release's hash, or a file in the cache.");
  line.text("cache-dir", &folder, "DIR", "The cache's folder");
  line.flag("json", &json, "Print it as JSON");
  if (const auto code = line.parse(words)) {
    return *code;
  }
  if (line.rest().empty()) {
    return line.refuse("say what to do");
  }
  const std::string& verb = line.rest().front();
  const Words rest(line.rest().begin() + 1, line.rest().end());
  const auto found = std::find_if(actions.begin(), actions.end(),
                                  [&](const ActionName& each) { return each.name == verb; });
  if (found == actions.end()) {
    return line.refuse("there is no '" + verb + "'");
  }
  const Action action = found->action;
  const bool takes_tracks = action == Action::pin || action == Action::unpin;
  if (takes_tracks && rest.empty()) {
    return line.refuse("say which tracks");
  }
  if (!takes_tracks && rest.size() > (action == Action::trim ? 1 : 0)) {
    return line.refuse("'" + rest.back() + "' is too much");
  }
  std::optional<std::uint64_t> size;
  if (action == Action::trim && !rest.empty()) {
    const auto parsed = parse_byte_size(rest.front());
    if (!parsed) {
      return line.refuse(parsed.error().message);
    }
    size = *parsed;
  }
  OpenOptions open;
  if (folder) {
    open.cache_dir = *folder;
  }
  const auto settings = resolve_settings(open, system_settings_origin());
  if (!settings) {
    return fail(settings.error().message);
  }
  // A folder that can't be used is trouble of which the cache warns, and then goes on in memory.
  std::mutex lock;
  std::string trouble;
  CacheOptions options;
  options.folder = settings->cache_dir;
  options.max_size = settings->cache_size;
  options.warn = [&](const std::string& text) {
    const std::lock_guard guard(lock);
    trouble = text;
  };
  const int code = run(Upkeep(Cache::open(options), json), action, rest, size);
  const std::lock_guard guard(lock);
  return code == exit_done && !trouble.empty() ? fail(trouble) : code;
}

} // namespace triad::tool
