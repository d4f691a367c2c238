// SPDX-License-Identifier: LGPL-2.1-or-later
#include "player.h"

#include "sink_meter.h"
#include "source_stats.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace triad::tool {
namespace {

constexpr unsigned tick_ms = 250;
constexpr GstClockTime seek_step = 10 * GST_SECOND;
constexpr unsigned most_restarts = 3; // of a track
// Nothing came for so long: then a track is over; then a pipeline is stuck.
constexpr GstClockTime over_after = 500 * GST_MSECOND, stuck_after = 3 * GST_SECOND,
                       stuck_at_start_after = 10 * GST_SECOND;
// GstPlayFlags: audio and its software volume; no video, text or visualisation.
constexpr unsigned play_flags = (1 << 1) | (1 << 4);

GstElement* make_sink(PlayerSink kind) {
  if (kind == PlayerSink::audio) {
    return gst_element_factory_make("autoaudiosink", nullptr);
  }
  GstElement* sink = gst_element_factory_make("fakesink", nullptr);
  if (sink) {
    g_object_set(sink, "sync", kind == PlayerSink::real_time, nullptr);
  }
  return sink;
}

// The file name's extension, in lower case; what a query adds is not of the name.
std::string extension(const std::string& uri) {
  const std::string path = uri.substr(0, uri.find_first_of("?#"));
  const auto dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] == '/') {
    return {};
  }
  std::string name = path.substr(dot + 1);
  std::transform(name.begin(), name.end(), name.begin(), g_ascii_tolower);
  return name;
}

} // namespace

class Player::Impl {
public:
  Impl(std::vector<PlaylistEntry> list, PlayerSink kind) : list_(std::move(list)), kind_(kind) {}
  ~Impl();

  Status run();
  void press(Key key);
  void quit();
  std::vector<TrackReport> reports() const;

  std::function<void(const PlayerState&)> on_progress = [](const PlayerState&) {};
  std::function<void(const std::string&)> on_notice = [](const std::string&) {};
  std::function<void(const std::string&)> on_warning = [](const std::string&) {};
  std::function<void(const std::string&)> on_failure = [](const std::string&) {};

private:
  Status make_pipeline(std::size_t track, bool follows);
  void drop_pipeline();
  // Or the next one that can be played. `follows`: the one before has ended.
  void play_from(std::size_t track, bool follows);
  bool next_is_stuck() const;
  bool start_is_stuck();
  std::size_t next_good(std::size_t from) const;
  void fail(std::size_t track, const std::string& reason);
  void seek(bool forward);
  void tick();
  void on_message(GstMessage* message);
  void on_error(GstMessage* message);
  void on_warning_message(GstMessage* message);
  void on_element_message(GstMessage* message);
  std::size_t track_of(GstObject* element) const;

  static void about_to_finish(GstElement* playbin, Impl* self);
  static void source_setup(GstElement* playbin, GstElement* source, Impl* self);

  const std::vector<PlaylistEntry> list_;
  const PlayerSink kind_;
  GMainLoop* const loop_ = g_main_loop_new(nullptr, FALSE);
  GstElement* playbin_ = nullptr;
  SinkMeter meter_{kind_ != PlayerSink::fast};
  Status status_ = ok();
  bool paused_ = false;
  bool skip_at_end_ = false; // what was to follow failed before its turn
  std::map<std::size_t, unsigned> restarts_;

  mutable std::mutex lock_; // for what streaming threads touch, too
  std::map<std::size_t, std::string> errors_;
  std::size_t opening_ = 0; // the track whose source comes next
  std::map<std::size_t, GstElement*> sources_;
};

Player::Impl::~Impl() {
  drop_pipeline();
  for (auto& [track, source] : sources_) {
    gst_object_unref(source);
  }
  g_main_loop_unref(loop_);
}

