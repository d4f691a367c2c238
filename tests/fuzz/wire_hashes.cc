// SPDX-License-Identifier: LGPL-2.1-or-later
// A peer that asks for any hashes and sends any hashes: answers are exactly as long as asked, wrong
// hashes prove nothing, and whatever was collected leads to the root.
//
// Input: four bytes of numbers for a request, then what is changed in honest answers.
#include "peers/wire/hash_exchange.h"

#include "fuzz/require.h"
#include "kit/releases.h"
#include "release/bencode_scan.h"
#include "release/metainfo.h"

#include <algorithm>
#include <bit>
#include <cstdint>

using namespace triad;
using namespace triad::wire;

namespace {

struct Known {
  ReleasePtr whole, bare;
};

const Known& known() {
  static const Known releases = [] {
    kit::ReleaseSpec spec;
    spec.format = kit::Format::v2;
    spec.files = {{"a.ogg", kit::random_content(1, 19 * 16'384)},
                  {"b.ogg", kit::random_content(2, 600 * 16'384 - 9)},
                  {"c.ogg", kit::random_content(3, 2 * 16'384)}};
    const auto metainfo = kit::make_metainfo(spec);
    return Known{*parse_metainfo(metainfo), *parse_info(find_value(metainfo, "info"))};
  }();
  return releases;
}

HashAnswers& answers() {
  static HashAnswers all(known().whole);
  return all;
}

void ask(const std::uint8_t* data, const Release& release) {
  HashRequest request;
  const FileIndex file(data[0] % 3u);
  request.root = release.root(file).value_or(Sha256{});
  request.base_layer = data[0] / 3u % 3;
  request.index = data[1] * (1u << data[2] % 10);
  request.length = data[2] < 200 ? 1u << data[2] % 11 : data[2];
  request.proof_layers = data[3] % 12u;
  const auto given = answers().answer(request);
  if (!given)
    return;
  const auto shape = layer_shape(release, file);
  FUZZ_REQUIRE(shape && request.length >= 2 && request.length <= max_hashes);
  const auto own = static_cast<std::uint32_t>(std::countr_zero(request.length)) - 1;
  const std::uint32_t uncles = request.proof_layers > own ? request.proof_layers - own : 0;
  FUZZ_REQUIRE(given->size() == (request.length + uncles) * std::size_t{32});
  const auto all_layers = static_cast<std::uint32_t>(std::countr_zero(shape->width)) - 1;
  FUZZ_REQUIRE(proven(*shape, request, *given) ==
               (request.proof_layers == all_layers || request.length == shape->width));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4)
    return 0;
  ask(data, *known().whole);
  auto collected = HashExchange::make(known().bare);
  FUZZ_REQUIRE(collected);
  std::size_t at = 4;
  const auto byte = [&] { return at < size ? data[at++] : std::uint8_t{0}; };
  for (std::uint32_t step = 0; step < 40 && !collected->complete(); ++step) {
    const HashExchange::Peer peer = byte() % 3u;
    const auto request = collected->next(peer);
    if (!request)
      continue;
    auto given = *answers().answer(*request);
    const std::uint8_t what = byte();
    if (what == 1) {
      collected->rejected(peer, *request);
    } else if (what == 2) {
      collected->gone(peer);
    } else if (what == 3) {
      given.resize(byte() * std::size_t{32});
      FUZZ_REQUIRE(bool(collected->received(peer, *request, given)) ==
                   (given.size() == answers().answer(*request)->size() &&
                    given == *answers().answer(*request)));
    } else if (what > 200) {
      given[(what * std::size_t{256} + byte()) % given.size()] ^= std::byte{1};
      FUZZ_REQUIRE(!collected->received(peer, *request, given));
    } else if (what != 4) { // 4: never answered
      FUZZ_REQUIRE(collected->received(peer, *request, given));
    }
  }
  if (collected->complete()) {
    const auto release = collected->release();
    FUZZ_REQUIRE(release && (*release)->layers_complete());
  }
  return 0;
}
