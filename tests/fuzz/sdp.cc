// SPDX-License-Identifier: LGPL-2.1-or-later
// Any session description: what is accepted keeps the limits, and returns when it is written again.
#include "peers/link/description.h"

#include "fuzz/require.h"
#include "peers/link/candidate.h"

#include <string>
#include <string_view>

using namespace triad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto description = parse_description({reinterpret_cast<const char*>(data), size});
  if (!description) {
    FUZZ_REQUIRE(description.error().code == ErrorCode::bad_message);
    FUZZ_REQUIRE(!description.error().message.empty() && description.error().message.size() < 256);
    return 0;
  }
  FUZZ_REQUIRE(size <= max_description);
  FUZZ_REQUIRE(description->candidates.size() <= max_candidates);
  FUZZ_REQUIRE(description->ice_ufrag.size() >= 4 && description->ice_ufrag.size() <= 256);
  FUZZ_REQUIRE(description->ice_pwd.size() >= 22 && description->ice_pwd.size() <= 256);
  FUZZ_REQUIRE(description->sctp_port != 0 && description->max_message_size != 0);
  for (const std::string& line : description->candidates) {
    const auto candidate = parse_candidate(line);
    FUZZ_REQUIRE(candidate && *candidate && write_candidate(**candidate) == line);
  }
  const auto offer = parse_description(write_description(*description, false));
  FUZZ_REQUIRE(offer && *offer == *description);
  auto expected = *description;
  if (expected.setup == DtlsSetup::actpass)
    expected.setup = DtlsSetup::active;
  const auto answer = parse_description(write_description(*description, true));
  FUZZ_REQUIRE(answer && *answer == expected);
  return 0;
}