// Each start that does not follow without a gap has a pipeline of its own: playbin3 of GStreamer
// 1.22 may abort when it is used again after an error.
Status Player::Impl::make_pipeline(std::size_t track, bool follows) {
  const GstClockTime since = follows ? meter_.last_sample() : gst_util_get_timestamp();
  drop_pipeline();
  GstElement* sink = make_sink(kind_);
  GstElement* playbin = gst_element_factory_make("playbin3", nullptr);
  if (!sink || !playbin) {
    gst_clear_object(&sink);
    gst_clear_object(&playbin);
    return Error{ErrorCode::settings,
                 "GStreamer's playback parts are missing; install gstreamer1.0-plugins-base and "
                 "gstreamer1.0-plugins-good",
                 {}};
  }
  playbin_ = GST_ELEMENT(gst_object_ref_sink(playbin));
  gst_object_ref_sink(sink);
  meter_.start(sink, track, since);
  g_object_set(playbin_, "audio-sink", sink, "flags", play_flags, nullptr);
  gst_object_unref(sink);
  g_signal_connect(playbin_, "about-to-finish", G_CALLBACK(about_to_finish), this);
  g_signal_connect(playbin_, "source-setup", G_CALLBACK(source_setup), this);
  GstBus* bus = gst_element_get_bus(playbin_);
  gst_bus_add_watch(
      bus,
      [](GstBus*, GstMessage* message, gpointer self) -> gboolean {
        static_cast<Impl*>(self)->on_message(message);
        return G_SOURCE_CONTINUE;
      },
      this);
  gst_object_unref(bus);
  return ok();
}

void Player::Impl::drop_pipeline() {
  if (!playbin_) {
    return;
  }
  GstBus* bus = gst_element_get_bus(playbin_);
  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  gst_element_set_state(playbin_, GST_STATE_NULL);
  gst_clear_object(&playbin_);
}

Status Player::Impl::run() {
  for (std::size_t track = 0; track < list_.size(); ++track) {
    if (list_[track].error) {
      fail(track, *list_[track].error);
    }
  }
  const guint timer = g_timeout_add(
      tick_ms,
      [](gpointer self) -> gboolean {
        static_cast<Impl*>(self)->tick();
        return G_SOURCE_CONTINUE;
      },
      this);
  // From within the loop, so that it can be quit at once.
  g_idle_add_once([](gpointer self) { static_cast<Impl*>(self)->play_from(0, false); }, this);
  g_main_loop_run(loop_);
  g_source_remove(timer);
  drop_pipeline();
  return status_;
}

void Player::Impl::quit() {
  g_main_loop_quit(loop_);
}

std::size_t Player::Impl::next_good(std::size_t from) const {
  const std::lock_guard guard(lock_);
  while (from < list_.size() && errors_.contains(from)) {
    ++from;
  }
  return from;
}

void Player::Impl::play_from(std::size_t track, bool follows) {
  track = next_good(track);
  if (track >= list_.size()) {
    quit();
    return;
  }
  {
    const std::lock_guard guard(lock_);
    opening_ = track;
  }
  skip_at_end_ = false;
  paused_ = false;
  status_ = make_pipeline(track, follows);
  if (!status_) {
    quit();
    return;
  }
  g_object_set(playbin_, "uri", list_[track].uri.c_str(), nullptr);
  // A failure is told on the bus, with its reason.
  gst_element_set_state(playbin_, GST_STATE_PLAYING);
}

void Player::Impl::fail(std::size_t track, const std::string& reason) {
  {
    const std::lock_guard guard(lock_);
    if (!errors_.emplace(track, reason).second) {
      return;
    }
  }
  on_failure(list_[track].uri + ": " + reason);
}

void Player::Impl::about_to_finish(GstElement* playbin, Impl* self) {
  std::size_t track = 0;
  {
    const std::lock_guard guard(self->lock_);
    track = self->opening_ + 1;
    while (track < self->list_.size() && self->errors_.contains(track)) {
      ++track;
    }
    // decodebin3 of GStreamer 1.22 may stop for good where the format changes without a gap (seen
    // with souphttpsrc in 1 of 25 plays, with triadsrc in 4): such a track starts anew at the end.
    if (track >= self->list_.size() ||
        extension(self->list_[track].uri) != extension(self->list_[self->opening_].uri)) {
      return;
    }
    self->opening_ = track;
  }
  self->meter_.queue(track);
  g_object_set(playbin, "uri", self->list_[track].uri.c_str(), nullptr);
}

void Player::Impl::source_setup(GstElement*, GstElement* source, Impl* self) {
  std::string next;
  {
    const std::lock_guard guard(self->lock_);
    const std::size_t track = self->opening_;
    auto [held, added] = self->sources_.try_emplace(track, nullptr);
    gst_object_replace(reinterpret_cast<GstObject**>(&held->second), GST_OBJECT(source));
    if (track + 1 < self->list_.size()) {
      next = self->list_[track + 1].uri;
    }
  }
  if (!next.empty()) {
    set_next_uri(source, next);
  }
}

