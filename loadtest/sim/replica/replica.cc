#include "loadtest/sim/replica/replica.h"

#include <boost/json.hpp>
#include <utility>

#include "loadtest/sim/base/prompt_blocks.h"

namespace headgate::loadtest::sim {
namespace {

// The number of running requests that counts as full for --load-growth if there are no slots.
constexpr double kUnlimitedScale = 64;
constexpr std::size_t kMostArrivals = 1'000'000;

std::int64_t Milliseconds(Nanoseconds span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

// Providers have no limit that a client could know.
EngineLimits LimitsOf(const Options& options) {
  if (!options.SelfHosted()) return {};
  return {options.slots, options.engine.kv_tokens, options.engine.scheduling,
          options.PriorityOrderOf()};
}

boost::json::value OrNull(std::int64_t limit) {
  if (limit == 0) return nullptr;
  return limit;
}

}  // namespace

Replica::Replica(const Options& shared_options, std::uint64_t seed)
    : options(shared_options),
      limits(options.rate_limit),
      queue(LimitsOf(options)),
      others(queue),
      cache(options.engine.prefix_cache / PromptBlocks::kBlockTokens),
      random(seed),
      books(started) {
  for (const Outage& outage : options.outages) outages.Add(outage, started);
  others.Set(options.engine.others);
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
  const double load = 1 + options.load_growth * static_cast<double>(queue.running()) / full;
  if (!options.slow_start) return load;
  return load * options.slow_start->At(now - outages.LastEnd(now).value_or(started));
}

void Replica::NoteUse(std::string_view model, TimePoint now) {
  used_models[std::string(model)] = now;
}

void Replica::Reset(TimePoint now) {
  bill.Clear();
  books.Reset(now);
  cache.Clear();
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
                          {"running", replica.queue.running()},
                          {"waiting", replica.queue.waiting()},
                          {"finished", stats.finished},
                          {"client_aborts", stats.client_aborts},
                          {"last_abort_ms_ago", std::move(last_abort_ms_ago)},
                          {"tokens_sent", stats.tokens_sent},
                          {"longest_own_stall_ms", Milliseconds(stats.longest_own_stall)}});
}

std::string EngineJson(Replica& replica, TimePoint now) {
  const EngineQueue& queue = replica.queue;
  boost::json::object page{{"slots", OrNull(queue.limits().slots)},
                           {"kv_limit", OrNull(queue.limits().kv_tokens)},
                           {"others", replica.others.requests()},
                           {"running_with_others", queue.running()},
                           {"waiting_with_others", queue.waiting()},
                           {"kv_used_with_others", queue.kv_used()},
                           {"prefix_cache_blocks", replica.cache.blocks()}};
  for (auto& member : replica.books.ToJson(now)) {
    page[member.key()] = std::move(member.value());
  }
  return boost::json::serialize(page);
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
