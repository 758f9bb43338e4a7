#include "backends/telemetry/replica_load.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace headgate::backends {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

std::int64_t NanosecondsOf(Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::optional<int> Known(const std::atomic<int>& figure) {
  const int value = figure.load(kRelaxed);
  return value < 0 ? std::nullopt : std::optional<int>(value);
}

// Notes how much more the engine has than we know of (negative: it does not tell), and what others
// have there: the smaller of two differences in a row.
template <typename Figure>
void NoteDifference(Figure difference, bool first, std::atomic<Figure>& last,
                    std::atomic<Figure>& others) {
  const Figure before = last.exchange(difference, kRelaxed);
  const bool twice = !first && before >= 0 && difference >= 0;
  others.store(twice ? std::min(before, difference) : 0, kRelaxed);
}

}  // namespace

ReplicaLoad::OwnLoad ReplicaLoad::During(const LoadQuestion& question, const OwnLoad& before,
                                         const OwnLoad& after) {
  const bool busy = before.requests > 0 && after.requests > 0;
  return {.requests = std::max(before.requests, after.requests),
          .kv = std::max(before.kv, after.kv),
          .comparable = busy || !question.lags_when_idle};
}

void ReplicaLoad::Note(const EngineLoad& load, const OwnLoad& own, Clock::time_point now) {
  const bool first = stale(now);
  int difference = kUnknown;
  if (load.running && own.comparable) {
    difference = std::max(0, *load.running + load.waiting.value_or(0) - own.requests);
  }
  NoteDifference(difference, first, difference_, others_);
  double kv_difference = kUnknown;
  if (load.kv_used && own.comparable) kv_difference = std::max(0.0, *load.kv_used - own.kv);
  NoteDifference(kv_difference, first, kv_difference_, kv_of_others_);
  running_.store(load.running.value_or(kUnknown), kRelaxed);
  waiting_.store(load.waiting.value_or(kUnknown), kRelaxed);
  slots_.store(load.slots.value_or(kUnknown), kRelaxed);
  loaded_models_.store(load.loaded_models.value_or(kUnknown), kRelaxed);
  kv_used_.store(load.kv_used.value_or(kUnknown), kRelaxed);
  noted_ns_.store(NanosecondsOf(now), kRelaxed);
}

bool ReplicaLoad::stale(Clock::time_point now) const { return !ToldWithin(kFresh, now); }

bool ReplicaLoad::ToldWithin(std::chrono::nanoseconds span, Clock::time_point now) const {
  const std::int64_t noted = noted_ns_.load(kRelaxed);
  return noted != kNever && std::chrono::nanoseconds(NanosecondsOf(now) - noted) < span;
}

int ReplicaLoad::Others(Clock::time_point now) const {
  return stale(now) ? 0 : others_.load(kRelaxed);
}

double ReplicaLoad::KvOfOthers(Clock::time_point now) const {
  return stale(now) ? 0 : kv_of_others_.load(kRelaxed);
}

std::optional<double> ReplicaLoad::KvUsed(Clock::time_point now) const {
  const double used = kv_used_.load(kRelaxed);
  return stale(now) || used < 0 ? std::nullopt : std::optional<double>(used);
}

std::optional<EngineLoad> ReplicaLoad::Latest(Clock::time_point now) const {
  if (stale(now)) return std::nullopt;
  return EngineLoad{.running = Known(running_),
                    .waiting = Known(waiting_),
                    .kv_used = KvUsed(now),
                    .slots = Known(slots_),
                    .loaded_models = Known(loaded_models_)};
}

ReplicaLoads LoadsOf(const Upstream& now, const Upstream* upstream_before,
                     const ReplicaLoads& before) {
  const bool same_question = upstream_before != nullptr &&
                             upstream_before->engine() == now.engine() &&
                             upstream_before->SameCredentials(now);
  ReplicaLoads loads;
  for (const Replica& replica : now.replicas()) {
    std::shared_ptr<ReplicaLoad> load;
    if (same_question) {
      const std::vector<Replica>& then = upstream_before->replicas();
      for (std::size_t i = 0; i < then.size(); ++i) {
        if (then[i].url == replica.url) load = before[i];
      }
    }
    loads.push_back(load ? std::move(load) : std::make_shared<ReplicaLoad>());
  }
  return loads;
}

}  // namespace headgate::backends
