// SPDX-License-Identifier: LGPL-2.1-or-later
#include "link/other_process.h"

#include <boost/test/unit_test.hpp>

namespace triad::test {

OtherProcess::OtherProcess(Loop& loop, bool offers)
    : here(loop.context()),
      loop_(loop),
      offers_(offers),
      process_(g_subprocess_new(static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDIN_PIPE |
                                                              G_SUBPROCESS_FLAGS_STDOUT_PIPE),
                                nullptr, TRIAD_ECHO_PEER, nullptr)),
      lines_(g_data_input_stream_new(g_subprocess_get_stdout_pipe(process_))),
      stop_(g_cancellable_new()) {
  read();
}

OtherProcess::~OtherProcess() {
  g_subprocess_force_exit(process_);
  g_cancellable_cancel(stop_);
  (void)loop_.run_until([this] { return !reading_; });
  g_subprocess_wait(process_, nullptr, nullptr);
  g_object_unref(lines_);
  g_object_unref(process_);
  g_object_unref(stop_);
}

void OtherProcess::connect() {
  if (offers_) {
    tell("offer");
    BOOST_REQUIRE(loop_.run_until([this] { return said("description"); }));
    const Status taken = here.link->answer(heard("description"));
    BOOST_REQUIRE_MESSAGE(taken, (taken ? "" : taken.error().message));
    BOOST_REQUIRE(loop_.run_until([this] { return !here.descriptions.empty(); }));
    tell("take", here.descriptions.front());
  } else {
    here.link->offer();
    BOOST_REQUIRE(loop_.run_until([this] { return !here.descriptions.empty(); }));
    tell("take", here.descriptions.front());
    BOOST_REQUIRE(loop_.run_until([this] { return said("description"); }));
    const Status set = here.link->set_answer(heard("description"));
    BOOST_REQUIRE_MESSAGE(set, (set ? "" : set.error().message));
  }
  BOOST_REQUIRE(loop_.run_until([this] { return here.connected > 0 || !here.ends.empty(); }));
  BOOST_REQUIRE_MESSAGE(here.connected == 1, here.reason);
}

void OtherProcess::tell(const std::string& word, const std::string& text) {
  gchar* escaped = g_strescape(text.c_str(), nullptr);
  const std::string line = word + " " + escaped + "\n";
  g_free(escaped);
  BOOST_REQUIRE(g_output_stream_write_all(g_subprocess_get_stdin_pipe(process_), line.data(),
                                          line.size(), nullptr, nullptr, nullptr));
}

std::string OtherProcess::heard(const std::string& word) const {
  const auto found = heard_.find(word);
  return found == heard_.end() ? std::string() : found->second;
}

void OtherProcess::read() {
  reading_ = true;
  g_main_context_push_thread_default(loop_.context()); // where the line is told
  g_data_input_stream_read_line_async(
      lines_, G_PRIORITY_DEFAULT, stop_,
      [](GObject* stream, GAsyncResult* result, gpointer data) {
        auto* self = static_cast<OtherProcess*>(data);
        gchar* line = g_data_input_stream_read_line_finish(G_DATA_INPUT_STREAM(stream), result,
                                                           nullptr, nullptr);
        self->reading_ = false;
        if (!line)
          return;
        self->hear(line);
        g_free(line);
        self->read();
      },
      this);
  g_main_context_pop_thread_default(loop_.context());
}

void OtherProcess::hear(const std::string& line) {
  const auto space = std::min(line.find(' '), line.size());
  gchar* text = g_strcompress(line.substr(std::min(space + 1, line.size())).c_str());
  heard_[line.substr(0, space)] = text;
  g_free(text);
}

} // namespace triad::test
