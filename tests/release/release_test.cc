// SPDX-License-Identifier: LGPL-2.1-or-later
// Geometry and verification, on releases that libtorrent made.
#include "kit/releases.h"
#include "release/metainfo.h"

#include <boost/test/unit_test.hpp>

using namespace triad;

BOOST_AUTO_TEST_SUITE(release)

BOOST_AUTO_TEST_CASE(every_piece_of_every_format_verifies) {
  for (const kit::Format format : {kit::Format::v1, kit::Format::v2, kit::Format::hybrid})
    for (const std::uint32_t piece_length : {16u * 1024, 32u * 1024, 128u * 1024}) {
      kit::ReleaseSpec spec;
      spec.files = kit::small_album();
      spec.format = format;
      spec.piece_length = piece_length;
      const ReleasePtr release = kit::make_release(spec);
      for (PieceIndex piece; piece.value() < release->piece_count(); ++piece)
        BOOST_CHECK(release->verify(piece, kit::piece_content(*release, spec.files, piece)) ==
                    Release::Verdict::good);
    }
}

BOOST_AUTO_TEST_SUITE_END()
