#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "backends/net/types.h"
#include "gateway/attempt/attempt_failure.h"
#include "gateway/attempt/retry_budget.h"

namespace headgate::gateway {

// What matters of a planned target when the next attempt is chosen.
struct PlanStep {
  std::size_t replicas = 1;
  std::int64_t context = 0;  // tokens; 0 = not known
  bool translated = false;   // its backend does not speak the client's protocol
};

// Decides what follows each failed attempt of a request before commit: the same target again, the
// next target, a short wait, or the end. Sans-I/O: the driver feeds failures and carries out steps
// (docs/operations.md, "When things fail"). It is never asked after commit. Worker-bound.
class AttemptMachine {
 public:
  enum class Kind : std::uint8_t {
    kSend,    // an attempt at plan[plan_index]
    kReturn,  // the refusal of the backend, or of its translation, is the client's fault: it goes
              // to the client
    kGiveUp,  // nothing is left to try
  };
  struct Step {
    Kind kind = Kind::kGiveUp;
    std::size_t plan_index = 0;
    bool same_target = false;           // avoid the replica that has just failed
    bool no_stream_options = false;     // without stream_options, which was refused
    std::chrono::milliseconds wait{0};  // before sending
  };

  // A backend's Retry-After of up to this is waited for. With a longer wait the request moves to
  // the next target.
  static constexpr std::chrono::milliseconds kLongestWait{1000};

  using Plan = absl::InlinedVector<PlanStep, 8>;
  AttemptMachine(Plan plan, TimePoint deadline);

  Step Start() const;
  Step OnFailure(const AttemptFailure& failure, RetryBudget& budget, TimePoint now);

 private:
  Step Next();
  Step SendTo(std::size_t plan_index);
  Step NextWithLargerContext();
  Step NextUntranslated();
  bool MayRetrySameTarget(const AttemptFailure& failure) const;

  const Plan plan_;
  const TimePoint deadline_;
  std::size_t at_ = 0;
  bool retried_ = false;            // the target at_ has had its second try
  bool no_stream_options_ = false;  // the target at_ has been asked without stream_options
  bool called_ = false;             // a backend was asked and failed
};

}  // namespace headgate::gateway
