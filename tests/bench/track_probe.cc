// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads a whole track from peers, as fast as it comes, through what triadsrc reads through; prints
// one line of JSON: milliseconds from open() to the first byte, to 300 KB in order and to the end,
// and what the process needed.
// usage: track_probe URI CACHE_FOLDER
#include "node/reader.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <vector>

namespace {

using triad::Reader;

double cpu_ms(const rusage& usage) {
  const auto milliseconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: track_probe URI CACHE_FOLDER\n", stderr);
    return 2;
  }
  constexpr std::uint64_t some = 300'000;
  triad::OpenOptions options;
  options.uri = argv[1];
  options.cache_dir = argv[2];
  options.sources = static_cast<triad::Sources>(static_cast<unsigned>(triad::Sources::cache) |
                                                static_cast<unsigned>(triad::Sources::peers));
  options.timeout = std::chrono::seconds(60);

  const auto began = std::chrono::steady_clock::now();
  const auto passed = [began] {
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - began;
    return time.count();
  };
  const auto reader = Reader::open(options, std::weak_ptr<triad::ReaderListener>());
  reader->set_copy(true);
  std::vector<std::byte> buffer(65536);
  std::uint64_t offset = 0;
  double first = 0, enough = 0;
  for (;;) {
    const Reader::ReadResult read = reader->read(offset, buffer);
    if (read.outcome == Reader::Outcome::end)
      break;
    if (read.outcome != Reader::Outcome::bytes) {
      const auto error = reader->error();
      std::fprintf(stderr, "track_probe: %s\n", error ? error->message.c_str() : "cancelled");
      return 1;
    }
    if (offset == 0)
      first = passed();
    if (offset < some && offset + read.size >= some)
      enough = passed();
    offset += read.size;
  }
  const double all = passed();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"first_ms\": %.1f, \"some_ms\": %.1f, \"all_ms\": %.1f, \"bytes\": %llu, "
              "\"cpu_ms\": %.0f, \"memory_mb\": %.1f, \"peers\": %zu}\n",
              first, enough, all, static_cast<unsigned long long>(offset), cpu_ms(usage),
              static_cast<double>(usage.ru_maxrss) * 1024 / 1e6, reader->stats().peers.size());
}
