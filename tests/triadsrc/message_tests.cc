// SPDX-License-Identifier: LGPL-2.1-or-later
// What triadsrc tells the application, and what it learns from the pipeline around it.
#include "source.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(messages)

namespace {

// The reasons of the triad-stats messages, up to the one with `last`.
std::vector<std::string> stats_reasons(Source& source, const std::string& last) {
  std::vector<std::string> reasons;
  while (reasons.empty() || reasons.back() != last) {
    const MessagePtr message = source.wait_for(GST_MESSAGE_ELEMENT);
    if (!message)
      break;
    const GstStructure* structure = gst_message_get_structure(message.get());
    BOOST_TEST(gst_structure_has_name(structure, "triad-stats"));
    BOOST_TEST(std::string(gst_structure_get_string(structure, "uri")) == track_uri);
    reasons.emplace_back(gst_structure_get_string(structure, "reason"));
  }
  return reasons;
}

PipelinePtr make_pipeline(FakeTrack& track, const char* rest) {
  const PipelinePtr::pointer pipeline = gst_parse_launch(
      (std::string("triadsrc name=src location=") + track_uri + " ! " + rest).c_str(), nullptr);
  const GstPtr<GstElement> source(gst_bin_get_by_name(GST_BIN(pipeline), "src"));
  set_open_reader(GST_TRIAD_SRC(source.get()), track.opener());
  return PipelinePtr(pipeline);
}

void play(GstElement* pipeline) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  BOOST_REQUIRE(gst_element_get_state(pipeline, nullptr, nullptr, 20 * GST_SECOND) ==
                GST_STATE_CHANGE_SUCCESS);
}

} // namespace

