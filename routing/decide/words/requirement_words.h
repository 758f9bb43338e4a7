#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Requirements and what a target has instead, in words, for explanations and refusals. The words
// contain names and figures of the configuration only. Pure; not on the path of a request that is
// answered.

// Such as "about 1 input token" or "about 700 input tokens".
std::string AboutInputTokens(std::int64_t tokens);

// Such as "chat completions" or "Messages".
std::string_view EndpointWords(Endpoint endpoint);

// The comparisons as the policy writes them, such as ">= 32000 and < 64000".
std::string ComparisonWords(const config::Comparisons& comparisons);

// The part of `require` that the filter `drop` checks, such as "region eu" or "swe_bench >= 50".
std::string RequiredWords(const config::Require& require, Drop drop);

// What the target has where the filter `drop` checks it, such as "gpu has region us".
std::string PossessedWords(const config::Config& config, const Target& target,
                           const config::Require& require, Drop drop);

// Who requires what drops a target.
struct Asker {
  std::string name;                          // such as "team legal" or "route clinic"
  const config::Require* require = nullptr;  // of the configuration; never null
};

// The first of key, team and route whose `require` drops the target. REQUIRES: `dropped.reason` is
// a requirement (kHosting or behind it), and `config` is what `policy` was compiled from.
Asker AskerOf(const config::Config& config, const CompiledPolicy& policy,
              const DecisionInput& input, const Decision& decision, const DroppedTarget& dropped);

}  // namespace headgate::routing
