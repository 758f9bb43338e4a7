// The simulated server of one listener: its slots, its bill, its counters and its last request.
// *worker-bound*
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loadtest/sim/base/clock.h"
#include "loadtest/sim/base/distribution.h"
#include "loadtest/sim/replica/bill.h"
#include "loadtest/sim/replica/options.h"
#include "loadtest/sim/replica/outage.h"
#include "loadtest/sim/replica/rate_limit.h"
#include "loadtest/sim/replica/slots.h"

namespace headgate::loadtest::sim {

// Upper bounds, in seconds, of vLLM's histogram of the time to first token.
constexpr std::array<double, 22> kTtftBounds{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                             0.25,  0.5,   0.75, 1,    2.5,  5,    7.5,  10,
                                             20,    40,    80,   160,  640,  2560};

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

// The counters of /metrics. POST /sim/reset keeps them, because a real server never resets them.
struct EngineCounters {
  std::int64_t prompt_tokens = 0;
  std::int64_t generation_tokens = 0;
  std::int64_t successes_stop = 0;
  std::int64_t successes_length = 0;
  std::array<std::int64_t, kTtftBounds.size() + 1> ttft_buckets{};  // the last is +Inf
  double ttft_sum = 0;

  void ObserveTtft(double seconds);
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
  // Clears the bill, the stats (except open connections), the arrivals and the uses of faults.
  void Reset();

  const Options& options;
  const TimePoint started = Clock::now();
  OutageSchedule outages;
  std::function<void()> outages_changed;  // called after a change of `outages`; may be empty
  RateLimits limits;
  Slots slots;
  Random random;
  Bill bill;
  Stats stats;
  EngineCounters engine;
  std::map<std::string, std::int64_t> fault_uses;
  std::vector<TimePoint> arrivals;
  std::string last_head;
  std::string last_body;
};

// GET /sim/stats.
std::string StatsJson(const Replica& replica, TimePoint now);

// GET /sim/arrivals: when requests came, in milliseconds since 1970. `wall` is the time of day at
// `now`.
std::string ArrivalsJson(const Replica& replica, TimePoint now,
                         std::chrono::system_clock::time_point wall);

}  // namespace headgate::loadtest::sim
