#include "config/sections/require.h"

#include "config/base/text.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

// "128k" or ">= 128k": the fewest tokens that the context window may have.
struct MinimumContext {
  static constexpr std::string_view kExpects = "a number of tokens, for example 128k";
  static bool Read(const Value& value, std::int64_t& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    const bool plain = !text->empty() && IsDigit(text->front());
    const Parsed<Comparison> comparison = ParseComparison(plain ? Concat(">=", *text) : *text);
    if (!comparison.value || comparison.value->op != Comparator::kGreaterEqual) {
      return value.FailWritten({"is not a minimum context", "write 128k or \">= 128k\""});
    }
    out = comparison.value->value;
    return true;
  }
  static Json JsonSchema(Definitions&) {
    return NumberSchema("integer", {0, {}}, Concat("(?:>=)?[ \\t]*", kTokensPattern));
  }
};

using UsdLimit = Compared<ParseUsdComparison, kUsdPattern>;
using ScoreLimit = Compared<ParseScoreComparison, kScorePattern>;
using DurationLimit = Compared<ParseDurationComparison, kDurationPattern>;
using RateLimit = Compared<ParseRateComparison, kPercentagePattern>;

constexpr std::array kPriceLimitFields = {
    Optional<Require, &Require::input_price, OneOrMore<UsdLimit>>(
        "input", "US dollars per 1M input tokens; of a list, all must hold."),
    Optional<Require, &Require::output_price, OneOrMore<UsdLimit>>(
        "output", "US dollars per 1M output tokens; of a list, all must hold."),
};

constexpr std::array kRequireFields = {
    Optional<Require, &Require::hosting, OneOf<kHostings>>(
        "hosting", "Whether the backend is self-hosted or a paid API."),
    Optional<Require, &Require::min_context, MinimumContext>(
        "context", "The model's window has at least so many tokens."),
    Optional<Require, &Require::labels, MapOf<Name, OneOrMore<Glob>>>(
        "labels", "Labels of the backend, and their allowed values."),
    Optional<Require, &Require::licenses, OneOrMore<Glob>>("license",
                                                           "Allowed licences of the model."),
    Optional<Require, &Require::scores, MapOf<Name, OneOrMore<ScoreLimit>>>(
        "scores", "Benchmark scores of the model; a missing score does not comply."),
    Nested<Require, kPriceLimitFields>("price",
                                       "What a token may cost; self-hosted backends comply."),
    Optional<Require, &Require::supports, OneOrMore<OneOf<kAbilities>>>(
        "supports", "What the model must be able to do."),
    Optional<Require, &Require::ttft_p95, OneOrMore<DurationLimit>>(
        "ttft_p95", "The measured 95th percentile of time to first token."),
    Optional<Require, &Require::error_rate, OneOrMore<RateLimit>>(
        "error_rate", "The measured share of attempts that failed."),
};

}  // namespace

bool RequireSection::Read(const Value& value, Require& require) {
  return Mapping<kRequireFields>::Read(value, require);
}

Json RequireSection::JsonSchema(Definitions& definitions) {
  return definitions.Use("require", &Mapping<kRequireFields>::JsonSchema);
}

}  // namespace headgate::config
