// The usage that an answer reports, and that the bill charges. *stateless*
#pragma once

#include <cstdint>
#include <optional>

#include "loadtest/sim/faults/fault.h"
#include "loadtest/sim/replica/bill.h"
#include "loadtest/sim/replica/options.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// The tokens of one choice that have been generated so far; `thinking` is part of `all`.
struct GeneratedTokens {
  std::int64_t all = 0;
  std::int64_t thinking = 0;
};

// Returns the usage of an answer to `request`. The tokens read from a cache are those that the
// fault wants, else `prefix_hits` of the prefix cache, else the share of the options.
Usage UsageOf(const Options& options, const CompletionRequest& request, const Fault& fault,
              const GeneratedTokens& generated, const std::optional<std::int64_t>& prefix_hits);

}  // namespace headgate::loadtest::sim
