#include "config/sections/access/limits.h"

#include <array>

#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

constexpr std::array kRateLimitFields = {
    Optional<RateLimits, &RateLimits::requests_per_minute, Whole<1, 100'000'000>>(
        "requests_per_minute", "Requests in a minute."),
    Optional<RateLimits, &RateLimits::tokens_per_minute, Tokens>(
        "tokens_per_minute", "Tokens of input and output together in a minute."),
    Optional<RateLimits, &RateLimits::in_flight, Whole<1, 1'000'000>>("in_flight",
                                                                      "Requests that run at once."),
};

}  // namespace

bool RateLimitsSection::Read(const Value& value, RateLimits& limits) {
  if (!Mapping<kRateLimitFields>::Read(value, limits)) return false;
  if (!limits.any()) return value.Fail("limits nothing", "remove it, or write a limit");
  return true;
}

Json RateLimitsSection::JsonSchema(Definitions& definitions) {
  return definitions.Use(
      "limits", [](Definitions& inner) { return Mapping<kRateLimitFields>::JsonSchema(inner); });
}

}  // namespace headgate::config
