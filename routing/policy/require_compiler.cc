#include "routing/policy/require_compiler.h"

#include <algorithm>
#include <string>
#include <vector>

#include "config/base/glob.h"
#include "routing/policy/condition_compiler.h"

namespace headgate::routing {
namespace {

bool Holds(const config::ScoreComparison& comparison, double score) {
  switch (comparison.op) {
    case config::Comparator::kLess:
      return score < comparison.value;
    case config::Comparator::kLessEqual:
      return score <= comparison.value;
    case config::Comparator::kGreater:
      return score > comparison.value;
    case config::Comparator::kGreaterEqual:
      return score >= comparison.value;
    case config::Comparator::kEqual:
      return score == comparison.value;
  }
  return false;
}

// The rows of a target, where filters look.
struct Row {
  const Target& target;
  const config::Backend& backend;
  const config::Model* model;  // null: the model has no row
};

bool LabelsHold(const config::Require& require, const Row& row) {
  return std::all_of(require.labels.begin(), require.labels.end(), [&](const auto& wanted) {
    const auto label = row.backend.labels.find(wanted.first);
    return label != row.backend.labels.end() &&
           config::MatchesAnyGlob(wanted.second, label->second);
  });
}

bool LicenseHolds(const config::Require& require, const Row& row) {
  return require.licenses.empty() || (row.model != nullptr && !row.model->license.empty() &&
                                      config::MatchesAnyGlob(require.licenses, row.model->license));
}

bool ScoresHold(const config::Require& require, const Row& row) {
  return std::all_of(require.scores.begin(), require.scores.end(), [&](const auto& wanted) {
    if (row.model == nullptr) return false;
    const auto score = row.model->scores.find(wanted.first);
    return score != row.model->scores.end() &&
           std::all_of(wanted.second.begin(), wanted.second.end(),
                       [&](const auto& comparison) { return Holds(comparison, score->second); });
  });
}

// Self-hosted backends are paid by the hour, so limits on the price of tokens do not apply. A price
// that depends on the time must comply at all times.
bool PriceHolds(const config::Require& require, const Row& row) {
  if (require.input_price.empty() && require.output_price.empty()) return true;
  if (row.target.hosting == config::Hosting::kSelfHosted) return true;
  if (!row.target.prices) return false;
  const std::vector<TokenPrices> prices = EveryStandardPrice(*row.target.prices);
  return std::all_of(prices.begin(), prices.end(),
                     [&](const TokenPrices& price) { return PriceHolds(require, price); });
}

bool SupportsHold(const config::Require& require, const Row& row) {
  return std::all_of(require.supports.begin(), require.supports.end(),
                     [&](const std::string& wanted) {
                       if (row.model == nullptr) return false;
                       const std::vector<std::string>& known = row.model->supports;
                       return std::find(known.begin(), known.end(), wanted) != known.end();
                     });
}

Drop Binding(const config::Require& require, const Row& row) {
  if (require.hosting && row.target.hosting != *require.hosting) return Drop::kHosting;
  if (!LabelsHold(require, row)) return Drop::kLabels;
  if (!LicenseHolds(require, row)) return Drop::kLicense;
  return Drop::kNone;
}

bool ContextHolds(const config::Require& require, const Row& row) {
  return !require.min_context || row.target.context >= *require.min_context;
}

Drop Fixed(const config::Require& require, const Row& row) {
  if (const Drop drop = Binding(require, row); drop != Drop::kNone) return drop;
  if (!ContextHolds(require, row)) return Drop::kContextRequired;
  if (!ScoresHold(require, row)) return Drop::kScores;
  if (!PriceHolds(require, row)) return Drop::kPrice;
  if (!SupportsHold(require, row)) return Drop::kSupports;
  return Drop::kNone;
}

std::uint8_t Broken(const config::Require& require, const Row& row) {
  std::uint8_t broken = 0;
  if (!ContextHolds(require, row)) broken |= kRelaxedContext;
  if (!ScoresHold(require, row)) broken |= kRelaxedScores;
  if (!PriceHolds(require, row)) broken |= kRelaxedPrice;
  if (!SupportsHold(require, row)) broken |= kRelaxedSupports;
  return broken;
}

}  // namespace

bool PriceHolds(const config::Require& require, const TokenPrices& prices) {
  return IntervalOf(require.input_price).Holds(prices.input) &&
         IntervalOf(require.output_price).Holds(prices.output);
}

void DropUnpriced(absl::Span<const Target> targets, CompiledRequire& require) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].price_match != PriceMatch::kUnpriced) continue;
    require.fixed[i] = require.binding[i] = Drop::kUnpriced;
  }
}

CompiledRequire CompileRequire(const config::Require& require, const config::Config& config,
                               const CompiledPolicy& policy) {
  CompiledRequire compiled;
  for (const Target& target : policy.targets()) {
    const auto model =
        std::find_if(config.models.begin(), config.models.end(),
                     [&](const config::Model& row) { return row.name == target.model; });
    const Row row{target, config.backends[target.backend],
                  model == config.models.end() ? nullptr : &*model};
    compiled.fixed.push_back(Fixed(require, row));
    compiled.binding.push_back(Binding(require, row));
    compiled.broken.push_back(Broken(require, row));
  }
  compiled.ttft_p95 = IntervalOf(require.ttft_p95);
  compiled.error_rate = IntervalOf(require.error_rate);
  return compiled;
}

}  // namespace headgate::routing
