#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "routing/policy/policy.h"
#include "routing/replay/recorded.h"

namespace headgate::routing {

std::shared_ptr<const CompiledPolicy> Compiled(const config::Config& config);

// Serves the model m; without an input price the model has no price.
config::Backend Backend(std::string name, std::optional<NanoUsd> input, NanoUsd output);

config::Route RouteTo(std::string name, std::vector<std::string> backends,
                      config::Prefer prefer = config::Prefer::kLowestCost);

// The targets m@a, m@b and m@gpu, and the key k of the team `team`. Prices are nano-dollars a
// token. m@gpu: a slot for 3.6 USD an hour, 1,000 nano-dollars a microsecond.
config::Config TwoPaidOneOwn(NanoUsd a_input = 1, NanoUsd a_output = 2, NanoUsd b_input = 3,
                             NanoUsd b_output = 5);

// The policy as the daemon would have recorded it.
RecordedPolicy RecordedUnder(const CompiledPolicy& policy);

RecordedCall Answer(std::size_t target, std::int64_t input, std::int64_t output, NanoUsd cost,
                    std::int64_t duration_us = 1'000);

// A request with the key k, planned at `target` by the first route.
RecordedRequest Request(const RecordedPolicy& policy, std::string_view id, std::size_t target,
                        std::vector<RecordedCall> calls);

// Places of targets of TwoPaidOneOwn.
inline constexpr std::size_t kFirstPaid = 0;
inline constexpr std::size_t kGpu = 2;

// The pool of TwoPaidOneOwn, then its two paid APIs.
std::shared_ptr<const CompiledPolicy> PoolFirst(const config::Spill& spill);

// A request whose decision found the pool full and this wait predicted.
RecordedRequest FullPool(const RecordedPolicy& policy, float wait_ms, std::size_t answered_by);

}  // namespace headgate::routing
