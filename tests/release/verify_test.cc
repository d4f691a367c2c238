// SPDX-License-Identifier: LGPL-2.1-or-later
// Right bytes are good, wrong ones never are; and what is said where hashes are missing or
// disagree.
#include "kit/releases.h"
#include "release/metainfo.h"

#include <boost/test/unit_test.hpp>

using namespace triad;
using Verdict = Release::Verdict;

namespace {

std::vector<kit::ReleaseSpec> specs() {
  std::vector<kit::ReleaseSpec> all;
  for (const kit::Format format : {kit::Format::v1, kit::Format::v2, kit::Format::hybrid})
    for (const std::uint32_t piece_length : {5'000u, 16'384u, 32'768u, 131'072u}) {
      if (piece_length == 5'000 && format != kit::Format::v1)
        continue;
      for (const bool tail_pad : {false, true}) {
        kit::ReleaseSpec spec;
        spec.files = kit::small_album();
        // Nineteen pieces of 16 KiB: a layer that must be filled up to 32.
        spec.files["04 Long.ogg"] = kit::random_content(9, 19 * 16'384 - 7);
        spec.format = format;
        spec.piece_length = piece_length;
        spec.tail_pad = tail_pad;
        all.push_back(std::move(spec));
      }
    }
  return all;
}

// Runs `check(release, piece, bytes)` for each piece.
template <typename Check>
void each_piece(const Release& release, const kit::Contents& files, Check check) {
  for (PieceIndex piece; piece.value() < release.piece_count(); ++piece)
    check(piece, kit::piece_content(release, files, piece));
}

ReleasePtr prefix_release(const kit::ReleaseSpec& spec) {
  const std::string whole = kit::to_text(kit::make_metainfo(spec));
  const std::size_t layers = whole.find("12:piece layers");
  BOOST_REQUIRE(layers != std::string::npos);
  const auto release = parse_metainfo_prefix(std::as_bytes(std::span(whole.data(), layers)));
  BOOST_REQUIRE((release && release->has_value()));
  return **release;
}

kit::ReleaseSpec with_layers(kit::Format format) {
  kit::ReleaseSpec spec;
  spec.files = {{"long.ogg", kit::random_content(1, 50'000)},
                {"short.ogg", kit::random_content(2, 9'000)}};
  spec.format = format;
  return spec;
}

} // namespace

BOOST_AUTO_TEST_SUITE(verify)

BOOST_AUTO_TEST_CASE(right_bytes_are_good) {
  for (const kit::ReleaseSpec& spec : specs()) {
    const ReleasePtr release = kit::make_release(spec);
    each_piece(*release, spec.files, [&](PieceIndex piece, const kit::Content& bytes) {
      BOOST_TEST((release->verify(piece, bytes) == Verdict::good));
    });
  }
}

BOOST_AUTO_TEST_CASE(one_wrong_bit_anywhere_is_bad) {
  std::size_t step = 0;
  for (const kit::ReleaseSpec& spec : specs()) {
    const ReleasePtr release = kit::make_release(spec);
    each_piece(*release, spec.files, [&](PieceIndex piece, kit::Content bytes) {
      // First, last (often in a pad or gap), and one between.
      for (const std::size_t at :
           {std::size_t{0}, bytes.size() - 1, ++step * 7919 % bytes.size()}) {
        bytes[at] ^= std::byte{0x10};
        BOOST_TEST((release->verify(piece, bytes) == Verdict::bad));
        bytes[at] ^= std::byte{0x10};
      }
    });
  }
}

BOOST_AUTO_TEST_CASE(bytes_of_another_size_or_place_are_bad) {
  const kit::ReleaseSpec spec = with_layers(kit::Format::hybrid);
  const ReleasePtr release = kit::make_release(spec);
  kit::Content bytes = kit::piece_content(*release, spec.files, PieceIndex(0));
  BOOST_TEST((release->verify(PieceIndex(1), bytes) == Verdict::bad));
  BOOST_TEST((release->verify(PieceIndex(release->piece_count()), bytes) == Verdict::bad));
  BOOST_TEST((release->verify(PieceIndex(UINT32_MAX), bytes) == Verdict::bad));
  BOOST_TEST((release->verify(PieceIndex(0), Bytes(bytes).first(100)) == Verdict::bad));
  BOOST_TEST((release->verify(PieceIndex(0), Bytes()) == Verdict::bad));
  bytes.push_back(std::byte{0});
  BOOST_TEST((release->verify(PieceIndex(0), bytes) == Verdict::bad));
}

BOOST_AUTO_TEST_CASE(a_hybrid_without_layers_is_provisional_where_it_needs_one) {
  const kit::ReleaseSpec spec = with_layers(kit::Format::hybrid);
  const ReleasePtr release = prefix_release(spec);
  const std::uint32_t long_pieces = 4;
  each_piece(*release, spec.files, [&](PieceIndex piece, kit::Content bytes) {
    BOOST_TEST((release->verify(piece, bytes) ==
                (piece.value() < long_pieces ? Verdict::provisional : Verdict::good)));
    bytes[5] ^= std::byte{1};
    BOOST_TEST((release->verify(piece, bytes) == Verdict::bad));
  });
}

BOOST_AUTO_TEST_CASE(v2_without_layers_knows_short_files_alone) {
  const kit::ReleaseSpec spec = with_layers(kit::Format::v2);
  const ReleasePtr release = prefix_release(spec);
  const std::uint32_t long_pieces = 4;
  each_piece(*release, spec.files, [&](PieceIndex piece, const kit::Content& bytes) {
    BOOST_TEST((release->verify(piece, bytes) ==
                (piece.value() < long_pieces ? Verdict::unknown : Verdict::good)));
  });
}

// The release names two different contents for the same piece: whoever sends either is honest.
BOOST_AUTO_TEST_CASE(where_v1_and_v2_disagree_the_release_is_at_fault) {
  const kit::ReleaseSpec spec = with_layers(kit::Format::hybrid);
  kit::Contents other = spec.files;
  other["long.ogg"][20'000] ^= std::byte{1};
  kit::ReleaseSpec other_spec = spec;
  other_spec.files = other;

  const std::string key = "6:pieces";
  std::string mixed = kit::to_text(kit::make_metainfo(spec));
  const std::string theirs = kit::to_text(kit::make_metainfo(other_spec));
  const std::size_t at = mixed.find(key) + key.size();
  const std::size_t size = 4 + 5 * sizeof(Sha1); // "100:" and five hashes
  BOOST_REQUIRE(mixed.substr(at, 4) == "100:");
  mixed.replace(at, size, theirs.substr(theirs.find(key) + key.size(), size));

  const auto release = parse_metainfo(std::as_bytes(std::span(mixed)));
  BOOST_REQUIRE_MESSAGE(release, (release ? "" : release.error().message));
  const PieceIndex spoilt(1);
  const auto verdict = [&](const kit::Contents& files, PieceIndex piece) {
    return (*release)->verify(piece, kit::piece_content(**release, files, piece));
  };
  BOOST_TEST((verdict(spec.files, spoilt) == Verdict::inconsistent));
  BOOST_TEST((verdict(other, spoilt) == Verdict::inconsistent));
  BOOST_TEST((verdict(spec.files, PieceIndex(0)) == Verdict::good));
}

BOOST_AUTO_TEST_SUITE_END()
