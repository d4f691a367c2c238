// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kit/simulation_supplier.h"

#include "kit/simulation.h"

#include <algorithm>

namespace triad::kit {
namespace {

using namespace std::chrono_literals;

} // namespace

SimulatedSupplier::SimulatedSupplier(Simulation& simulation, SupplierId id, const Spec& spec)
    : simulation_(simulation), id_(id), spec_(spec) {}

void SimulatedSupplier::set_silent(Time from, Time until) {
  spec_.silent_from = from;
  spec_.silent_until = until;
}

bool SimulatedSupplier::silent() const {
  const Time now = simulation_.clock.now();
  return spec_.silent_from && now >= *spec_.silent_from &&
         (!spec_.silent_until || now < *spec_.silent_until);
}

void SimulatedSupplier::request(const Request& request) {
  jobs_.push_back({request.first, request.count, simulation_.clock.now() + spec_.delay});
  work();
}

void SimulatedSupplier::cancel(const Cancel& cancel) {
  std::deque<Job> left;
  for (const Job& job : jobs_) {
    // What lies before and after the cancelled range stays.
    const std::uint32_t begin = job.next.value(), end = begin + job.left;
    const std::uint32_t from = std::clamp(cancel.first.value(), begin, end);
    const std::uint32_t to = std::clamp(cancel.first.value() + cancel.count, from, end);
    if (from > begin)
      left.push_back({job.next, from - begin, job.ready});
    if (end > to)
      left.push_back({BlockIndex(to), end - to, job.ready});
  }
  jobs_ = std::move(left);
}

void SimulatedSupplier::fail(std::optional<Time> retry_at) {
  const std::deque<Job> jobs = std::move(jobs_);
  jobs_.clear();
  for (const Job& job : jobs)
    simulation_.tell(RequestFailed{id_, job.next, job.left, retry_at});
}

void SimulatedSupplier::work() {
  if (working_ || jobs_.empty() || gone_)
    return;
  const Time now = simulation_.clock.now();
  if (silent()) {
    if (spec_.silent_until) {
      working_ = true;
      simulation_.clock.at(*spec_.silent_until, [this] {
        working_ = false;
        work();
      });
    }
    return;
  }
  const auto ready =
      std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) { return job.ready <= now; });
  working_ = true;
  if (ready == jobs_.end()) {
    const auto first = std::min_element(
        jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) { return a.ready < b.ready; });
    simulation_.clock.at(first->ready, [this] {
      working_ = false;
      work();
    });
    return;
  }
  const Duration span =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(block_size / spec_.rate));
  Job job = *ready;
  jobs_.erase(ready);
  const BlockIndex block = job.next;
  ++job.next;
  if (--job.left > 0) {
    if (spec_.kind == SupplierKind::server)
      jobs_.push_back(job);
    else
      jobs_.push_front(job);
  }
  simulation_.clock.after(span, [this, block] {
    working_ = false;
    send(block);
    work();
  });
}

void SimulatedSupplier::send(BlockIndex block) {
  const bool lost = spec_.kind == SupplierKind::peer && simulation_.random.chance(spec_.loss);
  if (gone_ || lost)
    return;
  sent_ += simulation_.release().block_range(block).size();
  const bool lie = simulation_.random.chance(spec_.lies);
  if (spec_.jitter <= 0ns) {
    simulation_.deliver(*this, block, lie);
    return;
  }
  const auto late =
      Duration(simulation_.random.below(static_cast<std::uint64_t>(spec_.jitter.count())));
  simulation_.clock.after(late, [this, block, lie] {
    if (!gone_)
      simulation_.deliver(*this, block, lie);
  });
}

} // namespace triad::kit
