#include "loadtest/sim/replica/replica.h"

#include <algorithm>
#include <boost/json.hpp>

namespace headgate::loadtest::sim {
namespace {

// The number of running requests that counts as full for --load-growth if there are no slots.
constexpr double kUnlimitedScale = 64;

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
    : options(shared_options), slots(options.SelfHosted() ? options.slots : 0), random(seed) {}

double Replica::LoadFactor() const {
  const double full = options.SelfHosted() ? static_cast<double>(options.slots) : kUnlimitedScale;
  return 1 + options.load_growth * static_cast<double>(slots.running()) / full;
}

void Replica::Reset() {
  bill.Clear();
  fault_uses.clear();
  const std::int64_t open = stats.open_connections;
  stats = Stats{};
  stats.open_connections = open;
}

std::string StatsJson(const Replica& replica, TimePoint now) {
  const Stats& stats = replica.stats;
  boost::json::value last_abort_ms_ago = nullptr;
  if (stats.last_abort) last_abort_ms_ago = Milliseconds(now - *stats.last_abort);
  return boost::json::serialize(
      boost::json::object{{"accepted_connections", stats.accepted_connections},
                          {"open_connections", stats.open_connections},
                          {"requests", stats.requests},
                          {"running", replica.slots.running()},
                          {"waiting", replica.slots.waiting()},
                          {"finished", stats.finished},
                          {"client_aborts", stats.client_aborts},
                          {"last_abort_ms_ago", std::move(last_abort_ms_ago)},
                          {"tokens_sent", stats.tokens_sent},
                          {"longest_own_stall_ms", Milliseconds(stats.longest_own_stall)}});
}

}  // namespace headgate::loadtest::sim
