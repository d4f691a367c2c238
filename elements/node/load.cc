// SPDX-License-Identifier: LGPL-2.1-or-later
// Releases and their tracks for tools, which may wait.
#include "node/node.h"
#include "node/tracks.h"

namespace triad {

Result<ReleasePtr> load_release(const OpenOptions& options) {
  const auto uri = parse_uri(options.uri);
  if (!uri)
    return uri.error();
  if (uri->bare())
    return Error{
        ErrorCode::bad_uri, "The URI \"" + options.uri + "\" names nothing; give a release's.", {}};
  auto settings = resolve_settings(options, system_settings_origin());
  if (!settings)
    return settings.error();
  Engine& engine = Engine::get();
  const Engine::Use use(engine);
  auto core = std::make_shared<ReaderCore>();
  core->timeout = options.timeout;
  auto lease = std::make_shared<Lease>(
      Node::lease(*settings, OpeningKey::of(*uri, options, settings->sources)));
  (void)lease->opening().find_here();
  engine.post(
      [core, lease, uri = *uri] { lease->opening().join(core, uri, Opening::Purpose::look); });
  std::unique_lock lock(core->mutex);
  core->changed.wait(lock, [&] { return core->error || core->download; });
  Result<ReleasePtr> release = core->download ? Result<ReleasePtr>(core->download->release())
                                              : Result<ReleasePtr>(*core->error);
  lock.unlock();
  // The last references go on the engine's thread.
  engine.post([core = std::move(core), lease = std::move(lease)] { lease->opening().leave(core); });
  return release;
}

Result<std::vector<std::string>> list_tracks(const OpenOptions& options) {
  const auto uri = parse_uri(options.uri);
  if (!uri)
    return uri.error();
  if (!uri->track.empty() || uri->file)
    return std::vector<std::string>{options.uri};
  const auto release = load_release(options);
  if (!release)
    return release.error();
  if ((*release)->tracks().empty())
    return Error{ErrorCode::not_found,
                 "The release \"" + (*release)->name() + "\" holds no audio files.",
                 {}};
  return track_uris(**release, *uri);
}

} // namespace triad
