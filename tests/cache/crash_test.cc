// SPDX-License-Identifier: LGPL-2.1-or-later
// kill -9 at seeded points while pieces are stored: afterwards every byte is right, and what had
// been stored is there.
#include "cache/fixture.h"
#include "cache/process.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <random>

using namespace triad;
using namespace triad::cache_test;

namespace {

// Stores the album's pieces in the seed's order, forever, and tells each one that is stored.
int store_until_killed(const std::filesystem::path& folder, const Album& album, unsigned seed,
                       Pipe& pipe) {
  const auto cache = open_cache(folder);
  const auto entry = cache->entry(album.release, "triad://a.example/b.torrent");
  const auto hold = entry->hold(album.track(seed % 3));
  std::vector<PieceIndex> order;
  for (PieceIndex piece; piece.value() < album.release->piece_count(); ++piece)
    order.push_back(piece);
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  for (const PieceIndex piece : order) {
    store(*entry, album, piece);
    pipe.tell(static_cast<unsigned char>(piece.value()));
  }
  static_cast<void>(pipe.hear());
  return 0;
}

// Tells the pieces that are missing. The exit code says whether every byte was right.
int read_again(const std::filesystem::path& folder, const Album& album, Pipe& pipe) {
  const auto cache = open_cache(folder);
  const auto entry = cache->entry(album.release, "");
  bool right = true;
  std::set<PieceIndex> missing;
  for (const auto& [path, bytes] : album.spec.files) {
    const Reading reading = read_file(*entry, album, *album.release->find(path));
    right = right && reading.right;
    missing.insert(reading.missing.begin(), reading.missing.end());
  }
  for (const PieceIndex piece : missing)
    pipe.tell(static_cast<unsigned char>(piece.value()));
  return right ? 0 : 1;
}

void busy_wait(std::chrono::nanoseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

void kill_and_read(unsigned seed, const Album& album) {
  const TemporaryFolder folder;
  std::mt19937 random(seed);
  const unsigned count = album.release->piece_count();
  std::set<PieceIndex> stored;
  {
    Child writer([&](Pipe& pipe) { return store_until_killed(folder.path(), album, seed, pipe); });
    const std::size_t until = random() % count;
    while (stored.size() < until)
      stored.insert(PieceIndex(writer.pipe().hear().value()));
    // Into the middle of the next piece, or of the index's work.
    busy_wait(std::chrono::microseconds(random() % 300));
    writer.kill();
    while (const auto piece = writer.pipe().hear())
      stored.insert(PieceIndex(*piece));
    static_cast<void>(writer.wait());
  }
  if (seed % 5 == 0)
    std::filesystem::remove(folder.path() / "index.sqlite");
  Child reader([&](Pipe& pipe) { return read_again(folder.path(), album, pipe); });
  std::set<PieceIndex> missing;
  while (const auto piece = reader.pipe().hear())
    missing.insert(PieceIndex(*piece));
  BOOST_CHECK_EQUAL(reader.wait(), 0);
  // At most what was in flight is lost: nothing that was told.
  for (const PieceIndex piece : stored)
    BOOST_CHECK_MESSAGE(!missing.contains(piece),
                        "seed " << seed << " lost piece " << piece.value());
  BOOST_CHECK_GE(missing.size() + stored.size() + 1, count);
}

} // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(killed_at_200_points) {
  const Album hybrid = make_album(), v1 = make_album(1, kit::Format::v1);
  BOOST_REQUIRE_LE(hybrid.release->piece_count(), 256u);
  for (unsigned seed = 0; seed < 200; ++seed)
    kill_and_read(seed, seed % 2 == 0 ? hybrid : v1);
}

BOOST_AUTO_TEST_SUITE_END()
