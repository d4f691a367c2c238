// SPDX-License-Identifier: LGPL-2.1-or-later
// The test files themselves: each format is made, and is what its name says.
#include "kit/media.h"

#include <gst/gst.h>

#include <boost/test/unit_test.hpp>

using namespace triad::test;

BOOST_AUTO_TEST_SUITE(media)

namespace {
std::size_t find(const std::vector<std::byte>& bytes, const char* text) {
  const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return view.find(text);
}
} // namespace

BOOST_AUTO_TEST_CASE(each_format_has_its_signature) {
  BOOST_TEST(find(read_file(media_file(Format::ogg_vorbis, 5)), "vorbis") < 64u);
  BOOST_TEST(find(read_file(media_file(Format::ogg_opus, 5)), "OpusHead") < 64u);
  BOOST_TEST(find(read_file(media_file(Format::flac, 5)), "fLaC") == 0u);
  BOOST_TEST(find(read_file(media_file(Format::mp3, 5)), "Xing") < 64u);
}

BOOST_AUTO_TEST_CASE(the_index_of_m4a_is_where_it_was_asked) {
  const auto front = read_file(media_file(Format::m4a_front, 5));
  BOOST_TEST(find(front, "moov") < find(front, "mdat"));
  const auto end = read_file(media_file(Format::m4a_end, 5));
  BOOST_TEST(find(end, "moov") > find(end, "mdat"));
  BOOST_TEST(find(end, "moov") < end.size());
}

BOOST_AUTO_TEST_CASE(seeds_differ) {
  BOOST_TEST(
      (read_file(media_file(Format::flac, 5, 1)) != read_file(media_file(Format::flac, 5, 2))));
}

BOOST_AUTO_TEST_SUITE_END()
