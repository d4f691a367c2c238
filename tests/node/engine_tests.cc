// SPDX-License-Identifier: LGPL-2.1-or-later
// The engine: order of tasks, timers, idle stop and restart.
#include "node/engine.h"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>

using namespace triad;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(engine)

namespace {

// Runs `what` on the engine and waits for it.
template <typename What>
void run_on(Engine& engine, What what) {
  std::promise<void> done;
  engine.post([&] {
    what();
    done.set_value();
  });
  done.get_future().wait();
}

void wait_until_stopped(const Engine& engine) {
  while (engine.running())
    std::this_thread::yield();
}

} // namespace

BOOST_AUTO_TEST_CASE(runs_tasks_in_order_on_its_own_thread) {
  Engine engine(1h);
  const Engine::Use use(engine);
  std::vector<int> order;
  for (int i = 0; i < 100; ++i)
    engine.post([&, i] { order.push_back(i); });
  bool inside = false;
  run_on(engine, [&] { inside = engine.on_thread(); });
  BOOST_TEST(inside);
  BOOST_TEST(!engine.on_thread());
  BOOST_TEST(order.size() == 100u);
  BOOST_TEST(std::is_sorted(order.begin(), order.end()));
}

BOOST_AUTO_TEST_CASE(stops_when_idle_and_starts_again) {
  Engine engine(1ms);
  std::atomic<int> hooks = 0;
  engine.before_stop([&] { ++hooks; });
  run_on(engine, [] {});
  wait_until_stopped(engine);
  BOOST_TEST(hooks.load() == 1);
  bool ran = false;
  run_on(engine, [&] { ran = true; });
  BOOST_TEST(ran);
  wait_until_stopped(engine);
  BOOST_TEST(hooks.load() == 2);
}

BOOST_AUTO_TEST_CASE(a_use_keeps_the_thread) {
  Engine engine(1ms);
  {
    const Engine::Use use(engine);
    run_on(engine, [] {});
    // A timer well beyond the idle time still comes: the thread is there.
    std::promise<void> fired;
    EngineTimer timer(engine);
    engine.post([&] { timer.start(30ms, [&] { fired.set_value(); }); });
    fired.get_future().wait();
    BOOST_TEST(engine.running());
  }
  wait_until_stopped(engine);
}

BOOST_AUTO_TEST_CASE(a_hook_may_post_what_must_run_before_the_stop) {
  Engine engine(1ms);
  std::atomic<bool> ran = false;
  std::atomic<bool> posted = false;
  engine.before_stop([&] {
    if (!posted.exchange(true))
      engine.post([&] { ran = true; });
  });
  engine.post([] {});
  wait_until_stopped(engine);
  BOOST_TEST(ran.load());
}

BOOST_AUTO_TEST_CASE(stays_while_what_was_ended_needs_it) {
  Engine engine(1ms);
  EngineTimer closing(engine);
  std::atomic<bool> closed = false;
  engine.before_stop([&] {
    if (!closed && !closing.armed())
      closing.start(50ms, [&] { closed = true; });
  });
  engine.stay_while([&] { return !closed; });
  engine.post([] {});
  wait_until_stopped(engine);
  BOOST_TEST(closed.load());
}

BOOST_AUTO_TEST_CASE(no_task_is_lost_between_stop_and_restart) {
  Engine engine(0ns); // stops whenever there is nothing to do
  std::atomic<int> ran = 0;
  for (int i = 0; i < 2000; ++i)
    run_on(engine, [&] { ++ran; });
  BOOST_TEST(ran.load() == 2000);
}

BOOST_AUTO_TEST_CASE(a_timer_can_be_replaced_and_stopped) {
  Engine engine(1h);
  const Engine::Use use(engine);
  int first = 0;
  std::promise<void> second;
  std::unique_ptr<EngineTimer> timer;
  run_on(engine, [&] {
    timer = std::make_unique<EngineTimer>(engine);
    timer->start(0ns, [&] { ++first; });
    timer->start(1ms, [&] {
      timer.reset(); // its own callback may destroy it
      second.set_value();
    });
  });
  second.get_future().wait();
  BOOST_TEST(first == 0);
  run_on(engine, [&] {
    EngineTimer stopped(engine);
    stopped.start(0ns, [&] { ++first; });
    stopped.stop();
    BOOST_TEST(!stopped.armed());
  });
  run_on(engine, [] {});
  BOOST_TEST(first == 0);
}

BOOST_AUTO_TEST_SUITE_END()
