#include "gateway/budgets/most_cost.h"

#include <algorithm>
#include <cstdint>

#include "policy/budgets/worst_cost.h"

namespace headgate::gateway {
namespace {

// Of a model whose context is not known: about the longest of most vendors (2026).
constexpr std::int64_t kUnknownContext = 1'048'576;
// Keeps products of tokens and choices inside of 64 bits: a context has at most 10^12 tokens.
constexpr std::int64_t kMostPrompts = 1 << 22;

std::int64_t ContextOf(const routing::Target& target) {
  return target.context > 0 ? target.context : kUnknownContext;
}

NanoUsd CostWith(const CostQuestion& question, const IntendedCall& call, std::int64_t output) {
  const routing::Target& target = question.policy.targets()[call.target];
  if (target.hosting == config::Hosting::kSelfHosted) {
    const config::Backend& backend = question.config.backends[target.backend];
    const config::Route& route = question.config.routes[question.route];
    return policy::WorstRent(backend.rent, route.timeouts.Over(backend.timeouts).total);
  }
  if (!target.prices) return 0;
  return policy::WorstCost(
      *target.prices,
      {.input = MostInput(target, call),
       .output = output,
       .web_searches = call.hidden.may_search ? policy::kAssumedWebSearches : 0},
      question.unix_seconds);
}

}  // namespace

HiddenUse HiddenUseOf(const backends::BodyFacts& facts) {
  return {.prompts = facts.prompts,
          .images = facts.images,
          .image_bytes = facts.image_bytes,
          .other_output_tokens = facts.other_output_tokens,
          .hides_input = facts.hides_input,
          .may_search = facts.uses_tools || !facts.native_only.empty()};
}

// What templates add to a text is shorter than the JSON around it. For tools Anthropic adds
// 346 tokens to a prompt of Claude 4, and 735 for the tool of a computer ("Tool use", 2026).
std::int64_t MostInput(const routing::Target& target, const IntendedCall& call) {
  constexpr std::int64_t kForTools = 2048;
  const HiddenUse& hidden = call.hidden;
  const std::int64_t whole =
      ContextOf(target) * std::clamp<std::int64_t>(hidden.prompts, 1, kMostPrompts);
  if (hidden.hides_input || (hidden.images > 0 && target.image_tokens == 0)) return whole;
  const std::size_t texts = std::min(call.size.text_bytes, call.body_bytes);
  const std::size_t images = std::min(hidden.image_bytes, call.body_bytes - texts);
  auto input = static_cast<std::int64_t>(call.body_bytes - images);
  if (hidden.may_search) input += kForTools;
  if (hidden.images > 0) {
    input += std::min(hidden.images, whole / target.image_tokens + 1) * target.image_tokens;
  }
  return target.context > 0 ? std::min(input, whole) : input;
}

std::int64_t MostOutput(const routing::Target& target, const IntendedCall& call) {
  constexpr std::int64_t kUnknownOutput = 32'768;
  const routing::RequestSize& size = call.size;
  if (!routing::Generates(size.endpoint)) return 0;
  const std::int64_t longest = target.max_output > 0 ? target.max_output : ContextOf(target);
  std::int64_t one = target.max_output > 0 ? target.max_output : kUnknownOutput;
  if (size.max_tokens) one = *size.max_tokens + call.hidden.other_output_tokens;
  return std::min(one, longest) * std::max(size.choices, 1);
}

NanoUsd MostCost(const CostQuestion& question, const IntendedCall& call) {
  return CostWith(question, call, MostOutput(question.policy.targets()[call.target], call));
}

NanoUsd MostCostOfInput(const CostQuestion& question, const IntendedCall& call) {
  return CostWith(question, call, 0);
}

}  // namespace headgate::gateway
