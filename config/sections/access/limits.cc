#include "config/sections/access/limits.h"

#include <array>

#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

constexpr std::string_view kStopInstead =
    "write a number from 1 up; `stopped: true` at a team (under `teams`) or at a key refuses all "
    "of "
    "its requests";

// A limit, which is not 0.
template <typename Number>
struct AboveZero {
  static constexpr std::string_view kExpects = Number::kExpects;
  template <typename T>
  static bool Read(const Value& value, T& out) {
    if (value.IsScalar() && value.node().text == "0") {
      return value.FailWritten({"permits no request", std::string(kStopInstead)});
    }
    return Number::Read(value, out);
  }
  static Json JsonSchema(Definitions& definitions) { return Number::JsonSchema(definitions); }
};

constexpr std::array kRateLimitFields = {
    Optional<RateLimits, &RateLimits::requests_per_minute, AboveZero<Whole<1, 100'000'000>>>(
        "requests_per_minute", "Requests in a minute."),
    Optional<RateLimits, &RateLimits::tokens_per_minute, AboveZero<Tokens>>(
        "tokens_per_minute", "Tokens of input and output together in a minute."),
    Optional<RateLimits, &RateLimits::in_flight, AboveZero<Whole<1, 1'000'000>>>(
        "in_flight", "Requests that run at once."),
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
