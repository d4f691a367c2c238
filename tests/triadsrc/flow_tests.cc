// SPDX-License-Identifier: LGPL-2.1-or-later
// The bytes at the source pad: right at every offset, and every wait can be left.
#include "source.h"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <random>

using namespace triad;
using namespace triad::test;

BOOST_AUTO_TEST_SUITE(flow)

namespace {

// Pulls to EOS; checks bytes and offsets, and that they go on without a gap from `offset`.
std::uint64_t check_to_end(PushSource& source, const FakeTrack& track, std::uint64_t offset) {
  while (const auto chunk = source.pull()) {
    BOOST_REQUIRE(chunk->offset == offset);
    BOOST_REQUIRE(chunk->offset_end == offset + chunk->bytes.size());
    BOOST_REQUIRE((chunk->bytes == track.bytes(offset, chunk->bytes.size())));
    offset = chunk->offset_end;
  }
  return offset;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_track_comes_whole_and_ends) {
  auto track = std::make_shared<FakeTrack>(100'001);
  track->complete();
  PushSource source(track);
  source.play();
  BOOST_TEST(check_to_end(source, *track, 0) == 100'001u);
}

BOOST_AUTO_TEST_CASE(short_reads_make_short_buffers) {
  auto track = std::make_shared<FakeTrack>(10'000);
  track->at_most(777);
  track->complete();
  PushSource source(track);
  source.play();
  BOOST_TEST(check_to_end(source, *track, 0) == 10'000u);
}

BOOST_AUTO_TEST_CASE(blocksize_is_the_most_that_a_buffer_holds) {
  auto track = std::make_shared<FakeTrack>(200'000);
  track->complete();
  PushSource source(track);
  g_object_set(source.element.get(), "blocksize", 65536, nullptr);
  source.play();
  BOOST_TEST(source.pull()->bytes.size() == 65536u);
}

BOOST_AUTO_TEST_CASE(the_first_buffer_is_never_immediate) {
  auto track = std::make_shared<FakeTrack>(10);
  track->complete();
  PushSource source(track);
  const auto begin = std::chrono::steady_clock::now();
  source.play();
  source.pull();
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(2)));
}

BOOST_AUTO_TEST_CASE(a_stop_position_ends_the_stream_there) {
  auto track = std::make_shared<FakeTrack>(100'000);
  track->make_available(60'000); // the harness remembers an EOS, so none may come before the seek
  PushSource source(track);
  source.play();
  source.pull();
  BOOST_TEST(source.seek(1234, 50'001));
  // What was pulled before the flush may still lie in the harness.
  auto chunk = source.pull();
  while (chunk && !chunk->discont)
    chunk = source.pull();
  BOOST_REQUIRE(chunk);
  BOOST_TEST(chunk->offset == 1234u);
  BOOST_TEST((chunk->bytes == track->bytes(1234, chunk->bytes.size())));
  BOOST_TEST(check_to_end(source, *track, chunk->offset_end) == 50'001u);
  BOOST_TEST(track->seeks().back().offset == 1234u);
  BOOST_TEST((track->seeks().back().stop == 50'001u));
}

BOOST_AUTO_TEST_CASE(random_seeks_while_data_is_missing_give_the_right_bytes) {
  constexpr std::uint64_t size = 1'000'000;
  auto track = std::make_shared<FakeTrack>(size);
  PushSource source(track);
  source.play();
  track->wait_until_read_waits(); // for the release
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t available = size * static_cast<std::uint64_t>(round + 1) / 300;
    track->make_available(available);
    const std::uint64_t offset = random() % size;
    BOOST_REQUIRE(source.seek(offset));
    if (offset >= available)
      continue; // waits there until the next seek tears it away
    auto chunk = source.pull();
    while (chunk && chunk->offset != offset) { // from before the flush
      BOOST_REQUIRE((chunk->bytes == track->bytes(chunk->offset, chunk->bytes.size())));
      chunk = source.pull();
    }
    BOOST_REQUIRE(chunk);
    BOOST_REQUIRE((chunk->bytes == track->bytes(offset, chunk->bytes.size())));
  }
}

BOOST_AUTO_TEST_CASE(a_waiting_read_is_left_at_once) {
  auto track = std::make_shared<FakeTrack>(1000);
  for (int round = 0; round < 50; ++round) {
    PushSource source(track);
    source.play();
    if (round % 2 == 0) // else: also before the first read began
      track->wait_until_read_waits();
    BOOST_REQUIRE(gst_element_set_state(source.element.get(), GST_STATE_NULL) ==
                  GST_STATE_CHANGE_SUCCESS);
  }
  BOOST_TEST(track->open_now() == 0u);
}

BOOST_AUTO_TEST_CASE(unlock_latches_until_it_is_taken_back) {
  auto track = std::make_shared<FakeTrack>(1000);
  track->complete();
  PushSource source(track);
  gst_element_set_state(source.element.get(), GST_STATE_READY);
  auto* base = GST_BASE_SRC(source.element.get());
  auto* klass = GST_BASE_SRC_GET_CLASS(base);
  BOOST_REQUIRE(klass->start(base));
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 100, nullptr);
  BOOST_TEST(klass->unlock(base));
  BOOST_TEST(klass->fill(base, 0, 100, buffer) == GST_FLOW_FLUSHING);
  BOOST_TEST(klass->fill(base, 0, 100, buffer) == GST_FLOW_FLUSHING);
  BOOST_TEST(klass->unlock_stop(base));
  BOOST_TEST(klass->fill(base, 0, 100, buffer) == GST_FLOW_OK);
  BOOST_TEST(klass->stop(base));
  gst_buffer_unref(buffer);
}

BOOST_AUTO_TEST_CASE(a_complete_track_can_be_pulled_from) {
  auto track = std::make_shared<FakeTrack>(100'000);
  track->at_most(1000); // a pulled range is whole all the same
  track->complete();
  Source source(track);
  const GstPtr<GstPad> pad = source.pad();
  gst_element_set_state(source.element.get(), GST_STATE_READY);
  BOOST_REQUIRE(gst_pad_activate_mode(pad.get(), GST_PAD_MODE_PULL, TRUE));
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    const std::uint64_t offset = random() % 99'000;
    const guint size = 1 + static_cast<guint>(random() % 5000);
    GstBuffer* buffer = nullptr;
    BOOST_REQUIRE(gst_pad_get_range(pad.get(), offset, size, &buffer) == GST_FLOW_OK);
    std::vector<std::byte> bytes(gst_buffer_get_size(buffer));
    gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
    BOOST_REQUIRE(bytes.size() == std::min<std::uint64_t>(size, 100'000 - offset));
    BOOST_REQUIRE((bytes == track->bytes(offset, bytes.size())));
    gst_buffer_unref(buffer);
  }
  GstBuffer* buffer = nullptr;
  BOOST_TEST(gst_pad_get_range(pad.get(), 100'000, 10, &buffer) == GST_FLOW_EOS);
  gst_pad_activate_mode(pad.get(), GST_PAD_MODE_PULL, FALSE);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_reader_becomes_one_of_the_element) {
  struct Case {
    ErrorCode code;
    GstResourceError expected;
    const char* reason;
  };
  for (const Case& c :
       {Case{ErrorCode::not_found, GST_RESOURCE_ERROR_NOT_FOUND, "not-found"},
        Case{ErrorCode::not_authorized, GST_RESOURCE_ERROR_NOT_AUTHORIZED, "not-authorized"},
        Case{ErrorCode::unreachable, GST_RESOURCE_ERROR_OPEN_READ, "unreachable"},
        Case{ErrorCode::bad_metainfo, GST_RESOURCE_ERROR_OPEN_READ, "bad-metainfo"},
        Case{ErrorCode::read, GST_RESOURCE_ERROR_READ, "read"},
        Case{ErrorCode::settings, GST_RESOURCE_ERROR_SETTINGS, "settings"}}) {
    auto track = std::make_shared<FakeTrack>(1000);
    PushSource source(track);
    source.play();
    track->wait_until_read_waits();
    track->fail({c.code, "For people.", "host 127.0.0.1: code 7"});
    const MessagePtr message = source.wait_for(GST_MESSAGE_ERROR);
    BOOST_REQUIRE(message);
    const ParsedError parsed = parse_error_message(message.get());
    BOOST_TEST(g_error_matches(parsed.error.get(), GST_RESOURCE_ERROR, c.expected));
    BOOST_TEST(std::string(parsed.error->message) == "For people.");
    BOOST_TEST(parsed.debug.find("host 127.0.0.1: code 7") != std::string::npos);
    BOOST_TEST(parsed.reason == c.reason);
  }
}

BOOST_AUTO_TEST_CASE(states_go_up_and_down_again_and_again) {
  auto track = std::make_shared<FakeTrack>(100'000);
  track->complete();
  PushSource source(track);
  for (const GstState state :
       {GST_STATE_READY, GST_STATE_NULL, GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_PLAYING,
        GST_STATE_PAUSED, GST_STATE_PLAYING, GST_STATE_NULL, GST_STATE_PLAYING, GST_STATE_NULL}) {
    BOOST_REQUIRE(gst_element_set_state(source.element.get(), state) != GST_STATE_CHANGE_FAILURE);
    BOOST_TEST(track->open_now() == (state >= GST_STATE_PAUSED ? 1u : 0u));
  }
}

BOOST_AUTO_TEST_SUITE_END()
