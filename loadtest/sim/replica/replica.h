// The simulated server of one listener: its engine, its bill, its counters and its last request.
// *worker-bound*
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loadtest/sim/base/clock.h"
#include "loadtest/sim/base/distribution.h"
#include "loadtest/sim/engine/engine_books.h"
#include "loadtest/sim/engine/engine_counters.h"
#include "loadtest/sim/engine/engine_queue.h"
#include "loadtest/sim/engine/other_clients.h"
#include "loadtest/sim/engine/prefix_cache.h"
#include "loadtest/sim/replica/bill.h"
#include "loadtest/sim/replica/options.h"
#include "loadtest/sim/replica/outage.h"
#include "loadtest/sim/replica/rate_limit.h"

namespace headgate::loadtest::sim {

struct Stats {
  std::int64_t accepted_connections = 0;
  std::int64_t open_connections = 0;
  std::int64_t requests = 0;  // to the model endpoints, refused requests included
  std::int64_t health_checks = 0;
  std::int64_t limited = 0;   // refused because of a rate limit
  std::int64_t finished = 0;  // answered to the end
  std::int64_t client_aborts = 0;
  std::int64_t tokens_sent = 0;
  std::optional<TimePoint> last_abort;
  Nanoseconds longest_own_stall{0};
};

struct Replica {
  Replica(const Options& shared_options, std::uint64_t seed);

  // Which of the requests with one fault text have the fault, as in Fault.
  struct Turn {
    std::optional<std::int64_t> times;
    std::int64_t skip = 0;
    std::int64_t every = 1;
  };
  // Returns whether the fault applies to this request, and counts the request.
  bool FaultStrikes(const std::string& text, const Turn& turn);
  // Notes that a request to a model endpoint has come. The first million is kept.
  void NoteArrival(TimePoint now);
  // The factor by which the load and a slow start multiply the delays at `now`.
  double LoadFactor(TimePoint now) const;
  // Clears the bill, the stats (except open connections), the books of the engine, its prefix
  // cache, the arrivals and the uses of faults.
  void Reset(TimePoint now);
  // Notes that `model` was used, as Ollama remembers what it has loaded.
  void NoteUse(std::string_view model, TimePoint now);

  const Options& options;
  const TimePoint started = Clock::now();
  OutageSchedule outages;
  std::function<void()> outages_changed;  // called after a change of `outages`; may be empty
  RateLimits limits;
  EngineQueue queue;
  OtherClients others;
  PrefixCache cache;
  Random random;
  Bill bill;
  Stats stats;
  EngineCounters counters;
  EngineBooks books;
  std::map<std::string, TimePoint, std::less<>> used_models;  // when each was used last
  std::map<std::string, std::int64_t> fault_uses;
  std::vector<TimePoint> arrivals;
  std::string last_head;
  std::string last_body;
};

// GET /sim/stats.
std::string StatsJson(const Replica& replica, TimePoint now);

// GET /sim/engine: the limits of the engine, its state now, and its books.
std::string EngineJson(Replica& replica, TimePoint now);

// GET /sim/arrivals: when requests came, in milliseconds since 1970. `wall` is the time of day at
// `now`.
std::string ArrivalsJson(const Replica& replica, TimePoint now,
                         std::chrono::system_clock::time_point wall);

}  // namespace headgate::loadtest::sim
