#include "loadtest/sim/replica/replica.h"

#include <algorithm>
#include <boost/json.hpp>

namespace headgate::loadtest::sim {
namespace {

// The number of running requests that counts as full for --load-growth if there are no slots.
constexpr double kUnlimitedScale = 64;
constexpr std::size_t kMostArrivals = 1'000'000;

std::int64_t Milliseconds(Nanoseconds span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

}  // namespace

void EngineCounters::ObserveTtft(double seconds) {
  const auto bound = std::lower_bound(kTtftBounds.begin(), kTtftBounds.end(), seconds);
  ++ttft_buckets[static_cast<std::size_t>(bound - kTtftBounds.begin())];
  ttft_sum += seconds;
}

Replica::Replica(const Options& shared_options, std::uint64_t seed)
    : options(shared_options),
      limits(options.rate_limit),
      slots(options.SelfHosted() ? options.slots : 0),
      random(seed) {
  for (const Outage& outage : options.outages) outages.Add(outage, started);
}

bool Replica::FaultStrikes(const std::string& text, const Turn& turn) {
  const std::int64_t number = fault_uses[text]++ - turn.skip;  // from 0; negative: skipped
  if (number < 0 || number % turn.every != 0) return false;
  return !turn.times || number / turn.every < *turn.times;
}

void Replica::NoteArrival(TimePoint now) {
  if (arrivals.size() < kMostArrivals) arrivals.push_back(now);
}

double Replica::LoadFactor(TimePoint now) const {
  const double full = options.SelfHosted() ? static_cast<double>(options.slots) : kUnlimitedScale;
  const double load = 1 + options.load_growth * static_cast<double>(slots.running()) / full;
  if (!options.slow_start) return load;
  return load * options.slow_start->At(now - outages.LastEnd(now).value_or(started));
}

void Replica::Reset() {
  bill.Clear();
  fault_uses.clear();
  arrivals.clear();
  const std::int64_t open = stats.open_connections;
  stats = Stats{};
  stats.open_connections = open;
}

std::string StatsJson(const Replica& replica, TimePoint now) {
  const Stats& stats = replica.stats;
  boost::json::value last_abort_ms_ago = nullptr;
  if (stats.last_abort) last_abort_ms_ago = Milliseconds(now - *stats.last_abort);
  boost::json::value outage = nullptr;
  if (const auto kind = replica.outages.At(now)) outage = NameOf(*kind);
  return boost::json::serialize(
      boost::json::object{{"accepted_connections", stats.accepted_connections},
                          {"open_connections", stats.open_connections},
                          {"requests", stats.requests},
                          {"health_checks", stats.health_checks},
                          {"limited", stats.limited},
                          {"outage", std::move(outage)},
                          {"running", replica.slots.running()},
                          {"waiting", replica.slots.waiting()},
                          {"finished", stats.finished},
                          {"client_aborts", stats.client_aborts},
                          {"last_abort_ms_ago", std::move(last_abort_ms_ago)},
                          {"tokens_sent", stats.tokens_sent},
                          {"longest_own_stall_ms", Milliseconds(stats.longest_own_stall)}});
}

std::string ArrivalsJson(const Replica& replica, TimePoint now,
                         std::chrono::system_clock::time_point wall) {
  const std::int64_t wall_ms = Milliseconds(wall.time_since_epoch());
  boost::json::array arrivals;
  arrivals.reserve(replica.arrivals.size());
  for (const TimePoint arrival : replica.arrivals) {
    arrivals.push_back(wall_ms - Milliseconds(now - arrival));
  }
  return boost::json::serialize(
      boost::json::object{{"now_ms", wall_ms}, {"arrivals_ms", std::move(arrivals)}});
}

}  // namespace headgate::loadtest::sim
