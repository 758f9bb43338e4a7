#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "backends/net/connection_pool.h"
#include "backends/net/types.h"
#include "backends/upstream/shared_circuit.h"
#include "backends/upstream/upstream.h"
#include "config/config.h"

namespace headgate::backends {

// Active checks of self-hosted replicas while they are ejected: a GET on the path with which an
// engine says whether it can serve. It costs the engine little, and no caller waits for it.

// How an engine is asked. The path is relative to the root of the server.
struct HealthQuestion {
  std::string_view path;
  std::chrono::milliseconds limit;  // for the whole check
};
// Nullopt: it is not known how to ask.
std::optional<HealthQuestion> HealthQuestionOf(config::Engine engine);

enum class CheckResult : std::uint8_t {
  kHealthy,
  kUnhealthy,  // no answer in time, or one that says so
  kUnknown,    // it answers, but not this question: the path or our key is refused
};
// `status`: of the answer; 0 = none came.
CheckResult JudgeCheck(int status);

// A GET on a path relative to the root of the server, which nobody waits for.
struct ShortQuestion {
  std::string_view path;
  std::chrono::milliseconds limit;  // for the whole exchange
  std::size_t most_bytes = 0;       // of the body; 0: only the status is of interest
};
struct ShortAnswer {
  int status = 0;          // 0 = none came
  std::string body;        // decoded; at most a little more than most_bytes
  bool whole = false;      // it came to its end
  bool too_large = false;  // it had no end within most_bytes, and was left
};

// Asks a replica, over a connection of its own. `pool` has no shelf for the replica. All arguments
// outlive the call. Bound to the thread of `executor`.
Awaitable<ShortAnswer> AskReplica(Executor executor, ConnectionPool& pool, const Upstream& upstream,
                                  std::size_t replica, const ShortQuestion& question);
Awaitable<CheckResult> CheckReplica(Executor executor, ConnectionPool& pool,
                                    const Upstream& upstream, std::size_t replica,
                                    const HealthQuestion& question);

// When which replica is checked: at once when it is ejected, then every kInterval, one check at a
// time. Sans-I/O, not thread-safe.
class CheckSchedule {
 public:
  static constexpr std::chrono::seconds kInterval{2};

  // Returns whether a check of an ejected replica begins now. End must then be called.
  bool Begin(const SharedCircuit* replica, Clock::time_point now);
  void End(const SharedCircuit* replica);
  // Forgets replicas that Begin was not asked about since `begin` of the round.
  void EndRound(Clock::time_point begin);

 private:
  struct Entry {
    Clock::time_point begun{};
    Clock::time_point asked{};
    bool running = false;
  };
  std::unordered_map<const SharedCircuit*, Entry> entries_;
};

}  // namespace headgate::backends
