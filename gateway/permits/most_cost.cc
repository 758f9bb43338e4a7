#include "gateway/permits/most_cost.h"

#include <algorithm>
#include <cstdint>

#include "policy/budgets/worst_cost.h"

namespace headgate::gateway {
namespace {

// A token has at least one byte. What templates add to a text is shorter than the JSON around it.
// Images and audio are bytes that are no text, so their documented maximum counts, and a part of
// the body for everything that is neither.
std::int64_t MostInput(const routing::Target& target, const IntendedCall& call) {
  constexpr std::int64_t kStructure = 8192;  // bytes
  auto input = static_cast<std::int64_t>(call.body_bytes);
  if (call.size.other_input_tokens > 0) {
    const auto text = static_cast<std::int64_t>(call.size.text_bytes);
    input = std::min(input, text + kStructure) + call.size.other_input_tokens;
  }
  return target.context > 0 ? std::min(input, target.context) : input;
}

// Of all choices that are generated.
std::int64_t MostOutput(const routing::Target& target, const routing::RequestSize& size) {
  constexpr std::int64_t kUnknownOutput = 32'768;
  if (!routing::Generates(size.endpoint)) return 0;
  std::int64_t one = size.max_tokens.value_or(target.max_output > 0 ? target.max_output  //
                                                                    : kUnknownOutput);
  if (target.max_output > 0) one = std::min(one, target.max_output);
  return one * std::max(size.choices, 1);
}

}  // namespace

NanoUsd MostCost(const RequestAccount& account, const IntendedCall& call) {
  const Snapshot& snapshot = *account.snapshot;
  const routing::Target& target = snapshot.policy->targets()[call.target];
  if (target.hosting == config::Hosting::kSelfHosted) {
    return policy::WorstRent(snapshot.config->backends[target.backend].rent,
                             TimeoutsAt(account, target.backend).total);
  }
  if (!target.prices) return 0;
  return policy::WorstCost(*target.prices,
                           {.input = MostInput(target, call),
                            .output = MostOutput(target, call.size),
                            .web_searches = call.may_search ? policy::kAssumedWebSearches : 0},
                           account.unix_seconds);
}

}  // namespace headgate::gateway
