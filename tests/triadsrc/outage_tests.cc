// SPDX-License-Identifier: LGPL-2.1-or-later
// Servers that go and come back, eight pipelines at once, seeks while data is missing, and files
// that change while they play: the bytes are the file's, or there is a clear error.
#include "gst_fixture.h"
#include "kit/random.h"
#include "kit/releases.h"
#include "playback.h"
#include "served_album.h"

#include <boost/test/unit_test.hpp>

#include <gst/app/gstappsink.h>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <fstream>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(outage)

namespace {

using Content = std::vector<std::byte>;

constexpr std::uint64_t slow = 1 << 20; // bytes per second

// The element on an application that takes its bytes.
class Tap {
public:
  explicit Tap(const std::string& uri, const std::string& properties = "")
      : pipeline(gst_parse_launch(("triadsrc name=in location=\"" + uri + "\" " + properties +
                                   " ! appsink name=out sync=false max-buffers=2")
                                      .c_str(),
                                  nullptr)),
        sink(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out")) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  }

  // Takes the sample.
  static Content bytes_of(GstSample* sample) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    Content bytes(gst_buffer_get_size(buffer));
    gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
    gst_sample_unref(sample);
    return bytes;
  }

  struct Chunk {
    std::uint64_t offset;
    Content bytes;
  };
  // Nothing at the end, or after an error.
  std::optional<Chunk> pull() {
    for (int tries = 0; tries < 600 && error().empty(); ++tries) {
      GstSample* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), GST_SECOND / 10);
      if (!sample && gst_app_sink_is_eos(GST_APP_SINK(sink.get())))
        return std::nullopt;
      if (!sample)
        continue;
      const std::uint64_t offset = GST_BUFFER_OFFSET(gst_sample_get_buffer(sample));
      return Chunk{offset, bytes_of(sample)};
    }
    if (error_.empty())
      error_ = "nothing came";
    return std::nullopt;
  }

  // All bytes from where it stands, or `limit` of them.
  Content take(std::size_t limit = SIZE_MAX) {
    Content all;
    while (all.size() < limit) {
      const std::optional<Chunk> chunk = pull();
      if (!chunk)
        break;
      all.insert(all.end(), chunk->bytes.begin(), chunk->bytes.end());
    }
    return all;
  }

  bool seek(std::uint64_t offset) {
    return gst_element_seek(pipeline.get(), 1.0, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH,
                            GST_SEEK_TYPE_SET, static_cast<gint64>(offset), GST_SEEK_TYPE_NONE, -1);
  }

  // Of the first ERROR message so far; empty if there is none.
  const std::string& error() {
    const GstPtr<GstBus> bus(gst_element_get_bus(pipeline.get()));
    while (const MessagePtr message{gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR)})
      if (error_.empty())
        error_ = parse_error_message(message.get()).error->message;
    return error_;
  }

  PipelinePtr pipeline;
  GstPtr<GstElement> sink;

private:
  std::string error_;
};

void append(Content& all, const Content& more) {
  all.insert(all.end(), more.begin(), more.end());
}

std::uint64_t sent(const ServedAlbum& album, Format format) {
  std::uint64_t bytes = 0;
  for (const LoggedRequest& request : album.server.log())
    bytes += request.path == album.server_path(format) ? request.body_bytes : 0;
  return bytes;
}

void slow_down(ServedAlbum& album) {
  Behaviour behaviour;
  behaviour.rate = slow;
  album.server.behave_all(behaviour);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_server_that_comes_back_in_time_is_not_missed) {
  const OwnCache cache;
  ServedAlbum album(60);
  slow_down(album);
  Tap tap(album.triad_uri(Format::mp3));
  Content bytes = tap.take(200'000);
  album.server.stop();
  // What had come is played before anybody notices.
  while (GstSample* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(tap.sink.get()), GST_SECOND))
    append(bytes, Tap::bytes_of(sample));
  BOOST_TEST(bytes.size() < read_file(album.file(Format::mp3)).size());
  album.server.start();
  append(bytes, tap.take());
  BOOST_TEST(tap.error() == "");
  BOOST_TEST((bytes == read_file(album.file(Format::mp3))));
}

