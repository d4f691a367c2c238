// SPDX-License-Identifier: LGPL-2.1-or-later
// The built plugin in GStreamer's own tools.
#include "command.h"
#include "gst_fixture.h"
#include "served_album.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <regex>
#include <sstream>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(plugin)

namespace {

const std::string library = std::string(TRIAD_PLUGIN_FOLDER) + "/libgsttriad.so";

ServedAlbum& album() {
  static auto* const served = new ServedAlbum(12);
  return *served;
}

// Runs one of GStreamer's tools to its end; its output.
std::string run_tool(const std::vector<std::string>& argv) {
  const Ended ended = run(argv, plugin_environment());
  BOOST_TEST_INFO(ended.output);
  BOOST_TEST(ended.in_time);
  BOOST_TEST_INFO(ended.output);
  BOOST_TEST(ended.code == 0);
  return ended.output;
}

void check_contains(const std::string& text, const std::string& part) {
  BOOST_TEST_INFO(text);
  BOOST_TEST(text.find(part) != std::string::npos, "has no '" << part << "'");
}

// What all of GStreamer's players make of a track.
void play_everywhere(Format format) {
  const std::string uri = album().triad_uri(format);
  run_tool({"gst-launch-1.0", "playbin", "uri=" + uri, "audio-sink=fakesink"});
  check_contains(run_tool({"gst-play-1.0", "--no-interactive", "--audiosink=fakesink", uri}),
                 "Reached end of play list");
  const std::string found = run_tool({"gst-discoverer-1.0", uri});
  check_contains(found, "audio");
  BOOST_TEST_INFO(found);
  BOOST_TEST(std::regex_search(found, std::regex("Duration: 0:00:1[12]\\.")));
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_but_the_entry_points_can_be_seen) {
  std::istringstream symbols(run_tool({"nm", "-D", "--defined-only", library}));
  unsigned seen = 0;
  for (std::string address, type, name; symbols >> address >> type >> name; ++seen)
    BOOST_TEST(name.starts_with("gst_plugin_triad_"), name);
  BOOST_TEST(seen == 2u); // get_desc, register
}

// Two libsoups in one process end it, and some players come with one.
BOOST_AUTO_TEST_CASE(it_needs_no_libsoup) {
  const std::string needed = run_tool({"ldd", library});
  check_contains(needed, "libcurl");
  BOOST_TEST(needed.find("libsoup") == std::string::npos, needed);
}

BOOST_AUTO_TEST_CASE(inspect_tells_every_property) {
  const std::string text = run_tool({"gst-inspect-1.0", "triadsrc"});
  GstPtr<GstElement> element(gst_element_factory_make("triadsrc", nullptr));
  gst_object_ref_sink(element.get());
  guint count = 0, own = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element.get()), &count);
  for (guint i = 0; i < count; ++i) {
    if (specs[i]->owner_type != GST_TYPE_TRIAD_SRC)
      continue;
    ++own;
    const std::string blurb =
        g_param_spec_get_blurb(specs[i]) ? g_param_spec_get_blurb(specs[i]) : "";
    BOOST_TEST(!blurb.empty(), specs[i]->name);
    check_contains(text, std::string("\n  ") + specs[i]->name);
    check_contains(text, ": " + blurb);
  }
  g_free(specs);
  BOOST_TEST(own > 10u);
  for (const char* protocol : {"triad", "triad+http", "triad+file", "magnet"})
    check_contains(text, protocol);
}

BOOST_DATA_TEST_CASE(a_saved_track_is_the_file, boost::unit_test::data::make(all_formats), format) {
  const OwnCache cache;
  for (const char* from : {"server", "cache"}) {
    BOOST_TEST_CONTEXT(from) {
      const std::filesystem::path saved = cache.folder() / "saved";
      run_tool({"gst-launch-1.0", "triadsrc", "location=" + album().triad_uri(format), "!",
                "filesink", "location=" + saved.string()});
      BOOST_REQUIRE(std::filesystem::exists(saved));
      BOOST_TEST((read_file(saved) == read_file(album().file(format))));
    }
  }
}

BOOST_DATA_TEST_CASE(every_player_plays_it, boost::unit_test::data::make(all_formats), format) {
  for (const char* bin : {"playbin3", "uridecodebin3", "playbin"}) {
    const OwnCache cold;
    const std::string sink =
        std::string(bin).starts_with("playbin") ? "audio-sink=fakesink" : "! fakesink";
    std::vector<std::string> argv{"gst-launch-1.0", bin, "uri=" + album().triad_uri(format)};
    std::istringstream words(sink);
    for (std::string word; words >> word;)
      argv.push_back(word);
    BOOST_TEST_CONTEXT(bin)
    run_tool(argv);
  }
  const OwnCache cache;
  BOOST_TEST_CONTEXT("from the server")
  play_everywhere(format);
  BOOST_TEST_CONTEXT("from the cache")
  play_everywhere(format);
}

BOOST_AUTO_TEST_SUITE_END()
