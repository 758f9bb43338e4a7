#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "backends/net/types.h"
#include "config/config.h"
#include "gateway/accounting/request_account.h"
#include "routing/decide/estimates.h"

namespace headgate::gateway {

// Returns the time limits of a call to a target. The limit on the first byte of a non-streamed
// answer depends on how fast the target is. `most_output`: tokens that the request allows, or the
// largest number.
config::Timeouts TimeoutsOf(const RequestAccount& account, std::size_t target,
                            std::int64_t most_output);

// What is usual at a target for requests like this one, by what was learned there. 0 while fewer
// than routing::kLiveSamples answers are known. Thread-safe. REQUIRES: the request is classified.

// From sending a request to its first token.
std::chrono::nanoseconds UsualFirstToken(const RequestAccount& account, std::size_t target,
                                         TimePoint now);
// From sending a request to the end of its answer.
std::chrono::nanoseconds UsualAnswer(const RequestAccount& account,
                                     const routing::RequestSize& size, std::size_t target,
                                     TimePoint now);

}  // namespace headgate::gateway