BOOST_AUTO_TEST_CASE(stats_come_when_it_is_complete_at_the_end_and_at_stop) {
  auto track = std::make_shared<FakeTrack>(600'000);
  track->complete();
  PushSource source(track);
  source.play();
  while (source.pull()) {
  }
  BOOST_TEST(stats_reasons(source, "eos") == (std::vector<std::string>{"complete", "eos"}),
             boost::test_tools::per_element());
  gst_element_set_state(source.element.get(), GST_STATE_READY);
  BOOST_TEST(stats_reasons(source, "stop") == (std::vector<std::string>{"stop"}),
             boost::test_tools::per_element());
  GstStructure* stats = nullptr; // still there after the stop
  g_object_get(source.element.get(), "stats", &stats, nullptr);
  guint64 bytes = 0;
  BOOST_TEST(gst_structure_get_uint64(stats, "bytes-server", &bytes));
  BOOST_TEST(bytes == 600'000u);
  gst_structure_free(stats);
}

BOOST_AUTO_TEST_CASE(progress_that_began_always_ends) {
  auto track = std::make_shared<FakeTrack>(1000);
  PushSource source(track);
  source.play();
  track->wait_until_read_waits();
  const auto listener = track->listener();
  listener->on_progress(ReaderListener::Progress::start, "open", "Opening");
  listener->on_progress(ReaderListener::Progress::start, "connect", "Connecting");
  listener->on_progress(ReaderListener::Progress::complete, "connect", "Connected");
  gst_element_set_state(source.element.get(), GST_STATE_READY);
  listener->on_progress(ReaderListener::Progress::complete, "open", "too late");

  std::vector<std::string> seen;
  while (const MessagePtr message = source.pop(GST_MESSAGE_PROGRESS)) {
    GstProgressType type;
    gchar* code = nullptr;
    gst_message_parse_progress(message.get(), &type, &code, nullptr);
    seen.push_back(std::string(code) + " " + std::to_string(int{type}));
    g_free(code);
  }
  const std::vector<std::string> expected{"open 0", "connect 0", "connect 2", "open 3"};
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_warning_reaches_the_bus) {
  auto track = std::make_shared<FakeTrack>(1000);
  PushSource source(track);
  source.play();
  track->wait_until_read_waits();
  track->listener()->on_warning({ErrorCode::no_space, "The disk is full.", "/cache"});
  const MessagePtr message = source.wait_for(GST_MESSAGE_WARNING);
  BOOST_REQUIRE(message);
  BOOST_TEST(g_error_matches(parse_error_message(message.get()).error.get(), GST_RESOURCE_ERROR,
                             GST_RESOURCE_ERROR_NO_SPACE_LEFT));
}

// playbin3 asks a source before it puts it into a bin: what it posts then reaches nobody.
BOOST_AUTO_TEST_CASE(a_warning_before_the_start_waits_for_it) {
  auto track = std::make_shared<FakeTrack>(1000);
  PushSource source(track);
  GstQuery* query = gst_query_new_scheduling();
  BOOST_REQUIRE(gst_pad_query(source.pad().get(), query));
  gst_query_unref(query);
  track->listener()->on_warning({ErrorCode::io, "The folder is gone.", "/cache"});
  BOOST_TEST(!source.pop(GST_MESSAGE_WARNING));
  source.play();
  BOOST_TEST(bool(source.wait_for(GST_MESSAGE_WARNING)));
}

BOOST_AUTO_TEST_CASE(news_for_an_element_that_is_gone_are_dropped) {
  auto track = std::make_shared<FakeTrack>(1000);
  std::shared_ptr<ReaderListener> listener;
  {
    PushSource source(track);
    source.play();
    listener = track->listener();
  }
  listener->on_facts();
  listener->on_progress(ReaderListener::Progress::start, "open", "Opening");
  listener->on_warning({ErrorCode::io, "", ""});
  BOOST_TEST(!listener->running_time());
}

BOOST_AUTO_TEST_CASE(a_copy_is_a_pipeline_whose_sinks_have_no_clock) {
  struct Case {
    const char* rest;
    bool copy;
  };
  for (const Case& c :
       {Case{"fakesink sync=true", false}, Case{"fakesink sync=false", true},
        Case{"filesink location=/dev/null", true},
        Case{"tee name=t ! queue ! fakesink t. ! queue ! fakesink sync=true", false},
        Case{"bin.( identity ! fakesink sync=true )", false},
        Case{"bin.( identity ! fakesink )", true}}) {
    auto track = std::make_shared<FakeTrack>(1000);
    track->complete();
    const PipelinePtr pipeline = make_pipeline(*track, c.rest);
    play(pipeline.get());
    BOOST_TEST_CONTEXT(c.rest)
    BOOST_TEST((track->copy() == c.copy));
  }
}

BOOST_AUTO_TEST_CASE(running_time_stands_while_the_pipeline_does) {
  auto track = std::make_shared<FakeTrack>(1000);
  track->make_available(500);
  const PipelinePtr pipeline = make_pipeline(*track, "fakesink sync=true");
  gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
  gst_element_get_state(pipeline.get(), nullptr, nullptr, 20 * GST_SECOND);
  const auto listener = track->listener();
  BOOST_TEST(!listener->running_time());
  play(pipeline.get());
  const auto first = listener->running_time();
  BOOST_REQUIRE(first.has_value());
  while (listener->running_time() == first) // the clock goes on
    g_thread_yield();
  gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
  gst_element_get_state(pipeline.get(), nullptr, nullptr, 20 * GST_SECOND);
  const auto paused = listener->running_time();
  BOOST_TEST((listener->running_time() == paused));
}

BOOST_AUTO_TEST_CASE(downstream_is_asked_for_a_bitrate_that_the_metainfo_lacks) {
  for (const bool known : {false, true}) {
    auto track = std::make_shared<FakeTrack>(600'000);
    if (known)
      track->set_duration(std::chrono::seconds(10));
    track->complete();
    PushSource source(track);
    gst_pad_set_query_function(source.harness->sinkpad,
                               [](GstPad* pad, GstObject* parent, GstQuery* query) -> gboolean {
                                 if (GST_QUERY_TYPE(query) != GST_QUERY_BITRATE)
                                   return gst_pad_query_default(pad, parent, query);
                                 gst_query_set_bitrate(query, 128'000);
                                 return TRUE;
                               });
    source.play();
    while (source.pull()) {
    }
    BOOST_TEST(track->byte_rate() == (known ? 0 : 16'000));
  }
}

BOOST_AUTO_TEST_CASE(properties_reach_the_reader) {
  auto track = std::make_shared<FakeTrack>(1000);
  Source source(track);
  const gchar* cookies[] = {"a=1", "b=2", nullptr};
  GstStructure* headers = gst_structure_new("extra-headers", "X-One", G_TYPE_STRING, "1", "X-Two",
                                            G_TYPE_INT, 2, nullptr);
  g_object_set(source.element.get(), "proxy", "http://proxy:3128", "proxy-id", "me", "proxy-pw",
               "secret", "ssl-strict", FALSE, "ssl-ca-file", "/ca.pem", "cookies", cookies,
               "extra-headers", headers, "automatic-redirect", FALSE, "timeout", 7, "retries", -1,
               "cache-size", G_GUINT64_CONSTANT(1000000), "next-uri",
               "triad://example.org/Next.torrent", nullptr);
  gst_util_set_object_arg(G_OBJECT(source.element.get()), "sources", "cache");
  gst_structure_free(headers);
  gst_element_set_state(source.element.get(), GST_STATE_PAUSED);
  const OpenOptions options = track->options();
  BOOST_TEST(options.http.proxy == "http://proxy:3128");
  BOOST_TEST(options.http.proxy_id == "me");
  BOOST_TEST(options.http.proxy_password == "secret");
  BOOST_TEST(!options.http.tls_strict);
  BOOST_TEST(options.http.tls_ca_file == "/ca.pem");
  BOOST_TEST(options.http.cookies == (std::vector<std::string>{"a=1", "b=2"}),
             boost::test_tools::per_element());
  BOOST_REQUIRE(options.http.extra_headers.size() == 2u);
  BOOST_TEST(options.http.extra_headers[1].second == "2");
  BOOST_TEST(!options.http.automatic_redirect);
  BOOST_TEST((options.timeout == std::chrono::seconds(7)));
  BOOST_TEST(options.retries == -1);
  BOOST_TEST((options.cache_size == 1'000'000u));
  BOOST_TEST((options.sources == Sources::cache));
  BOOST_TEST(options.next_uri == "triad://example.org/Next.torrent");
}

BOOST_AUTO_TEST_CASE(what_is_set_about_peers_reaches_the_reader_at_once) {
  auto track = std::make_shared<FakeTrack>(1000);
  Source source(track);
  const gchar* trackers[] = {"wss://a.example/", "ws://b.example/", nullptr};
  g_object_set(source.element.get(), "stun-server", "stun://stun.example:3478", "trackers",
               trackers, "max-peers", 9u, "upload-quota", G_GUINT64_CONSTANT(5000), nullptr);
  gst_util_set_object_arg(G_OBJECT(source.element.get()), "ice-transport-policy", "relay");
  gst_element_set_state(source.element.get(), GST_STATE_PAUSED);
  const NodeOptions options = track->options().node;
  BOOST_TEST(options.stun_server.value() == "stun://stun.example:3478");
  BOOST_TEST(!options.turn_server); // not set
  BOOST_TEST(options.trackers.value() ==
                 (std::vector<std::string>{"wss://a.example/", "ws://b.example/"}),
             boost::test_tools::per_element());
  BOOST_TEST(options.max_peers.value() == 9u);
  BOOST_TEST(options.upload_quota.value() == 5000u);
  BOOST_TEST(options.relay_only.value());
  g_object_set(source.element.get(), "upload-rate", gint64{-1}, nullptr); // while it is open
  BOOST_TEST(track->node_options().upload_rate.value() == -1);
  BOOST_TEST(!track->node_options().max_peers);
}

BOOST_AUTO_TEST_CASE(what_another_element_sets_for_the_node_is_shown_and_notified) {
  auto track = std::make_shared<FakeTrack>(1000);
  Source source(track);
  g_object_set(source.element.get(), "upload-rate", gint64{7}, nullptr);
  gst_element_set_state(source.element.get(), GST_STATE_PAUSED);
  std::vector<std::string> notified;
  g_signal_connect(source.element.get(), "notify",
                   G_CALLBACK(+[](GObject*, GParamSpec* spec, gpointer names) {
                     static_cast<std::vector<std::string>*>(names)->emplace_back(spec->name);
                   }),
                   &notified);
  NodeOptions options;
  options.upload_rate = 0;
  options.turn_server = "turn://me:secret@turn.example";
  track->listener()->on_node_options(options);
  BOOST_TEST(notified == (std::vector<std::string>{"turn-server", "upload-rate"}),
             boost::test_tools::per_element());
  gint64 rate = 7;
  g_object_get(source.element.get(), "upload-rate", &rate, nullptr);
  BOOST_TEST(rate == 0);
  BOOST_TEST(get_text(source.element.get(), "turn-server") == "turn://me:secret@turn.example");
  track->listener()->on_node_options(options); // nothing new
  BOOST_TEST(notified.size() == 2u);
  // Its own setting was overruled: the next start doesn't bring it back.
  gst_element_set_state(source.element.get(), GST_STATE_NULL);
  gst_element_set_state(source.element.get(), GST_STATE_PAUSED);
  BOOST_TEST(track->options().node.upload_rate.value() == 0);
  BOOST_TEST(!track->options().node.turn_server);
}

BOOST_AUTO_TEST_CASE(the_first_use_of_peers_is_told_when_it_has_started) {
  auto track = std::make_shared<FakeTrack>(1000);
  Source source(track);
  GstQuery* const query = gst_query_new_scheduling();
  source.query(query); // opens the reader
  gst_query_unref(query);
  track->listener()->on_peers_used({"wss://a.example/"});
  BOOST_TEST(!source.pop(GST_MESSAGE_ELEMENT));
  gst_element_set_state(source.element.get(), GST_STATE_PAUSED);
  const MessagePtr message = source.wait_for(GST_MESSAGE_ELEMENT);
  BOOST_REQUIRE(message);
  const GstStructure* news = gst_message_get_structure(message.get());
  BOOST_TEST(gst_structure_has_name(news, "triad-peers"));
  BOOST_TEST(std::string(gst_structure_get_string(news, "uri")) == track_uri);
  const GValue* trackers = gst_structure_get_value(news, "trackers");
  BOOST_REQUIRE(gst_value_array_get_size(trackers) == 1u);
  BOOST_TEST(std::string(g_value_get_string(gst_value_array_get_value(trackers, 0))) ==
             "wss://a.example/");
}

BOOST_AUTO_TEST_CASE(the_stats_name_the_peers) {
  auto track = std::make_shared<FakeTrack>(1000);
  ReaderStats stats;
  stats.bytes_peers = 300;
  stats.peers = {{"aa", 100}, {"bb", 250}};
  stats.links = 3;
  stats.peer_rate = 1000;
  track->set_stats(stats);
  Source source(track);
  gst_element_set_state(source.element.get(), GST_STATE_PAUSED);
  GstStructure* told = nullptr;
  g_object_get(source.element.get(), "stats", &told, nullptr);
  guint64 bytes = 0;
  BOOST_TEST(gst_structure_get_uint64(told, "bytes-peers", &bytes));
  BOOST_TEST(bytes == 300u);
  BOOST_TEST(gst_structure_get_uint64(told, "peers-received", &bytes));
  BOOST_TEST(bytes == 350u);
  guint links = 0;
  BOOST_TEST(gst_structure_get_uint(told, "links", &links));
  BOOST_TEST(links == 3u);
  const GValue* peers = gst_structure_get_value(told, "peers");
  BOOST_REQUIRE(gst_value_array_get_size(peers) == 2u);
  const GstStructure* second = gst_value_get_structure(gst_value_array_get_value(peers, 1));
  BOOST_TEST(std::string(gst_structure_get_string(second, "id")) == "bb");
  BOOST_TEST(gst_structure_get_uint64(second, "bytes", &bytes));
  BOOST_TEST(bytes == 250u);
  gst_structure_free(told);
}

BOOST_AUTO_TEST_SUITE_END()
