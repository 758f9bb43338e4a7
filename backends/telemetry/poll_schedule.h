#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "backends/telemetry/replica_load.h"

namespace headgate::backends {

enum class PollResult : std::uint8_t {
  kOk,
  kFailed,      // no whole answer in time, or a refusal
  kUnreadable,  // a good answer without any figure that is known
};

// When which replica is polled: every ReplicaLoad::kInterval, one poll at a time. The first poll of
// each replica comes at another part of the interval, so that not all are asked at once. If an
// engine does not answer a question, the next poll asks its next question (LoadQuestionsOf). After
// its last question the first one comes again, but only after kRest. An engine that could be read
// within kTrust gets no rest: one bad page says little, and without figures the requests of other
// clients are not known.
// Sans-I/O, not thread-safe.
class PollSchedule {
 public:
  static constexpr std::chrono::seconds kRest{10};
  static constexpr std::chrono::seconds kTrust{60};

  // Returns which question a replica is asked now; nullopt if none is due. End must then be called.
  std::optional<std::size_t> Begin(const ReplicaLoad* replica, Clock::time_point now);
  // Call it after ReplicaLoad::Note. `answered`: the question was the right one, even if there was
  // no answer this time. `questions`: how many there are.
  void End(const ReplicaLoad* replica, bool answered, std::size_t questions, Clock::time_point now);
  // Forgets replicas that Begin was not asked about since `begin` of the round.
  void EndRound(Clock::time_point begin);

 private:
  struct Entry {
    Clock::time_point due{};
    Clock::time_point asked{};
    std::size_t question = 0;
    bool running = false;
  };
  // Returns how long after its first sight a replica is polled first.
  std::chrono::nanoseconds NextOffset();

  std::unordered_map<const ReplicaLoad*, Entry> entries_;
  std::uint32_t seen_ = 0;
};

}  // namespace headgate::backends
