// SPDX-License-Identifier: LGPL-2.1-or-later
// What triadsrc takes as its URI, and how it says no.
#include "source.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(uri)

namespace {

const char* const good_uris[] = {
    "triad://example.org/Album.torrent/01%20Song.ogg",
    "triad://example.org/Album.torrent?key=a%2Fb/Song.ogg",
    "triad+http://127.0.0.1:8000/song.ogg.torrent",
    "triad+file:///srv/music/Album.torrent/Song.ogg",
    ("magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&"
     "xs=https%3A%2F%2Fexample.org%2FA.torrent"),
    "triad://", // players probe with it
};
const char* const bad_uris[] = {
    "triad://example.org/no-metainfo.ogg",
    "triad://example.org/Album.torrent/../../x.ogg",
    "magnet:?dn=nothing",
};

std::string current_uri(GstElement* element) {
  gchar* uri = gst_uri_handler_get_uri(GST_URI_HANDLER(element));
  const std::string result = uri ? uri : "";
  g_free(uri);
  return result;
}

} // namespace

BOOST_DATA_TEST_CASE(players_find_the_element_by_uri, boost::unit_test::data::make(good_uris),
                     uri) {
  GError* error = nullptr;
  const PipelinePtr element(gst_element_make_from_uri(GST_URI_SRC, uri, nullptr, &error));
  BOOST_REQUIRE_MESSAGE(element, (error ? error->message : "no error"));
  gst_object_ref_sink(element.get());
  BOOST_TEST(GST_IS_TRIAD_SRC(element.get()));
  BOOST_TEST(current_uri(element.get()) == uri);
  BOOST_TEST(get_text(element.get(), "location") == uri);
}

BOOST_AUTO_TEST_CASE(the_scheme_may_be_in_capitals) {
  const PipelinePtr element(
      gst_element_make_from_uri(GST_URI_SRC, "TRIAD://example.org/A.torrent", nullptr, nullptr));
  BOOST_REQUIRE(element);
  gst_object_ref_sink(element.get());
  BOOST_TEST(GST_IS_TRIAD_SRC(element.get()));
}

BOOST_DATA_TEST_CASE(a_refusal_always_says_why, boost::unit_test::data::make(bad_uris), uri) {
  const Source source(std::make_shared<FakeTrack>(1));
  GError* raw = nullptr;
  BOOST_TEST(!gst_uri_handler_set_uri(GST_URI_HANDLER(source.element.get()), uri, &raw));
  const ErrorPtr error(raw);
  BOOST_REQUIRE(error);
  BOOST_TEST((error->domain == GST_URI_ERROR && error->code == GST_URI_ERROR_BAD_URI));
  BOOST_TEST(std::string(error->message) != "");
  BOOST_TEST(current_uri(source.element.get()) == track_uri); // as before
}

BOOST_AUTO_TEST_CASE(a_playing_element_keeps_its_uri) {
  auto track = std::make_shared<FakeTrack>(1000);
  PushSource source(track);
  source.play();
  GError* raw = nullptr;
  BOOST_TEST(!gst_uri_handler_set_uri(GST_URI_HANDLER(source.element.get()), good_uris[2], &raw));
  const ErrorPtr error(raw);
  BOOST_REQUIRE(error);
  BOOST_TEST((error->domain == GST_URI_ERROR && error->code == GST_URI_ERROR_BAD_STATE));
  BOOST_TEST(current_uri(source.element.get()) == track_uri);
}

BOOST_AUTO_TEST_CASE(a_new_location_is_notified) {
  const Source source(std::make_shared<FakeTrack>(1));
  unsigned notified = 0;
  g_signal_connect_swapped(source.element.get(), "notify::location",
                           G_CALLBACK(+[](unsigned* count) { ++*count; }), &notified);
  gst_uri_handler_set_uri(GST_URI_HANDLER(source.element.get()), good_uris[2], nullptr);
  BOOST_TEST(notified == 1u);
  BOOST_TEST(get_text(source.element.get(), "location") == good_uris[2]);
}

BOOST_AUTO_TEST_CASE(the_uri_query_names_it) {
  Source source(std::make_shared<FakeTrack>(1), nullptr);
  GstQuery* query = gst_query_new_uri();
  BOOST_TEST(!source.query(query));
  g_object_set(source.element.get(), "location", track_uri, nullptr);
  BOOST_TEST(source.query(query));
  gchar* uri = nullptr;
  gst_query_parse_uri(query, &uri);
  BOOST_TEST(std::string(uri) == track_uri);
  g_free(uri);
  gst_query_unref(query);
}

BOOST_AUTO_TEST_CASE(without_a_track_it_does_not_start) {
  for (const char* uri : {static_cast<const char*>(nullptr), "triad://"}) {
    Source source(std::make_shared<FakeTrack>(1), uri);
    gst_element_set_state(source.element.get(), GST_STATE_PLAYING);
    const MessagePtr message = source.wait_for(GST_MESSAGE_ERROR);
    BOOST_REQUIRE(message);
    const ParsedError parsed = parse_error_message(message.get());
    BOOST_TEST(
        g_error_matches(parsed.error.get(), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
    BOOST_TEST(parsed.reason == "settings");
  }
}

BOOST_AUTO_TEST_CASE(a_bad_location_is_told_when_it_starts) {
  Source source(std::make_shared<FakeTrack>(1), nullptr);
  g_object_set(source.element.get(), "location", bad_uris[0], nullptr);
  gst_element_set_state(source.element.get(), GST_STATE_PLAYING);
  const MessagePtr message = source.wait_for(GST_MESSAGE_ERROR);
  BOOST_REQUIRE(message);
  const std::string text = parse_error_message(message.get()).error->message;
  BOOST_TEST(text.find("No track") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
