// SPDX-License-Identifier: LGPL-2.1-or-later
// What triadsrc answers, and that asking does not start it.
#include "source.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(queries)

namespace {

struct Scheduling {
  unsigned flags;
  bool push, pull;
};

Scheduling ask_scheduling(Source& source) {
  GstQuery* query = gst_query_new_scheduling();
  BOOST_REQUIRE(gst_pad_query(source.pad().get(), query));
  GstSchedulingFlags flags;
  gst_query_parse_scheduling(query, &flags, nullptr, nullptr, nullptr);
  const Scheduling answer{static_cast<unsigned>(flags),
                          bool(gst_query_has_scheduling_mode(query, GST_PAD_MODE_PUSH)),
                          bool(gst_query_has_scheduling_mode(query, GST_PAD_MODE_PULL))};
  gst_query_unref(query);
  return answer;
}

void check_stream(const Scheduling& answer) {
  BOOST_TEST(answer.flags ==
             unsigned(GST_SCHEDULING_FLAG_SEEKABLE | GST_SCHEDULING_FLAG_SEQUENTIAL |
                      GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED));
  BOOST_TEST(answer.push);
  BOOST_TEST(!answer.pull);
}

void check_local(const Scheduling& answer) {
  BOOST_TEST(answer.flags == unsigned(GST_SCHEDULING_FLAG_SEEKABLE));
  BOOST_TEST(answer.push);
  BOOST_TEST(answer.pull);
}

} // namespace

BOOST_AUTO_TEST_CASE(an_incomplete_track_is_a_stream) {
  auto track = std::make_shared<FakeTrack>(1000);
  Source source(track);
  check_stream(ask_scheduling(source));
  BOOST_TEST(GST_STATE(source.element.get()) == GST_STATE_NULL);
  BOOST_TEST(!GST_OBJECT_FLAG_IS_SET(source.element.get(), GST_BASE_SRC_FLAG_STARTED));
  BOOST_TEST(track->opened() == 1u);
}

BOOST_AUTO_TEST_CASE(a_complete_track_is_a_file) {
  auto track = std::make_shared<FakeTrack>(1000);
  track->complete();
  Source source(track);
  check_local(ask_scheduling(source));
}

BOOST_AUTO_TEST_CASE(the_answer_is_kept_until_stop) {
  auto track = std::make_shared<FakeTrack>(1000);
  Source source(track);
  check_stream(ask_scheduling(source));
  track->complete();
  check_stream(ask_scheduling(source));
  gst_element_set_state(source.element.get(), GST_STATE_PAUSED);
  check_stream(ask_scheduling(source));
  gst_element_set_state(source.element.get(), GST_STATE_NULL);
  check_local(ask_scheduling(source));
}

BOOST_AUTO_TEST_CASE(a_new_uri_is_judged_anew) {
  auto track = std::make_shared<FakeTrack>(1000);
  Source source(track);
  check_stream(ask_scheduling(source));
  track->complete();
  g_object_set(source.element.get(), "location", "triad://example.org/B.torrent", nullptr);
  check_local(ask_scheduling(source));
}

BOOST_AUTO_TEST_CASE(settings_made_after_the_query_count) {
  auto track = std::make_shared<FakeTrack>(1000);
  Source source(track);
  g_object_set(source.element.get(), "cache-dir", "/first", nullptr);
  ask_scheduling(source);
  BOOST_TEST((track->options().cache_dir == "/first"));
  g_object_set(source.element.get(), "cache-dir", "/second", "user-agent", "tester", nullptr);
  gst_element_set_state(source.element.get(), GST_STATE_PAUSED);
  BOOST_TEST((track->options().cache_dir == "/second"));
  BOOST_TEST(track->options().http.user_agent == "tester");
  BOOST_TEST(track->open_now() == 1u);
}

// It was said that the track can be pulled from: with another cache that would no longer be true.
BOOST_AUTO_TEST_CASE(a_complete_track_stays_with_the_cache_it_was_found_in) {
  auto track = std::make_shared<FakeTrack>(1000);
  track->complete();
  Source source(track);
  g_object_set(source.element.get(), "cache-dir", "/first", nullptr);
  check_local(ask_scheduling(source));
  g_object_set(source.element.get(), "cache-dir", "/second", nullptr);
  gst_element_set_state(source.element.get(), GST_STATE_PAUSED);
  BOOST_TEST(track->opened() == 1u);
  gst_element_set_state(source.element.get(), GST_STATE_NULL);
  check_local(ask_scheduling(source));
  BOOST_TEST((track->options().cache_dir == "/second"));
}

BOOST_AUTO_TEST_CASE(an_element_that_was_only_asked_leaves_nothing) {
  auto track = std::make_shared<FakeTrack>(1000);
  {
    Source source(track);
    ask_scheduling(source);
    BOOST_TEST(track->open_now() == 1u);
  }
  BOOST_TEST(track->open_now() == 0u);
}

BOOST_AUTO_TEST_CASE(the_length_is_told_when_it_is_known) {
  auto track = std::make_shared<FakeTrack>(1000);
  PushSource source(track);
  source.play();
  track->wait_until_read_waits();
  gint64 length = 0;
  BOOST_TEST(!gst_element_query_duration(source.element.get(), GST_FORMAT_BYTES, &length));
  track->know_release();
  BOOST_TEST(bool(source.wait_for(GST_MESSAGE_DURATION_CHANGED)));
  BOOST_TEST(gst_element_query_duration(source.element.get(), GST_FORMAT_BYTES, &length));
  BOOST_TEST(length == 1000);
  BOOST_TEST(!gst_element_query_duration(source.element.get(), GST_FORMAT_TIME, &length));
  track->complete();
  source.pull();
  BOOST_TEST(!source.pop(GST_MESSAGE_DURATION_CHANGED)); // once is enough
}

BOOST_AUTO_TEST_CASE(it_is_seekable_in_bytes_from_the_start) {
  auto track = std::make_shared<FakeTrack>(1000);
  PushSource source(track);
  source.play();
  GstQuery* query = gst_query_new_seeking(GST_FORMAT_BYTES);
  BOOST_REQUIRE(source.query(query));
  gboolean seekable = FALSE;
  gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
  BOOST_TEST(seekable);
  gst_query_unref(query);
}

BOOST_AUTO_TEST_CASE(buffering_tells_what_is_on_disk) {
  auto track = std::make_shared<FakeTrack>(1000);
  track->know_release();
  track->set_ranges({{0, 100}, {500, 1000}});
  Source source(track);
  ask_scheduling(source);
  struct Case {
    GstFormat format;
    gint64 unit;
  };
  for (const Case& c : {Case{GST_FORMAT_BYTES, 1}, Case{GST_FORMAT_PERCENT, 1000}}) {
    GstQuery* query = gst_query_new_buffering(c.format);
    BOOST_REQUIRE(source.query(query));
    gint percent = 0;
    gst_query_parse_buffering_percent(query, nullptr, &percent);
    BOOST_TEST(percent == 60);
    BOOST_REQUIRE(gst_query_get_n_buffering_ranges(query) == 2u);
    gint64 begin = 0, end = 0;
    gst_query_parse_nth_buffering_range(query, 1, &begin, &end);
    BOOST_TEST(begin == 500 * c.unit);
    BOOST_TEST(end == 1000 * c.unit);
    gst_query_unref(query);
  }
}

BOOST_AUTO_TEST_SUITE_END()