void Player::Impl::press(Key key) {
  if (!playbin_) { // it has not begun
    if (key == Key::quit) {
      quit();
    }
    return;
  }
  switch (key) {
  case Key::pause:
    paused_ = !paused_;
    gst_element_set_state(playbin_, paused_ ? GST_STATE_PAUSED : GST_STATE_PLAYING);
    break;
  case Key::back:
  case Key::forward:
    seek(key == Key::forward);
    break;
  case Key::next:
    play_from(meter_.current() + 1, false);
    break;
  case Key::quit:
    quit();
    break;
  }
}

void Player::Impl::seek(bool forward) {
  gint64 position = 0;
  if (!gst_element_query_position(playbin_, GST_FORMAT_TIME, &position)) {
    return;
  }
  position += forward ? seek_step : -seek_step;
  gst_element_seek_simple(playbin_, GST_FORMAT_TIME,
                          static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE),
                          std::max<gint64>(position, 0));
}

// playbin3 of GStreamer 1.22 now and then does not begin to play the track that is to follow
// without a gap, though its source has given it what it takes.
bool Player::Impl::next_is_stuck() const {
  if (paused_ || !meter_.drained(stuck_after)) {
    return false;
  }
  const std::lock_guard guard(lock_);
  const auto next = sources_.find(opening_);
  return opening_ > meter_.current() && next != sources_.end() && !read_stats(next->second).waiting;
}

// It also may stay between READY and PAUSED for ever, though it has been given all of a track (seen
// with files in about 1 of 1,000 starts): a new pipeline then plays it.
bool Player::Impl::start_is_stuck() {
  const std::size_t track = meter_.current();
  if (paused_ || !meter_.mute(stuck_at_start_after) || restarts_[track] == most_restarts) {
    return false;
  }
  const std::lock_guard guard(lock_);
  const auto source = sources_.find(track);
  const bool waits = source == sources_.end() ||
                     (read_stats(source->second).waiting && !list_[track].uri.starts_with("file:"));
  restarts_[track] += waits ? 0 : 1;
  return !waits;
}

void Player::Impl::tick() {
  if (!playbin_) {
    return;
  }
  if (start_is_stuck()) {
    play_from(meter_.current(), true);
    return;
  }
  if ((skip_at_end_ && meter_.drained(over_after)) || next_is_stuck()) {
    play_from(meter_.current() + 1, true);
    return;
  }
  PlayerState state;
  state.track = meter_.current();
  state.tracks = list_.size();
  state.uri = list_[std::min(state.track, list_.size() - 1)].uri;
  state.paused = paused_;
  gint64 nanoseconds = 0;
  if (gst_element_query_position(playbin_, GST_FORMAT_TIME, &nanoseconds)) {
    state.position = static_cast<double>(nanoseconds) / GST_SECOND;
  }
  if (const auto measure = meter_.measure(state.track); measure && measure->duration) {
    state.duration = static_cast<double>(*measure->duration) / GST_SECOND;
  }
  {
    const std::lock_guard guard(lock_);
    if (const auto source = sources_.find(state.track); source != sources_.end()) {
      const SourceStats stats = read_stats(source->second);
      state.buffered = stats.lead;
      state.bytes_cache = stats.bytes_cache;
      state.bytes_peers = stats.peers_received;
      state.bytes_server = stats.server_received;
      state.links = stats.links;
    }
  }
  on_progress(state);
}

void Player::Impl::on_message(GstMessage* message) {
  switch (GST_MESSAGE_TYPE(message)) {
  case GST_MESSAGE_EOS:
    play_from(meter_.current() + 1, true);
    break;
  case GST_MESSAGE_ERROR:
    on_error(message);
    break;
  case GST_MESSAGE_WARNING:
    on_warning_message(message);
    break;
  case GST_MESSAGE_ELEMENT:
    on_element_message(message);
    break;
  case GST_MESSAGE_CLOCK_LOST:
    if (!paused_) {
      gst_element_set_state(playbin_, GST_STATE_PAUSED);
      gst_element_set_state(playbin_, GST_STATE_PLAYING);
    }
    break;
  default:
    break;
  }
}

