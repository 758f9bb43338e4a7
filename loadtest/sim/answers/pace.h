// The times of one answer: how long its prefill and its tokens take. The options decide them, or
// the faults that the request asked for. *worker-bound*
#pragma once

#include <cstdint>
#include <optional>

#include "loadtest/sim/base/clock.h"
#include "loadtest/sim/base/distribution.h"
#include "loadtest/sim/faults/fault.h"
#include "loadtest/sim/replica/replica.h"

namespace headgate::loadtest::sim {

class Pace {
 public:
  // References must outlive the pace.
  Pace(Replica& replica, const Fault& fault) : replica_(replica), fault_(fault) {}

  // Returns the time from the slot to the first token of an answer of `tokens` tokens, or to the
  // end of an answer without tokens. `prefill` prompt tokens have to be computed. With a service
  // time, the rest of it is spread over the other tokens, so that the last one ends it; an answer
  // of at most one token takes all of it.
  Nanoseconds FirstToken(std::int64_t prefill, std::int64_t tokens);
  // Returns the time to the next token.
  Nanoseconds NextToken();
  // Returns the time to compute `tokens` prompt tokens.
  Nanoseconds Prefill(std::int64_t tokens) const;

 private:
  // A delay that the request asks for does not grow with the load.
  Nanoseconds Delay(const Distribution& usual, const std::optional<Distribution>& asked) const;
  std::optional<Nanoseconds> Service() const;

  Replica& replica_;
  const Fault& fault_;
  std::optional<Nanoseconds> step_;  // between tokens, if there is a service time
};

}  // namespace headgate::loadtest::sim