BOOST_AUTO_TEST_CASE(a_server_that_goes_after_the_track_is_not_noticed) {
  const OwnCache cache;
  ServedAlbum album(60);
  Content bytes;
  {
    Tap whole(album.triad_uri(Format::mp3));
    bytes = whole.take();
  }
  Tap tap(album.triad_uri(Format::mp3));
  bytes = tap.take(100'000);
  album.server.stop();
  append(bytes, tap.take());
  BOOST_TEST(tap.error() == "");
  BOOST_TEST((bytes == read_file(album.file(Format::mp3))));
}

BOOST_AUTO_TEST_CASE(eight_pipelines_are_one_download) {
  const OwnCache cache;
  ServedAlbum album(60);
  slow_down(album);
  const Content file = read_file(album.file(Format::mp3));
  std::vector<std::unique_ptr<Tap>> taps;
  for (int i = 0; i < 8; ++i)
    taps.push_back(std::make_unique<Tap>(album.triad_uri(Format::mp3)));
  std::vector<Content> bytes(taps.size());
  for (std::size_t i = 0; i < taps.size(); ++i) {
    bytes[i] = taps[i]->take();
    BOOST_TEST(taps[i]->error() == "");
    BOOST_TEST((bytes[i] == file));
  }
  BOOST_REQUIRE(album.server.wait_until_quiet());
  BOOST_TEST(sent(album, Format::mp3) == file.size());
}

BOOST_AUTO_TEST_CASE(hundreds_of_seeks_give_the_files_bytes) {
  const OwnCache cache;
  ServedAlbum album(180);
  Behaviour behaviour;
  behaviour.rate = 16 << 20;
  album.server.behave_all(behaviour);
  const Content file = read_file(album.file(Format::flac));
  Tap tap(album.triad_uri(Format::flac));
  BOOST_REQUIRE(tap.pull());
  kit::Random random(1);
  for (int i = 0; i < 300 && tap.error().empty(); ++i) {
    const std::uint64_t to = random.below(file.size());
    BOOST_REQUIRE(tap.seek(to));
    if (random.chance(0.2))
      continue; // the next seek comes in the middle of this one
    std::uint64_t next = to;
    for (std::uint64_t left = random.between(1, 4); left > 0 && next < file.size(); --left) {
      const std::optional<Tap::Chunk> chunk = tap.pull();
      BOOST_REQUIRE_MESSAGE(chunk, tap.error());
      BOOST_REQUIRE(chunk->offset == next);
      BOOST_REQUIRE(chunk->offset + chunk->bytes.size() <= file.size());
      BOOST_REQUIRE(std::equal(chunk->bytes.begin(), chunk->bytes.end(),
                               file.begin() + static_cast<std::ptrdiff_t>(next)));
      next += chunk->bytes.size();
    }
  }
  BOOST_TEST(tap.error() == "");
}

namespace {

// Bytes are a beginning of the file's; all of them unless there is an error that says something.
void check_right_or_clear(Tap& tap, const Content& bytes, const Content& file) {
  BOOST_REQUIRE(bytes.size() <= file.size());
  BOOST_TEST(std::equal(bytes.begin(), bytes.end(), file.begin()));
  if (bytes.size() < file.size())
    BOOST_TEST(tap.error().size() > 20u, tap.error());
  BOOST_TEST(tap.error() != "nothing came");
}

std::filesystem::path cached_copy(const OwnCache& cache, const std::string& name) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cache.folder()))
    if (entry.is_regular_file() && entry.path().filename() == name)
      return entry.path();
  return {};
}

} // namespace

