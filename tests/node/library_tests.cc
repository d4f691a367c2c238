// SPDX-License-Identifier: LGPL-2.1-or-later
// Published releases are found in a user's folders, and nothing else is.
#include "kit/releases.h"
#include "kit/temporary_folder.h"
#include "node/library.h"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace triad;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  kit::TemporaryFolder folder;
  std::vector<std::string> skipped;

  void write(const fs::path& path, Bytes bytes) const {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  void publish(const fs::path& place, kit::ReleaseSpec spec) const {
    fs::create_directories(place);
    kit::write_files(spec, place);
    write(place / (spec.name + ".torrent"), kit::make_metainfo(spec));
  }
  std::vector<LibraryRelease> look() {
    auto found = find_in_library(folder.path(),
                                 [this](const std::string& text) { skipped.push_back(text); });
    BOOST_REQUIRE_MESSAGE(found, (found ? "" : found.error().message));
    return std::move(*found);
  }
};

kit::ReleaseSpec album(const std::string& name, std::uint64_t seed) {
  kit::ReleaseSpec spec;
  spec.name = name;
  spec.files = kit::small_album(seed);
  return spec;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(library, Fixture)

BOOST_AUTO_TEST_CASE(releases_are_found_at_any_depth_with_the_folder_that_holds_them) {
  publish(folder.path(), album("One", 1));
  publish(folder.path() / "artist" / "year", album("Two", 2));
  kit::ReleaseSpec single;
  single.name = "song.ogg";
  single.single_file = true;
  single.files = {{"song.ogg", kit::random_content(3, 40'000)}};
  publish(folder.path() / "singles", single);

  const auto found = look();
  BOOST_REQUIRE_EQUAL(found.size(), 3U);
  BOOST_CHECK_EQUAL(found[0].release->name(), "One");
  BOOST_CHECK_EQUAL(found[0].folder, folder.path());
  BOOST_CHECK_EQUAL(found[1].release->name(), "Two");
  BOOST_CHECK_EQUAL(found[1].folder, folder.path() / "artist" / "year");
  BOOST_CHECK_EQUAL(found[2].release->name(), "song.ogg");
  BOOST_CHECK(found[0].metainfo == kit::make_metainfo(album("One", 1)));
  BOOST_CHECK(skipped.empty());
}

BOOST_AUTO_TEST_CASE(what_is_of_no_use_is_passed_over_with_the_reason) {
  publish(folder.path(), album("Good", 1));
  write(folder.path() / "bad.torrent", kit::to_content("no metainfo"));
  write(folder.path() / "alone.torrent", kit::make_metainfo(album("Not here", 2)));
  write(folder.path() / "notes.txt", kit::to_content("x"));
  fs::create_directories(folder.path() / "folder.torrent");

  const auto found = look();
  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  BOOST_CHECK_EQUAL(found[0].release->name(), "Good");
  BOOST_REQUIRE_EQUAL(skipped.size(), 2U);
  BOOST_CHECK(skipped[0].find("alone.torrent") != std::string::npos);
  BOOST_CHECK(skipped[0].find("\"Not here\"") != std::string::npos);
  BOOST_CHECK(skipped[1].find("bad.torrent") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_release_that_is_there_twice_comes_once) {
  publish(folder.path() / "a", album("Same", 1));
  publish(folder.path() / "b", album("Same", 1));
  const auto found = look();
  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  BOOST_CHECK_EQUAL(found[0].folder, folder.path() / "a");
}

BOOST_AUTO_TEST_CASE(links_to_folders_are_not_followed_so_circles_end) {
  publish(folder.path() / "a", album("One", 1));
  fs::create_directory_symlink(folder.path(), folder.path() / "a" / "round");
  BOOST_CHECK_EQUAL(look().size(), 1U);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_an_error) {
  const auto found = find_in_library(folder.path() / "nowhere", [](const std::string&) {});
  BOOST_REQUIRE(!found);
  BOOST_CHECK(found.error().code == ErrorCode::not_found);
}

BOOST_AUTO_TEST_SUITE_END()
