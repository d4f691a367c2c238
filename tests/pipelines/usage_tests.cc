// SPDX-License-Identifier: LGPL-2.1-or-later
// Words, exit codes and what goes where: the contract that scripts rely on.
#include "fixture.h"

#include <boost/test/unit_test.hpp>

using triad::test::Home;
using triad::test::Words;

namespace {

const Words verbs = {"publish", "serve", "play", "inspect", "cache", "node"};

} // namespace

BOOST_AUTO_TEST_SUITE(usage)

BOOST_AUTO_TEST_CASE(help_and_version_everywhere) {
  const Home home;
  const auto help = triad::test::triad(home, {"--help"});
  BOOST_TEST(help.code == 0);
  BOOST_TEST(help.err == "");
  BOOST_TEST(triad::test::triad(home, {"--version"}).out == "triad " TRIAD_VERSION "\n");
  for (const std::string& verb : verbs) {
    BOOST_TEST(help.out.find("\n  " + verb + ' ') != std::string::npos, verb);
    const auto own = triad::test::triad(home, {verb, "--help"});
    BOOST_TEST(own.code == 0);
    BOOST_TEST(own.err == "");
    BOOST_TEST(own.out.find("triad " + verb) != std::string::npos);
    const auto version = triad::test::triad(home, {verb, "--version"});
    BOOST_TEST(version.code == 0);
    BOOST_TEST(version.out == "triad " TRIAD_VERSION "\n");
  }
}

BOOST_AUTO_TEST_CASE(wrong_usage) {
  const Home home;
  const std::vector<Words> wrong = {
      {},
      {"bogus"},
      {"--bogus"},
      {"publish"},
      {"publish", "x"},
      {"publish", "--server", "https://h"},
      {"publish", "x", "y", "--server", "https://h"},
      {"publish", "x", "--server", "ftp://h"},
      {"publish", "x", "--server", "h"},
      {"publish", "x", "--server", "https://"},
      {"publish", "x", "--server", "https://h/?q"},
      {"publish", "x", "--server", "https://h/a.torrent/b"},
      {"publish", "x", "--server", "http://a b/"},
      {"publish", "x", "--server", "http://h/a b"},
      {"publish", "x", "--server", "http://h:99999/"},
      {"publish", "x", "--server", "http://me@h/"},
      {"publish", "x", "--server", "http://h/#f"},
      {"publish", "x", "--server", "https://h", "--tracker", "udp://a b:1"},
      {"publish", "x", "--server", "https://h", "--tracker", "ftp://t"},
      {"publish", "x", "--server", "https://h", "--tracker", "t"},
      {"publish", "x", "--server"},
      {"serve"},
      {"serve", "x"},
      {"serve", "--listen", "127.0.0.1:0"},
      {"serve", "x", "--listen", "127.0.0.1"},
      {"serve", "x", "--listen", "127.0.0.1:0", "--tracker-listen", "localhost"},
      {"play"},
      {"play", ""},
      {"play", "x", ""},
      {"play", "x", "--cache-dir", ""},
      {"inspect", ""},
      {"publish", "", "--server", "https://h"},
      {"publish", "x", "--server", "https://h", "--output", ""},
      {"serve", "", "--listen", "127.0.0.1:0"},
      {"serve", "x", "--listen", ""},
      {"serve", "--bogus"},
      {"publish", "--bogus"},
      {"inspect", "--bogus"},
      {"cache", "list", "--bogus"},
      {"cache", "pin", ""},
      {""},
      {"play", "x", "--cache-size", "much"},
      {"play", "x", "--sources", "tape"},
      {"play", "x", "--sources", ""},
      {"play", "x", "--bogus"},
      {"inspect"},
      {"inspect", "x", "y"},
      {"cache"},
      {"cache", "bogus"},
      {"cache", "pin"},
      {"cache", "list", "x"},
      {"cache", "trim", "x"},
  };
  for (const Words& words : wrong) {
    const auto run = triad::test::triad(home, words);
    BOOST_TEST(run.code == 2, (words.empty() ? "nothing" : words.front() + ": " + run.err));
    BOOST_TEST(run.out == "");
    BOOST_TEST(run.err.starts_with("triad: "));
  }
}

BOOST_AUTO_TEST_CASE(what_could_not_be_done) {
  const Home home;
  home.write("text", "no metainfo");
  const std::vector<Words> failing = {
      {"inspect", "missing.torrent"},
      {"inspect", "text"},
      {"inspect", "triad://"},
      {"inspect", "magnet:?xt=urn:btih:0000000000000000000000000000000000000000"},
      {"inspect", "triad+http://127.0.0.1:1/x.torrent"},
      {"cache", "pin", "nothing"},
      {"cache", "list", "--cache-dir", "/proc/none"},
      {"play", "--fast", "--quiet", "missing.ogg"},
      {"play", "--fast", "--quiet", "missing.torrent"},
      {"play", "--fast", "--quiet", "triad+http://127.0.0.1:1/x.torrent"},
  };
  for (const Words& words : failing) {
    const auto run = triad::test::triad(home, words);
    BOOST_TEST(run.code == 1, words[1] + ": " + run.err);
    BOOST_TEST(run.out == "", run.out);
    BOOST_TEST(run.err.starts_with("triad: "));
  }
}

BOOST_AUTO_TEST_CASE(an_option_after_two_dashes_is_a_name) {
  const Home home;
  const auto run = triad::test::triad(home, {"inspect", "--", "--json"});
  BOOST_TEST(run.code == 1);
  BOOST_TEST(run.err.find("'--json'") != std::string::npos, run.err);
}

// Each option that --help shows is known to the completion and to the manual.
BOOST_AUTO_TEST_CASE(completion_and_manual_know_every_option) {
  const Home home;
  const std::string manual = triad::test::slurp(TRIAD_SOURCE "/triad.1");
  const std::string completion = TRIAD_SOURCE "/triad.bash-completion";
  for (const std::string& verb : verbs) {
    GSubprocess* bash =
        triad::test::start(home,
                           {"bash", "-c",
                            "source \"$0\"; COMP_WORDS=(triad \"$1\" --); COMP_CWORD=2; _triad; "
                            "printf '%s\\n' \"${COMPREPLY[@]}\"",
                            completion, verb},
                           G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    char* offered = nullptr;
    g_subprocess_communicate_utf8(bash, nullptr, nullptr, &offered, nullptr, nullptr);
    const std::string offers = std::string("\n") + (offered ? offered : "");
    g_free(offered);
    g_object_unref(bash);
    const std::string help = triad::test::triad(home, {verb, "--help"}).out;
    std::size_t options = 0;
    for (std::size_t at = 0; (at = help.find("  --", at)) != std::string::npos; ++at) {
      const std::size_t end = help.find_first_of(" =\n", at + 4);
      const std::string option = help.substr(at + 2, end - at - 2);
      BOOST_TEST(offers.find('\n' + option + '\n') != std::string::npos, verb + ' ' + option);
      std::string escaped = option;
      for (std::size_t dash = 0; (dash = escaped.find('-', dash)) != std::string::npos; dash += 2) {
        escaped.insert(dash, "\\");
      }
      BOOST_TEST(manual.find(escaped) != std::string::npos, verb + ' ' + option);
      ++options;
    }
    BOOST_TEST(options >= 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()
