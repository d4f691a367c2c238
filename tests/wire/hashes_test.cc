// SPDX-License-Identifier: LGPL-2.1-or-later
// Piece layers are proven hash by hash, collected from peers, and complete a release.
#include "kit/random.h"
#include "peers/wire/hash_exchange.h"
#include "release/bencode_scan.h"
#include "release/metainfo.h"
#include "wire/talk.h"

#include <boost/test/unit_test.hpp>

#include <bit>

using namespace triad;
using namespace triad::wire;

namespace {

using Content = std::vector<std::byte>;

kit::ReleaseSpec album(kit::Format format) {
  kit::ReleaseSpec spec;
  spec.format = format;
  for (const std::size_t pieces : {1u, 2u, 3u, 19u, 600u, 1100u}) // 600: two requests, 1100: three
    spec.files["0" + std::to_string(pieces) + ".ogg"] =
        kit::random_content(pieces, pieces * 16'384 - 7);
  spec.files["copy.ogg"] = spec.files["019.ogg"];
  return spec;
}

struct Whole {
  explicit Whole(const kit::ReleaseSpec& spec)
      : metainfo(kit::make_metainfo(spec)),
        release(*parse_metainfo(metainfo)),
        bare(*parse_info(find_value(metainfo, "info"))) {}
  Content metainfo;
  ReleasePtr release; // with its layers
  ReleasePtr bare;    // without
};

const Whole& v2_album() {
  static const Whole whole(album(kit::Format::v2));
  return whole;
}

FileIndex file(const Release& release, std::string_view path) {
  return *release.find(path);
}

} // namespace

BOOST_AUTO_TEST_SUITE(hashes)

BOOST_AUTO_TEST_CASE(an_info_dictionary_alone_is_the_same_release_without_layers) {
  for (const auto format : {kit::Format::v1, kit::Format::v2, kit::Format::hybrid}) {
    kit::ReleaseSpec spec;
    spec.files = kit::small_album();
    spec.format = format;
    const Whole whole(spec);
    BOOST_TEST(whole.bare->layers_complete() == (format == kit::Format::v1));
    BOOST_TEST((whole.bare->id() == whole.release->id()));
    BOOST_TEST(whole.bare->files().size() == whole.release->files().size());
    const auto alone = whole.bare->v1_alone();
    const PieceIndex piece(0);
    const auto bytes = kit::piece_content(*whole.release, spec.files, piece);
    if (format == kit::Format::v2) {
      BOOST_TEST(!alone->layers_complete());
      BOOST_TEST((whole.bare->verify(piece, bytes) == Release::Verdict::unknown));
    } else {
      BOOST_TEST(alone->layers_complete());
      BOOST_TEST((alone->verify(piece, bytes) == Release::Verdict::good));
    }
  }
  BOOST_TEST(!parse_info({}));
  BOOST_TEST(!parse_info(kit::to_content("i5e")));
  Content longer(find_value(v2_album().metainfo, "info").begin(),
                 find_value(v2_album().metainfo, "info").end());
  longer.push_back(std::byte{'e'});
  BOOST_TEST(!parse_info(longer));
}

BOOST_AUTO_TEST_CASE(each_hash_of_a_layer_can_be_asked_for_and_proven) {
  const Release& release = *v2_album().release;
  HashAnswers answers(v2_album().release);
  BOOST_TEST(!layer_shape(release, file(release, "01.ogg")));
  for (const std::uint32_t pieces : {2u, 3u, 19u, 600u, 1100u}) {
    const FileIndex index = file(release, "0" + std::to_string(pieces) + ".ogg");
    const auto shape = layer_shape(release, index);
    BOOST_REQUIRE(shape);
    BOOST_TEST(shape->pieces == pieces);
    BOOST_TEST(shape->width == std::bit_ceil(pieces));
    BOOST_TEST(shape->base_layer == 0u);
    std::vector<Sha256> layer;
    for (std::uint32_t number = 0; number < request_count(*shape); ++number) {
      const HashRequest request = layer_request(*shape, number);
      auto given = answers.answer(request);
      BOOST_REQUIRE(given);
      BOOST_TEST(given->size() >= request.length * 32);
      BOOST_TEST(proven(*shape, request, *given));
      for (std::size_t at = 0; at < request.length && layer.size() < pieces; ++at) {
        Sha256 hash;
        std::copy_n(given->begin() + static_cast<std::ptrdiff_t>(at * 32), 32, hash.begin());
        layer.push_back(hash);
      }
      // A wrong byte anywhere is seen, one hash more or less as well.
      for (std::size_t at = 0; at < given->size(); at += 31) {
        (*given)[at] ^= std::byte{1};
        BOOST_TEST(!proven(*shape, request, *given));
        (*given)[at] ^= std::byte{1};
      }
      BOOST_TEST(!proven(*shape, request, Bytes(*given).first(given->size() - 32)));
      given->resize(given->size() + 32);
      BOOST_TEST(!proven(*shape, request, *given));
    }
    const auto known = release.piece_layer(index);
    BOOST_TEST((layer == std::vector<Sha256>(known.begin(), known.end())));
  }
}

// BEP 52 counts the layers above the asked one, and leaves out uncles that the answer gives itself:
// for 512 of 1024 hashes that is one uncle for nine layers, none for eight.
BOOST_AUTO_TEST_CASE(uncles_are_counted_as_bep_52_does) {
  const Release& release = *v2_album().release;
  HashAnswers answers(v2_album().release);
  const auto shape = layer_shape(release, file(release, "0600.ogg"));
  HashRequest request = layer_request(*shape, 0);
  BOOST_TEST(request.length == 512u);
  BOOST_TEST(request.proof_layers == 9u);
  BOOST_TEST(answers.answer(request)->size() == 513u * 32);
  request.proof_layers = 8;
  BOOST_TEST(answers.answer(request)->size() == 512u * 32);
  request.proof_layers = 0;
  BOOST_TEST(answers.answer(request)->size() == 512u * 32);
  request = {shape->root, 0, 0, 2, 9};
  BOOST_TEST(answers.answer(request)->size() == (2u + 9) * 32);
}

BOOST_AUTO_TEST_CASE(requests_that_do_not_fit_are_not_answered) {
  const Release& release = *v2_album().release;
  HashAnswers answers(v2_album().release);
  const auto shape = layer_shape(release, file(release, "0600.ogg"));
  const HashRequest good = layer_request(*shape, 1);
  BOOST_TEST(answers.answer(good).has_value());
  std::vector<HashRequest> bad(9, good);
  bad[0].root = {};
  bad[1].base_layer = 1;
  bad[2].index = 1;
  bad[3].index = 1024;
  bad[4].length = 1024;
  bad[5].length = 3;
  bad[6].length = 1;
  bad[7].proof_layers = 10;
  bad[8].length = 0;
  for (const HashRequest& request : bad)
    BOOST_TEST(!answers.answer(request));
  BOOST_TEST(!HashAnswers(v2_album().bare).answer(good));
}

BOOST_AUTO_TEST_CASE(a_v2_release_is_completed_by_peers_of_whom_some_lie) {
  kit::Random random(8);
  const Whole hybrid(album(kit::Format::hybrid));
  for (const Whole* whole : {&v2_album(), &hybrid}) {
    HashAnswers answers(whole->release);
    for (int round = 0; round < 20; ++round) {
      auto collected = HashExchange::make(whole->bare);
      BOOST_REQUIRE(collected);
      std::vector<std::vector<HashRequest>> due(4);
      std::vector<bool> gone(4);
      for (int step = 0; step < 1000 && !collected->complete(); ++step) {
        const auto peer = static_cast<std::uint32_t>(random.below(4)); // 0 is honest
        if (gone[peer])
          continue;
        if (const auto request = collected->next(peer))
          due[peer].push_back(*request);
        BOOST_REQUIRE(due[peer].size() <= HashExchange::at_once);
        if (due[peer].empty())
          continue;
        const HashRequest request = due[peer].back();
        due[peer].pop_back();
        auto given = *answers.answer(request);
        if (peer == 1)
          given[random.below(given.size())] ^= std::byte{4};
        if (peer == 2) {
          collected->rejected(peer, request);
          continue;
        }
        if (peer == 3 && random.chance(0.2)) {
          collected->gone(peer);
          gone[peer] = true;
          continue;
        }
        const auto taken = collected->received(peer, request, given);
        BOOST_REQUIRE(bool(taken) == (peer != 1));
        gone[peer] = !taken;
        if (!taken)
          collected->gone(peer);
      }
      BOOST_REQUIRE(collected->complete());
      const auto release = collected->release();
      BOOST_REQUIRE(release);
      BOOST_TEST((*release)->layers_complete());
      for (const FileIndex track : (*release)->tracks()) {
        const auto a = (*release)->piece_layer(track);
        const auto b = whole->release->piece_layer(track); // as libtorrent has computed it
        BOOST_REQUIRE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_not_asked_for_is_an_error) {
  auto collected = HashExchange::make(v2_album().bare);
  const auto request = collected->next(1);
  BOOST_REQUIRE(request);
  const auto given = HashAnswers(v2_album().release).answer(*request);
  BOOST_TEST(!collected->received(2, *request, *given));
  BOOST_TEST(bool(collected->received(1, *request, *given)));
  BOOST_TEST(!collected->received(1, *request, *given));
}

BOOST_AUTO_TEST_CASE(releases_without_layers_are_complete_at_once) {
  const auto collected = HashExchange::make(kit::make_release(test::two_pieces()));
  BOOST_REQUIRE(collected);
  BOOST_TEST(collected->complete());
}

BOOST_AUTO_TEST_CASE(layers_that_are_wrong_are_refused) {
  const Whole& whole = v2_album();
  std::map<FileIndex, std::vector<Sha256>> layers;
  for (std::uint32_t at = 0; at < whole.release->files().size(); ++at) {
    const auto layer = whole.release->piece_layer(FileIndex(at));
    if (!layer.empty())
      layers[FileIndex(at)] = {layer.begin(), layer.end()};
  }
  BOOST_TEST(bool(whole.bare->with_layers(layers)));
  auto wrong = layers;
  wrong.begin()->second[0][0] ^= std::byte{1};
  BOOST_TEST(!whole.bare->with_layers(wrong));
  wrong = layers;
  wrong.begin()->second.pop_back();
  BOOST_TEST(!whole.bare->with_layers(wrong));
  wrong = layers;
  wrong.erase(wrong.begin());
  BOOST_TEST(!whole.bare->with_layers(wrong));
}

// Two conversations carry it all.
BOOST_AUTO_TEST_CASE(hash_messages_travel) {
  const Whole& whole = v2_album();
  HashAnswers answers(whole.release);
  Conversation asker(test::settings_of(1, true), test::content_of(whole.bare, false));
  Conversation giver(test::settings_of(2, true), test::content_of(whole.release, true));
  auto collected = HashExchange::make(whole.bare);
  const auto carry = [](Conversation& from, Conversation& to, auto&& on) {
    const auto bytes = from.take_output();
    BOOST_REQUIRE(to.receive(bytes));
    while (const auto event = to.poll())
      std::visit(on, *event);
    return !bytes.empty();
  };
  const auto at_giver = [&](const auto& event) {
    if constexpr (std::is_same_v<std::decay_t<decltype(event)>, HashesRequested>) {
      const auto given = answers.answer(event.request);
      BOOST_REQUIRE(given);
      giver.send_hashes(event.request, *given);
    }
  };
  const auto at_asker = [&](const auto& event) {
    if constexpr (std::is_same_v<std::decay_t<decltype(event)>, HashesReceived>)
      BOOST_REQUIRE(collected->received(1, event.request, event.hashes));
    while (const auto request = collected->next(1))
      asker.request_hashes(*request);
  };
  for (bool moving = true; moving;) {
    moving = carry(asker, giver, at_giver);
    moving = carry(giver, asker, at_asker) || moving;
  }
  BOOST_REQUIRE(collected->complete());
  BOOST_TEST((*collected->release())->layers_complete());
}

BOOST_AUTO_TEST_SUITE_END()