// A tag editor shifts the sound by a bigger header; some rewrite in place, some put a new file
// there.
BOOST_AUTO_TEST_CASE(a_library_file_that_is_rewritten_while_it_plays) {
  for (const bool in_place : {true, false}) {
    const OwnCache cache;
    ServedAlbum album(60);
    album.server.stop();
    const Content file = read_file(album.file(Format::mp3));
    Tap tap(album.local_uri(Format::mp3));
    Content bytes = tap.take(100'000);
    Content edited(4096, std::byte{'T'});
    append(edited, file);
    const auto target = in_place ? album.file(Format::mp3) : album.folder() / "edited";
    std::ofstream(target, std::ios::binary)
        .write(reinterpret_cast<const char*>(edited.data()),
               static_cast<std::streamsize>(edited.size()));
    if (!in_place)
      std::filesystem::rename(target, album.file(Format::mp3));
    append(bytes, tap.take());
    BOOST_TEST_CONTEXT((in_place ? "in place" : "renamed"))
    check_right_or_clear(tap, bytes, file);
  }
}

BOOST_AUTO_TEST_CASE(a_cached_file_that_is_cut_while_it_plays) {
  for (const bool server_is_there : {true, false}) {
    const OwnCache cache;
    ServedAlbum album(60);
    const Content file = read_file(album.file(Format::mp3));
    {
      Tap whole(album.triad_uri(Format::mp3));
      BOOST_REQUIRE((whole.take() == file));
    }
    const auto copy = cached_copy(cache, album.file(Format::mp3).filename());
    BOOST_REQUIRE(!copy.empty());
    if (!server_is_there)
      album.server.stop();
    Tap tap(album.triad_uri(Format::mp3), "timeout=2");
    Content bytes = tap.take(100'000);
    std::filesystem::resize_file(copy, 150'000);
    append(bytes, tap.take());
    BOOST_TEST_CONTEXT((server_is_there ? "with a server" : "without"))
    check_right_or_clear(tap, bytes, file);
    if (server_is_there)
      BOOST_TEST((bytes == file));
  }
}

namespace {

// A cache is made in the background: the track may be over before.
bool gets_a_file(const std::filesystem::path& folder) {
  const int watch = inotify_init1(IN_CLOEXEC);
  inotify_add_watch(watch, folder.c_str(), IN_CREATE | IN_MOVED_TO);
  pollfd event{watch, POLLIN, 0};
  const bool there = !std::filesystem::is_empty(folder) || poll(&event, 1, 30'000) == 1;
  close(watch);
  return there;
}

} // namespace

// A track that was said to be local stays with the cache that it was found in.
BOOST_AUTO_TEST_CASE(a_cache_folder_set_in_source_setup) {
  ServedAlbum album(12);
  for (const char* bin : {"playbin", "playbin3", "uridecodebin name=bin", "uridecodebin3 name=bin"})
    for (const bool complete : {true, false}) {
      const OwnCache cache;
      const TemporaryFolder other;
      if (complete)
        Tap(album.triad_uri(Format::mp3)).take();
      const Player player = make_player(bin, album.triad_uri(Format::mp3), "fakesink name=out");
      GstElement* pipeline = player.pipeline.get();
      const GstPtr<GstElement> named(gst_bin_get_by_name(GST_BIN(pipeline), "bin"));
      std::string folder = other.path().string();
      const auto set = +[](GstElement*, GstElement* source, gpointer path) {
        g_object_set(source, "cache-dir", static_cast<const char*>(path), nullptr);
      };
      g_signal_connect(named ? named.get() : pipeline, "source-setup", G_CALLBACK(set),
                       folder.data());
      gst_element_set_state(pipeline, GST_STATE_PLAYING);
      const GstPtr<GstBus> bus(gst_element_get_bus(pipeline));
      const MessagePtr message(gst_bus_timed_pop_filtered(
          bus.get(), 30 * GST_SECOND,
          static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
      BOOST_TEST_CONTEXT(bin << (complete ? ", complete" : "")) {
        BOOST_REQUIRE(message);
        BOOST_TEST((GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS));
        if (!complete)
          BOOST_TEST(gets_a_file(other.path()));
      }
    }
}

BOOST_AUTO_TEST_SUITE_END()
