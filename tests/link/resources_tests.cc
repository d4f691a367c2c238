// SPDX-License-Identifier: LGPL-2.1-or-later
// What links cost and leave behind: threads, descriptors, usrsctp.
#include "link/peers.h"

#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace triad::test {
namespace {

std::size_t count_in(const char* folder) {
  const std::filesystem::directory_iterator entries(folder);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

BOOST_AUTO_TEST_SUITE(resources)

BOOST_AUTO_TEST_CASE(fifty_links_need_no_further_thread_and_leave_no_descriptor) {
  Loop loop;
  for (const int links : {2, 50}) { // after the first two, what libraries keep is there
    const std::size_t before = count_in("/proc/self/fd");
    {
      Pair first(loop);
      first.connect();
      const std::size_t threads = count_in("/proc/self/task");
      std::vector<std::unique_ptr<Pair>> pairs;
      for (int i = 2; i < links; i += 2) {
        pairs.push_back(std::make_unique<Pair>(loop));
        pairs.back()->connect();
        ChannelEnd& channel = pairs.back()->offerer.open("a");
        BOOST_REQUIRE(loop.run_until([&] { return channel.opened == 1; }));
      }
      BOOST_TEST(count_in("/proc/self/task") <= threads);
      BOOST_TEST(count_in("/proc/self/fd") >= before + std::size_t(links));
    }
    wait_until_gone(loop);
    if (links == 50)
      BOOST_TEST(count_in("/proc/self/fd") <= before);
  }
}

BOOST_AUTO_TEST_CASE(a_second_stack_works_as_the_first_did) {
  Loop loop;
  std::vector<Sha256> fingerprints;
  for (int i = 0; i < 3; ++i) {
    {
      Pair pair(loop);
      fingerprints.push_back(LinkStack::get(loop.context())->fingerprint());
      pair.connect();
    }
    wait_until_gone(loop);
  }
  BOOST_TEST((fingerprints[0] != fingerprints[1])); // nothing of the first is left
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace triad::test
