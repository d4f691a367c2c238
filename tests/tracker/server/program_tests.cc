// SPDX-License-Identifier: LGPL-2.1-or-later
// triad-tracker as it is run: what it prints, its signals, and too few descriptors.
#include "kit/temporary_folder.h"
#include "websocket_client.h"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

using namespace triad;
using test::WebSocketClient;

namespace {

// The program, killed at the end if it has not ended.
class Program {
public:
  explicit Program(std::vector<std::string> words, rlim_t descriptors = 0) {
    int out[2];
    BOOST_REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    words.insert(words.begin(), TRIAD_TRACKER);
    std::vector<char*> pointers;
    for (std::string& word : words) {
      pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], 1);
      if (descriptors != 0) {
        const rlimit limit{descriptors, descriptors};
        setrlimit(RLIMIT_NOFILE, &limit);
      }
      execv(TRIAD_TRACKER, pointers.data());
      _exit(127);
    }
    close(out[1]);
    out_ = fdopen(out[0], "r");
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait();
    }
    fclose(out_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string rest() { // all that it prints until its end
    std::string text;
    for (int c = fgetc(out_); c != EOF; c = fgetc(out_)) {
      text += static_cast<char>(c);
    }
    return text;
  }
  std::string line() {
    std::string text;
    for (int c = fgetc(out_); c != EOF && c != '\n'; c = fgetc(out_)) {
      text += static_cast<char>(c);
    }
    return text;
  }
  void signal(int number) const { kill(pid_, number); }
  int wait() { // the exit code
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

private:
  pid_t pid_ = 0;
  FILE* out_ = nullptr;
};

std::string url_of(const std::string& ready) {
  BOOST_REQUIRE(ready.starts_with("ready ws://127.0.0.1:"));
  return ready.substr(6);
}

} // namespace

BOOST_AUTO_TEST_SUITE(tracker_program)

BOOST_AUTO_TEST_CASE(it_says_where_it_listens_and_goodbye) {
  Program program({"--listen", "127.0.0.1:0"});
  WebSocketClient client(url_of(program.line()));
  BOOST_TEST(client.upgrade().status == 101u);
  program.signal(SIGTERM);
  BOOST_TEST(client.read_close() == 1001u);
  client.send_frame(0x88, "\x03\xe9");
  BOOST_TEST(client.read_end());
  BOOST_TEST(program.wait() == 0);
}

BOOST_AUTO_TEST_CASE(hangup_reads_the_settings_again) {
  const kit::TemporaryFolder folder;
  const std::string file = folder.path() / "tracker.conf";
  std::ofstream(file) << "[tracker]\nlisten=127.0.0.1:0\n";
  Program program({"--config", file});
  WebSocketClient client(url_of(program.line()));
  BOOST_TEST(client.upgrade().status == 101u);
  std::ofstream(file) << "[tracker]\nlisten=127.0.0.1:0\nmax-message=1024\n";
  program.signal(SIGHUP);
  BOOST_TEST(program.line() == "reloaded");
  client.send_text(std::string(1025, ' '));
  BOOST_TEST(client.read_close() == 1009u);
  program.signal(SIGINT);
  BOOST_TEST(program.wait() == 0);
}

BOOST_AUTO_TEST_CASE(help_and_version_are_on_standard_output) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--help"}, {"token", "--help"}, {"-h"}}) {
    Program program(words);
    const std::string text = program.rest();
    BOOST_TEST(text.starts_with("Usage:\n  triad-tracker"), text);
    BOOST_TEST(text.find("--token-secret=FILE") != std::string::npos, text);
    BOOST_TEST(program.wait() == 0);
  }
  Program program({"--version"});
  BOOST_TEST(program.rest().starts_with("triad-tracker "));
  BOOST_TEST(program.wait() == 0);
}

BOOST_AUTO_TEST_CASE(wrong_usage_ends_with_2_and_what_can_not_be_done_with_1) {
  using Words = std::vector<std::string>;
  for (const Words& words : {Words{"--nonsense"},
                             {"--listen"},
                             {"word"},
                             {"--peer-share", "101"},
                             {"token"},
                             {"--listen", "here"},
                             {"--store", "rediss://h"},
                             {"--listen", "127.0.0.1:0", "more"}}) {
    Program program(words);
    BOOST_TEST(program.rest() == "");
    BOOST_TEST(program.wait() == 2, words.front());
  }
  for (const Words& words : {Words{"--config", "/dev/missing"},
                             {"--tls-cert", "a.pem"},
                             {"--store", "redis://"},
                             {"--listen", "192.0.2.1:1"},
                             {"token", "--token-secret", "/dev/null", "--expires", "1d"}}) {
    Program program(words);
    BOOST_TEST(program.rest() == "");
    BOOST_TEST(program.wait() == 1, words.front());
  }
}

// UBSan looks through a pipe whether an object may be read, and takes it for a broken one where
// there are no descriptors left.
#ifndef TRIAD_UBSAN
BOOST_AUTO_TEST_CASE(without_descriptors_it_turns_away_and_goes_on) {
  Program program({"--listen", "127.0.0.1:0"}, 40);
  const std::string url = url_of(program.line());
  std::vector<WebSocketClient> served;
  bool turned_away = false;
  for (int i = 0; i < 60 && !turned_away; ++i) {
    WebSocketClient client(url);
    if (client.upgrade().status == 101u) {
      served.push_back(std::move(client));
    } else {
      turned_away = true;
    }
  }
  BOOST_REQUIRE(turned_away);
  BOOST_TEST(served.size() > 10u);
  served.front().send_text("{}");
  BOOST_TEST(served.front().read_text() != ""); // those that are in are served
  served.erase(served.end() - 2, served.end());
  // As soon as it has noticed that they left.
  while (WebSocketClient(url).upgrade().status != 101u) {
  }
  program.signal(SIGTERM);
  BOOST_TEST(served.front().read_close() == 1001u);
  served.clear();
  BOOST_TEST(program.wait() == 0);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
