// SPDX-License-Identifier: LGPL-2.1-or-later
// Metainfo that must be refused, each kind with its reason.
#include "kit/releases.h"
#include "release/bencode.h"
#include "release/metainfo.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace triad;
using namespace triad::bencode;
namespace data = boost::unit_test::data;

namespace {

constexpr std::int64_t kib16 = 16 * 1024;

std::string path(const std::vector<std::string>& elements) {
  std::vector<std::string> encoded;
  for (const std::string& element : elements)
    encoded.push_back(str(element));
  return list(encoded);
}

std::string file(const std::vector<std::string>& elements, std::int64_t length = 1) {
  return dict({{"length", num(length)}, {"path", path(elements)}});
}

std::string hashes(std::size_t count, std::size_t size = 20) {
  return str(std::string(count * size, 'h'));
}

std::string metainfo(const std::string& info) {
  return dict({{"info", info}});
}

// v1, multi-file.
std::string v1(const std::vector<std::string>& files, std::size_t pieces = 1,
               std::int64_t piece_length = kib16, std::string_view name = "Album") {
  return metainfo(dict({{"files", list(files)},
                        {"name", str(name)},
                        {"piece length", num(piece_length)},
                        {"pieces", hashes(pieces)}}));
}

std::string v1_single(std::string_view name, std::int64_t length = 1,
                      const std::string& piece_length = num(kib16), std::size_t pieces = 1) {
  return metainfo(dict({{"length", num(length)},
                        {"name", str(name)},
                        {"piece length", piece_length},
                        {"pieces", hashes(pieces)}}));
}

std::string leaf(std::int64_t length = 1) {
  return dict({{"", dict({{"length", num(length)}, {"pieces root", hashes(1, 32)}})}});
}

std::string v2(const std::string& tree, std::int64_t piece_length = kib16,
               std::int64_t version = 2) {
  return metainfo(dict({{"file tree", tree},
                        {"meta version", num(version)},
                        {"name", str("Album")},
                        {"piece length", num(piece_length)}}));
}

// A hybrid whose two lists are given apart.
std::string hybrid(const std::string& tree, const std::vector<std::string>& files,
                   std::size_t pieces) {
  return metainfo(dict({{"file tree", tree},
                        {"files", list(files)},
                        {"meta version", num(2)},
                        {"name", str("Album")},
                        {"piece length", num(kib16)},
                        {"pieces", hashes(pieces)}}));
}

std::string pad(std::int64_t length) {
  return dict({{"attr", str("p")}, {"length", num(length)}, {"path", path({".pad", "0"})}});
}

std::string deep(int levels) {
  return "d4:info" + std::string(static_cast<std::size_t>(levels), 'l') +
         std::string(static_cast<std::size_t>(levels), 'e') + "e";
}

std::string with_durations(const std::string& durations) {
  const std::string whole = v1_single("a.ogg");
  return whole.substr(0, whole.size() - 1) + str("triad") + dict({{"durations", durations}}) + "e";
}

struct Case {
  const char* name;
  std::string metainfo;
  const char* why; // a part of the message
};

std::ostream& operator<<(std::ostream& out, const Case& bad) {
  return out << bad.name;
}

const std::vector<Case>& cases() {
  static const auto* const all = new std::vector<Case>{
      // The file as such.
      {"nothing", "", "cut short"},
      {"a web page", "<!DOCTYPE html>", "no .torrent file"},
      {"a list", "le", "no .torrent file"},
      {"truncated", v1({file({"a"})}).substr(0, 80), "cut short"},
      {"trailing bytes", v1({file({"a"})}) + "x", "follows after its end"},
      {"nested too deeply", deep(40), "nested"},
      {"nested far too deeply", deep(1'000'000), "nested"},
      {"a string longer than the file", "d4:info99999999999999999999:x", "bencoded"},
      {"a key that is a number", "di1ei2ee", "bencoded"},
      {"too large", "d" + std::string(max_metainfo_size, 'x'), "16 MiB"},
      {"no info", dict({{"announce", str("x")}}), "no info dictionary"},
      {"info is a string", dict({{"info", str("x")}}), "no info dictionary"},
      {"unsorted top level", "d4:info" + dict({}) + "3:abci1ee", "not sorted"},
      {"two infos", "d4:info" + dict({}) + "4:info" + dict({}) + "e", "not unique"},
      {"unsorted info", metainfo(dict({{"b", num(1)}, {"a", num(1)}})), "not sorted"},
      {"neither version", metainfo(dict({{"name", str("A")}, {"piece length", num(kib16)}})),
       "neither"},
      {"an unknown meta version", v2(dict({{"a", leaf()}}), kib16, 3), "meta version"},

      // Names.
      {"no name", metainfo(dict({{"length", num(1)}})), "no name"},
      {"the release is named ..", v1({file({"a"})}, 1, kib16, ".."), "leads out"},
      {"the release's name holds a slash", v1({file({"a"})}, 1, kib16, "a/b"), "slash"},
      {"a single file is named ..", v1_single(".."), "leads out"},
      {"an empty name", v1_single(""), "is empty"},
      {"..", v1({file({"..", "..", "etc", "passwd"})}), "leads out"},
      {".", v1({file({".", "a"})}), "leads out"},
      {"an empty element", v1({file({"", "etc", "passwd"})}), "is empty"},
      {"an absolute path", v1({file({"/etc/passwd"})}), "slash"},
      {"a backslash", v1({file({"..\\a"})}), "slash"},
      {"NUL", v1({file({std::string("a\0b", 3)})}), "control"},
      {"a newline", v1({file({"a\nb"})}), "control"},
      {"DEL", v1({file({"a\x7f"})}), "control"},
      {"a C1 control character", v1({file({"a\xc2\x85"})}), "control"},
      {"Latin-1", v1({file({"caf\xe9.ogg"})}), "UTF-8"},
      {"an overlong slash", v1({file({"\xc0\xaf"})}), "UTF-8"},
      {"an overlong slash in three bytes", v1({file({"\xe0\x80\xaf"})}), "UTF-8"},
      {"an overlong slash in four bytes", v1({file({"\xf0\x80\x80\xaf"})}), "UTF-8"},
      {"a surrogate", v1({file({"\xed\xa0\x80"})}), "UTF-8"},
      {"beyond Unicode", v1({file({"\xf4\x90\x80\x80"})}), "UTF-8"},
      {"cut UTF-8", v1({file({"a\xe2\x82"})}), "UTF-8"},
      {"text turned round", v1({file({"a\u202egpj.ogg"})}), "direction"},
      {"a long name", v1({file({std::string(256, 'a')})}), "255"},
      {"a long path", v1({file(std::vector<std::string>(20, std::string(200, 'a')))}), "too long"},
      {"duplicates", v1({file({"a"}), file({"b"}), file({"a"})}), "two files are named"},
      {"duplicates in a folder", v1({file({"a", "b"}), file({"a", "b"})}), "two files are named"},
      {"a file and a folder", v1({file({"a"}), file({"a!"}), file({"a", "b"})}), "at once"},
      {"a folder and a file", v1({file({"a", "b", "c"}), file({"a", "b"})}), "at once"},
      {"no path", v1({dict({{"length", num(1)}})}), "no path"},
      {"an empty path", v1({file({})}), "no path"},
      {"a number in a path", v1({dict({{"length", num(1)}, {"path", list({num(1)})}})}),
       "something else"},
      {"a symbolic link",
       v1({dict({{"attr", str("l")}, {"length", num(0)}, {"path", path({"a"})}})}), "symbolic"},
      {"a file that is a number", v1({num(1)}), "no dictionary"},

      // Sizes.
      {"a negative length", v1({file({"a"}, -1)}), "no valid length"},
      {"no length", v1({dict({{"path", path({"a"})}})}), "no valid length"},
      {"a length beyond 64 bits", "d4:infod6:lengthi99999999999999999999e4:name1:aee", ""},
      {"a huge length", v1_single("a", INT64_MAX), "larger than any"},
      {"lengths whose sum overflows",
       v1({file({"a"}, INT64_MAX), file({"b"}, INT64_MAX), file({"c"}, 2)}), "larger than any"},
      {"a large length", v1_single("a", (std::int64_t{1} << 35) + 1), "larger than any"},
      {"too few hashes", v1({file({"a"}, kib16 + 1)}, 1), "don't match"},
      {"too many hashes", v1({file({"a"}, kib16)}, 2), "don't match"},
      {"a cut hash",
       metainfo(dict({{"length", num(1)},
                      {"name", str("a")},
                      {"piece length", num(kib16)},
                      {"pieces", hashes(1, 19)}})),
       "don't match"},
      {"hashes that are no string",
       metainfo(dict({{"length", num(1)},
                      {"name", str("a")},
                      {"piece length", num(kib16)},
                      {"pieces", num(1)}})),
       "don't match"},
      {"no bytes", v1({file({"a"}, 0)}, 0), "empty"},
      {"no files", v1({}, 0), "empty"},
      {"no piece length",
       metainfo(dict({{"length", num(1)}, {"name", str("a")}, {"pieces", hashes(1)}})),
       "piece length"},
      {"piece length 0", v1_single("a", 1, num(0)), "piece length"},
      {"a negative piece length", v1_single("a", 1, num(-16384)), "piece length"},
      {"a huge piece length", v1_single("a", 1, num(64 * 1024 * 1024 + 1)), "piece length"},
      {"too many files", v1(std::vector<std::string>(max_files + 1, file({"a"})), 2),
       "20000 files"},
      {"a length and files",
       metainfo(dict({{"files", list({file({"a"})})},
                      {"length", num(1)},
                      {"name", str("a")},
                      {"piece length", num(kib16)},
                      {"pieces", hashes(1)}})),
       "either"},

      // v2.
      {"a v2 piece length that is no power of two", v2(dict({{"a", leaf()}}), kib16 * 3),
       "power of two"},
      {"a v2 piece length that is small", v2(dict({{"a", leaf()}}), kib16 / 2), "power of two"},
      {"no file tree",
       metainfo(dict({{"meta version", num(2)}, {"name", str("a")}, {"piece length", num(kib16)}})),
       "no file tree"},
      {"an empty file tree", v2(dict({})), "holds nothing"},
      {"an empty folder", v2(dict({{"a", dict({})}})), "holds nothing"},
      {"a folder that is a number", v2(dict({{"a", num(1)}})), "holds nothing"},
      {"a v2 name ..", v2(dict({{"..", dict({{"a", leaf()}})}})), "leads out"},
      {"a v2 name with a slash", v2(dict({{"a/b", leaf()}})), "slash"},
      {"a v2 file at the root", v2(leaf()), "is empty"},
      {"a v2 file and folder",
       v2(dict({{"a", dict({{"", dict({{"length", num(0)}})}, {"b", leaf()}})}})), "at once"},
      {"v2 duplicates", v2(dict({{"a", leaf()}, {"a", leaf()}})), "not unique"},
      {"an unsorted file tree", v2(dict({{"b", leaf()}, {"a", leaf()}})), "not sorted"},
      {"a v2 file that is a number", v2(dict({{"a", dict({{"", num(1)}})}})), "something else"},
      {"no pieces root", v2(dict({{"a", dict({{"", dict({{"length", num(1)}})}})}})),
       "pieces root"},
      {"a v2 pad", v2(dict({{"a", dict({{"", dict({{"attr", str("p")}, {"length", num(0)}})}})}})),
       "pad"},
      {"a huge v2 length", v2(dict({{"a", leaf(INT64_MAX)}})), "larger than any"},
      {"v2 lengths whose aligned sum is too large",
       v2(dict({{"a", leaf((std::int64_t{1} << 35) - 1)}, {"b", leaf(1)}})), "larger than any"},
      {"no piece layer", v2(dict({{"a", leaf(kib16 + 1)}})), "layer of 'a' is missing"},

      // Hybrids.
      {"different names", hybrid(dict({{"a", leaf()}}), {file({"b"})}, 1), "disagree at 'b'"},
      {"different lengths", hybrid(dict({{"a", leaf(2)}}), {file({"a"}, 3)}, 1), "disagree at 'a'"},
      {"a file that only v1 has", hybrid(dict({{"a", leaf()}}), {file({"a"}), file({"b"})}, 1),
       "disagree at 'b'"},
      {"a file that only v2 has", hybrid(dict({{"a", leaf()}, {"b", leaf()}}), {file({"a"})}, 1),
       "lacks 'b'"},
      {"different order",
       hybrid(dict({{"a", leaf()}, {"b", leaf()}}), {file({"b"}), pad(kib16 - 1), file({"a"})}, 2),
       "disagree at 'b'"},
      {"no pad between",
       hybrid(dict({{"a", leaf()}, {"b", leaf()}}), {file({"a"}), file({"b"})}, 1),
       "'b' does not start on a piece"},
      {"a pad that is too long",
       hybrid(dict({{"a", leaf()}, {"b", leaf()}}), {file({"a"}), pad(2 * kib16 - 1), file({"b"})},
              3),
       "'b' does not start on a piece"},
      {"a last pad that is too long", hybrid(dict({{"a", leaf()}}), {file({"a"}), pad(kib16)}, 2),
       "last pad"},
      {"a hybrid whose v1 part is empty", hybrid(dict({{"a", leaf()}}), {}, 0), "lacks 'a'"},

      // What is around.
      {"a negative duration", with_durations(dict({{"a.ogg", num(-1)}})), "duration"},
      {"a duration of a century", with_durations(dict({{"a.ogg", num(3'155'760'000'000)}})),
       "duration"},
      {"a duration in words", with_durations(dict({{"a.ogg", str("long")}})), "duration"},
      {"two durations", with_durations(dict({{"a.ogg", num(1)}, {"a.ogg", num(2)}})), "durations"},
  };
  return *all;
}

// Replaces the one piece layer of `made` (hybrid or v2) by `change(layer)`.
template <typename Change>
std::string with_layer(const std::string& made, Change change) {
  const std::string key = "12:piece layersd32:";
  const std::size_t at = made.find(key) + key.size() + 32;
  const std::size_t colon = made.find(':', at);
  const std::size_t size = std::stoul(made.substr(at, colon - at));
  return made.substr(0, at) + str(change(made.substr(colon + 1, size))) +
         made.substr(colon + 1 + size);
}

std::string made_with_layer() {
  kit::ReleaseSpec spec;
  spec.files = {{"a.ogg", kit::random_content(1, 100'000)}};
  return kit::to_text(kit::make_metainfo(spec));
}

void check_refused(const std::string& text, std::string_view why) {
  const auto release = parse_metainfo(std::as_bytes(std::span(text)));
  BOOST_REQUIRE(!release);
  BOOST_TEST((release.error().code == ErrorCode::bad_metainfo));
  BOOST_TEST(release.error().message.find(why) != std::string::npos, release.error().message);
  BOOST_TEST(release.error().message.size() < 400u);
}

} // namespace

BOOST_AUTO_TEST_SUITE(bad_metainfo)

BOOST_DATA_TEST_CASE(refused, data::make(cases())) {
  check_refused(sample.metainfo, sample.why);
}

BOOST_AUTO_TEST_CASE(a_wrong_piece_layer) {
  const auto flip = [](std::string layer) {
    layer[40] = static_cast<char>(layer[40] ^ 1);
    return layer;
  };
  check_refused(with_layer(made_with_layer(), flip), "does not lead to its root");
}

BOOST_AUTO_TEST_CASE(a_piece_layer_of_the_wrong_length) {
  for (const int change : {-32, -1, 1, 32})
    check_refused(with_layer(made_with_layer(),
                             [change](std::string layer) {
                               layer.resize(layer.size() + static_cast<std::size_t>(change));
                               return layer;
                             }),
                  "wrong length");
}

// The cases differ from these by what they are named for alone.
BOOST_AUTO_TEST_CASE(the_handmade_files_are_good_otherwise) {
  for (const std::string& good :
       {v1({file({"a"}), file({"A"}), file({"b", "a"}), file({"b!"})}), v1_single("a"),
        v1_single("a", 1, num(1)), v1_single("a", std::int64_t{1} << 30, num(64 * 1024 * 1024), 16),
        v1({file({std::string(255, 'a')}), file({"\u00e9\u4e16\U0001F3B5"})}),
        v2(dict({{"a", leaf()}, {"b", dict({{"c", leaf(kib16)}})}})),
        hybrid(dict({{"a", leaf()}, {"b", leaf()}}), {file({"a"}), pad(kib16 - 1), file({"b"})}, 2),
        with_durations(dict({{"a.ogg", num(1)}, {"other", num(5)}}))}) {
    const auto release = parse_metainfo(std::as_bytes(std::span(good)));
    BOOST_CHECK_MESSAGE(release, (release ? "" : release.error().message));
  }
}

BOOST_AUTO_TEST_SUITE_END()