// Whose source, or whose source's bin (its typefinder, buffers and parser), an element is.
std::size_t Player::Impl::track_of(GstObject* element) const {
  const std::lock_guard guard(lock_);
  for (const auto& [track, source] : sources_) {
    GstObject* bin = gst_object_get_parent(GST_OBJECT(source));
    const bool within = element == GST_OBJECT(source) ||
                        gst_object_has_as_ancestor(element, GST_OBJECT(source)) ||
                        (bin && gst_object_has_as_ancestor(element, bin));
    gst_clear_object(&bin);
    if (within) {
      return track;
    }
  }
  return meter_.current();
}

void Player::Impl::on_error(GstMessage* message) {
  GError* error = nullptr;
  char* debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  const std::size_t track = track_of(GST_MESSAGE_SRC(message));
  fail(track, error->message);
  g_clear_error(&error);
  g_free(debug);
  if (track == meter_.current()) {
    play_from(track + 1, false);
  } else if (track > meter_.current()) {
    skip_at_end_ = true; // what sounds goes on to its end
  }
}

// Of triadsrc alone: what others warn of is for developers.
void Player::Impl::on_warning_message(GstMessage* message) {
  const GstStructure* details = nullptr;
  gst_message_parse_warning_details(message, &details);
  if (!details || !gst_structure_has_name(details, "triad-warning")) {
    return;
  }
  GError* warning = nullptr;
  gst_message_parse_warning(message, &warning, nullptr);
  on_warning(warning->message);
  g_clear_error(&warning);
}

void Player::Impl::on_element_message(GstMessage* message) {
  const GstStructure* news = gst_message_get_structure(message);
  if (!gst_structure_has_name(news, "triad-peers")) {
    return;
  }
  std::string trackers;
  const GValue* list = gst_structure_get_value(news, "trackers");
  for (guint i = 0; list && i < gst_value_array_get_size(list); ++i) {
    trackers += trackers.empty() ? "" : ", ";
    trackers += g_value_get_string(gst_value_array_get_value(list, i));
  }
  on_notice("Other listeners are asked, too, and given to; they are found by " + trackers +
            ". They can see this machine's address; --sources cache,server prevents it.");
}

std::vector<TrackReport> Player::Impl::reports() const {
  const std::lock_guard guard(lock_);
  std::vector<TrackReport> reports;
  for (std::size_t track = 0; track < list_.size(); ++track) {
    const auto measure = meter_.measure(track);
    const auto error = errors_.find(track);
    if (!measure && error == errors_.end()) {
      continue; // its turn did not come
    }
    TrackReport report;
    report.uri = list_[track].uri;
    if (measure) {
      const auto to_ms = [](GstClockTime time) { return static_cast<double>(time) / GST_MSECOND; };
      report.start_ms = measure->start ? std::optional(to_ms(*measure->start)) : std::nullopt;
      report.duration_ms =
          measure->duration ? std::optional(to_ms(*measure->duration)) : std::nullopt;
      report.stalls = measure->stalls;
      report.stalled_ms = to_ms(measure->stalled);
    }
    if (error != errors_.end()) {
      report.error = error->second;
    }
    if (const auto source = sources_.find(track); source != sources_.end()) {
      const SourceStats stats = read_stats(source->second);
      report.bytes_cache = stats.bytes_cache;
      report.bytes_peers = stats.peers_received;
      report.bytes_server = stats.server_received;
      report.links = stats.links;
      report.peers = stats.peers;
      report.wasted_bytes = stats.bytes_wasted;
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

Player::Player(std::vector<PlaylistEntry> list, PlayerSink sink)
    : impl_(std::make_unique<Impl>(std::move(list), sink)) {}
Player::~Player() = default;

Status Player::run() {
  return impl_->run();
}

void Player::press(Key key) {
  impl_->press(key);
}

void Player::quit() {
  impl_->quit();
}

void Player::on_progress(std::function<void(const PlayerState&)> listener) {
  impl_->on_progress = std::move(listener);
}

void Player::on_notice(std::function<void(const std::string&)> listener) {
  impl_->on_notice = std::move(listener);
}

void Player::on_warning(std::function<void(const std::string&)> listener) {
  impl_->on_warning = std::move(listener);
}

void Player::on_failure(std::function<void(const std::string&)> listener) {
  impl_->on_failure = std::move(listener);
}

std::vector<TrackReport> Player::reports() const {
  return impl_->reports();
}

} // namespace triad::tool
