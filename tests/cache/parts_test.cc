// SPDX-License-Identifier: LGPL-2.1-or-later
// The cache's parts by themselves.
#include "cache/beneath.h"
#include "cache/data_map.h"
#include "cache/eviction.h"
#include "cache/fixture.h"
#include "cache/memory_store.h"
#include "cache/url_entry.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

using namespace triad;
using namespace triad::cache;
using triad::cache_test::TemporaryFolder;

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(parts)

BOOST_AUTO_TEST_CASE(no_path_leads_out) {
  const TemporaryFolder temp;
  fs::create_directories(temp.path() / "in" / "sub");
  std::ofstream(temp.path() / "secret") << "secret";
  std::ofstream(temp.path() / "in" / "sub" / "file") << "x";
  fs::create_symlink("../secret", temp.path() / "in" / "out");
  fs::create_symlink("sub", temp.path() / "in" / "link");
  const auto folder = Folder::open(temp.path() / "in");
  BOOST_REQUIRE(folder);
  BOOST_CHECK(folder->open_file("sub/file", O_RDONLY));
  for (const Links links : {Links::refused, Links::within})
    for (const char* path : {"../secret", "sub/../../secret", "/etc/passwd", "", ".", "sub/./file",
                             "sub//file", "out", "sub", "sub/"})
      BOOST_CHECK_MESSAGE(!folder->open_file(path, O_RDONLY, links), path);
  BOOST_CHECK(!folder->open_file("link/file", O_RDONLY));
  BOOST_CHECK(folder->open_file("link/file", O_RDONLY, Links::within));
  BOOST_CHECK(!folder->make_parents("../evil/x") && !folder->make_parents("link/evil/x"));
  BOOST_CHECK(!fs::exists(temp.path() / "evil") && !fs::exists(temp.path() / "in/sub/evil"));
}

BOOST_AUTO_TEST_CASE(long_paths_are_opened_by_their_elements) {
  const TemporaryFolder temp;
  const auto folder = Folder::open(temp.path());
  std::string path;
  for (int i = 0; i < 20; ++i)
    path += std::string(240, 'd') + "/";
  path += "file"; // longer than PATH_MAX
  BOOST_REQUIRE(folder->make_parents(path));
  BOOST_CHECK(folder->open_file(path, O_RDWR | O_CREAT));
  BOOST_CHECK(folder->open_file(path, O_RDONLY));
  std::size_t seen = 0;
  folder->walk("", [&](const std::string& found, const struct stat&) { seen += found == path; });
  BOOST_CHECK_EQUAL(seen, 1u);
  BOOST_CHECK(folder->remove(path));
  folder->remove_empty_parents(path, 0);
  BOOST_CHECK(fs::is_empty(temp.path()));
}

BOOST_AUTO_TEST_CASE(whole_files_or_none) {
  const TemporaryFolder temp;
  const auto folder = Folder::open(temp.path());
  BOOST_REQUIRE(folder->write_whole("a/b", kit::to_content("first")));
  BOOST_REQUIRE(folder->write_whole("a/b", kit::to_content("second")));
  BOOST_CHECK(folder->read_whole("a/b", 100) == kit::to_content("second"));
  BOOST_CHECK(!folder->read_whole("a/b", 3));
  BOOST_CHECK(fs::is_empty(temp.path() / "tmp"));
}

BOOST_AUTO_TEST_CASE(holes) {
  const TemporaryFolder temp;
  const Fd fd(open((temp.path() / "sparse").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const std::string data(8192, 'x');
  BOOST_REQUIRE_EQUAL(ftruncate(fd.get(), 1 << 20), 0);
  BOOST_REQUIRE_EQUAL(pwrite(fd.get(), data.data(), data.size(), 65536), 8192);
  const auto ranges = stored_ranges(fd.get(), 1 << 20);
  const std::vector<ByteRange> want = {{65536, 65536 + 8192}};
  BOOST_CHECK(ranges == want);
  BOOST_CHECK(covers(ranges, {65536, 70000}) && covers(ranges, {70000, 73728}));
  BOOST_CHECK(!covers(ranges, {65535, 65537}) && !covers(ranges, {70000, 73729}));
  BOOST_CHECK(!covers(ranges, {0, 1}) && covers(ranges, {5, 5}) && !covers({}, {0, 1}));
}

BOOST_AUTO_TEST_CASE(url_entries) {
  const UrlEntry entry = {std::string(40, 'a'), std::string(64, '0'), "W/\"x y\"", "Tue"};
  const auto same = parse_url_entry(format_url_entry(entry));
  BOOST_REQUIRE(same);
  BOOST_CHECK(same->release_id == entry.release_id && same->sha256 == entry.sha256);
  BOOST_CHECK(same->etag == entry.etag && same->last_modified == entry.last_modified);
  // A header can't forge a line.
  UrlEntry forged = entry;
  forged.etag = "x\nrelease " + std::string(40, 'b');
  BOOST_CHECK_EQUAL(parse_url_entry(format_url_entry(forged))->release_id, entry.release_id);
  BOOST_CHECK(!parse_url_entry("") && !parse_url_entry("release ../../etc\n"));
  BOOST_CHECK(!parse_url_entry("release " + std::string(40, 'a') + "\n"));
  BOOST_CHECK(parse_url_entry("new word\n" + format_url_entry(entry) + "torn"));
}

BOOST_AUTO_TEST_CASE(release_ids) {
  BOOST_CHECK(parse_id(std::string(40, '0')) == Sha1{});
  BOOST_CHECK_EQUAL(hex(*parse_id("00112233445566778899aabbccddeeff01234567")),
                    "00112233445566778899aabbccddeeff01234567");
  for (const char* wrong : {"", "..", "0011", "00112233445566778899AABBCCDDEEFF01234567",
                            "00112233445566778899aabbccddeeff0123456/"})
    BOOST_CHECK(!parse_id(wrong));
}

BOOST_AUTO_TEST_CASE(memory_is_first_in_first_out) {
  MemoryStore memory(100);
  const auto key = [](std::uint32_t piece) { return MemoryStore::Key{Sha1{}, PieceIndex(piece)}; };
  const kit::Content bytes(40);
  BOOST_CHECK(memory.put(key(1), bytes).empty() && memory.put(key(2), bytes).empty());
  BOOST_CHECK(memory.put(key(1), bytes).empty()); // renewed
  BOOST_CHECK((memory.put(key(3), bytes) == std::vector{key(2)}));
  BOOST_CHECK_EQUAL(memory.size(), 80u);
  BOOST_CHECK(memory.find(key(1)) && !memory.find(key(2)));
  BOOST_CHECK((memory.put(key(9), kit::Content(101)) == std::vector{key(9)}));
  BOOST_CHECK((memory.pieces(Sha1{}) == std::vector{PieceIndex(1), PieceIndex(3)}));
  memory.remove(key(1));
  BOOST_CHECK_EQUAL(memory.size(), 40u);
}

BOOST_AUTO_TEST_SUITE_END()
