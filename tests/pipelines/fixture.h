// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs `triad` as its users do: as a process, with a home of its own.
#pragma once

#include "kit/temporary_folder.h"

#include <gio/gio.h>

#include <filesystem>
#include <string>
#include <vector>

namespace triad::test {

using Words = std::vector<std::string>;

// A folder that is gone at the end; also the home and the cache of the processes run in it.
class Home {
public:
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path() / name;
  }
  // Makes the folders above it, too.
  std::filesystem::path write(const std::string& name, const std::string& content) const;

private:
  kit::TemporaryFolder folder_;
};

[[nodiscard]] std::string slurp(const std::filesystem::path& file);

// A program with its arguments in `home`; standard output can be read.
[[nodiscard]] GSubprocess* start(const Home& home, const Words& command, GSubprocessFlags flags);

struct ToolRun {
  int code = -1; // exit code; -1: ended by a signal
  std::string out, err;
  [[nodiscard]] Words lines() const; // of out
};
// `triad WORDS...`, to its end.
[[nodiscard]] ToolRun triad(const Home& home, const Words& words);

// `triad serve SOURCES... --listen ADDRESS` while it lives; returns when it is ready.
class Serving {
public:
  Serving(const Home& home, const Words& sources, const std::string& address = "127.0.0.1:0");
  // The same with words before it: what sets the process up.
  Serving(const Home& home, const Words& before, const Words& sources, const std::string& address);
  ~Serving();
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  [[nodiscard]] const Words& uris() const { return uris_; }
  [[nodiscard]] int port() const;
  int stop(int signal); // returns the exit code

private:
  GSubprocess* process_;
  Words uris_;
};

// Sends `request` as it is and returns all that comes until the server closes. `only`: says that
// nothing more will be sent.
[[nodiscard]] std::string talk(int port, const std::string& request, bool only = false);
// A request of one line and headers, closed after its answer.
struct Answer {
  int status = 0;
  std::string head, body;
  [[nodiscard]] std::string header(const std::string& name) const; // empty: there is none
};
[[nodiscard]] Answer ask(int port, const std::string& method, const std::string& path,
                         const Words& headers = {});

} // namespace triad::test
