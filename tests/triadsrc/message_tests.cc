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

BOOST_AUTO_TEST_SUITE_END()
