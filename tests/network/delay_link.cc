// SPDX-License-Identifier: LGPL-2.1-or-later
// Joins two network namespaces by a slow link: a TAP device in each, and what one sends comes to
// the other later. Runs until it is ended; needs root and /dev/net/tun.
#include "network/delay_line.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

using triad::DelayLine;

constexpr const char* usage =
    "usage: delay_link NAMESPACE DEVICE NAMESPACE DEVICE [--delay MS] [--jitter MS] [--loss "
    "PERCENT]\n                  [--rate MBIT] [--queue KIB]\n"
    "Delay, jitter and the others hold for each direction. Prints \"up\" when the devices exist.\n";

[[noreturn]] void fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

// A descriptor of a new TAP device in the named namespace.
int open_tap(const std::string& name_space, const std::string& device) {
  const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  const int there = open(("/run/netns/" + name_space).c_str(), O_RDONLY | O_CLOEXEC);
  if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) != 0)
    fail(name_space);
  const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0)
    fail(device);
  if (setns(home, CLONE_NEWNET) != 0)
    fail("the own namespace");
  close(there);
  close(home);
  return tap;
}

DelayLine::Settings parse_settings(int count, char** words) {
  DelayLine::Settings settings;
  const auto milliseconds = [](double value) {
    return std::chrono::duration_cast<DelayLine::Duration>(
        std::chrono::duration<double, std::milli>(value));
  };
  for (int i = 0; i < count; i += 2) {
    const std::string_view option = words[i];
    char* end = nullptr;
    const double value = i + 1 < count ? std::strtod(words[i + 1], &end) : -1;
    const bool number = end != nullptr && end != words[i + 1] && *end == 0 && value >= 0;
    if (number && option == "--delay")
      settings.delay = milliseconds(value);
    else if (number && option == "--jitter")
      settings.jitter = milliseconds(value);
    else if (number && option == "--loss" && value <= 100)
      settings.loss = value / 100;
    else if (number && option == "--rate")
      settings.bytes_per_second = value * 1e6 / 8;
    else if (number && option == "--queue")
      settings.queue_bytes = static_cast<std::size_t>(value * 1024);
    else {
      std::fputs(usage, stderr);
      std::exit(2);
    }
  }
  return settings;
}

DelayLine::Time now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

struct Direction {
  int in;
  int out;
  DelayLine line;

  // Moves a burst at most, so that the other direction gets its turn.
  void take_in() {
    std::array<char, 65536> buffer;
    for (int burst = 0; burst < 64; ++burst) {
      const ssize_t size = read(in, buffer.data(), buffer.size());
      if (size <= 0)
        return;
      line.push({buffer.begin(), buffer.begin() + size}, now());
    }
  }

  // A device that is not up yet, or full, loses the packet, as a wire does.
  void let_out() {
    while (const auto packet = line.pop(now())) {
      if (write(out, packet->data(), packet->size()) < 0 && errno == EBADF)
        fail("write");
    }
  }
};

void run(std::array<Direction, 2>& directions) {
  for (;;) {
    for (Direction& direction : directions)
      direction.let_out();
    std::optional<DelayLine::Time> next;
    for (const Direction& direction : directions) {
      if (const auto due = direction.line.next())
        next = next ? std::min(*next, *due) : *due;
    }
    timespec wait{};
    if (next) {
      const auto left = std::max(*next - now(), DelayLine::Duration::zero());
      wait.tv_sec = static_cast<time_t>(left / std::chrono::seconds(1));
      wait.tv_nsec = static_cast<long>((left % std::chrono::seconds(1)).count());
    }
    std::array<pollfd, 2> polled{{{directions[0].in, POLLIN, 0}, {directions[1].in, POLLIN, 0}}};
    if (ppoll(polled.data(), polled.size(), next ? &wait : nullptr, nullptr) < 0 && errno != EINTR)
      fail("poll");
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0)
        directions[i].take_in();
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs(usage, stderr);
    return 2;
  }
  const DelayLine::Settings settings = parse_settings(argc - 5, argv + 5);
  const int near = open_tap(argv[1], argv[2]);
  const int far = open_tap(argv[3], argv[4]);
  std::puts("up");
  std::fflush(stdout);
  std::array<Direction, 2> directions{
      {{near, far, DelayLine(settings, 1)}, {far, near, DelayLine(settings, 2)}}};
  run(directions);
}
